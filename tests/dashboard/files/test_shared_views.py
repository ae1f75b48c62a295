"""Shared views: one browser's many let go of its own, never of another's; a race over a full folder and a full disk leave no harm."""

from pathlib import Path

import pytest

from automind_dash.budgets import Budgets, set_budgets
from automind_dash.dashboard.files.shared_views import keep_view, view_path
from automind_dash.errors import SessionError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOMIND_VIEWS", str(tmp_path / "views"))
    set_budgets(Budgets(views=3))
    yield tmp_path / "views"
    set_budgets(Budgets())


def test_many_views_of_one_browser_let_go_of_its_own_only(folder):
    other = keep_view(b"other", "b" * 64)
    mine = [keep_view(b"mine", "a" * 64) for _ in range(20)]
    assert view_path(other).read_bytes() == b"other"
    assert len(list(folder.glob("*.automind"))) == 4
    assert view_path(mine[-1]).read_bytes() == b"mine"


def test_a_view_that_another_process_deletes_meanwhile_is_no_error(folder, monkeypatch):
    keep_view(b"first", "a" * 64)
    whole = Path.stat

    def gone(path, **options):
        if path.suffix == ".automind":
            raise FileNotFoundError(path)
        return whole(path, **options)

    monkeypatch.setattr(Path, "stat", gone)
    keep_view(b"second", "a" * 64)


def test_a_full_disk_leaves_no_half_file(folder, monkeypatch):
    keep_view(b"first", "a" * 64)
    before = sorted(folder.iterdir())

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("automind_dash.atomic.os.fsync", full)
    with pytest.raises(SessionError, match="No space left"):
        keep_view(b"second", "a" * 64)
    assert sorted(folder.iterdir()) == before
