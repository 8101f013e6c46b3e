"""Plots of models with several codes: contribution of each code, samples at temperatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.files.figures import BLUE, panels
from graphvae_data.machine import devices
from image_vae.plots.pictures import ImageCaption, draw_grid
from image_vae.plots.renderings import refine
from image_vae.results.result import ImageFitResult

LEAST_CODES = 3
"""Minimum number of codes for these plots."""
MOST_COLUMNS, ROWS = 8, 8
"""Maximum number of columns, and number of images, of a coarse-to-fine plot."""
TEMPERATURES = (0.4, 0.6, 0.8, 1.0)
"""The temperatures of samples."""


@dataclass(frozen=True)
class CoarseToFine:
    """Images decoded from the posterior of their topmost codes and the prior of the others."""

    fixed: tuple[int, ...]
    """Numbers of codes, from the top, set to the means of q; the others are the means of p."""
    codes: int
    """Number of codes."""
    originals: Float[Tensor, "image channel height width"]
    """The images, on the CPU."""
    images: Float[Tensor, "image step channel height width"]
    """The decoded images for each number of fixed codes."""


def coarse_to_fine(result: ImageFitResult, *, count: int = ROWS) -> CoarseToFine:
    """Return evenly spaced test images, decoded from an increasing number of their codes.

    Args:
        result: the run.
        count: number of images.
    """
    model, feed = result.experiment.model, result.experiment.feed("test")
    codes = len(model.graph.latents)
    fixed = spaced(codes, MOST_COLUMNS - 1)
    with devices.computing(result.config.run.threads):
        shown = next(feed.in_order(count, limit=count, spread=True))
        images = refine(model, shown, fixed, result.generator())
    return CoarseToFine(fixed, codes, shown.cpu(), images.cpu())


def spaced(count: int, most: int) -> tuple[int, ...]:
    """Return at most `most` numbers from 1 to `count`, evenly spaced, with both ends.

    >>> spaced(3, 7), spaced(15, 5)
    ((1, 2, 3), (1, 4, 8, 11, 15))
    """
    if count <= most:
        return tuple(range(1, count + 1))
    return tuple(1 + index * (count - 1) // (most - 1) for index in range(most))


def draw_coarse_to_fine(path: Path, caption: ImageCaption, shown: CoarseToFine) -> None:
    """Plot a row per image: the image, then decoded from an increasing number of its codes."""
    grid = torch.cat([shown.originals.unsqueeze(1), shown.images], 1)
    numbers = ", ".join(map(str, shown.fixed))
    text = caption.text(
        f"test images; the first {numbers} of {shown.codes} codes from q, those below from p"
    )
    draw_grid(path, text, grid)


def draw_divergences(path: Path, caption: ImageCaption, kl: Mapping[str, float]) -> None:
    """Plot the divergence of each code as a bar, from the topmost code down.

    Args:
        path: the file to write.
        caption: the description of the run.
        kl: nats per image by code, the topmost first.
    """
    with panels(path, columns=1) as (axes,):
        axes.bar(range(len(kl)), list(kl.values()), color=BLUE)
        axes.set_xticks(range(len(kl)), list(kl), rotation=90 if len(kl) > 12 else 0)
        axes.set(
            xlabel="code, the topmost first",
            ylabel="KL, nats per image",
            title=caption.text(f"divergence of each code, {sum(kl.values()):.1f} nats in all"),
        )


def draw_temperatures(
    path: Path, caption: ImageCaption, rows: Sequence[Float[Tensor, "image channel height width"]]
) -> None:
    """Plot a row of samples for each temperature."""
    labels = [f"{temperature:g}" for temperature in TEMPERATURES]
    text = caption.text("samples at temperatures, which multiply the standard deviations of p")
    draw_grid(path, text, torch.stack([*rows]), labels=labels)


def draw_ladder(result: ImageFitResult, folder: Path) -> None:
    """Write the plots of a model with at least `LEAST_CODES` codes; otherwise none.

    Args:
        result: the run.
        folder: the folder to write to.
    """
    model, caption = result.experiment.model, ImageCaption.of(result)
    order = model.graph.prior_order
    if len(order) < LEAST_CODES:
        return
    kl = result.metrics["test"]["kl"]
    draw_divergences(folder / "divergences.png", caption, {name: kl[name] for name in order})
    draw_coarse_to_fine(folder / "coarse-to-fine.png", caption, coarse_to_fine(result))
    if model.cools:
        rows = [result.sample(ROWS, temperature=each) for each in TEMPERATURES]
        draw_temperatures(folder / "temperatures.png", caption, rows)
