"""The answer begins with the page's outline, and says nothing twice."""

from automind_dash.dashboard.opening_page import OUTLINE, TO_HEAD, rest_of, shared_elements
from automind_dash.dashboard.state.stages import ACTS

PAGE = """<!DOCTYPE html><html lang="en"><head>
<meta charset="utf-8"><title>AutoMIND</title>
<link rel="stylesheet" href="one.css">
<style>p > a { color: red }</style>
<script src="one.js"></script>
<script>const text = "a";</script>
</head><body><p>here</p></body></html>"""


def test_what_pages_share_are_the_elements_of_their_heads():
    assert shared_elements(PAGE)[2:] == [
        '<link rel="stylesheet" href="one.css">',
        "<style>p > a { color: red }</style>",
        '<script src="one.js"></script>',
        '<script>const text = "a";</script>',
    ]


def test_a_first_page_follows_with_all_its_elements():
    rest = rest_of(PAGE, [])
    assert all(element in rest for element in shared_elements(PAGE))
    assert rest.index("one.js") < rest.index(TO_HEAD) < rest.index("<p>here</p>")


def test_a_page_whose_head_was_sent_follows_without_it():
    rest = rest_of(PAGE, shared_elements(PAGE))
    assert "one.js" not in rest
    assert "<link" not in rest
    assert "<p>here</p>" in rest


def test_what_another_page_needs_besides_is_sent_with_it():
    more = PAGE.replace("</head>", '<script src="two\\1.js"></script></head>')
    rest = rest_of(more, shared_elements(PAGE))
    assert '<script src="two\\1.js"></script>' in rest
    assert "one.js" not in rest


def test_the_outline_names_the_acts_and_is_left_open():
    for act in ACTS:
        assert f"<span>{act}</span>" in OUTLINE
    assert "$" not in OUTLINE
    assert "</body>" not in OUTLINE
