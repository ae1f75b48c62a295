"""What a new process pays: imports are light, compiled code is found, also where the package cannot be written to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import automind_dash
from automind_dash.circuit.engine import compiled
from automind_dash.circuit.warm import remove_stale

ROOT = Path(automind_dash.__file__).parents[1]
FIRST_CALL = """
from numba.core.dispatcher import Dispatcher
import gc
from automind_dash.circuit import simulate
from automind_dash.circuit.parameters import HIGH, LOW
simulate((LOW + HIGH) / 2, 0.1, seed=0)
used = [one.stats for one in gc.get_objects() if isinstance(one, Dispatcher)]
print(sum(sum(one.cache_hits.values()) for one in used) > 0, sum(sum(one.cache_misses.values()) for one in used))
"""
"""Prints whether compiled code was found, and how many functions had to be compiled."""


def python(code, folder=ROOT, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", [f"automind_dash.circuit{name}" for name in ("", ".parameters", ".export")])
def test_importing_the_circuit_imports_no_engine(module):
    code = f"import {module}, sys; print(*[n for n in ('numba', 'brian2', 'torch', 'panel') if n in sys.modules])"
    assert python(code) == ""


def test_simulating_imports_no_brian2_and_the_reference_no_numba():
    code = "from automind_dash.circuit import simulate; from automind_dash.circuit.parameters import HIGH; import sys; "
    assert python(code + "simulate(HIGH, 0.1, seed=0, n_neurons=10); print('brian2' in sys.modules)") == "False"
    code += "import automind_dash.circuit.reference; print('numba' in sys.modules)"
    assert python(code) == "False"


def test_a_new_process_compiles_nothing_once_warm():
    python("from automind_dash.circuit.warm import warm; warm()")
    assert python(FIRST_CALL) == "True 0"


def test_without_a_place_beside_the_source_the_cache_is_the_users(tmp_path):
    package = tmp_path / "installed" / "automind_dash"
    ignored = shutil.ignore_patterns("__pycache__", "dashboard", "inference", "features", "invariance")
    shutil.copytree(ROOT / "automind_dash", package, ignore=ignored)
    (package / "circuit" / "engine" / "__pycache__").write_text("a file, so that no folder can be made here")
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "LOCALAPPDATA": str(tmp_path / "cache")}
    folder = Path(python("from automind_dash.circuit.warm import warm; print(warm())", package.parent, **home))
    assert tmp_path in folder.parents
    assert package not in folder.parents
    assert len(list(folder.glob("kernel.*.nbc"))) == 2
    assert python(FIRST_CALL, package.parent, **home) == "True 0"
    assert len(list(folder.glob("kernel.*.nbc"))) == 2


def test_code_older_than_the_source_is_removed(tmp_path):
    for folder in ("cache", "sources"):
        (tmp_path / folder).mkdir()
    source, old, new = tmp_path / "sources" / "a.py", tmp_path / "cache" / "old.nbi", tmp_path / "cache" / "new.nbi"
    for moment, path in enumerate((old, source, new)):
        path.touch()
        os.utime(path, (1e9 + moment, 1e9 + moment))
    assert remove_stale(tmp_path / "cache", tmp_path / "sources") == 1
    assert not old.exists()
    assert new.exists()


CANNOT_MOUNT = (
    hasattr(os, "geteuid")
    and os.geteuid() == 0
    and subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0
)
"""The administrator may write anywhere, so a read-only folder must be a mount."""


@pytest.mark.skipif(os.name == "nt" or CANNOT_MOUNT, reason="no folder can be made read-only here")
def test_an_installation_that_cannot_be_written_works_and_says_what_would_be_faster(tmp_path):
    """As in a container or on a lab's share: neither the package's folder nor the home folder takes a cache."""
    installed, home = tmp_path / "installed", tmp_path / "home"
    ignored = shutil.ignore_patterns("__pycache__", "dashboard", "study", "publication")
    shutil.copytree(ROOT / "automind_dash", installed / "automind_dash", ignore=ignored)
    home.mkdir()
    code = (
        "import automind_dash.circuit.engine.kernel; from automind_dash.circuit.engine.bit_planes import aligned_words; "
        "print(aligned_words(3))"
    )
    command = [sys.executable, "-c", code]
    if os.geteuid() == 0:
        mounts = " && ".join(
            f"mount --bind '{place}' '{place}' && mount -o remount,ro,bind '{place}'" for place in (installed, home)
        )
        command = ["unshare", "-m", "sh", "-c", f'{mounts} && exec "$0" "$@"', *command]
    else:
        for place in (installed, home):
            for item in (place, *(folder for folder in place.rglob("*") if folder.is_dir())):
                item.chmod(0o555)
    plain = {key: value for key, value in os.environ.items() if key not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        command, cwd=installed, env=plain | {"PYTHONPATH": str(installed), "HOME": str(home)}, capture_output=True, text=True,
    )  # fmt: skip
    for item in (installed, home, *(folder for folder in installed.rglob("*") if folder.is_dir())):
        item.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[0 0 0]"
    assert "Set NUMBA_CACHE_DIR" in done.stderr


def test_without_a_folder_for_the_cache_the_engine_is_compiled_all_the_same(monkeypatch, caplog):
    def njit(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function 'run': no locator available for file 'kernel.py'")
        return lambda function: function

    monkeypatch.setattr(compiled, "njit", njit)
    monkeypatch.setattr(compiled._Once, "said", False)
    decorated = [compiled.compiled()(len) for _ in range(2)]
    assert [one("abc") for one in decorated] == [3, 3]
    assert caplog.text.count("Set NUMBA_CACHE_DIR") == 1
