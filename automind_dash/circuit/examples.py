"""The example recordings: simulated by this project from the configurations in assets/examples/examples.json.

`python -m automind_dash.circuit.examples` writes them again. A test checks that the files' content stays the same.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..features import subsample_units
from ..paths import assets_folder
from ..recording import Recording, save_recording
from .simulate import simulate

LIST = "examples.json"


def example_list() -> list[dict[str, Any]]:
    """Return the description of each example: name, about, configuration, seed, warm_up_s, duration_s, n_units."""
    return json.loads((assets_folder() / "examples" / LIST).read_text())


def example_path(example: dict[str, Any]) -> Path:
    """Return where an example's recording is kept."""
    return assets_folder() / "examples" / f"{example['name'].replace(' ', '_')}.npz"


def make_example(example: dict[str, Any]) -> Recording:
    """Simulate an example and return the spikes of a handful of its excitatory neurons. Time counts from the end of the warm-up."""
    total = example["warm_up_s"] + example["duration_s"]
    whole = simulate(example["configuration"], total, seed=example["seed"], record="excitatory", name=example["name"])
    seen = subsample_units(
        whole.window(example["warm_up_s"], total), example["n_units"], example["seed"], minimum_rate=0.05
    )
    times = np.round(seen.spike_times, 4)  # spikes lie on 0.2 ms steps, so rounding loses nothing
    provenance = {**whole.provenance, "kind": "synthetic", "about": example["about"]}
    return Recording.from_spikes(
        times,
        seen.spike_units,
        duration=seen.duration,
        n_units=seen.n_units,
        name=example["name"],
        provenance=provenance,
    )


def main() -> None:
    """Write all examples."""
    for example in example_list():
        save_recording(make_example(example), example_path(example))


if __name__ == "__main__":
    main()
