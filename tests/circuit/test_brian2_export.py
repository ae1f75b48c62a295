"""The exported script runs on brian2 alone and reproduces the configuration's rates and spectrum."""

from __future__ import annotations

import ast
import subprocess
import sys

import numpy as np
import pytest

from automind_dash.circuit import as_configuration, simulate, to_brian2_script
from automind_dash.errors import ConfigurationError
from automind_dash.features import SpectrumSettings, spectrum_features
from automind_dash.recording import Recording

N, DURATION = 300, 4.0


@pytest.fixture
def firing(middle):
    """Asynchronous firing with a firm rate, with clusters."""
    return as_configuration(middle) | {
        "params_Epop.poisson_rate": 3.0, "params_Epop.p_igniters": 1.0, "params_net.p_e2e": 0.02, "params_Epop.b": 20.0,
        "params_Epop.tau_w": 100.0, "params_Epop.C": 200.0, "params_Epop.g_L": 10.0, "params_net.n_clusters": 4.0,
    }  # fmt: skip


def test_the_script_imports_brian2_and_numpy_only(firing):
    tree = ast.parse(to_brian2_script(firing))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"brian2", "numpy", "argparse"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def test_the_script_holds_the_configuration_exactly(firing):
    firing["params_Epop.C"] = 1 / 3 + 200
    tree = ast.parse(to_brian2_script(firing, duration=3, seed=5, n_neurons=77))
    assigned = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    assert ast.literal_eval(assigned["FREE"]) == firing
    assert ast.literal_eval(assigned["FIXED"])["v_cut"] == -40


def test_running_it_gives_the_rates_and_the_spectrum_of_the_fast_engine(firing, tmp_path):
    script = tmp_path / "circuit.py"
    script.write_text(to_brian2_script(firing, duration=DURATION, seed=1, n_neurons=N), encoding="utf-8")
    (tmp_path / "automind_dash.py").write_text("raise ImportError('the script must not need this package')")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), "--target", "numpy", "--out", "spikes.npz"],
        cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "spikes.npz", allow_pickle=False) as saved:
        n_excitatory = int(saved["n_excitatory"])
        exported = Recording.from_spikes(
            saved["spike_times"], saved["spike_units"], duration=float(saved["duration_s"]), n_units=N,
            unit_groups=("excitatory",) * n_excitatory + ("inhibitory",) * (N - n_excitatory),
        )  # fmt: skip
    ours = [simulate(firing, DURATION, n_neurons=N, seed=seed) for seed in range(8)]
    for group in ("excitatory", "inhibitory"):
        rates = np.array([recording.population(group).mean_rate for recording in ours])
        rate = exported.population(group).mean_rate
        assert rate > 0.3
        assert abs(rate - rates.mean()) < 5 * rates.std() + 0.02 * rates.mean()
        assert f"{group} rate: {rate:.4f} Hz" in done.stdout
    bands = SpectrumSettings(bands=12)
    logs = [np.log10(list(spectrum_features(r.population("excitatory"), bands).values())) for r in (*ours, exported)]
    spread = np.std(logs[:-1], axis=0, ddof=1)
    distance = (logs[-1] - np.mean(logs[:-1], axis=0)) / spread
    assert np.sqrt(np.mean(distance**2)) < 2.5


def test_what_cannot_be_run_is_not_exported(firing):
    with pytest.raises(ConfigurationError, match="C = -1 pF"):
        to_brian2_script(firing | {"params_Epop.C": -1.0})
    with pytest.raises(ConfigurationError, match="n_neurons = 0"):
        to_brian2_script(firing, n_neurons=0)
    with pytest.raises(ConfigurationError, match="duration = 0 s"):
        to_brian2_script(firing, duration=0)
