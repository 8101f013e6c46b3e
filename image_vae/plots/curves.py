"""The losses of a run over its epochs: the objective, its two parts, and what else was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graphvae_data.files.figures import BLUE, GREY, ORANGE, panels
from image_vae.parts.terms import PARTS
from image_vae.training.records import EpochRecord

PAIRS = (("recon", "kl", "capacity", "floored_kl"), ("generator", "information"))
"""The parts beside the objective, of a VAE and of an InfoGAN; others have a panel of their own."""
COLOURS = (BLUE, ORANGE, GREY, GREY)
NATS = "nats per image"


def draw_curves(
    path: Path, run: str, history: Sequence[EpochRecord], best_epoch: int, *, estimate: str = ""
) -> None:
    """Draw the objective and its parts over the epochs, and which epoch was kept.

    Args:
        path: the picture to write.
        run: what was trained on what.
        history: a record an epoch.
        best_epoch: the one whose weights were kept.
        estimate: how the parts of the divergence are estimated, if they are.
    """
    told = history[-1].parts
    main = next(pair for pair in PAIRS if pair[0] in told)
    more = [name for name in PARTS if name in told and name not in main]
    with panels(path, columns=3 if more else 2) as (left, right, *third):
        left.figure.suptitle(run, fontsize=10)
        _draw_objective(left, history, best_epoch)
        for name, colour in zip(main, COLOURS, strict=False):
            _draw_part(right, history, name, of_validation=True, color=colour)
        right.set(ylabel=NATS, title="its parts, validation images")
        for axes in third:
            for name in more:
                _draw_part(axes, history, name, of_validation=False)
            axes.set(ylabel=NATS, title=f"in training{estimate and ', ' + estimate}")
        for axes in (left, right, *third):
            _finish(axes, len(history))


def _draw_objective(axes: Axes, history: Sequence[EpochRecord], best_epoch: int) -> None:
    epochs, style = [record.epoch for record in history], _style(len(history))
    axes.plot(epochs, [r.loss for r in history], color=BLUE, label="training", **style)
    axes.plot(epochs, [r.val_loss for r in history], color=ORANGE, label="validation", **style)
    axes.axvline(best_epoch, color=GREY, lw=1, label=f"kept: epoch {best_epoch}")
    axes.set(ylabel=NATS, title="objective")


def _draw_part(
    axes: Axes, history: Sequence[EpochRecord], name: str, *, of_validation: bool, **style: Any
) -> None:
    """Draw a part over the epochs that have it."""
    told = [(r.epoch, r.val_parts if of_validation else r.parts) for r in history]
    points = [(epoch, parts[name]) for epoch, parts in told if name in parts]
    if points:
        axes.plot(*zip(*points, strict=True), label=PARTS[name], **style, **_style(len(points)))


def _style(epochs: int) -> dict[str, Any]:
    """Mark the points of a short line."""
    return {"marker": "o", "ms": 3} if epochs < 20 else {}


def _finish(axes: Axes, epochs: int) -> None:
    axes.set_xlabel("epoch")
    axes.legend(frameon=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if epochs == 1:
        axes.set_xlim(0, 2)
