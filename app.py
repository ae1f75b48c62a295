"""What `panel serve` runs."""

import os

os.environ.setdefault("BOKEH_RESOURCES", "server")  # before the page is made: a browser in a lab may reach no CDN

from automind_dash.dashboard.page import make_page

make_page().servable(title="AutoMIND")
