"""Speed of the fast engine, beside brian2 on the same machine: `python -m benchmarks.engine [--json] [--quick]`.

Every time is the best of several, and every ratio compares times of one run of this script. The fast engine's time
covers all of `simulate`: drawing the network, running it and making the recording. brian2's time covers its loop over
steps only (see `brian2_times`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

from automind_dash.circuit import Configuration, as_vector, simulate
from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import INDEX

from .circuits import SEVENTEEN_HZ, THREE_HZ, published, resized

SIZES = {500: 10.0, 2000: 10.0, 10_000: 4.0, 50_000: 1.0}
"""Neurons → s of model time. brian2 takes minutes for ten seconds of 50 000 neurons."""

FIRST_CALL = """
import time
began = time.perf_counter()
from automind_dash.circuit import simulate
from automind_dash.circuit.parameters import HIGH, LOW
simulate((LOW + HIGH) / 2, 0.1, seed=0)
print(time.perf_counter() - began)
"""

WORKER = """
import json, sys, time
from automind_dash.circuit import simulate
configuration, seconds = json.loads(sys.stdin.readline())
simulate(configuration, 10, seed=0)
print("ready", flush=True)
sys.stdin.readline()
began, done = time.perf_counter(), 0
while time.perf_counter() - began < seconds:
    simulate(configuration, 10, seed=done)
    done += 1
print(done / (time.perf_counter() - began), flush=True)
"""


def best(call: Callable[[], object], repeats: int) -> float:
    """Return the shortest time of several calls, s."""
    times = []
    for _ in range(repeats):
        began = perf_counter()
        call()
        times.append(perf_counter() - began)
    return min(times)


def fast(configuration: Configuration, n_neurons: int, duration: float, repeats: int) -> float:
    """Return the fast engine's time for a simulation, s."""
    simulate(configuration, 0.01, n_neurons=n_neurons, seed=0)
    return best(lambda: simulate(configuration, duration, n_neurons=n_neurons, seed=0), repeats)


def brian2_loop(kind: str, configuration: Configuration, n_neurons: int, duration: float, repeats: int) -> float:
    """Return brian2's time for a simulation, s; kind: "runtime" (Cython, warm cache) or "cpp" (standalone)."""
    if shutil.which("g++") is None:
        raise SystemExit("brian2 must run compiled in this comparison: install g++.")
    job = {"configuration": configuration, "n_neurons": n_neurons, "duration": duration, "repeats": repeats}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.brian2_times", kind],
        input=json.dumps(job), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return min(json.loads(done.stdout.splitlines()[-1])["loop"])


def beside_brian2(configuration: Configuration, n_neurons: int, duration: float, repeats: int) -> dict[str, float]:
    """Return the times and ratios of all three for one circuit. brian2 is measured between two measurements of the fast engine."""
    first = fast(configuration, n_neurons, duration, 2 * repeats)
    runtime = brian2_loop("runtime", configuration, n_neurons, duration, repeats)
    cpp = brian2_loop("cpp", configuration, n_neurons, duration, repeats)
    ours = min(first, fast(configuration, n_neurons, duration, 2 * repeats))
    recording = simulate(configuration, duration, n_neurons=n_neurons, seed=0)
    return {
        "mean_rate_hz": recording.mean_rate,
        "model_s": duration,
        "fast_s": ours,
        "brian2_runtime_s": runtime,
        "brian2_cpp_s": cpp,
        "times_real_time": duration / ours,
        "vs_brian2_runtime": runtime / ours,
        "vs_brian2_cpp": cpp / ours,
    }


def golden(duration: float, repeats: int) -> list[dict[str, float]]:
    """Return the rate and the multiple of real time of each published circuit."""
    rows = []
    for circuit in published():
        seconds = fast(circuit["parameters"], 2000, duration, repeats)
        rate = simulate(circuit["parameters"], duration, seed=0).mean_rate
        rows.append({"mean_rate_hz": rate, "fast_s": seconds, "times_real_time": duration / seconds})
    return rows


def two_process_speedup(configuration: Configuration, seconds: float, repeats: int) -> float:
    """Return the simulations per second of two processes at once, divided by those of one process alone."""

    def throughput(n: int) -> float:
        workers = [
            subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(n)
        ]
        for worker in workers:
            worker.stdin.write(json.dumps([dict(configuration), seconds]) + "\n")
            worker.stdin.flush()
        for worker in workers:
            worker.stdout.readline()  # ready
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        return sum(float(worker.communicate()[0]) for worker in workers)

    return max(throughput(2) for _ in range(repeats)) / max(throughput(1) for _ in range(repeats))


def thread_speedup(configuration: Configuration, repeats: int) -> float:
    """Return the speed-up of two networks in two threads over the same networks one after the other."""
    from concurrent.futures import ThreadPoolExecutor

    def both(pool: ThreadPoolExecutor) -> None:
        list(pool.map(lambda seed: simulate(configuration, 20, seed=seed), range(2)))

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        return best(lambda: both(one), repeats) / best(lambda: both(two), repeats)


def first_call(repeats: int) -> float:
    """Return the time of imports and a first simulation in a new process, s, with compiled code on disk."""
    return min(
        float(subprocess.run([sys.executable, "-c", FIRST_CALL], capture_output=True, text=True, check=True).stdout)
        for _ in range(repeats)
    )


