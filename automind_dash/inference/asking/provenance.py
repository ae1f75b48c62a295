"""Where the circuits of a table come from: draws of the posterior, circuits that a search found, and circuits that were added by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Origin(StrEnum):
    """How one circuit came into a table. A search proposes draws of the pruned posterior, and draws others near those that matched."""

    DRAWN = "drawn"
    PROPOSED = "proposed by a search"
    NEAR = "drawn near others"
    ADDED = "added"


@dataclass(frozen=True)
class Refined:
    """The simulations that refined a posterior (`refinement.refine`); yields: consistent and simulated, before and after."""

    simulations: int = 0
    rejected_early: int = 0
    seed: int | None = None
    oversampling: int = 1
    yield_before: tuple[int, int] = (0, 0)
    yield_after: tuple[int, int] = (0, 0)
    tolerance: float = 1.0


@dataclass(frozen=True)
class Question:
    """The question that circuits answer. target: (n_features,) as the estimator saw it; digest: of the estimator; empty or None where
    unknown."""

    estimator: str = ""
    digest: str = ""
    n_neurons: int | None = None
    target: tuple[float, ...] = ()
    seed: int | None = None
    n: int | None = None
    oversampling: int = 1
    version: str = ""
    refined: Refined | None = None

    def asks_the_same(self, estimator: str, digest: str, target: Sequence[float] | NDArray[np.float64]) -> bool:
        """Tell whether this is the question that an estimator is asked about a target; an unknown digest counts as the same."""
        same = not (self.digest and digest) or self.digest == digest
        return same and self.estimator == estimator and np.array_equal(self.target, target)

    def to_dict(self) -> dict[str, Any]:
        """Return what is known as plain values."""
        return _known(asdict(self))


@dataclass(frozen=True)
class Draws(Question):
    """How draws of the posterior were made: n of them, the best of `oversampling` times as many, with a seed."""


@dataclass(frozen=True)
class Search(Question):
    """How circuits were simulated in rounds until enough matched (`ensembles.fit`).

    first: number of the first of them in the table; simulated: how many; of_the_posterior, drawn_near: consistent and simulated of those
    that the posterior proposed, and of those drawn near others; parents: (simulated,) place of the circuit that each was drawn near, -1
    for none; confirm: further seeds asked for of each match; tested: matches that were simulated again; confirmed: of these, those that
    matched every time; repeated: consistent and simulated of the repetitions; seeds_again: the place of a circuit among those simulated,
    and the seed, of each repetition.
    """

    first: int = 0
    want: int | None = None
    budget: int | None = None
    tolerance: float = 1.0
    consistent: int = 0
    simulated: int = 0
    rejected_early: int = 0
    drawn: int = 0
    hardest_oversampling: int = 1
    of_the_posterior: tuple[int, int] | None = None
    drawn_near: tuple[int, int] = (0, 0)
    step: float | None = None
    model_seconds: int = 0
    seconds: int = 0
    parents: tuple[int, ...] = ()
    confirm: int = 0
    tested: int = 0
    confirmed: int = 0
    repeated: tuple[int, int] = (0, 0)
    seeds_again: tuple[tuple[int, int], ...] = ()
    cancelled: bool = False

    def parent(self, number: int) -> int:
        """Return the number of the circuit that one of the search's circuits was drawn near; -1 for draws of the posterior."""
        place = number - self.first
        parent = self.parents[place] if 0 <= place < len(self.parents) else -1
        return parent if parent < 0 else self.first + parent


@dataclass(frozen=True)
class Added:
    """Circuits that were neither drawn nor found: numbers of the first and the last, and their source in words."""

    circuits: tuple[int, int]
    origin: str = ""

    def __len__(self) -> int:
        return self.circuits[1] - self.circuits[0] + 1


@dataclass(frozen=True)
class Provenance:
    """Where all circuits of a table come from, by their numbers. A circuit that no search found and nobody added was drawn."""

    draws: Draws | None = None
    searches: tuple[Search, ...] = ()
    added: tuple[Added, ...] = ()

    @property
    def question(self) -> Question | None:
        """The question that the circuits answer; None where they were only added."""
        return self.draws or next(iter(self.searches), None)

    @property
    def estimator(self) -> str:
        """Name of the estimator that drew the circuits; empty where it is unknown or there is none."""
        return "" if self.question is None else self.question.estimator

    def with_search(self, search: Search) -> Provenance:
        """Return this with another search's circuits."""
        return replace(self, searches=(*self.searches, search))

    def with_added(self, first: int, last: int, origin: str) -> Provenance:
        """Return this with more circuits, given by their numbers, that were added by hand."""
        return replace(self, added=(*self.added, Added((first, last), origin)))

    def origins(self, numbers: Iterable[int]) -> NDArray[np.str_]:
        """(n,) the `Origin` of each circuit."""
        wanted = np.fromiter(numbers, dtype=np.int64)
        found = np.full(len(wanted), str(Origin.DRAWN), dtype="U32")
        for search in self.searches:
            inside = (wanted >= search.first) & (wanted < search.first + search.simulated)
            near = np.array([search.parent(int(number)) >= 0 for number in wanted[inside]], dtype=bool)
            found[inside] = np.where(near, Origin.NEAR, Origin.PROPOSED)
        for more in self.added:
            found[(wanted >= more.circuits[0]) & (wanted <= more.circuits[1])] = Origin.ADDED
        return found

    def are_draws(self, numbers: Iterable[int]) -> NDArray[np.bool_]:
        """(n,) which circuits stand for the posterior: its draws or, where there was only a search, those that it proposed afresh."""
        origins = self.origins(numbers)
        drawn = origins == Origin.DRAWN
        return drawn if self.draws is not None else drawn | (origins == Origin.PROPOSED)

    def parents(self, numbers: Iterable[int]) -> list[int]:
        """Return for each circuit the number of the one that it was drawn near; -1 where there is none."""
        return [max((search.parent(int(number)) for search in self.searches), default=-1) for number in numbers]

    @property
    def n_near(self) -> int:
        """Circuits that searches drew near others."""
        return sum(search.drawn_near[1] for search in self.searches)

    @property
    def n_added(self) -> int:
        """Circuits that were added by hand."""
        return sum(map(len, self.added))

    def to_dict(self) -> dict[str, Any]:
        """Return what is known as plain values: draws, searches and added."""
        return _known(asdict(self))


def _known(told: dict[str, Any]) -> dict[str, Any]:
    """Return a dictionary without its None values, and without those of the dictionaries in it."""
    return {
        key: _known(value)
        if isinstance(value, dict)
        else [_known(one) if isinstance(one, dict) else one for one in value]
        if isinstance(value, tuple | list)
        else value
        for key, value in told.items()
        if value is not None
    }
