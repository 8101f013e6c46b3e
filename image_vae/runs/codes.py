"""A table of codes: the name, the part and the label of each image beside its code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from graphvae_data.images.image_data import PartName
from image_vae.results.result import ImageFitResult
from image_vae.runs.new_images import NewImages


@dataclass(frozen=True)
class CodeTable:
    """The posterior means of images, a row each."""

    names: list[str]
    """What each image is called: its file, or its index in the whole dataset."""
    columns: dict[str, list[str]]
    """`part`, and `label` where labels are known."""
    codes: Float[np.ndarray, "image latent"]
    """The codes."""


def codes_of_run(
    result: ImageFitResult, parts: Sequence[PartName] = ("test",), layer: str | None = None
) -> CodeTable:
    """Return the codes of parts of a run's images, in the order of the whole dataset.

    Raises:
        InputError: no code of this name.
    """
    data = result.experiment.data
    rows = [result.experiment.feed(part).part.rows for part in parts]
    order = np.argsort(np.concatenate(rows))
    codes = np.concatenate([result.embeddings(part, layer) for part in parts])[order]
    part_of = np.repeat(parts, [len(each) for each in rows])[order]
    whole = np.concatenate(rows)[order]
    names = [str(row) if data.names is None else data.names[row] for row in whole]
    labels = None if data.whole.labels is None else data.whole.labels[whole]
    columns = {"part": part_of.tolist(), **_labels(labels, data.class_names)}
    return CodeTable(names, columns, codes)


def codes_of_new(result: ImageFitResult, new: NewImages, layer: str | None = None) -> CodeTable:
    """Return the codes of images that the model has not seen, in their order.

    Raises:
        InputError: no code of this name.
    """
    columns = {"part": ["new"] * len(new.names), **_labels(new.part.labels, new.class_names)}
    return CodeTable(list(new.names), columns, result.embeddings(new.part, layer))


def _labels(
    labels: Int[np.ndarray, " image"] | None, names: tuple[str, ...] | None
) -> dict[str, list[str]]:
    """Return a column of labels by name; empty text for an unknown one."""
    if labels is None:
        return {}
    spelt = map(str, labels) if names is None else (names[label] for label in labels)
    return {
        "label": [text if label >= 0 else "" for label, text in zip(labels, spelt, strict=True)]
    }
