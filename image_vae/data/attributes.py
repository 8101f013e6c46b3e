"""The attributes y₁, …, y_A that a model observes in addition to the image.

These are the attributes of the dataset; without attributes, its factors of variation; without
factors, its classes. Each attribute is a variable of the model with the attribute's name, changed
where a module cannot have this name.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.images.attributes import UNKNOWN, AttributeTable
from graphvae_data.images.image_data import ImageData
from image_vae.data.labels import CLASS

TAKEN = ("x", "y", "z", "kl", "loss")
"""Reserved names: other variables, and entries of the training history."""


def known_attributes(data: ImageData) -> AttributeTable:
    """Return every attribute of a dataset, or else its factors, or else its class.

    Raises:
        InputError: the dataset has none of them.
    """
    if data.attributes is not None:
        return data.attributes
    if data.factors is not None:
        return _of_factors(data)
    labels = data.whole.labels
    if labels is None:
        raise InputError(
            f"latents: modalities needs images with attributes, factors or classes, and "
            f"{data.name} has none; put an attributes.csv into the folder of the images"
        )
    present = np.unique(labels[labels >= 0])
    if len(present) < 2:
        raise InputError(
            f"latents: modalities needs classes of at least two values, and {data.name} has "
            f"{len(present)}"
        )
    names = data.class_names
    values = tuple(str(number) if names is None else names[number] for number in present.tolist())
    numbered = np.where(labels < 0, UNKNOWN, np.searchsorted(present, labels))
    return AttributeTable((CLASS,), (values,), numbered[:, None])


def _of_factors(data: ImageData) -> AttributeTable:
    factors = data.factors
    assert factors is not None
    varied = [at for at, size in enumerate(factors.sizes) if size > 1]
    values = tuple(tuple(f"{value:g}" for value in factors.values[at]) for at in varied)
    names = tuple(factors.names[at] for at in varied)
    return AttributeTable(names, values, factors.of_row[:, varied])


def observed_attributes(data: ImageData, chosen: tuple[str, ...] = ()) -> AttributeTable:
    """Return the attributes that a model observes: the chosen ones, or all.

    Raises:
        InputError: an unknown or repeated attribute.
    """
    table = known_attributes(data)
    if not chosen:
        return table
    for name in chosen:
        if name not in table.names or chosen.count(name) > 1:
            raise InputError(
                f"observe: expected some of {', '.join(table.names)} for {data.name}, each once, "
                f"got {','.join(chosen)}{nearest(name, table.names)}"
            )
    index = [table.names.index(name) for name in chosen]
    values = tuple(table.values[at] for at in index)
    return AttributeTable(chosen, values, table.of_row[:, index])


def variable(name: str) -> str:
    """Return the variable name of an attribute: its name, changed if a module cannot have it.

    >>> variable("digit"), variable("type"), variable("hair.colour")
    ('digit', 'type_', 'hair_colour')
    """
    plain = name.replace(".", "_")
    return f"{plain}_" if plain in TAKEN or hasattr(nn.ModuleDict, plain) else plain


class AttributeColumns:
    """The attributes of some images, as variables of a model.

    Args:
        table: the attributes of every image of the dataset.

    Raises:
        InputError: two attributes have the same variable name.
    """

    def __init__(self, table: AttributeTable) -> None:
        self.table = table
        self.variables = tuple(map(variable, table.names))
        if len(set(self.variables)) < len(self.variables):
            named = zip(table.names, self.variables, strict=True)
            alike = [name for name, plain in named if self.variables.count(plain) > 1]
            raise InputError(
                "observe: expected attributes whose names differ in more than . and _, got "
                f"{' and '.join(alike)}; rename one"
            )

    @property
    def sizes(self) -> dict[str, int]:
        """The number of values of each variable."""
        return dict(zip(self.variables, map(len, self.table.values), strict=True))

    def of_rows(
        self, rows: Int[np.ndarray, " image"], device: torch.device
    ) -> dict[str, Int[Tensor, " image"]]:
        """Return the value of each image by variable; −1 for an unknown one."""
        columns = torch.from_numpy(self.table.of_row[rows]).to(device)
        return {name: columns[:, at].contiguous() for at, name in enumerate(self.variables)}

    def unseen(self, rows: Int[np.ndarray, " image"]) -> list[str]:
        """Return the values that no image of these rows has, as `name=value`."""
        table = self.table
        return [
            f"{name}={value}"
            for at, (name, values) in enumerate(zip(table.names, table.values, strict=True))
            for number, value in enumerate(values)
            if not (table.of_row[rows, at] == number).any()
        ]

    def given(
        self, values: Mapping[str, str], count: int, device: torch.device
    ) -> dict[str, Int[Tensor, " image"]]:
        """Return the given values of attributes, repeated `count` times, by variable.

        Raises:
            InputError: an unknown attribute or value.
        """
        result = dict[str, Tensor]()
        for name, text in values.items():
            try:
                at, number = self.table.value(name, text)
            except InputError as error:
                raise InputError(f"given: {error}") from None
            result[self.variables[at]] = torch.full((count,), number, device=device)
        return result
