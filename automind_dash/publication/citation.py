"""What to cite: the publication whose model and idea this is, and this software."""

from __future__ import annotations

from ..version import __version__

AUTHORS = (
    ("Gao", "Richard"), ("Deistler", "Michael"), ("Schulz", "Auguste"), ("Gonçalves", "Pedro J."), ("Macke", "Jakob H."),
)  # fmt: skip
TITLE = "Deep inverse modeling reveals dynamic-dependent invariances in neural circuit mechanisms"
JOURNAL, YEAR, DOI = "bioRxiv", 2024, "10.1101/2024.08.21.608969"
LINK = f"https://doi.org/{DOI}"

CITATION = (
    ", ".join(f"{family} {''.join(part[0] for part in given.split())}" for family, given in AUTHORS)
    + f" ({YEAR}). {TITLE}. {JOURNAL}. {LINK}"
)

BIBTEX = f"""@article{{gao{YEAR}automind,
  title = {{{TITLE}}},
  author = {{{" and ".join(f"{family}, {given}" for family, given in AUTHORS)}}},
  journal = {{{JOURNAL}}},
  year = {{{YEAR}}},
  doi = {{{DOI}}}
}}

@software{{automind_dash,
  title = {{{{AutoMIND}} dashboard}},
  author = {{{{The AutoMIND dashboard's maintainers}}}},
  version = {{{__version__}}},
  license = {{Apache-2.0}}
}}
"""
"""For a reference manager; a test holds it to CITATION.cff."""