def rewiring(sizes: Sequence[int]) -> dict[str, dict[str, float]]:
    """Return the time to redraw the synapses of the 3 Hz circuit, s, at its own connection probabilities, and their number."""
    out = {}
    for n in sizes:
        network = Network(as_vector(THREE_HZ), n_neurons=n)
        vectors = [network.vector.copy() for _ in range(2)]
        vectors[0][INDEX["net_p_e2e"]] *= 1.01
        changes = iter(vectors * 4)
        out[str(n)] = {
            "seconds": best(lambda network=network, changes=changes: network.change(next(changes)), 3),
            "synapses": network.connectivity.n_synapses,
        }
    return out


def cost(repeats: int) -> list[dict[str, float]]:
    """Return µs per step of circuits that differ from the 3 Hz circuit in one property: neurons, synapses per neuron, or rate.

    When the number of neurons changes, each neuron keeps its number of synapses. With more synapses, each has less
    conductance.
    """
    rows = []
    for n, density, drive in (
        *((n, 1.0, 1.55) for n in (500, 1000, 2000, 4000, 8000, 16_000)),
        *((2000, density, 1.55) for density in (0.25, 0.5, 2.0, 4.0)),
        *((2000, 1.0, drive) for drive in (0.0, 0.8, 3.0, 5.0, 20.0)),
    ):
        circuit = resized(THREE_HZ, n)
        for key in ("p_e2e", "p_e2i", "p_i2e", "p_i2i"):
            circuit[f"params_net.{key}"] *= density
        for key in ("params_Epop.Q_ge", "params_Epop.Q_gi", "params_Ipop.Q_ge", "params_Ipop.Q_gi"):
            circuit[key] /= density
        circuit |= {"params_Epop.poisson_rate": drive, "params_Ipop.poisson_rate": drive}
        network = Network(as_vector(circuit), n_neurons=n)
        network.advance(0.5)
        rate = len(network.advance(2.0).spike_times) / (2.0 * n)
        taken = best(lambda network=network: network.advance(2.0), repeats)
        synapses = network.connectivity.n_synapses / n
        rows.append(
            {"neurons": n, "synapses_per_neuron": synapses, "rate_hz": rate, "step_us": taken / 2.0 * network.dt * 1e6}
        )
    return rows


def measure(quick: bool) -> dict:
    """Return all figures as one object. quick: fewer repeats, 2000 neurons only."""
    repeats = 1 if quick else 3
    three = beside_brian2(THREE_HZ, 2000, 2.0 if quick else 10.0, repeats)
    seventeen = beside_brian2(SEVENTEEN_HZ, 2000, 2.0 if quick else 10.0, repeats)
    result = {key: three[key] for key in ("vs_brian2_runtime", "vs_brian2_cpp", "times_real_time")}
    result["two_process_speedup"] = two_process_speedup(THREE_HZ, 1.0 if quick else 3.0, repeats)
    result["two_thread_speedup"] = thread_speedup(THREE_HZ, 2 * repeats)
    result["first_call_s"] = first_call(2 * repeats)
    result["at_3_hz"], result["at_17_hz"] = three, seventeen
    result["golden"] = golden(10.0 if quick else 100.0, repeats)
    if not quick:
        sizes = {n: beside_brian2(resized(THREE_HZ, n), n, s, 2) for n, s in SIZES.items() if n != 2000}
        result["neurons"] = {str(n): sizes.get(n, three) for n in SIZES}
        result["rewiring"] = rewiring([500, 2000, 10_000])
        result["cost"] = cost(5)
    return result


def table(result: dict) -> str:
    """Return the result as text."""
    lines = [f"{'circuit':24s}{'Hz':>7s}{'fast s':>9s}{'× real time':>13s}{'× runtime':>11s}{'× C++':>8s}"]

    def line(name: str, row: dict) -> None:
        ratios = [f"{row[key]:.1f}" if key in row else "" for key in ("vs_brian2_runtime", "vs_brian2_cpp")]
        lines.append(
            f"{name:24s}{row['mean_rate_hz']:7.1f}{row['fast_s']:9.3f}{row['times_real_time']:13.1f}{ratios[0]:>11s}{ratios[1]:>8s}"
        )

    line("3 Hz, 2000 neurons", result["at_3_hz"])
    line("17 Hz, 2000 neurons", result["at_17_hz"])
    for n, row in result.get("neurons", {}).items():
        line(f"3 Hz, {n} neurons", row)
    for number, row in enumerate(result["golden"], 1):
        line(f"published {number}", row)
    processes, threads = result["two_process_speedup"], result["two_thread_speedup"]
    lines.append(f"two processes: ×{processes:.2f}; two threads: ×{threads:.2f}")
    lines.append(f"first call in a new process: {result['first_call_s']:.2f} s")
    for n, row in result.get("rewiring", {}).items():
        lines.append(f"rewiring {n} neurons, {row['synapses']:.3g} synapses: {row['seconds'] * 1e3:.0f} ms")
    for row in result.get("cost", []):
        lines.append(
            f"{row['neurons']} neurons, {row['synapses_per_neuron']:.0f} synapses each, {row['rate_hz']:.1f} Hz: "
            f"{row['step_us']:.2f} µs per step"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="2000 neurons, few repeats")
    options = parser.parse_args()
    result = measure(options.quick)
    print(json.dumps(result) if options.json else table(result))


if __name__ == "__main__":
    main()
