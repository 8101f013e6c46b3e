"""Images by class and style, of a model whose label is a latent variable.

Source: Kingma et al. 2014, figure 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.machine import devices
from image_vae.models.labelled import LABEL, infers_label, label_logits
from image_vae.models.latent_model import indicators
from image_vae.models.vae import VAE
from image_vae.parts.distributions.likelihoods import picture
from image_vae.results.result import ImageFitResult

STYLES = 10
"""Default number of styles: rows of `analogies`, columns of `classes`."""

Grid = Float[Tensor, "row column channel height width"]


@dataclass(frozen=True)
class ClassGrid:
    """Images of every class in several styles."""

    images: Grid
    """Expected images, on the CPU."""
    labels: Int[Tensor, " value"]
    """The classes."""
    originals: Float[Tensor, "row channel height width"] | None = None
    """The images whose styles the rows show; None for styles drawn from the prior."""


@torch.no_grad()
def classes(result: ImageFitResult, *, styles: int = STYLES, seed: int | None = None) -> ClassGrid:
    """Draw styles from the prior: a row for each class, a column for each style.

    Raises:
        InputError: the label of the model is not a latent variable.
    """
    model, generator = _model(result), result.generator(seed)
    values = model.graph[LABEL].size
    labels = torch.zeros(styles, dtype=torch.long, device=model.device)
    with devices.computing(result.config.run.threads):
        codes = model.sample_codes(styles, generator, given={LABEL: labels})
        rows = [_as_class(result, codes, value, generator) for value in range(values)]
    return ClassGrid(torch.stack(rows).cpu(), torch.arange(values))


@torch.no_grad()
def analogies(result: ImageFitResult, *, count: int = STYLES, seed: int | None = None) -> ClassGrid:
    """Return style analogies of evenly spaced test images: a row per image, a column per class.

    The style of a row is the mean of q(z | x, y) at the most likely y.

    Raises:
        InputError: the label of the model is not a latent variable.
    """
    model, generator = _model(result), result.generator(seed)
    with devices.computing(result.config.run.threads):
        feed = result.experiment.feed("test")
        x = next(feed.in_order(count, limit=count, spread=True))
        values = model.graph[LABEL].size
        codes = _styles(model, x)
        columns = [_as_class(result, codes, value, generator) for value in range(values)]
    originals = feed.originals(feed.spread(count))
    return ClassGrid(torch.stack(columns, 1).cpu(), torch.arange(values), originals)


def _model(result: ImageFitResult) -> VAE:
    model = result.experiment.model
    if not isinstance(model, VAE) or not infers_label(model):
        raise InputError(
            "classes: the label of the model is not a latent variable; choose m2 or ssvae"
        )
    model.eval()
    return model


def _styles(model: VAE, x: Tensor) -> dict[str, Tensor]:
    """Return the mean of every code, at the most likely label."""
    predicted = label_logits(model, {"x": x}).argmax(-1)
    values = {"x": model.value("x", x)}
    for latent in model.graph.latents:
        if latent.name == LABEL:
            values[LABEL] = indicators(predicted, latent.size, x).unsqueeze(0)
            continue
        point = model.inference[latent.name](values).point
        values[latent.name] = point
    return {latent.name: values[latent.name] for latent in model.graph.latents}


def _as_class(
    result: ImageFitResult, codes: dict[str, Tensor], value: int, generator: torch.Generator
) -> Float[Tensor, "style channel height width"]:
    """Return the images of codes with another label; codes below it are set to the mean of p."""
    model = _model(result)
    size = model.graph[LABEL].size
    labels = torch.full(codes[LABEL].shape[1:2], value, device=model.device)
    changed = {**codes, LABEL: indicators(labels, size, codes[LABEL]).unsqueeze(0)}
    for name in model.graph.prior_order:
        latent = model.graph[name]
        if LABEL in latent.p_parents:
            changed[name] = model.generation[name](changed).point
    return picture(model.decode(changed)["x"], generator).squeeze(0)
