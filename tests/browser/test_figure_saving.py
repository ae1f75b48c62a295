"""Figures are saved as files that other programs read."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
from playwright.sync_api import expect

from tests.browser.figures import PATIENCE, painted, show_stage


def saved(page, label, folder):
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name=label).first.click()
    path = Path(folder) / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_svg_png_and_csv(open_page, tmp_path):
    page = open_page()
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").click(timeout=PATIENCE)
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    show_stage(page, "Subspace")
    expect(page.get_by_text("Drag a box in any panel")).to_be_visible(timeout=PATIENCE)
    painted(page)
    svg = saved(page, "SVG", tmp_path)
    root = ElementTree.parse(svg).getroot()
    assert root.tag.endswith("svg")
    assert len(root.findall("{http://www.w3.org/2000/svg}svg")) >= 10, "one part for each panel"
    assert "τ_w" in svg.read_text(encoding="utf-8")
    png = saved(page, "PNG", tmp_path).read_bytes()
    assert png.startswith(b"\x89PNG")
    assert len(png) > 10_000
    assert len(pd.read_csv(saved(page, "CSV", tmp_path))) == 500
