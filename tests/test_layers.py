"""Importing the package is light, and the arrows between its layers point one way."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def imported_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import automind_dash", {"numpy", "panel", "torch", "numba", "brian2", "sbi"}),
        ("import automind_dash.cli", {"panel", "torch", "numba", "brian2", "sbi"}),
        ("import automind_dash.jobs", {"distributed", "torch", "panel"}),
        ("import automind_dash.recording", {"torch", "panel", "pynwb", "numba"}),
        ("import automind_dash.features", {"torch", "panel", "numba"}),
        ("import automind_dash.dashboard.page", {"torch", "sbi", "brian2", "distributed"}),
    ],
)
def test_imports_are_light(statement, heavy):
    assert not heavy & imported_after(statement)


def test_arrows_point_one_way():
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("import-linter is not installed")
    found = subprocess.run([command], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
