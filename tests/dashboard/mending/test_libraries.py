"""The libraries are as they come until something of the page is shown."""

import subprocess
import sys

import pytest

REPLACED = """
from bokeh.models import ImportedStyleSheet
from bokeh.server.connection import ServerConnection
from panel.io import document

def replaced():
    found = [document.schedule_write_events, document.write_events, document._dispatch_msgs,
             ServerConnection.send_patch_document, ImportedStyleSheet.__init__]
    return sum(one.__module__.startswith("automind_dash") for one in found)
"""


def counts(script):
    """Run a script in a process of its own, a notebook's kernel as far as the page can tell; return the numbers that it prints."""
    kernel = "import sys, types\nshell = types.SimpleNamespace(kernel=object())\n"
    kernel += "sys.modules['IPython'] = types.SimpleNamespace(get_ipython=lambda: shell)\n"
    found = subprocess.run(
        [sys.executable, "-c", kernel + REPLACED + script], capture_output=True, text=True, check=True
    )
    return [int(number) for number in found.stdout.split()]


def test_importing_the_explorer_and_its_page_replaces_nothing():
    assert counts("import automind_dash.dashboard.explorer, automind_dash.dashboard.page\nprint(replaced())") == [0]


@pytest.mark.parametrize("shown", ["explorer.__panel__()", "explorer.embed('Target')"])
def test_showing_the_explorer_or_a_view_of_it_replaces_what_it_needs(shown):
    script = f"""
from automind_dash.dashboard import explorer as module
module.load_extension = lambda: None  # it writes to a notebook's cell
explorer = module.Explorer()
print(replaced())
{shown}
{shown}
print(replaced())
"""
    assert counts(script) == [0, 5]
