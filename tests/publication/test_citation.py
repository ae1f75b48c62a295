"""What the page tells people to cite is what the repository's CITATION.cff says."""

from pathlib import Path

from automind_dash.dashboard.about import TEXT
from automind_dash.publication.citation import AUTHORS, BIBTEX, CITATION, DOI, TITLE

CFF = (Path(__file__).parents[2] / "CITATION.cff").read_text()


def test_it_is_that_of_the_repository():
    assert f'doi: "{DOI}"' in CFF
    assert f'title: "{TITLE}"' in CFF
    for family, given in AUTHORS:
        assert f"family-names: {family}" in CFF
        assert given in CFF
        assert f"{family}, {given}" in BIBTEX
    assert CITATION.startswith("Gao R, Deistler M, Schulz A, Gonçalves PJ, Macke JH (2024).")


def test_about_holds_it():
    assert DOI in TEXT
    assert BIBTEX.strip() in TEXT
