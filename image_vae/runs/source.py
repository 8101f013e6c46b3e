"""Where images come from: a dataset by name, files by path, or arrays in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images, own_images
from graphvae_data.registry.images import IMAGES

IN_MEMORY = "images"
"""The name of images that were passed as an array."""


@dataclass(frozen=True)
class Source:
    """Images that a run was asked to use."""

    images: str | PathLike[str] | np.ndarray | Tensor
    """The name of a dataset, the path of the user's images, or the images themselves."""
    labels: Any = None
    """Whole numbers [image], for images in memory."""
    size: tuple[int, int] | None = None
    """Height and width to which the pictures of a folder are scaled."""

    def __post_init__(self) -> None:
        if self.labels is not None and self.array is None:
            raise InputError("labels: expected images as an array or tensor beside them")
        if self.size is not None and self.array is not None:
            raise InputError("size: expected a folder of pictures, got an array")

    @cached_property
    def array(self) -> np.ndarray | None:
        """The images, where they are in memory."""
        if isinstance(self.images, str | PathLike):
            return None
        return _array("images", self.images)

    @property
    def named(self) -> bool:
        """Whether they are a dataset of the registry."""
        return isinstance(self.images, str) and self.images in IMAGES

    @cached_property
    def name(self) -> str:
        """What the run calls them."""
        if not isinstance(self.images, str | PathLike):
            return IN_MEMORY
        return str(self.images) if self.named else Path(self.images).resolve().stem

    def load(self, seed: int, *, progress: bool = False) -> ImageData:
        """Read the images; `seed` is for a split by hash.

        Raises:
            InputError: images that cannot be read.
        """
        if self.array is not None:
            labels = None if self.labels is None else _array("labels", self.labels)
            return own_images(IN_MEMORY, self.array, labels, seed=seed)
        assert isinstance(self.images, str | PathLike)
        return load_images(self.images, size=self.size, seed=seed, progress=progress)


def _array(name: str, value: Any) -> np.ndarray:
    """Return an array or tensor as an array on the CPU."""
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        return value
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name}: expected an array or tensor ({error})") from None
