"""The raster marks when nobody looked."""

import numpy as np

from automind_dash.dashboard.figures.raster import Raster
from automind_dash.dashboard.widgets.colours import LIGHT
from automind_dash.recording import Recording

SEEN = np.array([[0.0, 10.0], [50.0, 60.0]])


def test_stretches_without_observation_are_hatched():
    raster = Raster(LIGHT)
    raster.show(Recording.from_spikes([1.0, 55.0], [0, 1], duration=60.0, observed=SEEN))
    assert raster.gaps.data["start"].tolist() == [10.0]
    assert raster.gaps.data["stop"].tolist() == [50.0]
    raster.show(Recording.from_spikes([1.0, 55.0], [0, 1], duration=60.0))
    assert len(raster.gaps.data["start"]) == 0
