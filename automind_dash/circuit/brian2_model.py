"""The circuit in brian2. This file needs brian2 and numpy alone, so it can be exported as it stands.

Clustered network of adaptive exponential integrate-and-fire neurons with conductance synapses (Gao et al. 2024;
fixed values: Zerlaut et al. 2018). Units of the dictionaries: pF, nS, mV, pA, ms, Hz.
"""

import numpy as np

EQUATIONS = """
dv/dt = (g_L*(v_rest - v) {exponential} - w + g_e*(E_e - v) + g_i*(E_i - v)) / C : volt (unless refractory)
dw/dt = (a*(v - v_rest) - w) / tau_w : amp
dg_e/dt = -g_e / tau_ge : siemens
dg_i/dt = -g_i / tau_gi : siemens
first_label : integer (constant)
second_label : integer (constant)
"""
EXPONENTIAL = "+ g_L*delta_T*exp((v - v_thresh)/delta_T)"  # left out for delta_T = 0
SHARED = "(first_label_pre == first_label_post or second_label_pre == second_label_post)"


def population(name, size, p, v_cut, E_e):
    """Return a NeuronGroup of one population; p: C, g_L, v_rest, …, E_gi, tau_gi as numbers."""
    import brian2 as b2

    constants = {
        "C": p["C"] * b2.pF, "g_L": p["g_L"] * b2.nS, "v_rest": p["v_rest"] * b2.mV, "v_thresh": p["v_thresh"] * b2.mV,
        "v_reset": p["v_reset"] * b2.mV, "delta_T": p["delta_T"] * b2.mV, "a": p["a"] * b2.nS, "b": p["b"] * b2.pA,
        "tau_w": p["tau_w"] * b2.ms, "tau_ge": p["tau_ge"] * b2.ms, "tau_gi": p["tau_gi"] * b2.ms,
        "t_refrac": p["t_refrac"] * b2.ms, "E_e": E_e * b2.mV, "E_i": p["E_gi"] * b2.mV, "v_cut": v_cut * b2.mV,
    }  # fmt: skip
    return b2.NeuronGroup(
        size,
        EQUATIONS.format(exponential=EXPONENTIAL if p["delta_T"] > 0 else ""),
        threshold="v > v_cut",
        reset="v = v_reset; w += b",
        refractory="t_refrac",  # given by name, since brian2 would compile a number in
        method="euler",
        namespace=constants,
        name=name,
    )


def build(free, fixed, n_neurons=2000, seed=0, dt=0.2, pairs=None, initial_v=None, external=None, drive="poisson"):
    """Return a dict of brian2 objects: populations, synapses, drive, spike monitors.

    free: the 28 published names and values; fixed: the values that are not free; dt: ms. drive: "poisson" draws each
    neuron's number of external events. "PoissonInput" is brian2's own object for this: it is a fifth faster, but
    compiles again for every rate and needs rates below one event per source and step.
    pairs, initial_v, external: given synapses {kind: (sources, targets)}, potentials (mV) and external event counts
    (steps, neurons) instead of drawn ones, to compare engines spike for spike.
    """
    import brian2 as b2

    b2.seed(seed)
    rng = np.random.default_rng(seed)
    b2.defaultclock.dt = dt * b2.ms
    net = {key.split(".")[1]: value for key, value in free.items() if key.startswith("params_net.")}
    e_cell = {key.split(".")[1]: value for key, value in free.items() if key.startswith("params_Epop.")}
    i_cell = {**fixed, **{key.split(".")[1]: value for key, value in free.items() if key.startswith("params_Ipop.")}}
    n_e = int(n_neurons * net["exc_prop"] + 1e-9)
    first, last, cells = {"excitatory": 0, "inhibitory": n_e}, {"excitatory": n_e, "inhibitory": n_neurons}, {}
    objects, groups = {}, {}
    for name, cell in (("excitatory", e_cell), ("inhibitory", i_cell)):
        size = last[name] - first[name]
        if size == 0:
            continue
        groups[name] = objects[name] = population(name, size, cell, fixed["v_cut"], fixed["E_e"])
        v = cell["v_rest"] + fixed["v_initial_sd"] * rng.standard_normal(size)
        groups[name].v = (v if initial_v is None else initial_v[first[name] : last[name]]) * b2.mV
        objects[f"{name}_spikes"] = b2.SpikeMonitor(groups[name], name=f"{name}_spikes")
        cells[name] = cell
    objects.update(connect(groups, net, e_cell, i_cell, rng, pairs))
    driven = {"excitatory": int(e_cell["p_igniters"] * n_e), "inhibitory": n_neurons - n_e}
    for name, group in groups.items():
        rate = cells[name]["poisson_rate"]
        if external is not None:
            events = external[:, first[name] : last[name]]
            objects[f"{name}_drive"] = _given_events(group, events, fixed["Q_external"] * 1e-9, name)
        elif driven[name] and rate > 0:
            objects[f"{name}_drive"] = _drawn_events(group, driven[name], rate, fixed, dt, name, drive)
    return objects


