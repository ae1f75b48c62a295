"""The page behind nginx, with the examples of docs/serving.md as they stand there: path kept and path stripped."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import urlopen

import numpy as np
import pytest

from automind_dash.recording import Recording, save_recording
from benchmarks.page import free_port
from benchmarks.protocol_client import PageClient
from benchmarks.visitor import share

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
MEGABYTES = int(os.environ.get("AUTOMIND_UPLOAD_MB", "6"))
"""Of the upload: 500 is the long form."""

if NGINX is None and os.environ.get("AUTOMIND_REQUIRE_NGINX"):
    pytest.fail("nginx is required but not installed.", pytrace=False)
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx-light)")

KEPT, STRIPPED = re.findall(r"```nginx\n(.*?)```", (Path(__file__).parents[1] / "docs/serving.md").read_text(), re.S)

CONFIGURATION = """
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
}}
"""


def answers(address):
    try:
        urlopen(address, timeout=5).close()
    except HTTPError as error:
        return error.code != 502
    except OSError:
        return False
    return True


@pytest.fixture(params=["kept", "stripped"])
def address(request, tmp_path, monkeypatch):
    """The page's address on the proxy."""
    inner, outer = free_port(), free_port()
    location = (KEPT if request.param == "kept" else STRIPPED).replace("127.0.0.1:5006", f"127.0.0.1:{inner}")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, port=outer, location=location))
    monkeypatch.setenv("AUTOMIND_VIEWS", str(tmp_path / "views"))
    options = ["--prefix", "/automind"] if request.param == "kept" else []
    page = subprocess.Popen(
        [sys.executable, "-m", "automind_dash.cli", "serve", "--port", str(inner), "--allow-origin", f"localhost:{outer}", *options,
         "--quiet-arrival"], stdout=subprocess.DEVNULL,
    )  # fmt: skip
    proxy = subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(configuration)], stderr=subprocess.DEVNULL)
    address = f"http://localhost:{outer}/automind"
    for _ in range(600):
        if answers(f"{address}/health"):
            break
        assert page.poll() is None
        assert proxy.poll() is None, (tmp_path / "error.log").read_text()
        time.sleep(0.1)
    yield address
    for process in (proxy, page):
        process.terminate()
    for process in (proxy, page):
        process.wait(90)


def recording(folder):
    """Return a recording's file of about MEGABYTES."""
    n = MEGABYTES * 2**20 // 12
    rng = np.random.default_rng(0)
    duration = n / 500
    made = Recording.from_spikes(
        rng.uniform(0, duration, n), rng.integers(0, 100, n), duration=duration, name="through the proxy"
    )
    return save_recording(made, folder / "through.npz").read_bytes()


def test_the_page_its_scripts_an_upload_and_a_link(address, tmp_path):
    with urlopen(f"{address}/", timeout=60) as answer:
        body = answer.read().decode()
        assert "automind_browser" in answer.headers["Set-Cookie"]
    scripts = [link for link in re.findall(r'(?:src|href)="([^"]+)"', body) if not link.startswith("data:")]
    assert len(scripts) > 3
    for link in scripts:
        with urlopen(urljoin(f"{address}/", link), timeout=60) as answer:
            assert answer.status == 200, link
    asyncio.run(upload_and_share(address, recording(tmp_path)))


async def upload_and_share(address, content):
    async with await PageClient.open(address) as page:
        await page.upload("through.npz", content)
        await page.until(lambda: page.tells("through the proxy"))
        await page.until(lambda: not page.value(page.find("Share link"), "disabled"))
        assert "?view=" in await share(page)
