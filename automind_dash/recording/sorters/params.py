"""The sampling rate in a params.py: its arithmetic is worked out, nothing in it is run."""

from __future__ import annotations

import ast
import math
import operator
from pathlib import Path

MAX_PARAMS_BYTES = 100_000
"""params.py has a dozen lines; a longer file is something else."""

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
CONVERSIONS = (
    "int",
    "float",
    "round",
    "float32",
    "float64",
    "int32",
    "int64",
    "uint32",
    "uint64",
    "single",
    "double",
    "int_",
    "float_",
)
"""Functions of one number that give this number, of Python's own and of NumPy."""

MAX_POWER = 12
"""Of 10, in 1e4 written as 10**4; larger powers are no sampling rates."""


def sampling_rate(params: Path) -> tuple[float | None, str]:
    """Return sample_rate from a params.py in Hz, None where it does not say, and how it is written there, "" where it is not."""
    if not params.is_file() or params.stat().st_size > MAX_PARAMS_BYTES:
        return None, ""
    source = params.read_text(encoding="utf-8-sig", errors="replace")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, ""
    known: dict[str, float] = {}
    rate, written = None, ""
    for statement in tree.body:
        if isinstance(statement, ast.AnnAssign):
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        try:
            value = None if statement.value is None else _number(statement.value, known)
        except (RecursionError, OverflowError, ZeroDivisionError):
            value = None
        for target in targets:
            if not isinstance(target, ast.Name):
                continue
            if value is not None:
                known[target.id] = value
            else:
                known.pop(target.id, None)
            if target.id == "sample_rate":
                rate = value if value is not None and math.isfinite(value) and value > 0 else None
                written = (ast.get_source_segment(source, statement) or "sample_rate")[:80]
    return rate, written


def _number(node: ast.expr, known: dict[str, float]) -> float | None:
    """Return the value of an expression of numbers, None for any other expression."""
    if isinstance(node, ast.Constant):
        return float(node.value) if isinstance(node.value, int | float) and not isinstance(node.value, bool) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        value = _number(node.operand, known)
        return value if value is None or isinstance(node.op, ast.UAdd) else -value
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left, known), _number(node.right, known)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Pow):
            return left**right if abs(right) <= MAX_POWER and 0 < abs(left) <= 1e6 else None
        function = OPERATORS.get(type(node.op))
        return None if function is None else float(function(left, right))
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        name = (
            node.func.attr
            if isinstance(node.func, ast.Attribute)
            else node.func.id
            if isinstance(node.func, ast.Name)
            else ""
        )
        value = _number(node.args[0], known)
        if name not in CONVERSIONS or value is None:
            return None
        return float(int(value)) if "int" in name else float(round(value)) if name == "round" else value
    return None
