"""The plots of a run on images: curves, samples, reconstructions, traversals, codes, prior."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.patches import Rectangle
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.files.figures import BLUE, ORANGE, figure, panels, point_size, scatter_classes
from image_vae.disentanglement.following import following
from image_vae.disentanglement.pictures import draw_factors
from image_vae.models.labelled import infers_label
from image_vae.plots.classes import ClassGrid, analogies, classes
from image_vae.plots.curves import draw_curves
from image_vae.plots.exhibits import CodeMap, Pairs, Traversals, code_map, pairs, traversals
from image_vae.plots.renderings import Components, components
from image_vae.results.result import ImageFitResult

Images = Float[Tensor, "image channel height width"]
Grid = Float[Tensor, "row column channel height width"]

SAMPLES = 64
"""Maximum number of samples, and of prior components, in the plots of a run."""
CELL = 0.55
"""Width of an image in a plot, in inches."""
GAP = 0.08
"""Gap between two images, as a fraction of an image's width."""
LETTER = 0.085
"""Width of a character of a caption, in inches."""
SEEN = {
    "dynamic": "pixels binarised dynamically",
    "fixed": "pixels binarised once",
    "threshold": "pixels binarised at one half",
    "none": "pixels not binarised",
}
"""Binarisation in a caption."""


@dataclass(frozen=True)
class ImageCaption:
    """The description of a run in the caption of a plot."""

    dataset: str
    """Name of the images."""
    model: str
    """Name of the recipe."""
    epochs: int
    """Epochs trained."""
    binarize: str
    """The binarisation of the pixels."""
    classes: tuple[str, ...] | None = None
    """Names of the labels 0, 1, …, where known."""
    steps: int | None = None
    """Steps trained, if a limit on steps ended the run."""

    @classmethod
    def of(cls, result: ImageFitResult) -> ImageCaption:
        """Describe a run."""
        config, epochs = result.config, len(result.history)
        classes = result.experiment.data.class_names
        trainer = result.experiment.trainer
        whole = config.training.epochs * trainer.steps_per_epoch
        steps = trainer.total if trainer.total < whole else None
        return cls(config.dataset, config.model, epochs, config.binarize, classes, steps)

    def text(self, what: str) -> str:
        """Return two lines: the content, and the run."""
        return f"{what}\n{self.run}"

    @property
    def run(self) -> str:
        """Model, images, epochs or steps, and binarisation, in one line."""
        counted = f"{self.epochs} epoch{'s' if self.epochs != 1 else ''}"
        if self.steps is not None:
            counted = f"{self.steps:,} step{'s' if self.steps != 1 else ''}"
        return f"{self.model} on {self.dataset}, {counted}, {SEEN[self.binarize]}"

    def class_name(self, label: int) -> str:
        """Return the name of a label."""
        return f"class {label}" if self.classes is None else self.classes[label].replace("_", " ")


def draw_run(
    result: ImageFitResult, folder: Path, announce: Callable[[str], object] = lambda line: None
) -> None:
    """Write every plot of a run into a folder, except those that its parts do not support.

    `factors.png` needs known factors, `prior.png` a prior with components, `samples.png` a prior
    that can be sampled, `labels.png` and `analogies.png` a label as latent variable.

    Args:
        result: the run.
        folder: the folder to write to.
        announce: called with a line for each plot that is skipped.
    """
    caption, game = ImageCaption.of(result), result.experiment.trainer.game
    draw_curves(
        folder / "curves.png",
        caption.run,
        result.history,
        int(result.metrics["best_epoch"]),
        curves=game.curves,
        estimate=game.estimate,
    )
    try:
        draw_samples(folder / "samples.png", caption, result.sample(SAMPLES))
    except InputError as error:
        announce(f"samples.png is skipped: {error}")
    draw_pairs(folder / "reconstructions.png", caption, pairs(result))
    draw_traversals(folder / "traversals.png", caption, traversals(result))
    draw_codes(folder / "latent.png", caption, code_map(result))
    follows = following(result.experiment)
    if follows is not None:
        draw_factors(folder / "factors.png", follows, caption.run)
    if infers_label(result.experiment.model):
        draw_classes(folder / "labels.png", caption, classes(result))
        draw_classes(folder / "analogies.png", caption, analogies(result))
    prior = components(result.experiment.model, SAMPLES, result.generator())
    if prior is not None:
        draw_components(folder / "prior.png", caption, prior)


def draw_samples(path: Path, caption: ImageCaption, images: Images, given: str = "") -> None:
    """Plot samples from the prior, or given attributes, in a square grid."""
    origin = f"given {given}" if given else "from the prior"
    draw_grid(path, caption.text(f"samples {origin}"), square(images))


def draw_classes(path: Path, caption: ImageCaption, shown: ClassGrid) -> None:
    """Plot images of every class in several styles: a row per class, or a row per image."""
    if shown.originals is None:
        labels = [caption.class_name(int(value)) for value in shown.labels]
        text = caption.text("rows: classes; columns: styles drawn from the prior")
        draw_grid(path, text, shown.images, labels=labels)
        return
    grid = torch.cat([shown.originals.unsqueeze(1), shown.images], 1)
    text = caption.text("test images (left) and their style in every class")
    draw_grid(path, text, grid)


def draw_pairs(path: Path, caption: ImageCaption, shown: Pairs) -> None:
    """Plot images, each above its reconstruction, eight per row."""
    wide = min(8, len(shown.originals))
    originals, outputs = (square(images, wide) for images in (shown.originals, shown.outputs))
    rows = torch.stack([originals, outputs], 1).flatten(0, 1)
    text = caption.text(f"{shown.part} images, each above its reconstruction")
    draw_grid(path, text, rows, groups=2)


