"""A made study of two cultures at three ages, opened and measured on the page as a person would."""

import asyncio
import shutil
from pathlib import Path

import pandas as pd
import pytest

from automind_dash.dashboard.stage_views import make_view
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.recording import save_recording
from tests.study.conftest import bursting

NAME = "<img src=x onerror=alert(1)>"


def uploads(folder: Path, view, *names: str) -> list[tuple[str, Path]]:
    """Let files arrive in the page's drop area, as the browser would send them."""
    arrived = []
    for name in names or sorted(item.name for item in folder.iterdir()):
        place = view.study.uploads.place(name)
        shutil.copy(folder / name, place)
        arrived.append((name, place))
    return arrived


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """A folder with six recordings and their table; one culture has a hostile name."""
    folder = tmp_path_factory.mktemp("study")
    rows = []
    for culture in ("a", "b"):
        for number, age in enumerate((7, 14, 21)):
            name = f"{culture}&{age}.npz"
            save_recording(bursting(6.0 - 1.5 * number, seed=10 * number + ord(culture), duration=40.0), folder / name)
            rows.append({"file": name, "culture": NAME if culture == "a" else "b", "age_div": age})
    pd.DataFrame(rows).to_csv(folder / "study.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def measured(files):
    """The stage with this study, measured."""
    space = Workspace(stage="Overview")
    view = make_view("Overview", space)
    asyncio.run(view._take(uploads(files, view)))
    view.running.estimator.value = "bursts"
    asyncio.run(view._measure())
    return view
