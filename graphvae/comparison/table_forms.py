"""Text tables in four formats: aligned, CSV, Markdown, LaTeX. The first row is the header.

Special characters of the format are escaped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

Rows = Sequence[Sequence[str]]

LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "<": "$<$",
    "–": "--",
}
"""Special characters of LaTeX."""


def aligned(rows: Rows) -> str:
    """Align rows in columns.

    >>> print(aligned([("model", "auc"), ("gae", "0.9")]))
    model  auc
    gae    0.9
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def as_csv(rows: Rows) -> str:
    """Return comma-separated values, quoted where needed."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().removesuffix("\n")


def as_markdown(rows: Rows) -> str:
    """Return a pipe table.

    >>> print(as_markdown([("a", "b"), ("x|y", "1")]))
    | a | b |
    |---|---|
    | x\\|y | 1 |
    """
    header, *body = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    lines = [header, *body]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([text[0], "|" + "---|" * len(header), *text[1:]])


def as_latex(rows: Rows) -> str:
    """Return a `tabular` with booktabs rules."""
    header, *body = [" & ".join(map(latex_text, row)) + r" \\" for row in rows]
    columns = "l" * len(rows[0])
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", header, r"\midrule", *body]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def latex_text(text: str) -> str:
    """Escape special characters of LaTeX; a hyphen before a number becomes a minus sign.

    >>> print(latex_text("my_run -0.5"))
    my\\_run $-$0.5
    """
    signs = "|".join(map(re.escape, LATEX))
    escaped = re.sub(signs, lambda match: LATEX[match.group()], text)
    return re.sub(r"(?<![\w-])-(?=[\d.])", "$-$", escaped)
