"""A card whose sizes no network has."""

import pytest

from automind_dash.errors import UserError
from automind_dash.inference.estimators.density import build_density
from automind_dash.inference.estimators.flow import FlowArchitecture


@pytest.mark.parametrize("wrong", [{"n_features": -1}, {"num_bins": 10**9}, {"members": 0}])
def test_sizes_that_no_network_has_are_a_sentence(wrong):
    with pytest.raises(UserError, match="The card is damaged"):
        build_density(FlowArchitecture(n_features=4).to_dict() | wrong)
