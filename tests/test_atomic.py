"""Whatever is written under its final name is written whole: one module does it, and a full disk leaves what was there."""

import ast
import errno
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automind_dash.atomic import write_together, write_whole, written_whole
from automind_dash.cli.outputs import write_table
from automind_dash.dashboard.files.session_file import write_session
from automind_dash.errors import RecordingError, SessionError, StudyError, UserError
from automind_dash.recording import Recording, save_recording
from automind_dash.recording.standards.nwb_export import to_nwb
from automind_dash.study.kept import write_json

PACKAGE = Path(__file__).parents[1] / "automind_dash"

SCRATCH = {
    "atomic.py": "is how it is done",
    "recording/bounded.py": "a reader's own temporary folder",
    "recording/bounded_server.py": "a reader's own temporary folder",
    "recording/apart/child.py": "a reader's own temporary folder",
    "recording/matlab/matlab5_child.py": "a reader's own temporary folder",
    "recording/files/archive.py": "unpacks into a temporary folder",
    "dashboard/frame/sidebar/upload_area.py": "uploads, piece by piece, into the session's temporary folder",
    "study/journal.py": "a line after the other; a line that is cut off is run again",
    "inference/making/kept_results.py": "a line after the other; a line that is cut off is made again",
}
"""What opens files to write them itself, and why it may."""

TO_A_NAME = {
    "to_parquet",
    "to_csv",
    "savez",
    "savez_compressed",
    "save",
    "savefig",
    "ZipFile",
    "File",
    "NWBHDF5IO",
    "dump",
}
PLAIN = {"part", "out", "str(part)"}
"""A temporary name of `written_whole`, or bytes in memory."""


def writes(call):
    """Return what a call writes to by itself, "" where it writes nothing."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    modes = [
        value.value for value in [*call.args, *(word.value for word in call.keywords)]
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.rstrip("bt+") in ("w", "a", "x")
    ]  # fmt: skip
    target = ast.unparse(call.args[0]) if call.args else ""
    if name in ("write_text", "write_bytes") or (name == "open" and modes):
        owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else target
        return "" if owner in PLAIN else ast.unparse(call)
    if (
        name in TO_A_NAME
        and target
        and target not in PLAIN
        and (modes or name not in ("ZipFile", "File", "NWBHDF5IO", "save", "dump"))
    ):
        return ast.unparse(call)
    return ""


def test_nothing_else_writes_under_a_final_name():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if str(path.relative_to(PACKAGE)) in SCRATCH:
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        found += [f"{path.relative_to(PACKAGE)}: {said}" for call in calls if (said := writes(call))]
    assert not found


def test_what_may_write_by_itself_still_does():
    assert all((PACKAGE / name).is_file() for name in SCRATCH)


RECORDING = Recording.from_spikes(np.array([0.5, 1.0]), [0, 1], duration=2.0, n_units=2, name="two")

WRITERS = {
    "bytes": (lambda path: write_whole(path, b"new"), OSError),
    "npz": (lambda path: save_recording(RECORDING, path), RecordingError),
    "nwb": (lambda path: to_nwb(RECORDING, path), RecordingError),
    "csv": (lambda path: write_table(pd.DataFrame({"a": [1]}), path), UserError),
    "parquet": (lambda path: write_table(pd.DataFrame({"a": [1]}), path), UserError),
    "automind": (lambda path: write_session([], None, "Features", {}, path), SessionError),
    "json": (lambda path: write_json(path, {"a": 1}), StudyError),
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, suffix):
    write, error = WRITERS[suffix]
    path = tmp_path / f"kept.{suffix}"
    path.write_bytes(b"old")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("automind_dash.atomic.os.fsync", full)
        with pytest.raises(error, match="No space left"):
            write(path)
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    write(path)
    assert path.read_bytes() != b"old"
    assert [item.name for item in tmp_path.iterdir()] == [path.name]


def test_files_that_belong_together_change_together(tmp_path, monkeypatch):
    write_together(tmp_path, {"a": b"1", "b": b"1"})
    asked = []

    def full_at_the_second(_):
        asked.append(1)
        if len(asked) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("automind_dash.atomic.os.fsync", full_at_the_second)
    with pytest.raises(OSError, match="No space left"):
        write_together(tmp_path, {"a": b"2", "b": b"2"})
    assert [(item.name, item.read_bytes()) for item in sorted(tmp_path.iterdir())] == [("a", b"1"), ("b", b"1")]


def test_a_link_is_followed_and_rights_stay(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_device_is_written_to_as_it_is():
    with written_whole(Path("/dev/null")) as part:
        assert part == Path("/dev/null")
