"""Names of units that look like numbers and are none."""

from automind_dash.recording.assembly import natural_order


def test_units_named_by_odd_digits_or_by_thousands_of_them_are_put_in_order():
    assert natural_order(["ch10", "ch2", "ch02", "²", "9" * 5000])[-1] == "²"
    assert natural_order(["ch10", "ch2", "ch1"]) == ["ch1", "ch2", "ch10"]
