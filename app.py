"""The file that `panel serve` runs. `automind-dash serve` has settings for a lab, and this has none. Both use the same gate."""

import os

os.environ.setdefault("BOKEH_RESOURCES", "server")  # before the page is made: a lab's browser may reach no CDN

from automind_dash.dashboard.page import make_page
from automind_dash.serving import may_show_page

if may_show_page():
    make_page().servable(title="AutoMIND")
