"""Loading estimators: nothing is unpickled, broken folders say what is wrong."""

import json
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from automind_dash.circuit.parameters import NAMES
from automind_dash.errors import EstimatorError
from automind_dash.inference.estimators.card import Card
from automind_dash.inference.estimators.estimator import (
    CARD,
    REFERENCE,
    SURROGATE,
    WEIGHTS,
    Estimator,
    list_estimators,
    load_estimator,
    readme,
    save_estimator,
)
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.estimators.surrogate import SurrogateSettings, _Member


def test_card_round_trip(toy):
    again = Card.read(toy.folder / CARD)
    assert again.feature_set == toy.card.feature_set
    assert again.plan == toy.card.plan
    np.testing.assert_array_equal(again.noise_scale, toy.card.noise_scale)


def test_listing_estimators_imports_no_torch(toy):
    code = (
        "import sys; from pathlib import Path; from automind_dash.inference.estimators.estimator import list_estimators; "
        f"assert list_estimators(Path({str(toy.folder.parent)!r})); assert 'torch' not in sys.modules and 'sbi' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_name_lists_what_there_is(toy):
    assert list(list_estimators(toy.folder.parent)) == ["toy"]
    with pytest.raises(EstimatorError, match="there are toy"):
        load_estimator("other", toy.folder.parent)


def test_a_folder_that_is_dropped_in_is_listed_and_a_broken_one_does_not_hide_the_others(toy, tmp_path):
    shutil.copytree(toy.folder, tmp_path / "toy")
    assert list(list_estimators(tmp_path)) == ["toy"]
    (shutil.copytree(toy.folder, tmp_path / "half") / WEIGHTS).unlink()
    told = []
    assert list(list_estimators(tmp_path, broken=told.append)) == ["toy"]
    assert "weights.safetensors is missing" in str(told[0])
    card = shutil.copytree(toy.folder, tmp_path / "blunt") / CARD
    said = json.loads(card.read_text())
    said["training"]["files"][SURROGATE] = "of a file that was not copied"
    card.write_text(json.dumps(said))
    assert list(list_estimators(tmp_path, broken=told.append)) == ["toy"], "it would prune by density, in silence"
    assert "surrogate.safetensors is missing. Copy the estimator's folder again." in str(told[1])
    with pytest.raises(EstimatorError, match="is missing"):
        list_estimators(tmp_path)


def test_pickled_weights_are_refused(toy, tmp_path):
    folder = shutil.copytree(toy.folder, tmp_path / "evil")
    (folder / WEIGHTS).write_bytes(pickle.dumps({"weights": [1, 2]}))
    raw = json.loads((folder / CARD).read_text())
    del raw["training"]["files"]  # as in a folder that was made to be opened
    (folder / CARD).write_text(json.dumps(raw))
    with pytest.raises(EstimatorError, match="does not fit its card"):
        _ = Estimator.load(folder).density


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: card.pop("threshold"), "not an estimator's card"),
        (lambda card: card.update(format=99), "card format 99"),
        (lambda card: card.update(noise_scale=[1.0]), "do not fit its 4 features"),
        (lambda card: card["feature_set"].update(features=["no_such_feature"]), "no_such_feature"),
    ],
)
def test_broken_cards_say_why(toy, tmp_path, change, message):
    folder = shutil.copytree(toy.folder, tmp_path / "broken")
    card = json.loads((folder / CARD).read_text())
    change(card)
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(EstimatorError, match=message):
        Estimator.load(folder)


def test_missing_weights_are_named(toy, tmp_path):
    folder = shutil.copytree(toy.folder, tmp_path / "half")
    (folder / WEIGHTS).unlink()
    with pytest.raises(EstimatorError, match=r"weights\.safetensors is missing"):
        Estimator.load(folder)


def test_percentiles_and_outside(toy):
    middle = toy.card.quantiles[:, 50]
    np.testing.assert_allclose(toy.card.percentiles(middle), 50, atol=1)
    far = middle.copy()
    far[2] = 99
    assert toy.card.outside(far).tolist() == [False, False, True, False]
    assert toy.card.outside(np.full(4, np.nan)).all()


def test_an_estimator_is_called_as_its_folder_is(toy, tmp_path):
    """A copy under another name was hidden behind its original, or hid it."""
    for name in ("mine", "toy"):
        shutil.copytree(toy.folder, tmp_path / name)
    known = list_estimators(tmp_path)
    assert list(known) == ["mine", "toy"]
    mine = load_estimator("mine", tmp_path)
    assert (mine.folder, mine.name, mine.card.name) == (tmp_path / "mine", "mine", "mine")
    assert known["toy"].folder == tmp_path / "toy"
    assert [estimator.card.title for estimator in known.values()] == ["Toy (mine)", "Toy (toy)"]
    assert mine.card.title == "Toy"


def test_a_half_copied_folder_does_not_hide_the_one_asked_for(toy, tmp_path):
    shutil.copytree(toy.folder, tmp_path / "toy")
    (shutil.copytree(toy.folder, tmp_path / "half") / WEIGHTS).unlink()
    assert load_estimator("toy", tmp_path).name == "toy"
    with pytest.raises(EstimatorError, match=r"half is not an estimator: weights\.safetensors is missing"):
        load_estimator("half", tmp_path)
    with pytest.raises(EstimatorError, match="there are toy"):
        load_estimator("other", tmp_path)


