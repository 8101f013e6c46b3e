"""Tables of codes, with the name, part and label of each image."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from graphvae_data.files.files import write_atomic
from graphvae_data.images.image_data import PartName
from image_vae.imagination.imagine import attribute_codes
from image_vae.results.result import ImageFitResult
from image_vae.runs.new_images import NewImages


@dataclass(frozen=True)
class CodeTable:
    """The posterior means of images, one per row."""

    names: list[str]
    """Name of each image: its file name, or its index in the whole dataset."""
    columns: dict[str, list[str]]
    """`part`, and `label` where labels are known."""
    codes: Float[np.ndarray, "image latent"]
    """The codes."""


def codes_of_run(
    result: ImageFitResult,
    parts: Sequence[PartName] = ("test",),
    layer: str | None = None,
    *,
    given: bool = False,
) -> CodeTable:
    """Return the codes of parts of a run's images, in the order of the whole dataset.

    Args:
        result: the run.
        parts: parts of its images.
        layer: the name of the code; by default the topmost.
        given: infer the codes from the attributes instead of the images, q(z | y).

    Raises:
        InputError: no code of this name, or a model that observes no attributes.
    """
    data = result.experiment.data
    rows = [result.experiment.feed(part).part.rows for part in parts]
    order = np.argsort(np.concatenate(rows))
    inferred = [
        attribute_codes(result, part) if given else result.embeddings(part, layer) for part in parts
    ]
    codes = np.concatenate(inferred)[order]
    part_of = np.repeat(parts, [len(each) for each in rows])[order]
    whole = np.concatenate(rows)[order]
    names = [str(row) if data.names is None else data.names[row] for row in whole]
    labels = None if data.whole.labels is None else data.whole.labels[whole]
    columns = {"part": part_of.tolist(), **_labels(labels, data.class_names)}
    return CodeTable(names, columns, codes)


def codes_of_new(result: ImageFitResult, new: NewImages, layer: str | None = None) -> CodeTable:
    """Return the codes of new images, in their order.

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


def names_of(result: ImageFitResult, part: PartName) -> list[str]:
    """Return the names of the images of a part: file names, or indices in the whole dataset."""
    data, rows = result.experiment.data, result.experiment.feed(part).part.rows
    return [str(row) if data.names is None else data.names[row] for row in rows]


def write_columns(path: Path, names: Sequence[str], columns: Mapping[str, Sequence[str]]) -> None:
    """Write a CSV file with a line per image: its name, then the columns."""

    def write(target: Path) -> None:
        with target.open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["image", *columns])
            table.writerows(zip(names, *columns.values(), strict=True))

    write_atomic(path, write)
