"""A run on images scored again, by the metrics one names, each with what it was measured on.

- `elbo`: the bound at weight 1, its two parts, bits per dimension;
- `reconstruction`: R = −E_q log p(x | z), and the squared error of the expected image;
- `active-units`: coordinates of each code that move with the image;
- `nll`: −log p(x) by importance sampling;
- `surgery`: what the divergence of the *training* images is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from graphvae_data.core.checks import check_some
from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import PartName
from graphvae_data.runs import devices
from image_vae.evaluation.scores import AT_ONCE, Bound, Likelihood, bound
from image_vae.evaluation.surgery import Surgery, model_surgery
from image_vae.models.infogan import InfoGan
from image_vae.plots.renderings import reconstruct
from image_vae.results.result import FitResult

METRICS = ("elbo", "reconstruction", "active-units", "nll", "surgery")
"""What a run can be scored by."""


@dataclass(frozen=True)
class Scores:
    """What was asked for, and no more; nats are means per image."""

    part: PartName
    """The images scored, but for `surgery`."""
    metrics: tuple[str, ...]
    """What was asked for."""
    binarize: str
    """How bytes became pixels."""
    bound: Bound | None
    """For `elbo`, `reconstruction` and `active-units`."""
    squared_error: float | None
    """For `reconstruction`: Σ (x − E p(x | z))² over an image's pixels, z at the mean of q."""
    likelihood: Likelihood | None
    """For `nll`."""
    surgery: Surgery | None
    """For `surgery`."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values: part and binarize, then what each metric found."""
        found: dict[str, Any] = {"part": self.part, "binarize": self.binarize}
        if self.bound is not None:
            found["images"] = self.bound.images
            found |= {name: getattr(self.bound, name) for name in self._of_bound()}
        if self.squared_error is not None:
            found["squared_error"] = self.squared_error
        if self.likelihood is not None:
            given = self.likelihood.to_dict()
            found |= {name: given[name] for name in ("nll", "standard_error", "samples")}
            found["nll_images"] = given["images"]
        if self.surgery is not None:
            found["surgery"] = {"part": "train", **asdict(self.surgery)}
        return found

    def _of_bound(self) -> list[str]:
        wanted = {
            "elbo": ("elbo", "reconstruction", "kl", "bits_per_dim"),
            "reconstruction": ("reconstruction",),
            "active-units": ("active_units",),
        }
        return [field for name in self.metrics for field in wanted.get(name, ())]


def check_metrics(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, each once, in the order of `METRICS`.

    Raises:
        InputError: one of them is not known.
    """
    given = check_some("metrics", names, METRICS)
    return tuple(name for name in METRICS if name in given)


def evaluate(
    result: FitResult,
    metrics: Iterable[str] = ("elbo", "active-units"),
    *,
    part: PartName = "test",
    samples: int = 5_000,
    limit: int | None = None,
    tell: Callable[[int], object] = lambda images: None,
) -> Scores:
    """Score a run again.

    Args:
        result: the run.
        metrics: what by, of `METRICS`.
        part: the images to score.
        samples: codes per image for `nll`.
        limit: images for `nll`, from the first; None for all.
        tell: hears how many images `nll` has done since it was last told.

    Raises:
        InputError: an unknown metric, fewer than one sample or image, or `surgery` of a model
            whose topmost code is inferred from another, or any metric of an InfoGAN.
    """
    names = check_metrics(metrics)
    if limit is not None and limit < 1:
        raise InputError(f"limit: expected at least 1, got {limit}")
    if names and isinstance(result.experiment.model, InfoGan):
        raise InputError(
            f"metrics: {names[0]} takes a bound on log p(x), and {result.config.model} has none; "
            "metrics.json has the bound on its information"
        )
    feed, seed = result.experiment.feed(part), result.config.seed
    of_bound = {"elbo", "reconstruction", "active-units"} & set(names)
    with devices.threads(result.config.threads):
        return Scores(
            part=part,
            metrics=names,
            binarize=feed.how.value,
            surgery=_surgery(result) if "surgery" in names else None,
            bound=bound(result.experiment.model, feed, seed=seed) if of_bound else None,
            squared_error=_squared_error(result, part) if "reconstruction" in names else None,
            likelihood=result.likelihood(part, samples=samples, limit=limit, tell=tell)
            if "nll" in names
            else None,
        )


def _surgery(result: FitResult) -> Surgery:
    """Take apart the divergence of the training images: q(z) is that of the data learnt from."""
    result.experiment.model.eval()
    batches = ({"x": images} for images in result.experiment.feed("train").in_order(AT_ONCE))
    return model_surgery(result.experiment.model, batches, result.generator())


@torch.no_grad()
def _squared_error(result: FitResult, part: PartName) -> float:
    feed, generator = result.experiment.feed(part), result.generator()
    total = 0.0
    for images in feed.in_order(AT_ONCE):
        outputs = reconstruct(result.experiment.model, images, generator)
        total += float((images - outputs).square().sum())
    return total / len(feed)