@pytest.mark.parametrize(
    "text",
    ["[]", '"card"', "null", "{}", "[" * 100_000, '{"format": 1}', "\x00"],
)
def test_what_is_no_card_is_told_and_left_out(toy, tmp_path, text):
    shutil.copytree(toy.folder, tmp_path / "toy")
    (shutil.copytree(toy.folder, tmp_path / "broken") / CARD).write_text(text)
    told = []
    assert list(list_estimators(tmp_path, broken=told.append)) == ["toy"]
    assert "broken/card.json" in str(told[0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prior", []), ("feature_set", []), ("plan", []), ("plan", {"duration": "long"}), ("plan", {"n_neurons": 0.5}), ("training", []),
        ("metrics", 3), ("versions", None), ("architecture", "large"), ("noise_scale", {}), ("threshold", [1]), ("quantiles", {"a": 1}),
        ("limits", ["none"]),
    ],
)  # fmt: skip
def test_a_field_of_another_type_is_told(toy, tmp_path, field, value):
    folder = shutil.copytree(toy.folder, tmp_path / "broken")
    card = json.loads((folder / CARD).read_text()) | {field: value}
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(EstimatorError, match=r"card\.json"):
        Estimator.load(folder)


def test_what_is_trained_again_without_a_surrogate_ships_none(toy, tmp_path):
    """The old one stayed, and pruned the new density's draws."""
    folder = shutil.copytree(toy.folder, tmp_path / "again")
    (folder / SURROGATE).write_bytes(b"of an earlier training")
    theta, features = toy.reference()
    save_estimator(folder, toy.card, toy.density, theta, features, held_theta=theta, held_features=features)
    assert not (folder / SURROGATE).exists()
    assert Estimator.load(folder).surrogate is None


def test_networks_of_another_estimator_are_told(toy, tmp_path):
    """Those of one with as many features fitted, and gave its draws under this one's name."""
    folder = shutil.copytree(toy.folder, tmp_path / "own")
    tensors = load_file(folder / WEIGHTS)
    save_file(
        {name: value + 1 if value.dtype.kind == "f" else value for name, value in tensors.items()}, folder / WEIGHTS
    )
    with pytest.raises(EstimatorError, match=r"own/weights\.safetensors is not the file that card\.json"):
        _ = Estimator.load(folder).density
    raw = json.loads((folder / CARD).read_text())
    for files in (None, 5):  # cards of earlier versions, and damaged ones, do not say
        raw["training"]["files"] = files
        (folder / CARD).write_text(json.dumps(raw))
        assert Estimator.load(folder).density is not None


def test_a_surrogate_of_other_features_is_told(toy, tmp_path):
    folder = shutil.copytree(toy.folder, tmp_path / "own")
    scales = {
        f"scales.{name}": np.ones(5, np.float32) for name in ("input_mean", "input_sd", "feature_mean", "feature_sd")
    }
    member = _Member(5, 5, SurrogateSettings())
    save_file(
        scales | {f"members.0.{name}": value.numpy() for name, value in member.state_dict().items()}, folder / SURROGATE
    )
    with pytest.raises(EstimatorError, match=r"surrogate\.safetensors predicts 5 features, but the card has 4"):
        _ = Estimator.load(folder).surrogate
    save_file(scales, folder / SURROGATE)
    with pytest.raises(EstimatorError, match=r"surrogate\.safetensors: This is not a surrogate"):
        _ = Estimator.load(folder).surrogate


def test_reference_simulations_that_cannot_be_read_are_named(toy, tmp_path):
    folder = shutil.copytree(toy.folder, tmp_path / "own")
    (folder / REFERENCE).write_bytes(b"cut off")
    with pytest.raises(EstimatorError, match=r"reference\.safetensors cannot be read"):
        Estimator.load(folder).reference()
    save_file({"theta": np.zeros((3, 28), np.float32), "features": np.zeros((3, 9), np.float32)}, folder / REFERENCE)
    with pytest.raises(EstimatorError, match=r"do not fit the card's 4 features"):
        Estimator.load(folder).reference()
    with pytest.raises(EstimatorError, match=r"lacks the array 'held_theta'"):
        Estimator.load(folder).reference(held_out=True)


def test_an_estimators_files_can_be_read_by_whoever_reads_its_card(toy):
    """A page that another user serves could not read what safetensors wrote."""
    modes = {name: (toy.folder / name).stat().st_mode for name in (CARD, WEIGHTS, REFERENCE)}
    assert len(set(modes.values())) == 1, modes


def test_an_estimator_stays_what_it_was_when_its_successor_cannot_be_written(toy, tmp_path, monkeypatch):
    folder = tmp_path / "toy"
    shutil.copytree(toy.folder, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write = Path.write_bytes

    def full(path, content):
        if "card" in path.name:
            raise OSError(28, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    theta, features = toy.reference()
    with pytest.raises(OSError, match="No space left"):
        save_estimator(
            folder, toy.card, toy.density, theta + 1, features, held_theta=theta[:5], held_features=features[:5]
        )
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_the_readme_names_the_prior(toy):
    own = Prior.from_dict({**Prior().to_dict(), NAMES[0]: [0.75, 0.9]})
    assert "of the parameter table" in readme(toy.card)
    assert "with its own ranges" in readme(replace(toy.card, prior=own))
