"""One judge calls circuits consistent, and nobody else holds a distance against a threshold."""

import ast
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import automind_dash
from automind_dash.inference.asking.consistency import Judge, is_consistent, numbers_of
from automind_dash.inference.asking.verification import tally

JUDGE = Judge(2.0, 1.5)
PACKAGE = Path(automind_dash.__file__).parent


@dataclass
class Run:
    outcome: str
    rejected_after: float | None = None


@pytest.mark.parametrize(
    ("outcome", "distance", "denied", "state"),
    [
        ("active", 3.0, False, "consistent"),
        ("active", 3.01, False, "alive"),
        ("active", np.inf, False, "alive"),
        ("active", np.nan, False, "alive"),
        ("active", 0.0, True, "alive"),
        ("silent", 0.0, False, "silent"),
        ("failed", np.inf, False, "failed"),
        ("consistent", 5.0, False, "alive"),
        ("alive", 1.0, False, "consistent"),
        ("", 0.0, False, ""),
    ],
)
def test_what_becomes_of_a_circuit(outcome, distance, denied, state):
    assert JUDGE.state(outcome, distance, denied=denied) == state


def test_a_run_given_up_early_is_alive_at_most():
    assert JUDGE.state_of(Run("active"), 1.0) == "consistent"
    assert JUDGE.state_of(Run("active", rejected_after=5.0), 1.0) == "alive"


@given(st.lists(st.tuples(st.sampled_from(["active", "silent", "failed", ""]), st.floats(0, 10)), max_size=30))
def test_many_are_judged_as_each_by_itself(circuits):
    outcomes, distances = [one for one, _ in circuits], [far for _, far in circuits]
    states = JUDGE.states(outcomes, distances).tolist()
    assert states == [JUDGE.state(*one) for one in circuits]
    assert is_consistent(states).sum() == len(numbers_of(states)) == tally(states, distances).consistent


def test_a_higher_tolerance_only_adds():
    rng = np.random.default_rng(0)
    outcomes, distances = rng.choice(["active", "silent"], 200), rng.uniform(0, 6, 200)
    few, many = (is_consistent(Judge(2.0, tolerance).states(outcomes, distances)) for tolerance in (1.0, 2.0))
    assert (many | ~few).all()
    assert many.sum() > few.sum()


def judgements(path):
    """Yield (line, source) of what in a file decides what is consistent, or makes a threshold of its own."""
    for node in ast.walk(ast.parse(path.read_text())):
        said = ast.unparse(node) if isinstance(node, ast.Compare | ast.BinOp) else ""
        if isinstance(node, ast.Compare):
            ordered = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
            bounded = "distance" in said and ("threshold" in said or ".bound" in said)
            if (ordered and bounded) or "'consistent'" in said:
                yield node.lineno, said
        elif said and isinstance(node.op, ast.Mult) and "threshold" in said and "tolerance" in said:
            yield node.lineno, said


def test_nobody_holds_a_distance_against_a_threshold_but_the_judge():
    """The Move stage did, and did not follow the tolerance slider. `rejection.py` ends runs that cannot become consistent any more."""
    judges = {PACKAGE / "inference/asking/consistency.py", PACKAGE / "inference/asking/rejection.py"}
    found = {
        str(path.relative_to(PACKAGE)): list(judgements(path)) for path in PACKAGE.rglob("*.py") if path not in judges
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_such_a_judgement_would_be_found(tmp_path):
    path = tmp_path / "view.py"
    path.write_text(
        "near = distance <= card.threshold\nkept = table[table['state'] == 'consistent']\nbound = tolerance * card.threshold\n"
    )
    assert len(list(judgements(path))) == 3
