"""Many recordings, one question: a table of recordings, the circuits that could have made each, and what differs between them.

`table` reads the study, `batch` works on it and keeps what it finds, `results` is what was found as tables; the other modules ask questions
of these tables. See docs/studies.md.
"""
