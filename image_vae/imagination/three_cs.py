"""The three C's of a trained model: correctness, coverage, compositionality.

For each query, images are sampled from the model (z from q(z | given), pixels from p(x | z)) and
classified by a judge. Compositionality is the correctness of a run whose test images have attribute
combinations that are not in its training images. Source: Vedantam et al. 2017, §4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int

from graphvae_data.core.errors import InputError
from image_vae.imagination import measures
from image_vae.imagination.classifier import ENOUGH, Judge
from image_vae.imagination.imagine import columns_of, images_of
from image_vae.imagination.queries import Queries
from image_vae.results.result import ImageFitResult

QUERIES, IMAGES = 480, 10
"""Queries for each number of given attributes, and images of each. Source: the paper, §4.2."""


@dataclass(frozen=True)
class Figure:
    """A mean over queries."""

    mean: float
    """The mean."""
    spread: float
    """Standard deviation over five resamples of 80 % of the queries, as in the paper."""


@dataclass(frozen=True)
class ThreeCs:
    """Correctness and coverage for one number of given attributes."""

    given: int
    """Number of given attributes of each query."""
    correctness: Figure
    """The fraction of given values that the images have."""
    coverage: Figure | None
    """1 − JS of open attributes; None without open attributes."""
    ceiling: float | None
    """The coverage of a perfect model with this number of images."""
    by_attribute: dict[str, float]
    """Correctness of each attribute, over the queries that give it."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def three_cs(
    result: ImageFitResult,
    judge: Judge,
    queries: Queries,
    *,
    weak: bool = False,
    on_queries: Callable[[int], object] = lambda count: None,
) -> list[ThreeCs]:
    """Return the scores for each number of given attributes, in increasing order.

    Args:
        result: a run of a model that observes attributes.
        judge: classifies the images.
        queries: the concepts.
        weak: accept a judge whose accuracy is too low.
        on_queries: called with the number of queries since the last call.

    Raises:
        InputError: the accuracy of the judge is too low.
    """
    if not weak:
        require_good(judge)
    seen = see(result, judge, queries, on_queries)
    names = columns_of(result).table.names
    sizes = tuple(len(each) for each in columns_of(result).table.values)
    scores = list[ThreeCs]()
    for count in np.unique(queries.counts).tolist():
        rows = queries.counts == count
        given = queries.given[rows]
        correct = measures.correctness(seen[rows], given)
        covered = measures.coverage(seen[rows], given, sizes)
        opened = count < len(names)
        scores.append(
            ThreeCs(
                given=count,
                correctness=Figure(*measures.resampled(correct)),
                coverage=Figure(*measures.resampled(covered)) if opened else None,
                ceiling=measures.ceiling(given, sizes, queries.images) if opened else None,
                by_attribute=_by_attribute(seen[rows], given, names),
            )
        )
    return scores


def require_good(judge: Judge) -> None:
    """Raise `InputError` if the accuracy of a judge is too low."""
    if not judge.good:
        raise InputError(
            f"judge: expected an accuracy of at least {ENOUGH} on every attribute, got "
            f"{judge.describe()}; weak_judge accepts it"
        )


def _by_attribute(
    seen: Int[np.ndarray, "query image attribute"],
    given: Int[np.ndarray, "query attribute"],
    names: tuple[str, ...],
) -> dict[str, float]:
    shares = dict[str, float]()
    for at, name in enumerate(names):
        known = given[:, at] >= 0
        if known.any():
            shares[name] = float((seen[known, :, at] == given[known, at][:, None]).mean())
    return shares


@torch.no_grad()
def see(
    result: ImageFitResult,
    judge: Judge,
    queries: Queries,
    on_queries: Callable[[int], object] = lambda count: None,
) -> Int[np.ndarray, "query image attribute"]:
    """Return the judge's predictions for the images of each query."""
    model, generator = result.experiment.model, result.generator()
    model.eval()
    columns, seen = columns_of(result), list[np.ndarray]()
    for start in range(0, len(queries.given), 100):
        part = torch.from_numpy(queries.given[start : start + 100]).to(model.device)
        rows = part.repeat_interleave(queries.images, 0)
        given = {name: rows[:, at] for at, name in enumerate(columns.variables)}
        images = images_of(model, given, generator, drawn=True)
        values = judge.see(images).cpu().numpy()
        seen.append(values.reshape(len(part), queries.images, -1))
        on_queries(len(part))
    return np.concatenate(seen)
