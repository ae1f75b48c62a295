"""What a number field takes from a browser, whoever wrote the message."""

import pytest

from automind_dash.dashboard.widgets.number_fields import CountField, NumberField


@pytest.mark.parametrize(("sent", "taken"), [(30.5, 30.5), (5000, 600), (-3, 1), (None, 10), (float("nan"), 10)])
def test_a_number_stays_within_its_range(sent, taken):
    field = NumberField(value=10.0, start=1.0, end=600.0)
    field._process_events({"value": sent})
    assert field.value == taken


@pytest.mark.parametrize(("sent", "taken"), [(7.6, 8), (1e9, 2000), (0, 1)])
def test_a_count_is_whole(sent, taken):
    field = CountField(value=12, start=1, end=2000)
    field._process_events({"value": sent})
    assert field.value == taken
    assert isinstance(field.value, int)
