"""The fixed effects of a study: trends with its order, and differences of conditions from their reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import StudyError
from .mixed import Design, independent_columns
from .opening.roles import Roles, levels, unit_of

ORDER, LEVEL = "order", "condition"


@dataclass(frozen=True)
class Term:
    """One effect that is tested. kind: order or condition; column: of the study; per: the unit of a trend; level, reference: of a
    condition; replicates: those that tell of it. These are the ones within which it changes or, for an effect that is constant within
    each, those of the level and of the reference.
    """

    name: str
    kind: str
    column: str
    per: str = ""
    level: str = ""
    reference: str = ""
    replicates: tuple[int, ...] = ()
    within: bool = True


@dataclass(frozen=True, eq=False)
class StudyDesign:
    """The design of a study's rows. rows: recordings, in the order of the design's rows; terms: (p − 1,) of its columns after the
    intercept; left_out: sentences on effects that could not be separated from others.
    """

    design: Design
    rows: tuple[int, ...]
    terms: tuple[Term, ...]
    replicate: str
    left_out: tuple[str, ...] = ()

    def of_rows(self, chosen: np.ndarray) -> StudyDesign | None:
        """Return the design of those rows that are marked (n,); None when they are too few for its effects."""
        X = self.design.X[chosen]
        names = self.design.names
        kept, kept_names, _ = independent_columns(X, names)
        if len(X) < kept.shape[1] + 2 or kept.shape[1] < 2:
            return None
        _, groups = np.unique(self.design.groups[chosen], return_inverse=True)
        terms = tuple(term for term in self.terms if term.name in kept_names)
        return StudyDesign(
            Design(kept, groups, tuple(kept_names)), tuple(np.array(self.rows)[chosen].tolist()), terms, self.replicate
        )


def design_of(metadata: pd.DataFrame, roles: Roles) -> StudyDesign:
    """Return a study's design: intercept, the centred order per unit, and each condition's levels against its reference.

    Rows without an entry in one of these columns are left out. Raises StudyError when there is nothing to test.
    """
    used = [name for name in (roles.replicate, roles.order, *roles.conditions) if name is not None]
    rows = metadata[used].replace("", np.nan).dropna()
    if len(rows) < 4:
        raise StudyError(f"{len(rows)} recordings have all of {', '.join(used) or 'nothing'}: too few to compare.")
    groups = pd.factorize(rows[roles.replicate])[0] if roles.replicate is not None else np.arange(len(rows))
    columns, terms, left_out = [np.ones(len(rows))], [], []
    if roles.order is not None and rows[roles.order].nunique() > 1:
        divisor, per = unit_of(roles.order, rows[roles.order])
        values = rows[roles.order].to_numpy(dtype=np.float64)
        columns.append((values - values.mean()) / divisor)
        terms.append(_term(f"{roles.order}", ORDER, roles.order, columns[-1], groups, per=per))
    for name in roles.conditions:
        reference, *others = levels(rows[name])
        texts = rows[name].astype(str).to_numpy()
        for level in others:
            columns.append((texts == level).astype(np.float64))
            terms.append(_term(f"{name}: {level}", LEVEL, name, columns[-1], groups, level=level, reference=reference))
    if not terms:
        raise StudyError("Nothing varies between these recordings: name a column with an order, or a condition.")
    X, names, out = independent_columns(np.column_stack(columns), ["intercept", *(term.name for term in terms)])
    left_out += [f"{name} cannot be told apart from the other effects, and is left out." for name in out]
    return StudyDesign(
        Design(X, np.asarray(groups, dtype=np.int64), tuple(names)), tuple(int(row) for row in rows.index),
        tuple(term for term in terms if term.name in names), roles.replicate or "recording", tuple(left_out),
    )  # fmt: skip


def _term(name: str, kind: str, column: str, values: np.ndarray, groups: np.ndarray, **said: str) -> Term:
    n = int(groups.max()) + 1
    changing = sum(np.ptp(values[groups == g]) > 0 for g in range(n))
    if kind == ORDER or changing:
        return Term(name, kind, column, replicates=(int(changing) or n,), within=bool(changing), **said)
    sides = tuple(len(set(groups[values == value].tolist())) for value in (1.0, 0.0))
    return Term(name, kind, column, replicates=sides, within=False, **said)
