"""Colours that mean something can be told apart by colour-blind eyes and stand out from the ground, in light and dark."""

from itertools import combinations

import numpy as np
import pytest

from automind_dash.dashboard.stages.compare import target_colours
from automind_dash.dashboard.widgets import colours
from automind_dash.dashboard.widgets.colours import DARK, LIGHT, OUTCOME_WORDS

# Machado, Oliveira & Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1, on linear RGB
EYES = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
}  # fmt: skip
TOGETHER = [
    ("ink", "consistent", "alive", "dead", "selected"),
    ("excitatory", "inhibitory", "ink"),
    ("ink", "prior", "selected"),
]
"""Meanings that stand in one figure."""

LEAST = 10.0
"""CIE76: a just noticeable difference is 2.3; of thin lines and small dots some four times that is seen at a glance."""


def linear(colour):
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    white = np.array([0.95047, 1.0, 1.08883])
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb / white
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one, other, eye):
    return np.linalg.norm(lab(np.clip(eye @ linear(one), 0, 1)) - lab(np.clip(eye @ linear(other), 0, 1)))


def contrast(one, other):
    bright, dim = sorted((np.array([0.2126, 0.7152, 0.0722]) @ linear(colour) for colour in (one, other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_the_measures_know_what_is_known():
    assert contrast("#000000", "#ffffff") == pytest.approx(21, rel=1e-3)
    assert difference("#ff0000", "#00ff00", EYES["normal"]) == pytest.approx(170, abs=2)
    assert difference("#d0021b", "#417505", EYES["deuteranopia"]) < difference("#d0021b", "#417505", EYES["normal"]) / 2


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_meanings_are_told_apart(theme, eye):
    close = {
        (one, other): difference(getattr(theme, one), getattr(theme, other), EYES[eye])
        for meanings in TOGETHER
        for one, other in combinations(meanings, 2)
    }
    assert not {pair: value for pair, value in close.items() if value < LEAST}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_meanings_stand_out_from_the_ground(theme):
    """WCAG 2.2, 1.4.11: graphics that carry meaning have a contrast of 3:1."""
    meanings = ("ink", "consistent", "alive", "dead", "selected", "excitatory", "inhibitory")
    faint = {name: contrast(getattr(theme, name), theme.ground) for name in meanings}
    assert not {name: value for name, value in faint.items() if value < 3}


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_recordings_laid_over_each_other_differ_in_colour_or_in_dash(dark, eye):
    looks = list(zip(target_colours.target_colours(dark), target_colours.DASHES, target_colours.MARKERS, strict=True))
    for (one, dash, marker), (other, other_dash, other_marker) in combinations(looks, 2):
        assert difference(one, other, EYES[eye]) >= LEAST or dash != other_dash
        assert marker != other_marker


def test_colour_is_never_the_only_sign():
    signs = [word.split()[0] for word in OUTCOME_WORDS.values()]
    assert len(set(signs)) == len(signs)
    assert set(colours.OUTCOME_WORDS) >= {"consistent", "alive", "silent", "saturated", "failed"}
