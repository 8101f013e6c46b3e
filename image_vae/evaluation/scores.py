"""Scores of a trained model, in summed nats per image.

The ELBO has weight 1 for the divergence, whatever the training objective, and covers the image
only: a label is scored by accuracy. Random binarisation uses the run's seed, so it is the same at
every call, and the kind of binarisation is part of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import check_whole
from graphvae_data.core.rng import seeded
from image_vae.data.feed import Feed
from image_vae.evaluation.activity import active_units
from image_vae.evaluation.likelihood import log_likelihood
from image_vae.models.labelled import LABEL, infers_label, label_logits, label_posterior
from image_vae.models.latent_model import Data, LatentModel
from image_vae.models.vae import VAE
from image_vae.parts.bounds import elbo
from image_vae.parts.distributions.likelihoods import picture
from image_vae.specs.likelihoods import Likelihood

SCORING = 5
"""Index of the random stream for the codes of a score."""
Measure = Literal["probability", "density", "cross-entropy"]
"""The kind of log p(x | z): of discrete pixels, real pixels, or grey pixels treated as binary."""
AT_ONCE = 1_000
"""Number of images scored at once."""


@dataclass(frozen=True)
class BoundScores:
    """The evidence lower bound on a part of a dataset, and its parts; means over images."""

    elbo: float
    """E_q [log p(x | z)] − KL, nats per image."""
    reconstruction: float
    """R = −E_q [log p(x | z)]."""
    kl: dict[str, float]
    """KL of each code, in closed form where it exists."""
    active_units: dict[str, int | None]
    """Number of coordinates of each code whose posterior mean varies with the image; None for a
    single image."""
    bits_per_dim: float | None
    """−ELBO / (pixels · log 2) where the ELBO bounds a log-probability; else None."""
    measure: Measure
    """The quantity that the ELBO bounds."""
    images: int
    """Number of images."""
    binarize: str
    """The binarisation of the pixels."""
    weighted: WeightedBound | None = None
    """L_k, if the training objective is L_k."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        scores = asdict(self)
        if self.weighted is None:
            del scores["weighted"]
        return scores


@dataclass(frozen=True)
class WeightedBound:
    """The importance-weighted bound of a part; a mean over images."""

    value: float
    """L_k, nats per image."""
    samples: int
    """k."""


def measure_of(likelihood: Likelihood, feed: Feed) -> Measure:
    """Return the kind of log p(x | z) of a likelihood on some images.

    A density of pixels in [0, 1] may exceed 1, so its logarithm may be positive. Grey pixels under
    a binary likelihood give a cross-entropy, which is not a log-probability.
    """
    if not likelihood.discrete:
        return "density"
    return "cross-entropy" if likelihood.binary and not feed.black_and_white else "probability"


