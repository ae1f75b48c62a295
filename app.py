"""What `panel serve` runs."""

from automind_dash.dashboard.page import make_page

make_page().servable(title="AutoMIND")
