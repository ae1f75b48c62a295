"""Recording, and one reader per file format."""

from .any_arrays.npz import save_recording
from .formats.format import Format
from .formats.table import FORMATS
from .questions import ANSWERS, Question
from .reading import Reading, open_questions, read, read_recording
from .recording import Recording
from .report import Fact, Note, ReadingReport
from .standards.nwb_export import to_nwb

__all__ = [
    "ANSWERS",
    "FORMATS",
    "Fact",
    "Format",
    "Note",
    "Question",
    "Reading",
    "ReadingReport",
    "Recording",
    "open_questions",
    "read",
    "read_recording",
    "save_recording",
    "to_nwb",
]
