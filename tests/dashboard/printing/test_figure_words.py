"""Every figure that can be saved has a caption of its own, and no caption is left over."""

import re
from pathlib import Path

import automind_dash.dashboard
from automind_dash.dashboard.printing.figure_words import SAYS

STAGES = Path(automind_dash.dashboard.__file__).parent / "stages"
CALL = re.compile(r"save_menu\(\s*(?:\[[^\]]*\]|list\([^)]*\)|[\w.\[\] ]+?),\s*\"([^\"]+)\"")
OF_FEATURES = {"spectrum", "isi", "intervals", "shape"}
"""Of the Features stage, which names them in a table."""


def test_each_menu_has_a_caption():
    sources = [path.read_text() for path in STAGES.rglob("*.py")]
    named = {name for source in sources for name in CALL.findall(source)}
    calls = sum(len(re.findall(r"(?<!import )\bsave_menu\(", source)) for source in sources)
    assert calls >= 15
    assert named | OF_FEATURES | {"compensation"} == set(SAYS)
