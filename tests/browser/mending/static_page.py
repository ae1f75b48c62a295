"""A layout of Panel's in Chromium without a server: what it asks of Panel's CDN comes from the installed libraries."""

import re
from pathlib import Path

import panel as pn
import panel_material_ui
from bokeh.resources import INLINE
from panel.io.resources import CDN_DIST, DIST_DIR

WIDGETS = Path(panel_material_ui.__file__).parent / "dist"


def open_static(browser, shown, folder, **viewport):
    """Return a page that shows a layout as it is saved to a file in a folder."""
    pn.extension("tabulator")
    file = folder / "page.html"
    shown.save(file, resources=INLINE)
    page = browser.new_page(viewport={"width": 900, "height": 900} | viewport)
    page.route(re.compile("^https?://"), from_here)
    page.goto(file.as_uri())
    return page


def from_here(route):
    url = route.request.url
    wanted = DIST_DIR / url.removeprefix(CDN_DIST).partition("?")[0]
    if "/panel-material-ui/" in url:
        wanted = WIDGETS / url.rpartition("/")[2]
    anyone = {"access-control-allow-origin": "*", "content-type": "text/javascript"} if wanted.suffix == ".js" else None
    route.fulfill(path=wanted, headers=anyone) if wanted.is_file() else route.abort()
