"""The help behind each stage's question mark: what the stage answers, how it is read, and what can be done on it."""

from __future__ import annotations

from dataclasses import dataclass

from .help_button import HelpButton, help_button


@dataclass(frozen=True)
class StageHelp:
    """about: its subject, for screen readers; text: one paragraph a line; terms: from the glossary."""

    about: str
    text: str
    terms: tuple[str, ...]


STAGE_HELP: dict[str, StageHelp] = {
    "Features": StageHelp(
        "the recording",
        "What was read: each spike of each unit, the rate below, and the network bursts that were found (triangles).\n"
        "The table tells each feature of the recording. “Estimator sees” is the value on the estimator's own scale, over the stretch that "
        "it looks at, with the value in the feature's unit in brackets. “Percentile” and “In training” say how usual that is among the "
        "simulations that the estimator learned from; where a feature is rare there, the answer is less certain.\n"
        "Units, window and burst detection are set at the left. A row can be clicked for what it means.",
        ("network burst", "inter-burst interval", "prominence", "spectrum", "window"),
    ),
    "Move": StageHelp(
        "moving within the subspace",
        "Hold parameters: fix some parameters within a range, and see what the others must do to keep the dynamics.\n"
        "Walk a path: go from one circuit to another through circuits with the same dynamics.\n"
        "Compensate: change one parameter of a circuit, and let others make up for it.",
        ("subspace", "posterior", "prior", "circuit"),
    ),
    "Geometry": StageHelp(
        "the geometry of the subspace",
        "Global: which parameters trade off (the matrix), a flat map of all circuits, and in how many directions they spread. A parameter "
        "pair that is correlated trades off: where one goes up, the other has to follow for the dynamics to stay.\n"
        "Local: around one circuit, the directions that the recording fixes and those that it leaves free.\n"
        "Finders: the two circuits that differ most, the ends of the subspace, and how far one can go from a circuit.\n"
        "Seed: how much of the spread is a circuit's own noise.",
        ("subspace", "confirmed", "posterior", "seed"),
    ),
    "Simulate": StageHelp(
        "simulations",
        "Circuits are run and measured as the recording was, and compared with it. A circuit is consistent when it differs from the "
        "recording no more than two runs of one circuit differ; the yield is the share of such circuits.\n"
        "Below, each run stands beside the recording on the same time axis, nearest first. Runs can be marked, repeated with other seeds, "
        "and repeated on the reference engine.",
        ("consistent", "confirmed", "yield", "distance", "tolerance", "seed"),
    ),
    "Live": StageHelp(
        "the live circuit",
        "One circuit runs in real time; press Run. Turn a parameter at the right and the running network follows; parameters of the wiring "
        "rewire it.\n"
        "The blue band on each slider holds the middle 90 % of the circuits, and a double click brings the circuit's own value back.\n"
        "Freeze as A keeps the present state, so that what runs on (B) can be compared with it. Dials and spectrum below compare the last "
        "seconds with the recording.",
        ("circuit", "E and I", "seed", "spectrum"),
    ),
    "Experiments": StageHelp(
        "experiments",
        "A change is made to many circuits that all match the recording, each before and after with the same seed: the experiment that a "
        "drug makes in a dish. Do circuits with the same activity answer alike?\n"
        "Left, each circuit before and after. Middle, the responses beside what another seed alone changes (line and grey band). Right, "
        "the parameters that go with the response.\n"
        "Drugs are named where one comes near to the change. Under Advanced: which circuits count, how many, and with how many seeds.",
        ("consistent", "confirmed", "seed"),
    ),
    "Overview": StageHelp(
        "a study",
        "A study is a table with one row for each recording: its file, its age, its culture, its treatment. Every recording is measured "
        "and asked for circuits, and what differs between ages or treatments is tested with cultures as the replicates.",
        ("posterior", "consistent", "yield"),
    ),
    "Compare": StageHelp(
        "comparing recordings",
        "The circuits of two or more recordings are laid over each other: which parameters differ, and by how much. The number over each "
        "panel is the distance between the posteriors of the first two recordings, in shares of the prior's range.\n"
        "The p-values tell whether these two posteriors differ, not whether two kinds of culture do. A study tells that.",
        ("posterior", "prior", "confirmed"),
    ),
}
"""Stage → its help. Posterior and Subspace bring their own, which tells the numbers that they work with."""


def stage_help(stage: str) -> HelpButton:
    """Return the question mark of a stage. Raises KeyError for a stage without help of its own here."""
    told = STAGE_HELP[stage]
    return help_button(told.about, told.text, *told.terms)
