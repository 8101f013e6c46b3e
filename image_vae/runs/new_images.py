"""New images for a trained model: reading, checks and names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import ImagePart, Irregular, RawImages, whole_part
from graphvae_data.images.image_store import ArrayStore
from image_vae.results.result import ImageFitResult, check_result
from image_vae.runs.source import Images, Source


@dataclass(frozen=True)
class NewImages:
    """Images outside the dataset of a run, in the format of its model."""

    part: ImagePart
    """The images, for every function of a result that takes a part."""
    names: tuple[str, ...]
    """Name of each image: its file name, or its index."""
    class_names: tuple[str, ...] | None
    """Names of the labels 0, 1, …, where known."""
    notes: tuple[str, ...]
    """Notes for the user on how the images were read."""


def new_images(
    result: ImageFitResult,
    images: Images,
    labels: Any = None,
    *,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
) -> NewImages:
    """Read images for a trained model.

    >>> import image_vae
    >>> result = image_vae.fit("digits", epochs=1, hidden=(8,), latent=(2,))
    >>> new = image_vae.new_images(result, np.zeros((5, 8, 8), np.uint8))
    >>> result.embeddings(new.part).shape
    (5, 2)

    Args:
        result: the run.
        images: as in `fit`, except a dataset of the registry. Their split is ignored.
        labels: as in `fit`.
        size: as in `fit`.
        irregular: as in `fit`.

    Raises:
        InputError: not a run, the images cannot be read, or their shape is not that of the run.
    """
    check_result(result)
    source = Source.of(images, labels, size, irregular)
    if source.named:
        raise InputError(f"images: expected a path or an array, got the dataset {images}")
    raw = _with_shape(source.read(), result.experiment.data.shape)
    count = len(raw.store)
    names = raw.names or tuple(map(str, range(count)))
    return NewImages(whole_part(raw), names, raw.class_names, raw.notes)


def _with_shape(raw: RawImages, shape: tuple[int, int, int]) -> RawImages:
    """Check the shape of images; grey images are converted to colour if needed."""
    store = raw.store
    if store.shape == (1, *shape[1:]) and shape[0] == 3 and isinstance(store, ArrayStore):
        whole = np.broadcast_to(store.array, (len(store), *shape))
        return replace(raw, store=ArrayStore(whole))
    if store.shape != shape:
        expected, got = ("×".join(map(str, each)) for each in (shape, store.shape))
        hint = ""
        if store.shape[0] == shape[0]:
            hint = f"; size {shape[1]}x{shape[2]} scales the images of a folder"
        raise InputError(
            f"images: expected the shape of the run, {expected} (channels, height, width), got "
            f"{got}{hint}"
        )
    return raw
