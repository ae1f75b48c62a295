"""Figures have the size that was asked for, in every format, and text stays text."""

import io
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from automind_dash.errors import UserError
from automind_dash.publication.lettering import typeset
from automind_dash.publication.numbers_on_axes import written
from automind_dash.publication.paper import INKS, Paper, drawn_on, file_bytes


def drawn(paper, kind, title="a <b> & c"):
    with drawn_on(paper):
        sheet = paper.sheet(40.0)
        sheet.subplots().set_title(typeset("rate of culture_3 at $5"))
        return file_bytes(sheet, kind, title, "A caption with κόσμος.")


def test_the_width_is_in_mm_in_every_format():
    paper = Paper(85.0, 7.0)
    svg = drawn(paper, "svg").decode()
    assert float(re.search(r'<svg[^>]* width="([\d.]+)pt"', svg)[1]) == pytest.approx(85 / 25.4 * 72, abs=0.1)
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", drawn(paper, "pdf"))
    assert float(box[1]) == pytest.approx(85 / 25.4 * 72, abs=0.1)
    image = Image.open(io.BytesIO(drawn(paper, "png")))
    assert image.width == pytest.approx(85 / 25.4 * 600, abs=1)
    assert image.info["dpi"][0] == pytest.approx(600, abs=1)


def test_text_in_svg_is_text_and_two_files_of_one_figure_are_alike():
    svg = drawn(Paper(), "svg")
    assert b">rate of culture_3 at $5<" in svg
    assert svg == drawn(Paper(), "svg")
    assert b"<dc:date" not in svg


@pytest.mark.parametrize("wrong", [{"width": 10}, {"width": 1e9}, {"font": 1}, {"font": 100}])
def test_what_no_journal_prints_is_refused(wrong):
    with pytest.raises(UserError, match="can"):
        Paper(**wrong)


def test_unknown_formats_are_refused():
    with pytest.raises(UserError, match="svg, pdf, png"):
        drawn(Paper(), "bmp")


def test_known_symbols_are_set_and_other_words_are_not():
    assert typeset("τ_w (ms)") == r"$\mathit{τ}_\mathrm{w}$ (ms)"
    assert typeset("week_3, x_1, C (pF) $") == r"week_3, x_1, C (pF) \$"
    assert typeset("C (pF)") == r"$\mathit{C}$ (pF)"


def test_numbers_are_short():
    assert [written(value) for value in (0, 20000, -0.25, 1e-6, 2.5e7)] == [
        "0", "20000", "−0.25", "$10^{-6}$", r"$2.5\times10^{7}$",
    ]  # fmt: skip


def test_colours_differ_in_grey_too():
    """A print in black and white, and eyes that see no red: states are told apart by lightness (and by their marks)."""
    grey = [
        float(np.dot(to_rgb(c), (0.2126, 0.7152, 0.0722)))
        for c in (INKS.ink, INKS.consistent, INKS.selected, INKS.prior)
    ]
    apart = np.diff(np.sort(grey))
    assert apart.min() > 0.05
