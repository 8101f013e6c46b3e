"""Syntax trees of the sources, which several house rules look at; each file is parsed once."""

import ast
from collections.abc import Iterator
from functools import cache

Statement = ast.stmt | ast.excepthandler | ast.match_case
parse = cache(ast.parse)


def statements(source: str) -> Iterator[Statement]:
    """Every statement of a source at any depth; expressions are not looked into."""
    waiting: list[Statement] = [*parse(source).body]
    for node in waiting:
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting.extend(getattr(node, part, ()))
