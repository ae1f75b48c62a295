"""Recording, and one reader per file format."""

from .format_table import FORMATS
from .formats import Format
from .npz import save_recording
from .nwb_export import to_nwb
from .questions import ANSWERS, Question
from .reading import Reading, open_questions, read, read_recording
from .recording import Recording
from .report import Fact, Note, ReadingReport

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
