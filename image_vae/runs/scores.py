"""Scores of a run on images, by metric.

- `elbo`: the bound with KL weight 1, its two parts, bits per dimension;
- `reconstruction`: R = −E_q log p(x | z), and the squared error of the expected image;
- `active-units`: number of coordinates of each code whose mean varies with the image;
- `nll`: −log p(x) by importance sampling;
- `surgery`: the decomposition of the divergence of the *training* images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from graphvae_data.core.errors import InputError, check_whole, known_names
from graphvae_data.images.image_data import ImagePart, PartName
from graphvae_data.machine import devices
from image_vae.evaluation.scores import AT_ONCE, BoundScores, LikelihoodScores, Measure, measure_of
from image_vae.evaluation.surgery import Surgery, model_surgery
from image_vae.plots.renderings import reconstruct
from image_vae.results.result import ImageFitResult, check_result

METRICS = ("elbo", "reconstruction", "active-units", "nll", "surgery")
"""The metrics by name."""


@dataclass(frozen=True)
class ImageScores:
    """The requested scores, in nats per image."""

    part: str
    """The scored part, except for `surgery`; `new` for images outside the dataset."""
    metrics: tuple[str, ...]
    """The requested metrics."""
    binarize: str
    """The binarisation of the pixels."""
    measure: Measure
    """The kind of log p(x | z): probability, density or cross-entropy."""
    bound: BoundScores | None
    """For `elbo`, `reconstruction` and `active-units`."""
    squared_error: float | None
    """For `reconstruction`: Σ (x − E p(x | z))² over the pixels, with z the mean of q."""
    likelihood: LikelihoodScores | None
    """For `nll`."""
    surgery: Surgery | None
    """For `surgery`."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Metrics that do not apply to the model, and why."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: part and binarize, then the scores of each metric."""
        scores: dict[str, Any] = {"part": self.part, "binarize": self.binarize}
        if {"elbo", "reconstruction", "nll"} & set(self.metrics):
            scores["measure"] = self.measure
        if self.bound is not None:
            scores["images"] = self.bound.images
            known = self.bound.to_dict()
            scores |= {name: known[name] for name in self._bound_fields() if name in known}
        if self.squared_error is not None:
            scores["squared_error"] = self.squared_error
        if self.likelihood is not None:
            nll = self.likelihood.to_dict()
            scores |= {name: nll[name] for name in ("nll", "standard_error", "samples")}
            scores["nll_images"] = nll["images"]
        if self.surgery is not None:
            scores["surgery"] = {"part": "train", **asdict(self.surgery)}
        if self.skipped:
            scores["skipped"] = dict(self.skipped)
        return scores

    def _bound_fields(self) -> list[str]:
        fields = {
            "elbo": ("elbo", "reconstruction", "kl", "bits_per_dim", "weighted"),
            "reconstruction": ("reconstruction",),
            "active-units": ("active_units",),
        }
        return [field for name in self.metrics for field in fields.get(name, ())]


def check_metrics(names: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once, in the order of `METRICS`.

    Raises:
        InputError: an unknown name.
    """
    chosen = known_names("metrics", names, METRICS)
    return tuple(name for name in METRICS if name in chosen)


def evaluate(
    result: ImageFitResult,
    metrics: str | Iterable[str] = ("elbo", "active-units"),
    *,
    part: PartName | ImagePart = "test",
    samples: int = 5_000,
    limit: int | None = None,
    on_images: Callable[[int], object] = lambda images: None,
) -> ImageScores:
    """Score a run.

    Args:
        result: the run.
        metrics: names of `METRICS`, or one of them.
        part: the images to score: a part of the dataset, or `new_images(…).part`.
        samples: codes per image for `nll`.
        limit: use only the first N images for `nll` and `surgery`; None for all.
        on_images: called with the number of images that `nll` has scored since the last call.

    Raises:
        InputError: not a run, an unknown metric or part, fewer than one sample or image, a model
            without a bound, or no applicable metric: `surgery` does not apply to a model whose
            topmost code is inferred from another code. Together with other metrics it is skipped.
    """
    check_result(result)
    names = check_metrics(metrics)
    check_whole("samples", samples)
    if limit is not None:
        check_whole("limit", limit)
    if names and result.config.bound.adversarial:
        raise InputError(
            f"metrics: {names[0]} needs a bound on log p(x), and {result.config.model} has none; "
            "metrics.json has the bound on its mutual information"
        )
    feed, skipped = result.experiment.feed(part), dict[str, str]()
    of_bound = {"elbo", "reconstruction", "active-units"} & set(names)
    with devices.computing(result.config.run.threads):
        decomposed = None
        if "surgery" in names:
            try:
                decomposed = _surgery(result, limit)
            except InputError as error:
                if len(names) == 1:
                    raise
                skipped["surgery"] = str(error)
        return ImageScores(
            part=part if isinstance(part, str) else "new",
            metrics=names,
            binarize=feed.how.value,
            measure=measure_of(result.config.likelihood, feed),
            surgery=decomposed,
            skipped=skipped,
            bound=result.experiment.bound(feed) if of_bound else None,
            squared_error=_squared_error(result, part) if "reconstruction" in names else None,
            likelihood=result.likelihood(part, samples=samples, limit=limit, on_images=on_images)
            if "nll" in names
            else None,
        )


def _surgery(result: ImageFitResult, limit: int | None) -> Surgery:
    """Return the decomposition of the divergence over the first training images."""
    result.experiment.model.eval()
    train = result.experiment.feed("train")
    batches = ({"x": images} for images in train.in_order(AT_ONCE, limit=limit))
    return model_surgery(result.experiment.model, batches, result.generator())


@torch.no_grad()
def _squared_error(result: ImageFitResult, part: PartName | ImagePart) -> float:
    feed, generator = result.experiment.feed(part), result.generator()
    total = 0.0
    for images in feed.in_order(AT_ONCE):
        outputs = reconstruct(result.experiment.model, images, generator)
        total += float((images - outputs).square().sum())
    return total / len(feed)