def draw_traversals(path: Path, caption: ImageCaption, shown: Traversals) -> None:
    """Plot a row per coordinate, with its index, its usage and the factor that it encodes."""
    used = shown.usage
    unit = " nats" if used.measure == "KL" else ""
    labels = [
        f"{used.layer}[{row}]  {used.values[row]:.2f}{unit}{_followed(shown, row)}"
        for row in shown.rows
    ]
    what = "mean KL" if used.measure == "KL" else "variance of its mean"
    if shown.following is not None:
        what += ", factor of highest mutual information"
    low, high = shown.values.min(), shown.values.max()
    span = "quantiles .01 to .99 of its codes" if shown.quantiles else f"from {low:g} to {high:g}"
    text = caption.text(
        f"{shown.part} image {shown.image}, one coordinate, {span}; left: {what}; "
        "framed: nearest to the image"
    )
    draw_grid(path, text, shown.images, labels=labels, framed=nearest_columns(shown))


def nearest_columns(shown: Traversals) -> list[int]:
    """Return for each row the column whose value is nearest to that of the image itself."""
    own = np.array(shown.own)[:, None]
    return [int(column) for column in np.abs(shown.values - own).argmin(axis=1)]


def _followed(shown: Traversals, row: int) -> str:
    """Return the factor that a coordinate encodes, and the share of information."""
    if shown.following is None:
        return ""
    name = shown.following.of(row)
    return "\n–" if name is None else f"\n{name} {shown.following.share[row].max():.2f}"


def draw_codes(path: Path, caption: ImageCaption, shown: CodeMap) -> None:
    """Plot codes in two coordinates, coloured by class if there are classes."""
    first, second = shown.axes
    name = shown.usage.layer
    points = shown.points
    if first == second:
        points = np.stack([points[:, 0], np.arange(len(points), dtype=points.dtype)], 1)
    chosen = "" if len(shown.usage.values) <= 2 else f", the two with largest {_measure(shown)}"
    with panels(path, columns=1) as (axes,):
        if shown.labels is None:
            size = point_size(len(points))
            axes.scatter(points[:, 0], points[:, 1], s=size, color=BLUE, alpha=0.7, lw=0)
        else:
            scatter_classes(axes, points, shown.labels, caption.class_name)
        axes.set(
            xlabel=f"{name}[{first}]",
            ylabel="image" if first == second else f"{name}[{second}]",
            title=caption.text(f"codes of {shown.part} images{chosen}"),
        )


def _measure(shown: CodeMap) -> str:
    return "mean KL" if shown.usage.measure == "KL" else "variance over images"


def draw_components(path: Path, caption: ImageCaption, shown: Components) -> None:
    """Plot the prior's components in a square grid."""
    images = len(shown.images)
    number = f"{images} of {shown.count:,}" if images < shown.count else f"{images}"
    draw_grid(path, caption.text(f"prior: {number} {shown.kind}"), square(shown.images))


def square(images: Images, columns: int | None = None) -> Grid:
    """Arrange images in rows, by default in a square; empty cells are white."""
    wide = columns or math.ceil(math.sqrt(len(images)))
    missing = -len(images) % wide
    white = images.new_ones((missing, *images.shape[1:]))
    return torch.cat([images, white]).reshape(-1, wide, *images.shape[1:])


def mosaic(
    grid: Grid, *, gap: int, groups: int = 1, between: int = 0
) -> Float[Tensor, "sheet_height sheet_width channel"]:
    """Join the images of a grid with white gaps.

    Args:
        grid: the images; pixels are clamped to [0, 1].
        gap: pixels between two images.
        groups: rows per group.
        between: additional pixels between two groups of rows.
    """
    rows, columns, channels, height, width = grid.shape
    extra = (rows - 1) // groups * between
    size = (channels, rows * (height + gap) - gap + extra, columns * (width + gap) - gap)
    sheet = grid.new_ones(size)
    for row in range(rows):
        top = row * (height + gap) + row // groups * between
        for column in range(columns):
            left = column * (width + gap)
            cell = grid[row, column].clamp(0.0, 1.0)
            sheet[:, top : top + height, left : left + width] = cell
    return sheet.movedim(0, 2)


def draw_grid(
    path: Path,
    caption: str,
    grid: Grid,
    *,
    groups: int = 1,
    labels: Sequence[str] = (),
    framed: Sequence[int] = (),
) -> None:
    """Plot a grid of images under a caption.

    Args:
        path: the file to write.
        caption: the text above.
        grid: the images.
        groups: rows per group.
        labels: a label left of each row; empty for none.
        framed: the column of the framed image of each row; empty for none.
    """
    height, width = grid.shape[-2:]
    gap = max(1, round(GAP * width))
    sheet = mosaic(grid.cpu(), gap=gap, groups=groups, between=3 * gap if groups > 1 else 0)
    scale = CELL / width
    text = LETTER * max(map(len, caption.splitlines()))
    wide = max(text, sheet.shape[1] * scale + (1.6 if labels else 0.2))
    with figure(path, wide, sheet.shape[0] * scale + 0.7) as whole:
        axes = whole.subplots()
        axes.imshow(sheet.squeeze(2).numpy(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        for row, column in enumerate(framed):
            corner = (column * (width + gap) - 0.5, row * (height + gap) - 0.5)
            style: dict[str, Any] = {"fill": False, "color": ORANGE, "lw": 2, "clip_on": False}
            axes.add_patch(Rectangle(corner, width, height, **style))
        axes.set_xticks([])
        axes.set_yticks([(height - 1) / 2 + row * (height + gap) for row in range(len(labels))])
        axes.set_yticklabels(labels, fontsize=8)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_title(caption, fontsize=10)
