"""The source of images: a dataset by name, files by path, or arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.imports import imported_data, names_import
from graphvae_data.images.arrays import raw_images
from graphvae_data.images.image_data import ImageData, Irregular, RawImages
from graphvae_data.images.image_store import ArrayStore
from graphvae_data.images.images import load_images, own_images, read_own
from graphvae_data.registry.images import IMAGES
from image_vae.runs.configure import Facts, facts_of

IN_MEMORY = "images"
"""The dataset name of images passed as an array."""

Images = str | PathLike[str] | np.ndarray | Tensor | Mapping[str, Any]
"""The name of a dataset, the path of a user's images, or the images themselves: an array or tensor,
or arrays by name, such as `x_train` and `x_test`."""


@dataclass(frozen=True)
class Source:
    """The images of a run."""

    images: Images
    """The name of a dataset, the path of the user's images, or the images themselves."""
    labels: Any = None
    """Integers [image], for images in memory."""
    size: tuple[int, int] | None = None
    """Height and width to which the images of a folder are scaled."""
    irregular: Irregular = "stop"
    """Handling of transparent, 16-bit or unreadable images in a folder."""
    title: str = IN_MEMORY
    """The dataset name of images in memory."""
    _loaded: dict[int, ImageData] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        images: Images,
        labels: Any = None,
        size: tuple[int, int] | None = None,
        irregular: Irregular = "stop",
    ) -> Source:
        """Return a source; `module:function` is called for images, or images and labels.

        Raises:
            InputError: labels or a size that do not apply to the images.
        """
        if not (isinstance(images, str) and names_import(images)):
            return cls(images, labels, size, irregular)
        value, title = imported_data(images), images.split(":")[1]
        array, labels = value if isinstance(value, tuple) else (value, labels)
        if not isinstance(array, np.ndarray | Tensor | Mapping):
            raise InputError(f"dataset: expected {images} to return an array or tensor of images")
        return cls(array, labels, size, irregular, f"my-{title}" if title in IMAGES else title)

    def __post_init__(self) -> None:
        if self.labels is not None and (not self.in_memory or isinstance(self.images, Mapping)):
            raise InputError("labels: allowed only with images as an array or tensor")
        if self.size is not None and self.in_memory:
            raise InputError("size: allowed only with a folder of images, got an array")
        if self.irregular != "stop" and (self.in_memory or self.named):
            raise InputError("irregular: allowed only with a folder of images")

    @property
    def in_memory(self) -> bool:
        """Whether they are arrays instead of a name or a path."""
        return not isinstance(self.images, str | PathLike)

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
        """Read and split the images, once for each `seed`, which determines a split by hash.

        Raises:
            InputError: the images cannot be read.
        """
        if seed not in self._loaded:
            self._loaded[seed] = self._load(seed, progress)
        return self._loaded[seed]

    def _load(self, seed: int, progress: bool) -> ImageData:
        if isinstance(self.images, str | PathLike):
            return load_images(
                self.images,
                size=self.size,
                irregular=self.irregular,
                seed=seed,
                progress=progress,
            )
        return own_images(self.title, self.read(), seed=seed)

    def facts(self, seed: int) -> Facts:
        """Return the properties of the images on which defaults depend.

        A dataset of the registry is not read for them.
        """
        if self.named:
            registered = IMAGES[str(self.images)].facts
            return Facts(registered.shape[0], registered.train)
        return facts_of(self.load(seed))

    def read(self) -> RawImages:
        """Read images that are not a dataset of the registry, without split and attribute files.

        Raises:
            InputError: the images cannot be read.
        """
        if isinstance(self.images, str | PathLike):
            return read_own(Path(self.images), self.size, self.irregular, attributes=False)
        arrays = self.images if isinstance(self.images, Mapping) else {"images": self.images}
        labels = {} if self.labels is None else {"labels": self.labels}
        named = {name: _array(name, value) for name, value in (dict(arrays) | labels).items()}
        return _unshared(raw_images(self.title, named), named)


def _unshared(raw: RawImages, arrays: Mapping[str, np.ndarray]) -> RawImages:
    """Return images whose bytes the user cannot change; those of a mapped file are not copied."""
    assert isinstance(raw.store, ArrayStore)
    pixels = raw.store.array
    shared = any(np.may_share_memory(pixels, each) for each in arrays.values())
    if not shared or _mapped(pixels):
        return raw
    return replace(raw, store=replace(raw.store, array=pixels.copy()))


def _mapped(array: object) -> bool:
    """Return whether an array is a memory-mapped file, or a view of one."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False


def _array(name: str, value: Any) -> np.ndarray:
    """Return an array or tensor as an array on the CPU.

    Raises:
        InputError: a type that NumPy does not have.
    """
    if isinstance(value, Tensor):
        dense = value.detach().cpu()
        try:
            return (dense.float() if dense.dtype == torch.bfloat16 else dense).numpy()
        except TypeError as error:
            raise InputError(f"{name}: expected an array or a dense tensor ({error})") from None
    if isinstance(value, np.ndarray):
        return value
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name}: expected an array or tensor ({error})") from None
