"""Attributes that a model observes: given ones, factors, or the class; and their variables."""

import numpy as np
import pytest
import torch
from torch import nn

from graphvae_data.core.errors import InputError
from graphvae_data.images.arrays import raw_images
from graphvae_data.images.attributes import table_of
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images, own_images
from image_vae.data.attributes import AttributeColumns, observed_attributes, variable


def test_without_attributes_they_are_the_factors_or_the_class() -> None:
    assert observed_attributes(load_images("digits")).spelt()[:2] == ["class=0", "class=1"]
    sprites = observed_attributes(load_images("sprites-toy"), ("x", "shape"))
    assert sprites.names == ("x", "shape")
    assert len(sprites.values[0]) == 12


def test_images_without_any_are_refused() -> None:
    images = np.zeros((9, 4, 4), np.uint8)
    data = own_images("mine", raw_images("mine", {"images": images}))
    with pytest.raises(InputError, match=r"mine has none; put an attributes\.csv"):
        observed_attributes(data)
    with pytest.raises(InputError, match=r"observe: expected some of class for digits, .*'?clas"):
        observed_attributes(load_images("digits"), ("clas",))


def test_arrays_bring_attributes() -> None:
    arrays = {
        "images": np.zeros((9, 4, 4), np.uint8),
        "attributes": np.array([[0], [1], [-1]] * 3),
        "attribute_values": np.array(["hat=no", "hat=yes"]),
    }
    raw = raw_images("mine", arrays)
    assert raw.attributes.spelt() == ["hat=no", "hat=yes"]
    del arrays["attribute_values"]
    with pytest.raises(InputError, match="require each other"):
        raw_images("mine", arrays)


@pytest.mark.parametrize("name", ["type", "half", "a.b", "x", "keys", "5_o_Clock", "two words"])
def test_any_name_is_a_variable(name: str) -> None:
    nn.ModuleDict({variable(name): nn.Linear(1, 1), "x": nn.Linear(1, 1)})


def test_columns_are_integers_by_variable() -> None:
    columns = AttributeColumns(table_of({"type": ["a", "b", ""], "x": ["1", "2", "1"]}))
    values = columns.of_rows(np.array([2, 0]), torch.device("cpu"))
    assert {name: each.tolist() for name, each in values.items()} == {
        "type_": [-1, 0],
        "x_": [0, 0],
    }
    given = columns.given({"type": "b"}, 2, torch.device("cpu"))
    assert given["type_"].tolist() == [1, 1]
    with pytest.raises(InputError, match="given: type: expected one of a, b, got 'c'"):
        columns.given({"type": "c"}, 1, torch.device("cpu"))
    with pytest.raises(InputError, match=r"differ in more than \. and _, got a\.b and a_b"):
        AttributeColumns(table_of({"a.b": ["1", "2"], "a_b": ["1", "2"]}))


def own(labels: list[int]) -> ImageData:
    images = np.zeros((len(labels), 4, 4), np.uint8)
    return own_images("mine", raw_images("mine", {"images": images, "labels": np.array(labels)}))


def test_classes_are_called_by_their_own_numbers() -> None:
    """A number may be an id of any size."""
    table = observed_attributes(own([3, -1, 10**12, 3, 7, -1, 3, 7, 3]))
    assert table.values == (("3", "7", str(10**12)),)
    assert table.of_row[:, 0].tolist() == [0, -1, 2, 0, 1, -1, 0, 1, 0]


@pytest.mark.parametrize("labels", [[-1] * 9, [4] * 9])
def test_classes_of_fewer_than_two_values_are_refused(labels: list[int]) -> None:
    with pytest.raises(InputError, match="classes of at least two values, and mine has"):
        observed_attributes(own(labels))


def test_values_without_an_image_are_listed() -> None:
    columns = AttributeColumns(table_of({"hat": ["no", "yes", "no"], "size": ["1", "2", ""]}))
    assert columns.unseen(np.array([0, 2])) == ["hat=yes", "size=2"]
