"""What a person can set, ask for or get is in the docs: options, environment variables, exports, links."""

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from automind_dash.dashboard.files.exports import EXPORTS
from automind_dash.dashboard.state.stages import STAGES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKE_IT = "python -m tests.test_docs"


def reference() -> str:
    """Return the page about the terminal, made from its commands."""
    command = [sys.executable, "-m", "typer", "automind_dash.cli", "utils", "docs", "--name", "automind-dash"]
    made = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    head = f"<!-- made by `{MAKE_IT}`; a test fails when it is behind the commands -->\n\n"
    return head + html.unescape(re.sub(r"\n{3,}", "\n\n", made)).strip() + "\n"


def said() -> str:
    return "\n".join(page.read_text() for page in PAGES)


def test_every_command_and_option_is_documented():
    assert (ROOT / "docs/terminal.md").read_text() == reference(), f"run {MAKE_IT}"


def test_every_environment_variable_is_documented():
    sources = [*(ROOT / "automind_dash").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    used = {name for path in sources for name in re.findall(r"AUTOMIND_[A-Z_]*[A-Z]", path.read_text())}
    assert {"AUTOMIND_PRETRAINED", "AUTOMIND_SCHEDULER"} <= used
    assert not {name for name in used if name not in said()}


def test_every_export_is_documented():
    assert not [export for export in EXPORTS if export not in said()]


def test_every_stage_is_documented():
    assert not [stage for stage in STAGES if f"**{stage}**" not in (ROOT / "README.md").read_text()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "page", [ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_files_that_are_named_are_there(page):
    """`folder/file.py` in the text is a file of the package, of the tests or of the project."""
    for name in re.findall(r"`([\w/.-]+/[\w.-]+\.(?:py|js|md|toml))`", page.read_text()):
        places = [ROOT / name, ROOT / "automind_dash" / name, ROOT / "automind_dash/dashboard" / name]
        assert any(place.exists() for place in places), name


if __name__ == "__main__":
    (ROOT / "docs/terminal.md").write_text(reference())
