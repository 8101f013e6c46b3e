"""HTML: text is escaped, whatever it contains."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from graphvae.report.html import Html, facts, join, markup, picture, table, tag
from tests.graphvae.report.html_reader import Reader

# A parser of HTML turns carriage returns into line feeds, and NUL into a replacement.
TEXT = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_text_is_read_back_and_makes_no_elements(name: str, value: str) -> None:
    read = Reader(tag("p", name, title=value))
    assert (read.elements, read.text) == (["p"], name)
    assert read.attributes == [("title", value)]


@given(TEXT)
def test_no_piece_lets_text_through(name: str) -> None:
    pieces = [table([name], [(name, name)]), facts([(name, name)]), picture(Path("no"), name)]
    read = Reader(join(pieces))
    expected = {"div", "table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "p"}
    assert set(read.elements) == expected


def test_markup_is_not_escaped_twice() -> None:
    assert markup(tag("b", "&")) == "<b>&amp;</b>"
    assert isinstance(join(["<", Html("<br>")]), Html)
    assert join(["<", Html("<br>")]) == "&lt;<br>"
