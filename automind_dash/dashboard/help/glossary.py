"""The terms of the page, each explained once in a sentence or two."""

from __future__ import annotations

GLOSSARY = {
    "circuit": "One setting of the model's 28 parameters: a network of excitatory and inhibitory neurons that can be simulated.",
    "estimator": "A neural network, trained on simulations alone, that names the circuits which could have produced given features.",
    "posterior": "Which circuits are plausible once the recording has been seen, and how plausible each is.",
    "prior": "The range in which each parameter is searched. All values in it are equally likely. Plots show it dashed.",
    "bits": "How much the recording narrows a parameter. Each bit halves the range of plausible values.",
    "consistent": "A simulated circuit that matches: its features differ from the recording's by no more than they differ between two "
    "runs of one circuit.",
    "confirmed": "A consistent circuit that matched again with every other seed that it was simulated with: it did not match by luck.",
    "yield": "The share of the posterior's circuits that turn out consistent when they are simulated.",
    "distance": "How far a simulated circuit's features are from the recording's, in units of the circuit's own variability.",
    "tolerance": "A factor on the largest distance that counts as consistent.",
    "subspace": "All circuits with the same dynamics. Parameters compensate for each other, so the circuits form a thin, bent sheet, "
    "not a point.",
    "oversampling": "How many times more circuits are drawn than kept. Those most likely to match are kept.",
    "network burst": "A moment at which most units fire together: a peak of the population rate.",
    "inter-burst interval": "Time from one network burst to the next.",
    "prominence": "How high a peak of the population rate must rise, relative to the highest, to count as a burst.",
    "spectrum": "How the power of the population rate is spread over frequencies: a rhythm is a peak.",
    "window": "The stretch of the recording that is analysed.",
    "seed": "The number that random draws begin with. The same seed gives the same result.",
    "E and I": "Excitatory and inhibitory neurons. Q_EI is the strength of synapses from I onto E, as in the publication.",
}
"""Term → meaning."""


def explained(*terms: str) -> list[list[str]]:
    """Return terms with their meanings. Raises KeyError for a term that the glossary lacks."""
    return [[term, GLOSSARY[term]] for term in terms]
