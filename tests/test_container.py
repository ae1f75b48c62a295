"""The Dockerfile keeps to what a lab's server needs; there is no Docker here, so it is read, and what it copies and runs is looked at."""

import importlib.util
import re
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    if line.strip() and not line.startswith("#")
]


def of(name):
    return [rest for instruction, rest in INSTRUCTIONS if instruction == name]


def test_bases_are_named_by_version():
    bases = [rest.split()[0] for rest in of("FROM")]
    assert bases
    for base in bases:
        assert re.fullmatch(r"python:3\.1[123]-slim-\w+", base), base


def test_it_runs_without_rights_and_tells_of_its_health():
    last = max(place for place, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM")
    after = [name for name, _ in INSTRUCTIONS[last:]]
    assert "USER" in after
    assert after.index("USER") < after.index("CMD")
    assert of("USER") == ["10001"]  # by number, so that Kubernetes can see that it is not root
    assert "/health" in of("HEALTHCHECK")[0]


def test_nothing_is_fetched_but_by_package_managers():
    assert not of("ADD")
    assert not re.search(r"\b(curl|wget|git clone)\b", (ROOT / "Dockerfile").read_text())


@pytest.mark.parametrize("what", [rest for rest in of("COPY") if not rest.startswith("--from=")])
def test_what_is_copied_is_there(what):
    ignored = (ROOT / ".dockerignore").read_text().split()
    for name in what.split()[:-1]:
        assert (ROOT / name).exists(), name
        assert name not in ignored, name


def test_packages_are_those_of_the_lock():
    installs = [rest for rest in of("RUN") if "pip install" in rest]
    assert "torch" in installs[0]
    assert "--require-hashes -r requirements.hashes" in installs[1]
    assert all("--no-deps" in rest for rest in installs[1:])


def test_hashes_are_of_the_packages_of_the_lock():
    pinned = {line for line in (ROOT / "requirements.lock").read_text().splitlines() if line[:1].isalpha()}
    pinned = {canonicalize_name(line.partition("==")[0]) + "==" + line.partition("==")[2] for line in pinned}
    hashed = re.findall(
        r"^([\w.-]+==\S+)(.*?)(?=^\w|\Z)", (ROOT / "requirements.hashes").read_text(), re.MULTILINE | re.DOTALL
    )
    names = {name for name, _ in hashed}
    assert {line for line in pinned if not line.startswith("torch==")} == names
    assert all("--hash=sha256:" in rest for _, rest in hashed)


def test_what_it_runs_is_there():
    for module in re.findall(r"python -m (automind_dash[\w.]*)", " ".join(of("RUN"))):
        assert importlib.util.find_spec(module)
    commands = [rest for rest in of("CMD") if "automind-dash" in rest]
    assert commands == ['["automind-dash", "serve", "--address", "0.0.0.0"]']


def test_shared_links_have_a_place_of_their_own():
    assert of("VOLUME") == ["/data"]
    assert "AUTOMIND_VIEWS=/data/views" in " ".join(of("ENV"))
