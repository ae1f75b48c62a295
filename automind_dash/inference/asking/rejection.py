"""When a run can be given up because it will not match its target, long before it ends.

A distance between feature vectors is a norm: d(so far, target) ≤ d(so far, whole run) + d(whole run, target). A run ever differs from its
own beginning by only so much. If its distance so far exceeds the threshold by more than that, it cannot end within the threshold. The
allowance follows from the time: features over a share p of a run vary as 1/√p, and between two whole runs as the threshold says. Bursting
circuits open with a burst and may be silent for long after it. So distances are asked of half a run at least, and a circuit is given up
for not bursting only after several of the target's intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import FeatureError
from ...features import FeatureSet, detect_bursts, feature_distance
from ...recording import Recording
from ..estimators.card import Card, SimulationPlan
from .consistency import Judge

MARGIN = 1.5
"""Factor on the distance that 95 of 100 pairs of runs of one circuit stay within: a run may differ from its beginning by this much."""

MINIMUM_SHARE = 0.5
"""Share of the duration, or of the bursts asked for, before which distances say nothing. Asked after 3 s of 10, the rule would have lost
2 of 27 consistent runs of held-out circuits; after 8 s, none. Adaptation settles over tens of seconds."""

INTERVALS_WAITED, SECONDS_WAITED = 3.0, 10.0
"""A circuit is given up after this many of the longest consistent intervals, and this many further s, without a burst."""

GROWTH = 1.5
"""A run is looked at again when the analysed part has grown by this factor."""

_INTERVAL = "burst_interval_mean"


@dataclass(frozen=True, eq=False)
class EarlyRejection:
    """What a run is compared with while it runs. target, noise_scale: (n_features,); threshold: of the distance, tolerance included."""

    target: NDArray[np.float64]
    noise_scale: NDArray[np.float64]
    threshold: float

    @classmethod
    def of(cls, card: Card, target: NDArray[np.float64], judge: Judge | None = None) -> EarlyRejection:
        """Return the rule for an estimator's target; without a judge, for a tolerance of one."""
        return cls(target, card.noise_scale, (judge or Judge.of(card)).bound)

    def bound(self, share: float) -> float:
        """Return the distance above which a run is given up when this share of it is done (0 … 1)."""
        return self.threshold * (1 + MARGIN * np.sqrt(max(1 / share - 1, 0.0) / 2))

    def distance(self, vector: NDArray[np.float64]) -> float:
        """Return the distance of features (n_features,) from the target; infinite where one is undefined."""
        kept = np.isfinite(self.noise_scale)
        return float(feature_distance(vector[kept], self.target[kept], self.noise_scale[kept])[0])

    def longest_interval(self, features: FeatureSet) -> float:
        """Return the longest mean interval between bursts, s, that a consistent circuit can have; infinite without that feature."""
        if _INTERVAL not in features.features:
            return np.inf
        i = features.features.index(_INTERVAL)
        apart = self.threshold * np.sqrt(np.isfinite(self.noise_scale).sum()) * self.noise_scale[i]
        return float(10 ** (self.target[i] + apart))

    def rules_out(self, stretch: Recording, features: FeatureSet, plan: SimulationPlan) -> bool:
        """Tell whether a run can no longer become consistent, by the analysed part of it so far, as it is observed."""
        share = stretch.duration / min(plan.duration, features.observation.duration or np.inf)
        if plan.enough_bursts is not None:
            bursts = detect_bursts(stretch, features.analysis.bursts)
            last = float(bursts.peak_times[-1]) if len(bursts) else 0.0
            if stretch.duration - last > INTERVALS_WAITED * self.longest_interval(features) + SECONDS_WAITED:
                return True
            share = max(share, len(bursts) / plan.enough_bursts)
        if share < MINIMUM_SHARE:
            return False
        try:
            distance = self.distance(features.vector(stretch))
        except FeatureError:  # too short, or too few spikes, to tell
            return False
        return bool(np.isfinite(distance) and distance > self.bound(min(share, 1.0)))


class Watch:
    """Asks a rule about one run, less and less often as the run goes on."""

    def __init__(self, rule: EarlyRejection) -> None:
        self.rule, self.looked_at, self.rejected = rule, 0.0, False

    def is_due(self, analysed: float, features: FeatureSet) -> bool:
        """Tell whether a run with this much to analyse (s) is to be looked at again."""
        return analysed > 0 and analysed >= max(GROWTH * self.looked_at, features.analysis.spectrum.window)

    def gives_up(self, stretch: Recording, features: FeatureSet, plan: SimulationPlan) -> bool:
        """Tell whether the run ends here; `rejected` remembers it."""
        if not self.is_due(stretch.duration, features):
            return False
        self.looked_at = stretch.duration
        self.rejected = self.rule.rules_out(stretch, features, plan)
        return self.rejected
