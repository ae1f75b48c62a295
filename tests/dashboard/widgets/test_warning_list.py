"""Warnings are text, whatever stands in them, and stay what they were where the browser sends back what it was sent."""

import json
from collections import deque

import panel as pn
import panel_material_ui as pmui
import pytest

from automind_dash.dashboard.widgets.warning_list import WarningList

ROUNDS = 150
"""Messages: three for each change."""


class EchoingBrowser:
    """A notebook's browser whose messages come back to the kernel one message late: jupyter_bokeh sends back all that it gets."""

    def __init__(self, shown, monkeypatch):
        monkeypatch.setattr(pn.config, "comms", "ipywidgets")
        self.widget, self.sent = pn.ipywidget(shown), deque()
        self.widget.send = lambda content, buffers=None: self.sent.append(content["payload"])

    def echo(self):
        """Send back what is on its way, and what that causes, at most so many messages; returns how many are still on their way."""
        for _ in range(ROUNDS):
            if not self.sent:
                break
            message = json.loads(self.sent.popleft())
            for event in message.get("events", []) if isinstance(message, dict) else []:
                if not isinstance(event.get("new"), str | bool):
                    continue  # models, which the browser names and does not send
                self.widget._sync_model(self.widget, event | {"event": "jsevent"}, [])
        return len(self.sent)


@pytest.fixture
def echoing(monkeypatch):
    pytest.importorskip("jupyter_bokeh")
    return lambda shown: EchoingBrowser(shown, monkeypatch)


def test_markup_in_a_warning_is_shown_as_it_is_written():
    warnings = WarningList(lines=["culture <b>3</b> & 4"])
    assert "culture &lt;b&gt;3&lt;/b&gt; &amp; 4" in warnings._text.object
    assert warnings._frame.visible
    warnings.lines = []
    assert not warnings._frame.visible


def test_two_warnings_soon_after_another_do_not_go_on_for_ever(echoing):
    warnings = WarningList()
    browser = echoing(pn.Column(warnings))
    warnings.lines = ["nearer than 3 & typical"]
    warnings.lines = ["farther than 3 & rare"]
    assert browser.echo() == 0
    assert "farther" in warnings._text.object
    assert len(warnings._text.object) < 100


def test_the_librarys_alert_still_takes_its_own_html_for_a_new_text(echoing):
    """When this fails Alert's text is sent one way only, and WarningList can hand its lines to it."""
    alert = pmui.Alert()
    browser = echoing(pn.Column(alert))
    alert.object = "nearer"
    alert.object = "farther"
    assert browser.echo() > 0
    assert len(alert.object) > 300
