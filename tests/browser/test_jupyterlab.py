"""The explorer in a real JupyterLab: what is chosen in the browser is read in Python and the other way round, also after a restart."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.known_messages import KNOWN

PATIENCE = 300_000
"""ms; the kernel imports everything anew, twice, on machines that are shared."""

CELLS = (
    """
import numpy as np
from automind_dash import Explorer
from automind_dash.circuit.parameters import HIGH, LOW

rng = np.random.default_rng(0)
times = np.concatenate([rng.uniform(0, 30, 600), rng.normal(np.repeat(np.arange(1.0, 30, 2), 100), 0.03)])
explorer = Explorer.from_arrays(times, rng.integers(0, 20, len(times)), duration=31, name="made in Python")
explorer
""",
    """
await explorer.ready()
circuits = LOW + rng.random((8, 28)) * (HIGH - LOW)
explorer.workspace.current.take_samples(circuits, np.arange(8.0))
explorer.embed("Circuits")
""",
    'explorer.embed("Posterior")',
    "explorer.selection = [1, 2]",
    'print("read:", sorted(explorer.selection.index), len(explorer.simulations), explorer.recording.n_units)',
)


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on a scratch folder that holds the notebook; gives its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    root = tmp_path / "notebooks"
    root.mkdir()
    nbformat.write(notebook, root / "explorer.ipynb")
    settings = tmp_path / "config"
    settings.mkdir()
    quiet = {"LabApp": {"news_url": None, "check_for_updates_class": "jupyterlab.NeverCheckForUpdate"}}
    (settings / "jupyter_server_config.json").write_text(json.dumps(quiet))
    news = tmp_path / "lab_settings_dir" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    own = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR", "LAB_SETTINGS_DIR", "LAB_WORKSPACES_DIR")
    places = {f"JUPYTER{'' if name.startswith('LAB') else '_'}{name}": str(tmp_path / name.lower()) for name in own}
    environment = os.environ | places | {"JUPYTER_CONFIG_DIR": str(settings), "IPYTHONDIR": str(tmp_path / "ipython")}
    with (tmp_path / "lab.log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--port-retries=0",
                "--IdentityProvider.token=", f"--ServerApp.root_dir={root}",
            ],
            env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        url = f"http://localhost:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=30).close()
                break
            except OSError:
                if process.poll() is not None:
                    pytest.fail(f"JupyterLab ended: {(tmp_path / 'lab.log').read_text()[-2000:]}")
                time.sleep(0.3)
        yield url
        process.terminate()
        process.wait(30)


@pytest.fixture
def page(browser, lab):
    """The notebook in Chromium; errors of ours and requests to other hosts fail the test."""
    page = browser.new_page(viewport={"width": 1600, "height": 1000})
    page.set_default_timeout(PATIENCE)
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith((lab, "data:", "blob:")) else troubles.append(request.url),
    )
    page.goto(f"{lab}/lab/tree/explorer.ipynb", timeout=PATIENCE)
    yield page
    page.close()
    assert not [trouble for trouble in troubles if not any(known in trouble for known in KNOWN)]


def run_all(page, restart=False):
    if restart:
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.get_by_text("Restart Kernel and Run All Cells…", exact=True).click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()
    else:
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()


def shows_what_python_chose(page):
    """The page, its table in another cell and a stage in a third show the recording and the two circuits chosen in Python."""
    outputs = page.locator(".jp-CodeCell .jp-OutputArea")
    expect(outputs.nth(4).get_by_text("read: [1, 2] 0 20")).to_be_visible(timeout=PATIENCE)
    expect(outputs.nth(0).get_by_text(re.compile("made in Python — 20 units")).first).to_be_visible(timeout=PATIENCE)
    expect(outputs.nth(0).locator("canvas").first).to_be_visible(timeout=PATIENCE)
    expect(outputs.nth(1).get_by_text(re.compile("2 of 8 circuits selected"))).to_be_visible(timeout=PATIENCE)
    expect(outputs.nth(2).locator("canvas").first).to_be_attached(timeout=PATIENCE)
    return outputs


def test_two_ways_and_after_a_restart(page, screenshot):
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # else Run asks which kernel to start
    run_all(page)
    outputs = shows_what_python_chose(page)
    assert page.evaluate("() => Bokeh.require('document').Document.prototype.automind_keeps_back")
    screenshot(page, "jupyterlab")
    outputs.nth(1).get_by_role("row").nth(3).get_by_role(
        "checkbox"
    ).click()  # after the heading and the two selected ones
    expect(outputs.nth(1).get_by_text(re.compile("3 of 8 circuits selected"))).to_be_visible(timeout=PATIENCE)
    page.locator(".jp-CodeCell .jp-InputArea-editor").nth(4).click()
    page.keyboard.press("Control+Enter")
    expect(outputs.nth(4).get_by_text("read: [0, 1, 2] 0 20")).to_be_visible(timeout=PATIENCE)
    run_all(page, restart=True)
    shows_what_python_chose(page)
    screenshot(page, "jupyterlab-restarted")
