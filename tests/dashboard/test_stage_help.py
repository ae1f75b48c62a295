"""Every stage has a question mark with help."""

import pytest

from automind_dash.dashboard.help.help_button import HelpButton
from automind_dash.dashboard.stage_views import VIEWS, make_view
from automind_dash.dashboard.state.workspace import Workspace


@pytest.mark.parametrize("stage", VIEWS)
def test_every_stage_has_help(stage):
    marks = make_view(stage, Workspace()).__panel__().select(HelpButton)
    assert len(marks) == 1
    assert marks[0].text
    assert marks[0].terms
