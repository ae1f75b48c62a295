"""A configuration as a script that needs brian2 but not this package."""

from __future__ import annotations

from importlib.resources import files
from pprint import pformat

from numpy.typing import ArrayLike

from .domain import check_configuration, check_duration
from .parameters import DT, Configuration, as_configuration, fixed_values

_MAIN = '''

FREE = {free}

FIXED = {fixed}


def main():
    """Simulate, print the mean rates, and save the spikes if asked to."""
    import argparse

    parser = argparse.ArgumentParser(description="One circuit on brian2: prints its mean firing rates.")
    parser.add_argument("--duration", type=float, default={duration!r}, help="s of model time")
    parser.add_argument("--seed", type=int, default={seed!r})
    parser.add_argument("--neurons", type=int, default={n_neurons!r})
    parser.add_argument("--target", choices=("cython", "numpy"), help="of code generation; else brian2's own choice")
    parser.add_argument("--out", help="an .npz file to save spike_times (s), spike_units and n_excitatory to")
    options = parser.parse_args()
    if options.target:
        import brian2

        brian2.prefs.codegen.target = options.target
    objects = build(FREE, FIXED, n_neurons=options.neurons, seed=options.seed, dt={dt!r})
    times, neurons = run(objects, options.duration)
    n_excitatory = len(objects["excitatory"]) if "excitatory" in objects else 0
    for name, spikes_of, size in (
        ("excitatory", neurons < n_excitatory, n_excitatory),
        ("inhibitory", neurons >= n_excitatory, options.neurons - n_excitatory),
    ):
        if size:
            print(f"{{name}} rate: {{spikes_of.sum() / size / options.duration:.4f}} Hz")
    if options.out:
        np.savez_compressed(
            options.out, spike_times=times, spike_units=neurons, n_excitatory=n_excitatory, duration_s=options.duration
        )


if __name__ == "__main__":
    main()
'''


def to_brian2_script(
    configuration: Configuration | ArrayLike, *, duration: float = 10, seed: int = 0, n_neurons: int = 2000
) -> str:
    """Return a standalone script that runs a configuration on brian2 alone.

    configuration: the 28 published names and values, or (28,) in table order; duration: s. The script prints the mean
    rates and, with --out, saves the spikes. It draws its own synapses and input, so it agrees with `simulate` in
    distribution. Raises ConfigurationError for values outside the model's domain.
    """
    vector = check_configuration(configuration, n_neurons=n_neurons, seed=seed)
    check_duration(duration, DT)
    model = files(__package__).joinpath("brian2_model.py").read_text(encoding="utf-8")
    main = _MAIN.format(
        free=pformat(as_configuration(vector), sort_dicts=False), fixed=pformat(fixed_values(), sort_dicts=False),
        duration=float(duration), seed=int(seed), n_neurons=int(n_neurons), dt=DT * 1e3,
    )  # fmt: skip
    return model.rstrip("\n") + "\n" + main
