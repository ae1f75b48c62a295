"""An estimator's card in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ...inference.asking.posterior import DEFAULT_OVERSAMPLING
from ...inference.estimators.card import Card
from ..widgets.quantities import number


def card_summary(card: Card) -> str:
    """Return one line: what the estimator was trained on, and how often its circuits are consistent."""
    known = _measured(card.metrics, "yield")
    worth = f"{known:.0%} of its draws consistent" if known is not None else "yield not measured"
    return f"{card.title}: {_count(card.training.get('n_simulations'))} simulations, {worth}"


def card_text(card: Card) -> str:
    """Return the card in a few lines: its training, its measured worth, and its limits."""
    training, metrics, plan = card.training, card.metrics, card.plan
    early = f", ended after {plan.enough_bursts} bursts" if plan.enough_bursts else ""
    lines = [
        f"Trained on {_count(training.get('n_simulations'))} simulations of {plan.n_neurons} neurons, at most {plan.duration:g} s each "
        f"after {plan.warm_up:g} s of warm-up{early}; {len(card.feature_set)} features ({card.feature_set.name}).",
    ]
    gain = _measured(metrics, "held_out_log_prob_gain")
    if gain is not None:
        lines.append(
            f"On {_count(metrics.get('n_held_out'))} simulations that it never saw, "
            f"its log-probability is {number(gain)} nats above the prior's."
        )
    lines.append(_yield(metrics))
    lines.append(
        f"Consistent: a distance of at most {number(card.threshold)}, the 95th percentile of distances between two runs of one circuit."
    )
    lines.append(f"Limits: {card.limits}" if card.limits else "Limits: none are stated on its card.")
    return "\n".join(lines)


def _yield(metrics: Mapping[str, Any]) -> str:
    known = _measured(metrics, "yield")
    if known is None:
        return "How many of its draws are consistent has not been measured."
    parts = [f"{known:.0%} of its draws are consistent"]
    alive, pruned = _measured(metrics, "alive"), _measured(metrics, "yield_pruned")
    if alive is not None:
        parts.append(f"{alive:.0%} are alive")
    if pruned is not None:
        k = metrics.get("oversampling", DEFAULT_OVERSAMPLING)
        parts.append(f"where only the likeliest of {k} draws is kept, {pruned:.0%} are consistent")
    return f"{'; '.join(parts)} (measured on {_count(metrics.get('n_targets'))} held-out circuits)."


def _measured(metrics: Mapping[str, Any], name: str) -> float | None:
    """Return a number of the card; None where it was not measured."""
    value = metrics.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else "an unknown number of"
