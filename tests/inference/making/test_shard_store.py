"""Shards that are not in the checkout are brought back by their manifest, whole or not at all."""

import json
import subprocess

import pytest

from automind_dash.errors import EstimatorError
from automind_dash.inference.making.shard_store import MANIFEST, fetch_shards, read_manifest, write_manifest


@pytest.fixture
def campaign(tmp_path):
    """A repository whose history holds two shards, and whose working tree holds their manifest alone."""
    folder = tmp_path / "campaigns" / "own"
    folder.mkdir(parents=True)
    for name in ("prior-00000.parquet", "restricted-1-00000.parquet"):
        (folder / name).write_bytes(name.encode() * 100)
    shards = write_manifest(folder)

    def git(*arguments):
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "shards")
    for shard in shards:
        (folder / shard.name).unlink()
    git("add", "-A")
    git("commit", "-qm", "shards leave the tree")
    return folder


def test_shards_come_back_from_the_history(campaign):
    said = []
    assert fetch_shards(campaign, say=said.append) == 2
    assert (campaign / "prior-00000.parquet").read_bytes() == b"prior-00000.parquet" * 100
    assert len(said) == 2
    assert fetch_shards(campaign) == 0, "what is there is left alone"


def test_shards_come_from_a_data_package(campaign, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    for shard in read_manifest(campaign):
        (package / shard.name).write_bytes(shard.name.encode() * 100)
    assert fetch_shards(campaign, package) == 2
    (campaign / "prior-00000.parquet").unlink()
    with pytest.raises(EstimatorError, match="does not hold prior-00000"):
        fetch_shards(campaign, tmp_path)


def test_a_damaged_shard_is_refused_and_not_written(campaign, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    for shard in read_manifest(campaign):
        (package / shard.name).write_bytes(b"something else")
    with pytest.raises(EstimatorError, match="arrived damaged"):
        fetch_shards(campaign, package)
    assert not list(campaign.glob("*.parquet"))


def test_a_file_that_is_another_is_not_overwritten(campaign):
    (campaign / "prior-00000.parquet").write_bytes(b"my own")
    with pytest.raises(EstimatorError, match="move it away"):
        fetch_shards(campaign)
    assert (campaign / "prior-00000.parquet").read_bytes() == b"my own"


def test_a_manifest_keeps_what_it_named_and_adds_what_is_new(campaign):
    (campaign / "restricted-2-00000.parquet").write_bytes(b"new")
    assert [shard.name for shard in write_manifest(campaign)] == [
        "prior-00000.parquet", "restricted-1-00000.parquet", "restricted-2-00000.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../../etc/passwd.parquet", "a/b.parquet", "shard.txt"])
def test_names_that_lead_elsewhere_are_refused(campaign, name):
    said = json.loads((campaign / MANIFEST).read_text())
    said["shards"][0]["name"] = name
    (campaign / MANIFEST).write_text(json.dumps(said))
    with pytest.raises(EstimatorError, match="makes no sense"):
        fetch_shards(campaign)


def test_a_history_without_the_shard_says_what_to_do(campaign):
    said = json.loads((campaign / MANIFEST).read_text())
    said["shards"][0]["blob"] = "0" * 40
    (campaign / MANIFEST).write_text(json.dumps(said))
    with pytest.raises(EstimatorError, match="--from"):
        fetch_shards(campaign)


def test_the_projects_own_manifests_name_what_the_shipped_estimators_were_trained_on():
    from automind_dash.paths import pretrained_folder

    campaigns = pretrained_folder().parent / "campaigns"
    for name, least in (("spectrum", 8), ("bursts", 8), ("bursts-long", 1)):
        assert len(read_manifest(campaigns / name)) >= least
        assert (campaigns / name / "plan.json").is_file()
