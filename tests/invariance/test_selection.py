"""Selections as expressions: what they pick, how they combine, and their way through JSON."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.errors import SessionError
from automind_dash.invariance.selection import (
    And,
    Everything,
    Is,
    Not,
    Or,
    Polygon,
    Range,
    Reference,
    Rows,
    box,
    inside_polygon,
    read_selection,
)

TABLE = pd.DataFrame(
    {"x": [0.0, 1.0, 2.0, np.nan], "y": [0.0, 1.0, 4.0, 9.0], "state": ["alive", "consistent", "alive", "silent"]},
    index=[10, 11, 12, 13],
)


def picked(selection, **named):
    return TABLE.index[selection.mask(TABLE, named)].tolist()


def test_terms():
    assert picked(Range("x", 1, None)) == [11, 12]
    assert picked(Range("x")) == [10, 11, 12]  # an undefined value is in no range
    assert picked(Is("state", ("consistent", "silent"))) == [11, 13]
    assert picked(Rows((13, 10, 99))) == [10, 13]
    assert picked(Everything()) == [10, 11, 12, 13]
    assert picked(box({"x": (0, 1), "y": (0.5, None)})) == [11]
    assert picked(Polygon("x", "y", ((0.5, -1), (3, 0.5), (3, 5), (0.5, 5)))) == [11, 12]


def test_combinations():
    low, alive = Range("x", None, 1), Is("state", ("alive",))
    assert picked(low & alive) == [10]
    assert picked(low | alive) == [10, 11, 12]
    assert picked(~low) == [12, 13]
    assert picked(And(())) == [10, 11, 12, 13]
    assert picked(Or(())) == []


def test_named_sets_are_looked_up_when_asked():
    assert picked(Reference("good") & Range("y", 3), good=Range("x", 1)) == [12]
    with pytest.raises(SessionError, match="no selection named 'bad'"):
        picked(Reference("bad"), good=Everything())
    with pytest.raises(SessionError, match="refers to itself"):
        picked(Reference("a"), a=~Reference("b"), b=Reference("a"))


def test_the_same_expression_in_another_table():
    other = pd.DataFrame({"x": [5.0, -1.0]})
    assert Range("x", 0, None).mask(other).tolist() == [True, False]
    with pytest.raises(SessionError, match="'state'"):
        Is("state", ("alive",)).mask(other)
    with pytest.raises(SessionError, match="no numbers"):
        Range("state", 0).mask(TABLE)


def test_polygon_with_a_hole_by_the_even_odd_rule():
    star = np.array([[0, 3], [2, -3], [-3, 1], [3, 1], [-2, -3]], dtype=float)
    x, y = np.array([0.0, 0.0, 5.0, np.nan]), np.array([2.0, 0.0, 0.0, 0.0])
    assert inside_polygon(x, y, star).tolist() == [True, False, False, False]


number = st.floats(-5, 5)
terms = st.one_of(
    st.builds(Range, st.sampled_from("xy"), st.none() | number, st.none() | number),
    st.builds(Is, st.just("state"), st.lists(st.sampled_from(["alive", "silent"])).map(tuple)),
    st.builds(Rows, st.lists(st.integers(8, 15)).map(tuple)),
    st.builds(Polygon, st.just("x"), st.just("y"), st.lists(st.tuples(number, number), min_size=3).map(tuple)),
    st.just(Everything()),
)
expressions = st.recursive(
    terms,
    lambda inner: (
        st.builds(Not, inner) | st.builds(And, st.tuples(inner, inner)) | st.builds(Or, st.tuples(inner, inner))
    ),
    max_leaves=8,
)


@given(expressions)
def test_json_round_trip(selection):
    again = read_selection(selection.to_json())
    assert again == selection
    assert picked(again) == picked(selection)


@given(expressions, expressions)
def test_de_morgan(a, b):
    assert picked(~(a & b)) == picked(~a | ~b)


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "3", '{"kind": "magic"}', '{"kind": "range", "column": 3, "low": 0, "high": 1}', '{"kind": "and", "terms": 5}',
        '{"kind": "range", "column": "x", "low": NaN, "high": 1}', '{"kind": "range", "column": "x"}',
        '{"kind": "polygon", "x": "x", "y": "y", "vertices": [[0, 0], [1, 1]]}', '{"kind": "rows", "numbers": ["1"]}',
        '{"kind": "polygon", "x": "x", "y": "y", "vertices": [[0, 0], [1, 1], [2]]}',
    ],
)  # fmt: skip
def test_nonsense_is_refused(text):
    with pytest.raises(SessionError):
        read_selection(text)


def test_bottomless_expressions_are_refused():
    deep = {"kind": "everything"}
    for _ in range(200):
        deep = {"kind": "not", "term": deep}
    with pytest.raises(SessionError, match="nested"):
        read_selection(json.dumps(deep))
    with pytest.raises(SessionError):
        read_selection("[" * 100_000)
