"""Search spaces: invalid ranges and lists are refused."""

from typing import Any

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.settings.search import Choices, Search, space_of


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.1), (1, 1), (0.0, float("inf"))])
def test_a_range_ascends(low: float, high: float) -> None:
    with pytest.raises(InputError, match="search: expected a range that ascends, got "):
        Search(low, high)


def test_a_logarithmic_range_starts_above_0() -> None:
    with pytest.raises(InputError, match=r"starts above 0, got 0\.\.1, log"):
        Search(0, 1, log=True)


@pytest.mark.parametrize("values", [(), (1, 2, 1)])
def test_choices_differ(values: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="search: expected different values"):
        Choices(values)


@pytest.mark.parametrize("given", [[8, 16], (8, 16), Choices((8, 16))])
def test_a_list_is_choices(given: Any) -> None:
    assert space_of(given) == Choices((8, 16))
