"""Figures are saved as files that other programs read, at the first click."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from tests.browser.figures import PATIENCE, painted, show_stage


def saved(page, label, folder):
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name=label, exact=True).click()
    path = Path(folder) / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_svg_png_pdf_and_csv(open_page, tmp_path):
    page = open_page()
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").click(timeout=PATIENCE)
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    show_stage(page, "Subspace")
    expect(page.get_by_text("Drag a box in any panel")).to_be_visible(timeout=PATIENCE)
    painted(page)
    page.get_by_role("button", name="Save figure").last.click()
    caption = page.get_by_label("Caption, ready to paste")
    expect(caption).to_have_value(
        re.compile("in pairs of parameters.*n = 500 draws of the posterior"), timeout=PATIENCE
    )
    svg = saved(page, "SVG", tmp_path)
    assert svg.name == "synthetic_bursting_culture-pair_plot.svg"
    root = ElementTree.parse(svg).getroot()
    assert float(root.get("width").removesuffix("pt")) == pytest.approx(85 / 25.4 * 72, abs=0.1)
    assert saved(page, "PDF", tmp_path).read_bytes().startswith(b"%PDF")
    assert saved(page, "PNG", tmp_path).read_bytes().startswith(b"\x89PNG")
    assert len(pd.read_csv(saved(page, "CSV", tmp_path))) == 500
