"""The six published circuits on both engines, beside the published burst features."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from automind_dash.circuit import simulate
from automind_dash.features import burst_features, detect_bursts

from ..circuits import published
from .report import Rows, in_processes, markdown, write_page

DURATION, SEEDS, ENGINES = 200.0, (0, 1, 2), ("fast", "reference")
FEATURES = {
    "interval_mean_s": "burst_interval_mean", "interval_cv": "burst_interval_cv", "width_mean_s": "burst_width_mean",
    "offset_time_mean_s": "burst_offset_time_mean",
}  # fmt: skip


def run(job: tuple[str, int, int]) -> dict[str, object]:
    """Return one row with a circuit's burst features on one engine with one seed."""
    engine, seed, number = job
    began = perf_counter()
    recording = simulate(published()[number]["parameters"], DURATION, seed=seed, engine=engine, record="excitatory")
    found = burst_features(detect_bursts(recording))
    return {
        "engine": engine, "seed": seed, "circuit": number, "bursts": int(found["burst_num"]),
        "rate_hz": recording.mean_rate,
        **{name: found[feature] for name, feature in FEATURES.items()}, "took_s": round(perf_counter() - began, 1),
    }  # fmt: skip


def main(*, again: bool, processes: int) -> None:
    """Run the missing simulations and write docs/truth/golden.{csv,md}."""
    circuits = published()
    if not circuits:
        raise SystemExit("The published circuits are not on this machine.")
    rows = Rows("golden", ["engine", "seed", "circuit"], again=again)
    wanted = [(engine, seed, number) for engine in ENGINES for seed in SEEDS for number in range(len(circuits))]
    in_processes(run, rows.missing(wanted), rows, processes)
    lines, within = [], dict.fromkeys(ENGINES, 0)
    for number, circuit in enumerate(circuits):
        lines.append([number + 1, "published", "", *(circuit["published_200s"][name] for name in FEATURES)])
        for engine in ENGINES:
            mine = [row for row in rows.rows if row["engine"] == engine and int(row["circuit"]) == number]
            values = np.array([[float(row[name]) for name in FEATURES] for row in mine])
            counts = ", ".join(row["bursts"] for row in sorted(mine, key=lambda row: row["seed"]))
            shown = [f"{m:.3g} ± {s:.2g}" for m, s in zip(values.mean(axis=0), values.std(axis=0, ddof=1), strict=True)]
            lines.append([number + 1, engine, counts, *shown])
            target = np.array([circuit["published_200s"][name] for name in FEATURES])
            off = np.abs(values.mean(axis=0) / target - 1)
            within[engine] += bool(off[2] <= 0.15 and off[3] <= 0.15)
    write_page(
        "golden", "The six published circuits",
        f"{DURATION:g} s, seeds {SEEDS}, 2000 neurons; mean ± SD over seeds, excitatory population, burst settings as "
        "published.",
        "**Width and offset means within 15 % of the published: "
        + ", ".join(f"{engine} engine {n} of {len(circuits)}" for engine, n in within.items())
        + f". All burst in every run: {all(int(row['bursts']) > 1 for row in rows.rows)}.**",
        markdown(
            ["circuit", "", "bursts", "interval mean, s", "interval CV", "width mean, s", "offset mean, s"], lines
        ),
    )  # fmt: skip
