"""Images and codes given attributes, and attributes of images, by a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.core.errors import InputError, check_whole
from graphvae_data.images.image_data import ImagePart, PartName
from graphvae_data.machine import devices
from image_vae.data.attributes import AttributeColumns
from image_vae.evaluation.scores import AT_ONCE
from image_vae.models.latent_model import Data, LatentModel
from image_vae.parts.distributions.likelihoods import WithSamples, picture
from image_vae.results.result import ImageFitResult, check_result

Concept = Mapping[str, str]
"""The values of some attributes by name."""


def columns_of(result: ImageFitResult) -> AttributeColumns:
    """Return the attributes that the model of a run observes.

    Raises:
        InputError: not a run, or the model observes no attributes.
    """
    check_result(result)
    columns = result.experiment.feed("train").attributes
    if columns is None:
        raise InputError(
            f"given: {result.config.model} observes no attributes; fit telbo, jmvae, bivcca, mvae "
            "or mmvae"
        )
    return columns


def concept_of(words: str) -> dict[str, str]:
    """Return a concept from text.

    Raises:
        InputError: invalid text, or an attribute that is given twice.

    >>> concept_of("digit=3,scale=big")
    {'digit': '3', 'scale': 'big'}
    >>> concept_of("answer=no, or 0,scale=big")
    {'answer': 'no, or 0', 'scale': 'big'}
    """
    concept = dict[str, str]()
    parts = list[str]()
    for part in words.split(","):
        if parts and "=" not in part and part.strip():
            parts[-1] += f",{part}"  # a comma within a value
        elif part.strip():
            parts.append(part)
    for part in parts:
        name, equals, value = (each.strip() for each in part.partition("="))
        if not equals or not value:
            raise InputError(f"given: expected name=value,…, such as digit=3, got {part!r}")
        if name in concept:
            raise InputError(f"given: {name} is given twice")
        concept[name] = value
    return concept


@torch.no_grad()
def imagine(
    result: ImageFitResult, concept: Concept, count: int, *, seed: int | None = None
) -> Float[Tensor, "count channel height width"]:
    """Return expected images of a concept: z ~ q(z | given attributes), then the mean of p(x | z).

    Without attributes the codes are drawn from the prior.

    Args:
        result: a run of a model that observes attributes.
        concept: values of some attributes, by name; the others are left open.
        count: number of images.
        seed: seed of the samples; by default the run's.

    Raises:
        InputError: the model observes no attributes, an unknown attribute or value, one that no
            training image has, or `count` below 1.
    """
    columns = columns_of(result)
    if not concept:
        return result.sample(count, seed=seed)
    check_whole("n", count)
    model, generator = result.experiment.model, result.generator(seed)
    model.eval()
    with devices.computing(result.config.run.threads):
        given = columns.given(concept, count, model.device)
        unseen = columns.unseen(result.experiment.feed("train").part.rows)
        for spelt in (f"{name}={value}" for name, value in concept.items()):
            if spelt in unseen:
                raise InputError(f"given: no training image has {spelt}")
        return images_of(model, given, generator, drawn=False).cpu()


@torch.no_grad()
def images_of(
    model: LatentModel, given: Data, generator: torch.Generator, *, drawn: bool
) -> Float[Tensor, "batch channel height width"]:
    """Return an image for each row of given attributes, from one sample of the code.

    Args:
        model: the model, in eval mode.
        given: attributes, each [batch]; −1 for an open one.
        generator: draws codes and pixels; on the model's device.
        drawn: sample the pixels, if the likelihood supports it; otherwise return expected images.
    """
    images = list[Tensor]()
    count = len(next(iter(given.values())))
    for start in range(0, count, model.at_once):
        part = {name: value[start : start + model.at_once] for name, value in given.items()}
        px = model.decode(model.infer(part, 1, generator).z)["x"]
        if drawn and isinstance(px, WithSamples):
            images.append(px.sample(generator).squeeze(0))
        else:
            images.append(picture(px, generator).squeeze(0))
    return torch.cat(images)


@torch.no_grad()
def attribute_codes(
    result: ImageFitResult, part: PartName | ImagePart = "test"
) -> Float[np.ndarray, "image latent"]:
    """Return the mean of q(z | attributes) for the attributes of each image of a part.

    Raises:
        InputError: the model observes no attributes, or new images, whose attributes are unknown.
    """
    columns = columns_of(result)
    if isinstance(part, ImagePart):
        raise InputError("from: attributes are known of the run's own images only")
    model = result.experiment.model
    model.eval()
    with devices.computing(result.config.run.threads):
        values = columns.of_rows(result.experiment.feed(part).part.rows, model.device)
        codes = model.encode(values, result.generator())["z"]
    return codes.cpu().numpy()


@dataclass(frozen=True)
class Described:
    """The most likely attributes of images."""

    names: tuple[str, ...]
    """The attributes."""
    values: tuple[tuple[str, ...], ...]
    """Names of the values 0, 1, … of each attribute."""
    predicted: Int[np.ndarray, "image attribute"]
    """The most likely value of each attribute."""
    probability: Float[np.ndarray, "image attribute"]
    """The probability of that value."""

    def columns(self) -> dict[str, list[str]]:
        """Return a column of values and a column of probabilities for each attribute, as text."""
        table = dict[str, list[str]]()
        for index, (name, values) in enumerate(zip(self.names, self.values, strict=True)):
            table[name] = [values[number] for number in self.predicted[:, index]]
            table[f"p({name})"] = [f"{p:.3f}" for p in self.probability[:, index]]
        return table


@torch.no_grad()
def describe(result: ImageFitResult, part: PartName | ImagePart = "test") -> Described:
    """Return the most likely attributes of images: p(y | z) at the mean of q(z | x).

    Raises:
        InputError: the model observes no attributes.
    """
    columns = columns_of(result)
    model, generator = result.experiment.model, result.generator()
    model.eval()
    batches = list[list[Tensor]]()
    with devices.computing(result.config.run.threads):
        for images in result.experiment.feed(part).in_order(AT_ONCE):
            z = model.encode({"x": images}, generator)["z"].unsqueeze(0)
            px = model.decode({"z": z})
            batches.append([picture(px[each], generator).squeeze(0) for each in columns.variables])
    probabilities = [torch.cat(each).cpu() for each in zip(*batches, strict=True)]
    best = [each.max(-1) for each in probabilities]
    return Described(
        columns.table.names,
        columns.table.values,
        torch.stack([each.indices for each in best], 1).numpy(),
        torch.stack([each.values for each in best], 1).numpy(),
    )
