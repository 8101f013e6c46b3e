"""Plots of a run: learning curves, ROC and precision-recall, a map of the embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from graphvae.losses.objective import RESERVED
from graphvae.metrics import Auc, AveragePrecision
from graphvae.metrics.ranking_curve import RankingCurve
from graphvae.runs.projection import Plane, Projection, plane
from graphvae_data.files.figures import BLUE, GREY, ORANGE, panels, point_size, scatter_classes
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.runs.sweep import Sweep
from graphvae_data.settings.values import option, spell
from graphvae_data.training.records import EpochRecord
from image_vae.parts.terms import Curve

MAP_NODES = 5_000
"""Maximum number of nodes in a map; larger graphs are sampled."""


@dataclass(frozen=True)
class Caption:
    """The graph and the model of a plot, for its title and legend."""

    dataset: str
    """Name of the graph."""
    model: str
    """Name of the model."""
    classes: tuple[str, ...] | None = None
    """Names of the labels 0, 1, …, if known."""

    @classmethod
    def of(cls, dataset: str, model: str) -> Caption:
        """Return the caption of a run on a graph, with the names of its classes if known."""
        classes = GRAPHS[dataset].class_names if dataset in GRAPHS else None
        return cls(dataset, model, classes)

    def title(self, what: str) -> str:
        """Return a title."""
        return f"{self.model.upper()} on {self.dataset}: {what}"

    def class_name(self, label: int) -> str:
        """Return the name of a label."""
        if label < 0:
            return "unknown"
        return f"class {label}" if self.classes is None else self.classes[label].replace("_", " ")


def draw_curves(
    path: Path,
    caption: Caption,
    history: Sequence[EpochRecord],
    best_epoch: int,
    *,
    curves: Mapping[str, Curve],
) -> None:
    """Draw the loss and the validation scores over the epochs, and mark the best epoch.

    Args:
        path: the image file to write.
        caption: the graph and the model.
        history: one record per epoch.
        best_epoch: the epoch whose weights were kept.
        curves: labels of the parts of the penalty, which are drawn in a separate panel; the default
            label is the name.
    """
    epochs = [record.epoch for record in history]
    parts = [name for name in history[-1].parts if name not in RESERVED]
    with panels(path, columns=3 if parts else 2, fixed=True) as (left, right, *third):
        left.plot(epochs, [r.loss for r in history], color=BLUE, label="loss")
        left.plot(
            epochs,
            [r.parts["recon"] for r in history],
            color=GREY,
            ls="--",
            label="reconstruction term",
        )
        left.set(xlabel="epoch", ylabel="training objective", title=caption.title("objective"))
        left.legend(frameon=False)
        for metric, colour in ((Auc(), BLUE), (AveragePrecision(), ORANGE)):
            scores = {r.epoch: r.validation.get(metric.key) for r in history}
            known = {epoch: score for epoch, score in scores.items() if score is not None}
            right.plot(list(known), list(known.values()), color=colour, label=metric.title)
        right.axvline(best_epoch, color=GREY, lw=1, label=f"kept: epoch {best_epoch}")
        right.set(xlabel="epoch", ylabel="score", title="validation edges")
        right.legend(frameon=False, loc="lower right")
        for axes in third:
            for name in parts:
                label = curves[name].label if name in curves else name.replace("_", " ")
                axes.plot(epochs, [r.parts[name] for r in history], label=label)
            axes.set(xlabel="epoch", ylabel="nats per node", title="penalty, in training")
            axes.legend(frameon=False)


def draw_sweep(path: Path, table: Sweep, title: str) -> None:
    """Draw the test AUC of every run of a sweep, and the mean at each value."""
    score = f"test.{Auc().key}"
    positions = {line.value: index for index, line in enumerate(table.lines)}
    with panels(path, columns=1) as (axes,):
        x = [positions[cell.value] for cell in table.cells]
        axes.scatter(
            x, [cell.scores[score] for cell in table.cells], color=GREY, label="single runs"
        )
        means = [line.mean[score] for line in table.lines]
        errors = [0.0 if line.std is None else line.std[score] for line in table.lines]
        axes.errorbar(
            list(positions.values()), means, errors, fmt="o-", capsize=4, color=BLUE,
            label="mean ± standard deviation",
        )  # fmt: skip
        axes.set_xticks(list(positions.values()), [spell(value) for value in positions])
        axes.set(xlabel=option(table.param), ylabel=f"test {Auc().title}", title=title)
        axes.legend(frameon=False)


def draw_roc_pr(
    path: Path,
    caption: Caption,
    positives: Float[np.ndarray, " positive"],
    negatives: Float[np.ndarray, " negative"],
) -> None:
    """Draw the ROC and precision-recall curves of the test edges."""
    curve = RankingCurve.of(positives, negatives)
    recall = np.append(0, curve.true_positives / len(positives))
    fall_out = np.append(0, curve.false_positives / len(negatives))
    area, average = float(Auc().of_ranking(curve)), float(AveragePrecision().of_ranking(curve))
    chance = len(positives) / (len(positives) + len(negatives))
    with panels(path, columns=2, fixed=True) as (left, right):
        left.plot(fall_out, recall, color=BLUE, label=f"AUC {area:.3f}")
        left.plot([0, 1], [0, 1], color=GREY, lw=1, ls="--", label="chance")
        left.set(
            xlabel="false positive rate",
            ylabel="true positive rate",
            title=caption.title("test edges"),
        )
        left.legend(frameon=False, loc="lower right")
        right.step(
            recall[1:], curve.precision, where="pre", color=ORANGE, label=f"AP {average:.3f}"
        )
        right.axhline(chance, color=GREY, lw=1, ls="--", label="chance")
        right.set(xlabel="recall", ylabel="precision", title="test edges", ylim=(0, 1.03))
        right.legend(frameon=False, loc="lower left")


def draw_embedding(
    path: Path,
    caption: Caption,
    z: Float[np.ndarray, "node latent"],
    labels: Int[np.ndarray, " node"] | None,
    projection: Projection = "pca",
) -> Plane:
    """Draw a 2-D map of the embedding, coloured by class if there are labels.

    Returns:
        the projection of the nodes that are drawn, at most `MAP_NODES`.
    """
    sample = np.sort(np.random.default_rng(0).permutation(len(z))[:MAP_NODES])
    drawn = plane(z[sample], projection)
    with panels(path, columns=1, fixed=True) as (axes,):
        if labels is None:
            size = point_size(len(sample))
            x, y = drawn.points.T
            axes.scatter(x, y, s=size, color=BLUE, alpha=0.7, lw=0)
        else:
            scatter_classes(axes, drawn.points, labels[sample], caption.class_name)
        first, second = drawn.axes
        axes.set(xlabel=first, ylabel=second, title=caption.title("node embedding"), aspect="equal")
    return drawn
