"""The table of Vedantam et al. 2017 on MNIST with attributes, as data. Light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphvae_data.runs.published import PublishedTable, Row

QUICK_QUERIES = 240
"""Queries for each number of given attributes, in the quick form."""
IID, UNSEEN = "mnist-a", "mnist-a-unseen"
SMALLER = {IID: "mnist-a-small", UNSEEN: "mnist-a-small-unseen"}
"""Datasets of the quick form."""
_FULL: dict[str, Any] = {}
_QUICK: dict[str, Any] = {
    "steps": 1_500,
    "epochs": 20,
    "lr": 2e-3,
    "conv_channels": (8, 16, 32, 8),
    "hidden": (128, 128),
    "decoder_channels": (128, 64, 32),
    "scored": 2_000,
}


def _row(
    model: str,
    covered: tuple[float, float, float],
    right: tuple[float, float, float, float],
) -> Row:
    """Return a row of the iid split, in per cent, for 3, 2, 1 (and 4) given attributes."""
    figures = {f"coverage_{n}": c / 100 for n, c in zip((3, 2, 1), covered, strict=True)}
    figures |= {f"correctness_{n}": r / 100 for n, r in zip((3, 2, 1, 4), right, strict=True)}
    return Row(model, IID, model, _FULL, (figures,), quick=True)


def _unseen(model: str, right: float) -> Row:
    figures: Mapping[str, float] = {"correctness_4": right / 100}
    return Row(f"{model}-unseen", UNSEEN, model, _FULL, (figures,), quick=True)


IMAGINATION = PublishedTable(
    "imagination",
    "Imagined concepts on MNIST with attributes: Vedantam et al. 2017, Suzuki et al. 2016, Wang et "
    "al. 2016",
    ("imagination",),
    (
        _row("telbo", (91.1, 90.3, 90.9), (81.6, 82.0, 83.7, 82.1)),
        _row("jmvae", (88.5, 87.9, 88.7), (82.0, 81.0, 81.6, 85.15)),
        _row("bivcca", (85.3, 85.1, 85.5), (70.7, 72.3, 68.4, 67.38)),
        _unseen("telbo", 75.61),
        _unseen("jmvae", 76.86),
        _unseen("bivcca", 68.58),
    ),
    "700,000 images of 64×64, 250,000 steps of 64 images at 1e-4, 480 queries for each number of "
    "given attributes, ten images each, sampled pixels; all published figures, including those of "
    "the other models, are from Vedantam et al.; ± is over resamples of 80 % of the queries, there "
    "and here",
    _QUICK,
    "Columns are by number of given attributes; rows -unseen are of combinations that are not in "
    "the training images (compositionality). digit is the correctness of the digit with all "
    "attributes given: near 0.1 the digit has not been learnt.",
    quick_datasets=SMALLER,
)