def connect(groups, net, e_cell, i_cell, rng, pairs=None):
    """Return the synapses by name; net, e_cell, i_cell: the values of the network and of the two populations."""
    import brian2 as b2

    n_clusters = int(net["n_clusters"])
    clustered = n_clusters >= 2 and net["R_pe2e"] != 1 and "excitatory" in groups
    n_e = len(groups["excitatory"]) if "excitatory" in groups else 0
    if clustered:
        # two independent partitions: neurons share a cluster when their first or their second labels agree
        groups["excitatory"].first_label = rng.integers(0, n_clusters, n_e)
        groups["excitatory"].second_label = rng.integers(0, n_clusters, n_e)
    within = SHARED if clustered else "False"
    kinds = (
        ("between", "excitatory", "excitatory", f"i != j and not ({within})", net["p_e2e"], "g_e", e_cell["Q_ge"]),
        ("within", "excitatory", "excitatory", f"i != j and ({within})", net["p_e2e"] * net["R_pe2e"], "g_e",
         e_cell["Q_ge"] * net["R_Qe2e"]),
        ("e2i", "excitatory", "inhibitory", "True", net["p_e2i"], "g_e", i_cell["Q_ge"]),
        ("i2e", "inhibitory", "excitatory", "True", net["p_i2e"], "g_i", e_cell["Q_gi"]),
        ("i2i", "inhibitory", "inhibitory", "i != j", net["p_i2i"], "g_i", i_cell["Q_gi"]),
    )  # fmt: skip
    made = {}
    for kind, source, target, condition, probability, conductance, q in kinds:
        if source not in groups or target not in groups or (kind == "within" and not clustered):
            continue
        if pairs is not None and not len(pairs[kind][0]):
            continue
        made[f"synapses_{kind}"] = synapses = b2.Synapses(
            groups[source],
            groups[target],
            on_pre=f"{conductance}_post += Q",
            namespace={"Q": q * b2.nS, "probability": min(probability, 1.0)},
            name=f"synapses_{kind}",
        )
        if pairs is not None:
            sources, targets = pairs[kind]
            synapses.connect(i=sources - n_e * (source == "inhibitory"), j=targets - n_e * (target == "inhibitory"))
        else:
            synapses.connect(condition=condition, p="probability")  # given by name, as t_refrac is
    return made


def _drawn_events(group, n_driven, rate, fixed, dt, name, drive):
    """Return the brian2 object that adds the events of `n_sources` Poisson sources of a rate, Hz, to each of the first neurons."""
    import brian2 as b2

    weight = fixed["Q_external"] * b2.nS
    if drive == "PoissonInput":
        return b2.PoissonInput(group[:n_driven], "g_e", N=fixed["n_sources"], rate=rate * b2.Hz, weight=weight)
    mean = fixed["n_sources"] * rate * dt * 1e-3
    group.namespace.update({"Q_external": weight, "mean_events": mean, "n_driven": n_driven})
    events = "g_e += Q_external * poisson(mean_events * int(i < n_driven))"
    return group.run_regularly(events, when="synapses", name=f"{name}_drive")


def _given_events(group, counts, weight, name):
    """Return an operation that adds given numbers of events, before the recurrent spikes of the same step."""
    import brian2 as b2

    step = [0]

    def deliver():
        group.g_e_[:] = group.g_e_[:] + counts[step[0]] * weight
        step[0] += 1

    return b2.NetworkOperation(deliver, when="synapses", order=-1, name=f"{name}_events")


def run(objects, duration, report=None):
    """Run for a duration in s; returns spike times in s and neuron numbers (excitatory first), in order of time."""
    import brian2 as b2

    b2.Network(*objects.values()).run(duration * b2.second, report=report)
    return spikes(objects)


def spikes(objects, seen=(0, 0)):
    """Return times in s and neuron numbers (excitatory first) in order of time. The first `seen` spikes of each
    population are left out."""
    import brian2 as b2

    times, neurons, first = [np.empty(0)], [np.empty(0, int)], 0
    for name, skipped in zip(("excitatory", "inhibitory"), seen, strict=True):
        if name in objects:
            recorded = objects[f"{name}_spikes"].variables
            times.append(np.array(recorded["t"].get_value()[skipped:]))
            neurons.append(np.array(recorded["i"].get_value()[skipped:], dtype=int) + first)
            first += len(objects[name])
    times, neurons = np.concatenate(times), np.concatenate(neurons)
    order = np.lexsort((neurons, np.round(times / b2.defaultclock.dt_).astype(np.int64)))
    return times[order], neurons[order]
