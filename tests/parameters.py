"""Parameters of a test of which only some belong to the fast tests."""

from collections.abc import Iterable

import pytest


def slow_except(values: Iterable[object], *fast: object) -> list[object]:
    """The values as parameters, all but the fast ones marked slow."""
    return [
        value if value in fast else pytest.param(value, marks=pytest.mark.slow) for value in values
    ]
