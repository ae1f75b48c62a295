"""Tables of circuits as programs of other languages save them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.circuit.table import read_configurations
from automind_dash.errors import ConfigurationError


@pytest.mark.parametrize(
    "style", [{}, {"sep": ";", "decimal": ","}, {"sep": "\t"}, {"sep": ";", "decimal": ",", "encoding": "utf-8-sig"}]
)
def test_any_separator_and_decimal_sign(tmp_path, style):
    middle = (LOW + HIGH) / 2
    pd.DataFrame([middle, middle], columns=list(NAMES)).to_csv(tmp_path / "c.csv", index=False, **style)
    np.testing.assert_allclose(read_configurations(tmp_path / "c.csv").vectors, [middle, middle])


def test_an_empty_cell_is_called_so(tmp_path):
    frame = pd.DataFrame([(LOW + HIGH) / 2], columns=list(NAMES))
    frame.iloc[0, 3] = None
    frame.to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(ConfigurationError, match=f"row 1, column {NAMES[3]} is empty"):
        read_configurations(tmp_path / "c.csv")
