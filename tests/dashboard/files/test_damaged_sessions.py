"""Sessions with damaged streams, and with spikes at no time in a saved run, are one sentence."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from automind_dash.dashboard.files.session_file import read_session
from automind_dash.errors import SessionError

SESSION = Path(__file__).parent / "sessions/0.1.0.automind"


def test_a_damaged_stream_is_a_sentence(tmp_path):
    """Bytes inside of a packed member, where zlib alone notices."""
    whole = SESSION.read_bytes()
    with zipfile.ZipFile(SESSION) as archive:
        inside = next(item for item in archive.infolist() if item.filename == "arrays.npz")
    begin = inside.header_offset + 30 + len(inside.filename)
    said = []
    for place in range(begin, begin + inside.compress_size, max(inside.compress_size // 40, 1)):
        harmed = bytearray(whole)
        harmed[place] ^= 0xFF
        path = tmp_path / "damaged.automind"
        path.write_bytes(bytes(harmed))
        try:
            read_session(path)
        except SessionError as error:
            said.append(str(error))
    assert len(said) > 30
    assert all(words.startswith("damaged.automind") and "\n" not in words for words in said)


def test_spikes_at_no_time_in_a_saved_run_are_a_sentence(tmp_path):
    with zipfile.ZipFile(SESSION) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["session.json"])
    run = next(run for target in manifest["targets"] for run in target["simulations"].values())
    arrays = dict(np.load(io.BytesIO(members["arrays.npz"])))
    arrays |= {"times": np.array([0.1, np.nan, 0.3]), "units": np.zeros(3, np.uint16)}
    run["recording"] = {
        "times": "times", "steps": False, "units": "units", "n_units": 1, "duration": 1.0, "name": "run", "groups": ["excitatory"],
        "counts": [1], "provenance": {},
    }  # fmt: skip
    out = io.BytesIO()
    np.savez(out, **arrays)
    members |= {"arrays.npz": out.getvalue(), "session.json": json.dumps(manifest).encode()}
    path = tmp_path / "nan.automind"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(SessionError, match=r"^nan\.automind cannot be opened: .*spikes whose times are not finite"):
        read_session(path)