@torch.no_grad()
def bound_scores(
    model: LatentModel,
    feed: Feed,
    *,
    seed: int,
    samples: int = 1,
    measure: Measure = "density",
    weighted: int | None = None,
) -> BoundScores:
    """Return the ELBO of a part.

    Args:
        model: the model.
        feed: the images.
        seed: seed of the run.
        samples: codes drawn per image.
        measure: the kind of log p(x | z); see `measure_of`.
        weighted: k, to return L_k too.
    """
    model.eval()
    generator = seeded(seed, SCORING, device=model.device)
    total = torch.zeros(2, device=model.device, dtype=torch.float64)
    kl = {latent.name: 0.0 for latent in model.graph.latents}
    for images in feed.in_order(max(1, min(AT_ONCE, model.at_once) // samples)):
        trace = model({"x": images}, samples, generator)
        total += torch.stack([elbo(trace).sum(), trace.average(trace.reconstruction).sum()])
        for layer in kl:
            kl[layer] += float(trace.average(trace.kl(layer, analytic=True)).sum())
    elbo_mean, reconstruction = (total / len(feed)).tolist()
    batches = ({"x": images} for images in feed.in_order(AT_ONCE))
    pixels = math.prod(feed.part.images.shape[1:])
    units = active_units(model, batches, seeded(seed, SCORING, device=model.device))
    return BoundScores(
        elbo=elbo_mean,
        reconstruction=reconstruction,
        kl={layer: value / len(feed) for layer, value in kl.items()},
        active_units=dict(units.count) if len(feed) > 1 else dict.fromkeys(units.count),
        bits_per_dim=None if measure != "probability" else -elbo_mean / (pixels * math.log(2)),
        measure=measure,
        images=len(feed),
        binarize=feed.how.value,
        weighted=None if weighted is None else _weighted(model, feed, seed, weighted),
    )


def _weighted(model: LatentModel, feed: Feed, seed: int, samples: int) -> WeightedBound:
    """Return L_k."""
    generator = seeded(seed, SCORING, 1, device=model.device)
    values = [
        log_likelihood(model, {"x": images}, samples, generator).double()
        for images in feed.in_order(AT_ONCE)
    ]
    return WeightedBound(float(torch.cat(values).mean()), samples)


@torch.no_grad()
def label_accuracy(
    model: LatentModel, feed: Feed, *, seed: int, samples: int | None = None
) -> float | None:
    """Return the accuracy of the most likely label; None if no label is known.

    Prediction uses q(y | x) if the label is a latent variable, else p(y | z) at the mean of
    q(z | x).

    Args:
        model: the model.
        feed: the images.
        seed: seed of the run.
        samples: number of importance samples for prediction by p(y | x) instead of q(y | x), if the
            label is a latent variable.
    """
    model.eval()
    generator = seeded(seed, SCORING, device=model.device)
    counts = torch.zeros(2, device=model.device, dtype=torch.int64)
    for data in feed.observed_in_order(AT_ONCE):
        predicted = _label_scores(model, {"x": data["x"]}, samples, generator).argmax(-1)
        counts += torch.stack([(predicted == data["y"]).sum(), (data["y"] >= 0).sum()])
    correct, known = counts.tolist()
    return correct / known if known else None


def _label_scores(
    model: LatentModel, data: Data, samples: int | None, generator: torch.Generator
) -> Float[Tensor, "batch value"]:
    """Return a score of each label; the most likely label has the highest."""
    if not isinstance(model, VAE) or not infers_label(model):
        codes = {name: z.unsqueeze(0) for name, z in model.encode(data, generator).items()}
        scores: Tensor = model.decoders[LABEL](codes).mean.squeeze(0)
        return scores
    if samples is None:
        return label_logits(model, data)
    size = max(1, model.at_once // samples)
    pieces = data["x"].split(size)
    return torch.cat([label_posterior(model, {"x": x}, samples, generator) for x in pieces])


@torch.no_grad()
def attribute_accuracy(model: LatentModel, feed: Feed, *, seed: int) -> dict[str, float | None]:
    """Return the accuracy of the most likely value of each attribute, at the mean of q(z | x).

    None for an attribute without known values.
    """
    model.eval()
    columns, generator = feed.attributes, seeded(seed, SCORING, device=model.device)
    assert columns is not None
    counts = torch.zeros(len(columns.variables), 2, device=model.device, dtype=torch.int64)
    for data in feed.observed_in_order(AT_ONCE):
        z = model.encode({"x": data["x"]}, generator)["z"].unsqueeze(0)
        px = model.decode({"z": z})
        for index, name in enumerate(columns.variables):
            predicted = picture(px[name], generator).squeeze(0).argmax(-1)
            known_values = data[name] >= 0
            counts[index] += torch.stack([(predicted == data[name]).sum(), known_values.sum()])
    pairs = zip(columns.table.names, counts.tolist(), strict=True)
    return {name: correct / known if known else None for name, (correct, known) in pairs}


@dataclass(frozen=True)
class LikelihoodScores:
    """The marginal likelihood of a part, by importance sampling."""

    nll: float
    """−log p(x), nats per image: an upper bound in expectation, tight for many samples."""
    standard_error: float | None
    """Standard error of the mean over images; None for a single image."""
    samples: int
    """Codes drawn per image."""
    images: int
    """Number of images."""
    binarize: str
    """The binarisation of the pixels."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@torch.no_grad()
def likelihood(
    model: LatentModel,
    feed: Feed,
    *,
    seed: int,
    samples: int = 5_000,
    limit: int | None = None,
    chunk: int | None = None,
    on_images: Callable[[int], object] = lambda images: None,
) -> LikelihoodScores:
    """Return −log p(x) with `samples` codes per image (5,000 in Burda et al. 2015).

    Args:
        model: the model.
        feed: the images.
        seed: seed of the run.
        samples: codes per image.
        limit: the first N images only; None for all.
        chunk: codes decoded at a time, which bounds memory; by default the decoders' limit.
        on_images: called with the number of images of each completed batch.

    Raises:
        InputError: a number below 1.
    """
    for name, value in (("limit", limit), ("chunk", chunk)):
        if value is not None:
            check_whole(name, value)
    model.eval()
    generator = seeded(seed, SCORING, device=model.device)
    chunk = model.at_once if chunk is None else chunk
    log_p = list[torch.Tensor]()
    for images in feed.in_order(max(1, chunk // 100), limit=limit):
        log_p.append(log_likelihood(model, {"x": images}, samples, generator, chunk=chunk).double())
        on_images(len(images))
    values = torch.cat(log_p)
    several = len(values) > 1
    return LikelihoodScores(
        nll=-float(values.mean()),
        standard_error=float(values.std()) / math.sqrt(len(values)) if several else None,
        samples=samples,
        images=len(values),
        binarize=feed.how.value,
    )
