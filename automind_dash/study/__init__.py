"""Many recordings, one question: a table of recordings, the circuits that could have made each, and what differs between them.

`table` reads the study. `batch` works on it and keeps the results. `results` holds the results as tables. The other modules ask questions
of these tables. See docs/studies.md.
"""
