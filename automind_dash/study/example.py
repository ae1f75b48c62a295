"""The example study that comes with the page: simulated by this project, three circuits whose adaptation weakens from age to age.

`python -m automind_dash.study.example` writes it again. The spikes lie in assets/examples/synthetic_study.zip, beside their table.
"""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from ..atomic import written_whole
from ..circuit.examples import example_list
from ..circuit.simulate import simulate
from ..features import subsample_units
from ..paths import assets_folder
from ..recording import Recording, save_recording

AGES = (14, 21, 28)
CULTURES = ("A", "B", "C")
ADAPTATION = (0.95, 0.8, 0.65)
"""Times the example circuit's spike-triggered adaptation, at each age: bursts come sooner where it is weaker."""

DURATION, WARM_UP, N_UNITS = 120.0, 5.0, 12


def path() -> Path:
    """Return where the example is kept."""
    return assets_folder() / "examples" / "synthetic_study.zip"


def made(culture: str, place: int) -> Recording:
    """Simulate one recording of a culture at the age of this place."""
    number = CULTURES.index(culture)
    circuit = dict(example_list()[0]["configuration"])
    spread = np.random.default_rng([7, number]).uniform(0.985, 1.015, len(circuit))
    circuit = {name: value * by for (name, value), by in zip(circuit.items(), spread, strict=True)}
    circuit["params_Epop.b"] *= ADAPTATION[place]
    name, seed = f"culture_{culture}_DIV{AGES[place]}", 100 * number + place
    whole = simulate(circuit, WARM_UP + DURATION, seed=seed, record="excitatory", name=name)
    seen = subsample_units(whole.window(WARM_UP, WARM_UP + DURATION), N_UNITS, seed, minimum_rate=0.05)
    return Recording.from_spikes(
        np.round(seen.spike_times, 4), seen.spike_units, duration=seen.duration, n_units=seen.n_units, name=name,
        provenance={**whole.provenance, "kind": "synthetic"},
    )  # fmt: skip


def main() -> None:
    """Write the example."""
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["file", "culture", "age_div"])
    with (
        tempfile.TemporaryDirectory() as folder,
        written_whole(path()) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for culture in CULTURES:
            for place, age in enumerate(AGES):
                recording = made(culture, place)
                rows.writerow([f"{recording.name}.npz", culture, age])
                archive.write(
                    save_recording(recording, Path(folder) / f"{recording.name}.npz"), f"{recording.name}.npz"
                )
        archive.writestr("study.csv", table.getvalue())


if __name__ == "__main__":
    main()
