"""Time brian2 on a circuit, in a process of its own: `python -m benchmarks.brian2_times runtime|cpp < job.json`.

Only the loop over steps counts, as brian2 reports it. Building, code generation, compiling and (C++) drawing the
synapses do not. `whole` also holds the user's wait once everything is compiled.
"""

from __future__ import annotations

import json
import sys
import tempfile
from time import perf_counter

from automind_dash.circuit import Configuration, brian2_model
from automind_dash.circuit.parameters import DT, fixed_values


def model(configuration: Configuration, n_neurons: int, seed: int) -> dict:
    """Return the circuit's brian2 objects, with the faster of the two drives."""
    return brian2_model.build(
        configuration, fixed_values(), n_neurons=n_neurons, seed=seed, dt=DT * 1e3, drive="PoissonInput"
    )


def runtime(configuration: Configuration, n_neurons: int, duration: float, repeats: int) -> dict[str, list[float]]:
    """Time the Cython target. The first run fills the cache and is not measured."""
    import brian2

    brian2.prefs.codegen.target = "cython"
    loops, wholes = [], []
    for repeat in range(repeats + 1):
        began = perf_counter()
        objects = model(configuration, n_neurons, repeat)
        elapsed = []
        length = duration if repeat else 0.01
        brian2_model.run(objects, length, report=lambda passed, *_, to=elapsed: to.append(float(passed)))
        if repeat:
            loops.append(elapsed[-1])
            wholes.append(perf_counter() - began)
    return {"loop": loops, "whole": wholes}


def cpp(configuration: Configuration, n_neurons: int, duration: float, repeats: int) -> dict[str, list[float]]:
    """Time the standalone C++ program, compiled once with -O3 -march=native -ffast-math."""
    import brian2

    brian2.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O3", "-march=native", "-ffast-math", "-std=c++11"]
    loops, wholes = [], []
    with tempfile.TemporaryDirectory() as folder:
        brian2.set_device("cpp_standalone", build_on_run=False, directory=folder)
        objects = model(configuration, n_neurons, 0)
        brian2.Network(*objects.values()).run(duration * brian2.second)
        brian2.device.build(directory=folder, run=False, with_output=False)
        for _ in range(repeats):
            began = perf_counter()
            brian2.device.run(folder, with_output=False, run_args=[])
            wholes.append(perf_counter() - began)
            loops.append(brian2.device._last_run_time)
    return {"loop": loops, "whole": wholes}


if __name__ == "__main__":
    print(json.dumps({"runtime": runtime, "cpp": cpp}[sys.argv[1]](**json.load(sys.stdin))))
