"""The source of images: a dataset by name, files by path, or arrays in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.imports import imported_data, names_import
from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images, own_images
from graphvae_data.registry.images import IMAGES

IN_MEMORY = "images"
"""The dataset name of images passed as an array."""

Images = str | PathLike[str] | np.ndarray | Tensor


@dataclass(frozen=True)
class Source:
    """The images of a run."""

    images: Images
    """The name of a dataset, the path of the user's images, or the images themselves."""
    labels: Any = None
    """Integers [image], for images in memory."""
    size: tuple[int, int] | None = None
    """Height and width to which the images of a folder are scaled."""
    title: str = IN_MEMORY
    """The dataset name of images in memory."""

    @classmethod
    def of(cls, images: Images, labels: Any = None, size: tuple[int, int] | None = None) -> Source:
        """Return a source; `module:function` is called for images, or images and labels.

        Raises:
            InputError: labels or a size that do not apply to the images.
        """
        if not (isinstance(images, str) and names_import(images)):
            return cls(images, labels, size)
        value, title = imported_data(images), images.split(":")[1]
        found, beside = value if isinstance(value, tuple) else (value, labels)
        if not isinstance(found, np.ndarray | Tensor):
            raise InputError(f"dataset: expected {images} to return an array or tensor of images")
        return cls(found, beside, size, f"my-{title}" if title in IMAGES else title)

    def __post_init__(self) -> None:
        if self.labels is not None and self.array is None:
            raise InputError("labels: allowed only with images as an array or tensor")
        if self.size is not None and self.array is not None:
            raise InputError("size: allowed only with a folder of images, got an array")

    @cached_property
    def array(self) -> np.ndarray | None:
        """The images, if they are in memory."""
        if isinstance(self.images, str | PathLike):
            return None
        return _array("images", self.images)

    @property
    def named(self) -> bool:
        """Whether they are a dataset of the registry."""
        return isinstance(self.images, str) and self.images in IMAGES

    @cached_property
    def name(self) -> str:
        """The dataset name in the run."""
        if not isinstance(self.images, str | PathLike):
            return self.title
        return str(self.images) if self.named else Path(self.images).resolve().stem

    def load(self, seed: int, *, progress: bool = False) -> ImageData:
        """Read the images; `seed` determines a split by hash.

        Raises:
            InputError: the images cannot be read.
        """
        if self.array is not None:
            labels = None if self.labels is None else _array("labels", self.labels)
            return own_images(self.title, self.array, labels, seed=seed)
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
