"""Files that hold no spikes, and what to do instead: raw voltages, spreadsheets, web pages that were saved by mistake."""

from __future__ import annotations

from .start import Start

RAW = frozenset((
    ".dat", ".raw", ".bin", ".cbin", ".rhd", ".rhs", ".ns1", ".ns2", ".ns3", ".ns4", ".ns5", ".ns6", ".abf", ".edf", ".bdf", ".brw",
    ".mcd", ".msrd", ".xdat", ".continuous", ".tdms", ".ncs", ".nrd", ".sev", ".tev", ".pl2", ".oebin", ".lfp", ".eeg",
))  # fmt: skip
"""Extensions under which acquisition systems keep voltages."""

RAW_SENTENCE = (
    "it looks like raw voltages, which hold no spikes yet; sort it (with SpikeInterface or Kilosort, for example) or export the spikes "
    "that its software detected, and give that."
)
SPREADSHEET = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
"""Old Excel and Word files."""

PAGE = ("<!doctype html", "<html", "<?xml")


def no_recording(start: Start) -> str | None:
    """Return why a file holds no spikes and what to do, None if nothing is known about it."""
    if start.head.startswith(SPREADSHEET):
        return "it is a spreadsheet or document; save the table as CSV."
    if start.head.startswith(b"%PDF"):
        return "it is a PDF; give the data that it was made from."
    if start.text is not None:
        page = start.text.lstrip("\ufeff \r\n\t").lower().startswith(PAGE)
        return (
            "it is a web page or XML, saved in place of the file perhaps; download the file itself." if page else None
        )
    return RAW_SENTENCE if start.suffix in RAW else None
