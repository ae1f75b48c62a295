"""The first sentences of the captions of the page's figures on paper."""

from __future__ import annotations

SAYS = {
    "study_recordings": "Recordings of a study, a row for each replicate, in order: raster and population rate (square root, one scale for "
    "all; its peak in Hz per unit) over the first 30 s of the stretch that the estimator is asked about. Colours: conditions.",
    "study_features": "Features of whole recordings against the study's order. Lines and marks: replicates; colours: conditions.",
    "study_posteriors": "Posteriors of the recordings of a study in order from top to bottom: unpruned draws, each ridge scaled to its own "
    "height. Colours: conditions.",
    "study_distances": "Energy distances between the posteriors of a study's recordings, in ranges of the prior (diagonal: between the two "
    "halves of one recording; dots: no more than the halves of either), and a map of them by classical scaling. Colours: conditions.",
    "marginals": "Marginals of the posterior over the 28 parameters, each over the range of its uniform prior (dashed). Numbers: bits by "
    "which the recording narrows the parameter. Vermilion: selected circuits.",
    "predictive_check": "Posterior predictive check. Bars hold 90 % of the features of simulated draws (dash: median) less the "
    "recording's, in SDs of one circuit over seeds; the recording is the line at 0; triangles: the training circuit nearest to it.",
    "pair_plot": "Circuits that could have produced the recording, in pairs of parameters. Diagonal: marginals, relative to a uniform "
    "density (dashed: prior).",
    "parallel_axes": "Circuits that could have produced the recording, a line for each, over the ranges of the prior.",
    "selected_rasters": "Spikes of selected circuits, simulated.",
    "selected_spectra": "Power spectra of selected circuits, simulated, and of the recording, relative to their geometric means.",
    "runs": "Spectra of all simulated circuits (grey: the band that holds 90 % of them; thick: the recording), relative to their geometric "
    "means; features of all simulated circuits less the recording's, in SDs of one circuit over seeds (grey: ±2).",
    "spectrum": "Power spectrum of the population rate.",
    "isi": "Inter-spike intervals of the units.",
    "intervals": "Intervals between network bursts.",
    "shape": "Population rate around the peaks of network bursts.",
    "geometry": "Correlations between parameters among the circuits, variance along their principal components, their loadings, and a map "
    "of the circuits.",
    "seed_against_parameter": "Change of features by another seed, and by a step of a parameter.",
    "local_geometry": "Directions in which features change most (stiff) and least (sloppy) around one circuit, and the spectrum of "
    "sensitivities.",
    "compared": "Circuits of several recordings: pairs of parameters, and medians with 90 % credible intervals.",
    "compared_marginals": "Marginals of the posteriors of several recordings, each parameter over the range of its uniform prior "
    "(dotted), those that differ most first. Numbers: Wasserstein distance between the first two in shares of the prior's range.",
    "experiment": "What a perturbation does to circuits that match the recording: each before and after, the responses against seed noise, "
    "and the parameters that explain them (Spearman's rank correlation).",
    "path": "A path between two circuits through the posterior: log-density along it and along the straight line, and the parameters that "
    "change most, as shares of the prior's range.",
    "step": "A simulated circuit on the path beside the recording (dotted): spikes, rate, spectrum.",
    "compensation": "A circuit, the same with one parameter changed, and with the others compensating for it: spikes, rate, spectrum "
    "beside the recording (dotted).",
    "condition": "Marginals of the posterior with some parameters held, over the ranges of the prior (dashed).",
    "frozen_circuit": "A simulated circuit: spikes and rate.",
    "live_spectrum": "Power spectrum of a circuit as it runs, beside the recording's.",
}  # fmt: skip
"""By the name of the figure. The captions of other figures begin with their title and axes."""
