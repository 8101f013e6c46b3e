"""Tables of attributes: values by name, unknown ones, and back."""

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.images.attributes import spelt_table, table_of


def test_values_are_ordered_and_an_empty_text_is_unknown() -> None:
    table = table_of({"age": ["10", "9", ""], "male": ["yes", "", "no"]})
    assert table.values == (("9", "10"), ("no", "yes"))
    assert table.of_row.tolist() == [[1, 1], [0, -1], [-1, 0]]
    assert table.value("male", "yes") == (1, 1)


def test_a_table_comes_back_from_its_spelling() -> None:
    table = table_of({"a": ["x", "y=z"], "b": ["1", "2"]})
    again = spelt_table("here", table.spelt(), table.of_row)
    assert (again.names, again.values) == (table.names, table.values)


def test_what_is_unknown_gets_a_hint() -> None:
    table = table_of({"digit": ["3", "4"], "scale": ["big", "small"]})
    with pytest.raises(InputError, match=r"digit, scale, got 'scal' \(did you mean scale\?\)"):
        table.value("scal", "big")
    with pytest.raises(InputError, match=r"scale: expected one of big, small, got 'bigg'"):
        table.value("scale", "bigg")


def test_a_constant_attribute_and_a_wrong_shape_are_refused() -> None:
    with pytest.raises(InputError, match="hat: expected at least two values, got 'yes'"):
        table_of({"hat": ["yes", ""]})
    with pytest.raises(InputError, match="a column of attributes for each of a"):
        spelt_table("here", ["a=1", "a=2"], np.array([[2]]))
    with pytest.raises(InputError, match="as name=value, got 'a'"):
        spelt_table("here", ["a"], np.array([[0]]))
