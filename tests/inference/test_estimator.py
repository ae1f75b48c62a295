"""Loading estimators: nothing is unpickled, broken folders say what is wrong."""

import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest

from automind_dash.errors import EstimatorError
from automind_dash.inference.card import Card
from automind_dash.inference.estimator import CARD, WEIGHTS, Estimator, list_estimators, load_estimator


def test_card_round_trip(toy):
    again = Card.read(toy.folder / CARD)
    assert again.feature_set == toy.card.feature_set
    assert again.plan == toy.card.plan
    np.testing.assert_array_equal(again.noise_scale, toy.card.noise_scale)


def test_listing_estimators_imports_no_torch(toy):
    code = (
        "import sys; from pathlib import Path; from automind_dash.inference.estimator import list_estimators; "
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
    with pytest.raises(EstimatorError, match="is missing"):
        list_estimators(tmp_path)


def test_pickled_weights_are_refused(toy, tmp_path):
    folder = shutil.copytree(toy.folder, tmp_path / "evil")
    (folder / WEIGHTS).write_bytes(pickle.dumps({"weights": [1, 2]}))
    with pytest.raises(EstimatorError, match="does not fit its card"):
        _ = Estimator.load(folder).flow


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
