"""Recording, and one reader per file format."""

from .formats import FORMATS, Format
from .npz import save_recording
from .nwb_export import to_nwb
from .questions import ANSWERS, Question
from .reading import open_questions, read_recording
from .recording import Recording

__all__ = [
    "ANSWERS",
    "FORMATS",
    "Format",
    "Question",
    "Recording",
    "open_questions",
    "read_recording",
    "save_recording",
    "to_nwb",
]
