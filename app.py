"""What `panel serve` runs. `automind-dash serve` has settings for a lab, this has none; both stand behind the same gate."""

import os

os.environ.setdefault("BOKEH_RESOURCES", "server")  # before the page is made: a browser in a lab may reach no CDN

from automind_dash.dashboard.page import make_page
from automind_dash.serving import may_show_page

if may_show_page():
    make_page().servable(title="AutoMIND")
