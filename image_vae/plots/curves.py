"""Learning curves of a run: the objective, its parts, and other loss terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from graphvae_data.files.figures import BLUE, GREY, ORANGE, panels
from graphvae_data.training.records import EpochRecord
from image_vae.parts.terms import Curve

COLOURS = (BLUE, ORANGE, GREY)
"""Colours of the loss terms other than the objective; further ones are grey."""
NATS = "nats per image"
RECONSTRUCTION = "recon"
"""The loss term with a separate panel, as it is much larger than the others."""


def draw_curves(
    path: Path,
    run: str,
    history: Sequence[EpochRecord],
    best_epoch: int,
    *,
    curves: Mapping[str, Curve],
    estimate: str = "",
) -> None:
    """Plot the objective and its parts over the epochs, and mark the selected epoch.

    Args:
        path: the file to write.
        run: the model and the images.
        history: a record per epoch.
        best_epoch: the epoch of the best weights.
        curves: how to show each loss term; others are labelled by their names.
        estimate: how the terms in the separate panel are estimated; "" for no estimates.
    """
    shown = {name: curves.get(name, _unnamed(name)) for name in history[-1].parts}
    apart = {name: curve for name, curve in shown.items() if curve.apart}
    large = {name: curve for name, curve in shown.items() if name == RECONSTRUCTION}
    small = {name: curve for name, curve in shown.items() if name not in (*apart, *large)}
    groups = [group for group in (large, small) if group]
    with panels(path, columns=1 + len(groups) + bool(apart)) as (left, *others):
        left.figure.suptitle(run, fontsize=10)
        _draw_objective(left, history, best_epoch)
        colours = chain(COLOURS, repeat(GREY))
        for axes, group in zip(others, groups, strict=False):
            for name, curve in group.items():
                _draw_part(axes, history, name, curve, val=True, color=next(colours))
            axes.set(ylabel=NATS, title="parts of the objective, validation images")
        for axes in others[len(groups) :]:
            for name, curve in apart.items():
                _draw_part(axes, history, name, curve, val=False)
            axes.set(ylabel=NATS, title=f"in training{estimate and ', ' + estimate}")
        for axes in (left, *others):
            _finish(axes, len(history))


def _unnamed(name: str) -> Curve:
    return Curve(name.replace("_", " "))


def _draw_objective(axes: Axes, history: Sequence[EpochRecord], best_epoch: int) -> None:
    epochs, style = [record.epoch for record in history], _style(len(history))
    axes.plot(epochs, [r.loss for r in history], color=BLUE, label="training", **style)
    losses = [float(r.validation["loss"] or 0) for r in history]
    axes.plot(epochs, losses, color=ORANGE, label="validation", **style)
    axes.axvline(best_epoch, color=GREY, lw=1, zorder=0, label=f"kept: epoch {best_epoch}")
    axes.set(ylabel=NATS, title="objective")


def _draw_part(
    axes: Axes,
    history: Sequence[EpochRecord],
    name: str,
    curve: Curve,
    *,
    val: bool,
    **style: Any,
) -> None:
    """Plot a loss term over the epochs that have it."""
    terms = [(r.epoch, r.validation if val else r.parts) for r in history]
    points = [(epoch, parts[name]) for epoch, parts in terms if name in parts]
    if points:
        axes.plot(*zip(*points, strict=True), label=curve.label, **style, **_style(len(points)))


def _style(epochs: int) -> dict[str, Any]:
    """Return markers for a short curve, large ones for a single point."""
    return {"marker": "o", "ms": 8 if epochs == 1 else 3} if epochs < 20 else {}


def _finish(axes: Axes, epochs: int) -> None:
    axes.set_xlabel("epoch")
    axes.legend(frameon=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if epochs == 1:
        axes.set_xlim(0, 2)
