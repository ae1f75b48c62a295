"""The methods of a paper, with the settings that were used, ready to paste."""

from __future__ import annotations

from dataclasses import dataclass

from ..circuit.parameters import DT, N_PARAMETERS
from ..features import AnalysisSettings, feature
from ..inference.asking.consistency import Judge
from ..inference.asking.target import Target
from ..inference.estimators.card import Card
from ..version import __version__
from .citation import AUTHORS, LINK, YEAR

CITED = f"{AUTHORS[0][0]} et al. {YEAR}"

MOST_NAMED = 8
"""Features that are told one by one."""


@dataclass(frozen=True)
class Steps:
    """What was done, besides what the estimator's card says.

    n_units, seconds: analysed; how: in words, how the circuits came about; durations: s after the warm-up that circuits were simulated
    for; tolerance: times the estimator's threshold; versions: of the packages.
    """

    recording: str
    n_units: int
    seconds: float
    settings: AnalysisSettings
    how: str
    durations: tuple[float, ...]
    tolerance: float
    versions: dict[str, str]


def methods(steps: Steps, target: Target, card: Card) -> list[str]:
    """Return the methods, a paragraph each: recording and features, model and inference, simulations, software."""
    return [_recording(steps, target, card), _model(steps, card), _simulations(steps, card), _software(steps)]


def _recording(steps: Steps, target: Target, card: Card) -> str:
    settings, bursts = steps.settings, steps.settings.bursts
    stop = "its end" if settings.stop is None else f"{settings.stop:g} s"
    parts = [
        f"Spikes of {steps.n_units:,} units of {steps.recording} were analysed over {steps.seconds:.6g} s (from {settings.start:g} s to "
        f"{stop})"
    ]
    if settings.minimum_rate:
        parts.append(f"units that fired at less than {settings.minimum_rate:g} Hz were left out")
    if settings.groups:
        parts.append(f"only units labelled {', '.join(settings.groups)} were kept")
    if bursts.refractory:
        parts.append(
            f"spikes within {1000 * bursts.refractory:g} ms of the unit's last one were taken for double detections and left out"
        )
    text = f"{'; '.join(parts)}. "
    text += (
        f"The population rate was measured in bins of {1000 * bursts.bin_width:g} ms and smoothed with a Gaussian (SD "
        f"{1000 * bursts.smoothing:g} ms). Network bursts were its peaks whose prominence, within {bursts.window:g} s, was at least "
        f"{bursts.prominence:g} of the highest rate, at least {bursts.minimum_interval:g} s apart, where the rate reached "
        f"{bursts.minimum_rate:g} Hz; their width was measured {100 * bursts.relative_height:g} % of the prominence below the peak. "
    )
    if bursts.chance_level:
        text += (
            "A peak counted only where more units took part than independent units of the same rates would bring together anywhere in the "
            f"recording with a probability of {bursts.chance_level:g}, and at least {100 * bursts.least_share:g} % of the active units. "
        )
    names = card.feature_set.features
    told = (
        "; ".join(feature(name).label for name in names)
        if len(names) <= MOST_NAMED
        else f"{feature(names[0]).label} to {feature(names[-1]).label}, {len(names)} in all"
    )
    return (
        text + f"Features given to the estimator ({told}) are "
        f"of the stretch from {target.start:.4g} to {target.stop:.4g} s ({target.n_units} units)."
    )


def _model(steps: Steps, card: Card) -> str:
    trained = card.training.get("n_simulations")
    on = f"{trained:,} simulations" if isinstance(trained, int) else "simulations"
    return (
        f"The circuit (AutoMIND; {CITED}) is a network of {card.plan.n_neurons:,} adaptive exponential integrate-and-fire neurons with "
        f"conductance-based synapses and clustered excitation; {N_PARAMETERS} of its parameters are free, each with a uniform prior. A "
        f"neural "
        f"density estimator (a neural spline flow, sbi) that had been trained on {on} of this circuit gave the posterior over them for the "
        f"recording's features (estimator “{card.title}”). {steps.how}"
    )


def _simulations(steps: Steps, card: Card) -> str:
    many = " or ".join(f"{seconds:g}" for seconds in steps.durations)
    ends = f", and ended after {card.plan.enough_bursts} bursts" if card.plan.enough_bursts else ""
    most = "at most " if ends else ""
    return (
        f"Circuits were simulated in steps of {1000 * DT:g} ms. Simulated circuits ran for {most}{many} s after {card.plan.warm_up:g} s of "
        f"warm-up{ends}. A circuit was called consistent with the recording when the root mean square of the differences between their "
        f"features, each in units of its SD over seeds of one circuit, was at most {Judge.of(card, steps.tolerance).bound:.3g} "
        f"({steps.tolerance:g} times the 95th percentile of this distance between two runs of one circuit). Intervals of shares are "
        f"Wilson's, 95 %."
    )


def _software(steps: Steps) -> str:
    used = ", ".join(f"{name} {number}" for name, number in steps.versions.items())
    return f"Analyses were done with the AutoMIND dashboard {__version__} ({used}). Model and method: {LINK}."
