"""HTML building blocks that escape all text.

Only `Html` is markup; any other value is escaped when it is inserted, so a node called `<script>`
stays a name.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from pathlib import Path


class Html(str):
    """Text that is already markup."""


def markup(value: object) -> Html:
    """Return a value as markup: `Html` unchanged, anything else escaped.

    >>> markup("a < b")
    'a &lt; b'
    """
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def join(parts: Iterable[object]) -> Html:
    """Concatenate pieces of markup."""
    return Html("".join(markup(part) for part in parts))


def tag(name: str, *content: object, **attributes: object) -> Html:
    """Return an element; `class_` stands for the attribute `class`.

    >>> tag("p", "1 < 2", class_="note")
    '<p class="note">1 &lt; 2</p>'
    """
    attribute_text = "".join(
        f' {key.rstrip("_")}="{markup(value)}"' for key, value in attributes.items()
    )
    return Html(f"<{name}{attribute_text}>{join(content)}</{name}>")


def section(title: str, *content: object) -> Html:
    """Return a section of the page with a linkable heading."""
    anchor = "-".join(title.lower().split())
    return tag("section", tag("h2", title), *content, id=anchor)


def table(
    header: Sequence[object], rows: Iterable[Sequence[object]], kind: str = "numbers"
) -> Html:
    """Return a table whose first column names its rows.

    The class `kind` is `numbers`, or `names` for long names, which are wrapped.
    """
    head = tag("tr", *(tag("th", cell, scope="col") for cell in header))
    body = join(tag("tr", tag("th", row[0], scope="row"), *_cells(row[1:])) for row in rows)
    return tag("div", tag("table", tag("thead", head), tag("tbody", body)), class_=f"scroll {kind}")


def facts(rows: Iterable[tuple[str, object]]) -> Html:
    """Return a list of names and values."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in rows))


def picture(path: Path, about: str) -> Html:
    """Return a PNG embedded in the page, or a note if the file is missing."""
    if not path.is_file():
        return tag("p", f"{path.name} is not in the run folder.", class_="note")
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    image = Html(f'<img src="data:image/png;base64,{content}" alt="{markup(about)}">')
    return tag("figure", image, tag("figcaption", about))


def _cells(values: Iterable[object]) -> list[Html]:
    return [tag("td", value) for value in values]
