"""Reconstructions, latent traversals and a map of the codes of a run, as arrays.

`pictures` plots them, and the commands write them to files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.core.errors import InputError, check_whole
from graphvae_data.images.image_data import ImagePart, PartName
from graphvae_data.machine import devices
from image_vae.disentanglement.following import Following, following
from image_vae.evaluation.scores import AT_ONCE
from image_vae.models.latent_model import Data
from image_vae.plots.renderings import Usage, reconstruct, traverse, usage
from image_vae.results.result import ImageFitResult

VALUES = 11
"""Number of values of a coordinate in a traversal."""
LEAST = 0.01
"""The first quantile of a traversal; the last is 1 − LEAST."""
MOST_ROWS = 10
"""Default number of coordinates in a traversal."""
MEASURED = 2_000
"""Maximum number of images for measuring usage, and minimum number of codes for quantiles."""
MAPPED = 5_000
"""Maximum number of images in a map of the codes."""

Images = Float[Tensor, "image channel height width"]


@dataclass(frozen=True)
class Pairs:
    """Images and their reconstructions."""

    originals: Images
    """The original images, on the CPU."""
    inputs: Images
    """Pixels as preprocessed for the model, on the CPU."""
    outputs: Images
    """Their reconstructions."""
    part: str
    """The part of the images; `new` for images outside the dataset."""


def pairs(
    result: ImageFitResult,
    *,
    count: int = 32,
    part: PartName | ImagePart = "test",
    seed: int | None = None,
) -> Pairs:
    """Return evenly spaced images of a part, or of new images, and their reconstructions.

    Raises:
        InputError: `count` below 1.
    """
    check_whole("n", count)
    with devices.computing(result.config.run.threads):
        feed = result.experiment.feed(part)
        inputs = next(feed.in_order(count, limit=count, spread=True))
        originals = feed.originals(feed.spread(count))
        outputs = reconstruct(result.experiment.model, inputs, result.generator(seed))
    return Pairs(originals, inputs.cpu(), outputs.cpu(), part if isinstance(part, str) else "new")


@dataclass(frozen=True)
class Traversals:
    """Images decoded from one image's code, with one coordinate changed at a time."""

    image: int
    """Its index in the part."""
    part: PartName
    """The part of the image."""
    usage: Usage
    """The usage of each coordinate."""
    rows: tuple[int, ...]
    """The indices of the changed coordinates."""
    values: Float[np.ndarray, "row value"]
    """The values of each changed coordinate."""
    own: tuple[float, ...]
    """The value of each changed coordinate in the code of the image."""
    quantiles: bool
    """Whether the values are quantiles of the codes of the part, from .01 to .99."""
    images: Float[Tensor, "row value channel height width"]
    """The images, on the CPU."""
    following: Following | None = None
    """Mutual information of coordinates and factors; None if the factors are unknown."""


def traversals(
    result: ImageFitResult,
    *,
    layer: str | None = None,
    indices: Sequence[int] | None = None,
    image: int | None = None,
    part: PartName = "test",
    values: tuple[float, ...] | None = None,
    seed: int | None = None,
) -> Traversals:
    """Change the coordinates of one image's code one by one.

    Args:
        result: the run.
        layer: the name of the code; by default the topmost.
        indices: coordinates of the code; by default the ten most used in descending order.
        image: the index of the image in its part; by default the middle one.
        part: the part of the image.
        values: the values of each coordinate; by default its quantiles over the part.
        seed: seed of sampled codes, from which other codes are inferred; by default the run's.

    Raises:
        InputError: an unknown code, coordinate or image.
    """
    model, feed = result.experiment.model, result.experiment.feed(part)
    name = result.layer(layer)
    number = len(feed) // 2 if image is None else image
    _check_number("image", number, len(feed))
    for index in indices or ():
        _check_number("latent-index", index, model.graph[name].size)
    generator = result.generator(seed)
    with devices.computing(result.config.run.threads):
        measured = _measured(result, part)
        used = usage(model, measured, name, generator)
        rows = used.order[:MOST_ROWS] if indices is None else tuple(indices)
        shown = feed.batch(torch.tensor([number]), generator)
        if values is None:
            row_values = _quantiles(result, measured, name)[:, rows].T
        else:
            row_values = np.tile(values, (len(rows), 1))
        images = [
            traverse(model, shown, name, index, row.tolist(), generator)
            for index, row in zip(rows, row_values, strict=True)
        ]
        code = model.encode({"x": shown}, result.generator(seed))[name][0].tolist()
        follows = following(result.experiment, name)
    return Traversals(
        image=number,
        part=part,
        usage=used,
        rows=rows,
        values=row_values,
        own=tuple(code[index] for index in rows),
        quantiles=values is None,
        images=torch.stack(images).cpu(),
        following=follows,
    )


@torch.no_grad()
def _quantiles(
    result: ImageFitResult, batches: Sequence[Data], layer: str
) -> Float[np.ndarray, "value latent"]:
    """Return quantiles of each coordinate over codes drawn for the images of the batches."""
    model, generator = result.experiment.model, result.generator()
    draws = -(-MEASURED // sum(len(data["x"]) for data in batches))
    codes = [model(data, draws, generator).z[layer].flatten(0, 1).cpu() for data in batches]
    shares = np.linspace(LEAST, 1 - LEAST, VALUES)
    return np.asarray(np.quantile(torch.cat(codes).numpy(), shares, axis=0))


def _check_number(name: str, value: int, count: int) -> None:
    if not 0 <= value < count:
        raise InputError(f"{name}: expected a number from 0 to {count - 1}, got {value}")


def _measured(result: ImageFitResult, part: PartName) -> list[Data]:
    feed = result.experiment.feed(part)
    return [{"x": images} for images in feed.in_order(AT_ONCE, limit=MEASURED, spread=True)]


@dataclass(frozen=True)
class CodeMap:
    """Two coordinates of the topmost code of a part's images."""

    points: Float[np.ndarray, "image 2"]
    """Posterior means."""
    axes: tuple[int, int]
    """The indices of the two coordinates; equal if the code has only one."""
    usage: Usage
    """The usage by which the coordinates were chosen."""
    labels: Int[np.ndarray, " image"] | None
    """Class of each image; None without classes."""
    part: PartName
    """The part of the images."""


def code_map(result: ImageFitResult, *, part: PartName = "test") -> CodeMap:
    """Return the two most used coordinates of the topmost code for each image of a part."""
    model = result.experiment.model
    with devices.computing(result.config.run.threads):
        used = usage(model, _measured(result, part), result.top, result.generator())
    feed = result.experiment.feed(part)
    z = result.embeddings(part, most=MAPPED)
    first, second = (0, z.shape[1] - 1) if z.shape[1] <= 2 else used.order[:2]
    return CodeMap(
        points=z[:, [first, second]],
        axes=(first, second),
        usage=used,
        labels=None if feed.labels is None else feed.labels[feed.spread(MAPPED).numpy()],
        part=part,
    )
