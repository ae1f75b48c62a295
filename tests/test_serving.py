"""A served page that is told to end leaves nothing of its users behind."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SERVER = """
import sys
from automind_dash.dashboard.frame.sidebar.uploads import UploadFolder
from automind_dash.serving import serve_page

uploads = UploadFolder()
upload = uploads.place("culture.npz")
upload.write_bytes(b"spikes")
print(upload, flush=True)
serve_page(port=int(sys.argv[1]), address="localhost", origins=[], keep_minutes=1, open_browser=False)
"""


def _wait_until_it_listens(port):
    for _ in range(600):
        try:
            socket.create_connection(("localhost", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    pytest.fail("Nothing is served.")


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_deletes_uploads(told):
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stdout=subprocess.PIPE, text=True) as process:
        try:
            upload = Path(process.stdout.readline().strip())
            assert upload.read_bytes() == b"spikes"
            _wait_until_it_listens(port)
            process.send_signal(told)
            assert process.wait(60) == 0
        finally:
            process.kill()
    assert not upload.parent.parent.exists()
