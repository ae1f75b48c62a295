"""The time that the engine's kernel saves over the plain kernel: `python -m benchmarks.quiet [--seconds 40] [--json]`.

There are eight circuits of each of three kinds, as simulation campaigns drew them: bursts every 20 s or more, bursts at
least every 5 s, and active draws of the prior. Both kernels run the same circuit, taking turns of a second of model
time. Their processor time is taken, so other work on the machine affects both alike. Their spikes are compared.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import thread_time

import numpy as np

from automind_dash.circuit.engine.network import Network

from .plain_kernel import PlainNetwork

CIRCUITS = Path(__file__).with_name("quiet_circuits.json")


def beside_plain(values: list[float], seed: int, seconds: int) -> dict[str, float | bool]:
    """Return µs per step of both kernels, over all seconds and over the quieter half of them, and whether their spikes agree."""
    theta = np.array(values)
    networks = [kind(theta, seed=seed) for kind in (PlainNetwork, Network)]
    times, spikes, same = np.empty((seconds, 2)), np.empty(seconds), True
    for second in range(seconds):
        chunks = []
        for k, network in enumerate(networks):
            began = thread_time()
            chunks.append(network.advance(1.0))
            times[second, k] = (thread_time() - began) * networks[0].dt * 1e6
        plain, ours = chunks
        same &= np.array_equal(plain.spike_times, ours.spike_times)
        same &= np.array_equal(plain.spike_neurons, ours.spike_neurons)
        spikes[second] = len(plain.spike_times)
    quiet = times[spikes <= np.median(spikes)]
    return {
        "rate_hz": spikes.mean() / networks[0].n_neurons, "same_spikes": bool(same),
        "plain_us": times[:, 0].mean(), "us": times[:, 1].mean(), "ratio": times[:, 0].sum() / times[:, 1].sum(),
        "quiet_plain_us": np.median(quiet[:, 0]), "quiet_us": np.median(quiet[:, 1]),
        "quiet_ratio": np.median(quiet[:, 0] / quiet[:, 1]),
    }  # fmt: skip


def measure(seconds: int) -> dict[str, list[dict]]:
    """Return the rows for each kind of circuit."""
    kinds = json.loads(CIRCUITS.read_text())
    for kind in (PlainNetwork, Network):  # compiled before anything is timed
        kind(np.array(kinds["spectrum"][0]["values"]), n_neurons=100).advance(0.01)
    return {
        name: [
            beside_plain(**circuit, seconds=seconds if "bursters" in name else min(seconds, 12)) for circuit in circuits
        ]
        for name, circuits in kinds.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=40, help="of model time, for bursters")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = measure(options.seconds)
    if options.json:
        print(json.dumps(result))
        return
    print(
        f"{'':16s}{'Hz':>7s}{'plain':>9s}{'now':>7s}{'ratio':>8s}{'quiet: plain':>14s}{'now':>7s}{'ratio':>8s}   µs a step"
    )
    for name, rows in result.items():
        for row in rows:
            print(
                f"{name:16s}{row['rate_hz']:7.1f}{row['plain_us']:9.2f}{row['us']:7.2f}{row['ratio']:8.2f}"
                f"{row['quiet_plain_us']:14.2f}{row['quiet_us']:7.2f}{row['quiet_ratio']:8.2f}"
                f"{'' if row['same_spikes'] else '   OTHER SPIKES'}"
            )
        ratios = np.array([row["ratio"] for row in rows])
        print(
            f"{name}: ratio {np.exp(np.log(ratios).mean()):.2f} (geometric mean), {ratios.min():.2f} to {ratios.max():.2f}"
        )


if __name__ == "__main__":
    main()
