"""Images from codes of a trained model: reconstructions, traversals, a prior's components.

Images are expectations of p(x | z). Unchanged codes are the means of q given the image; codes below
a changed one are the means of p given the codes above, so that a change at the top of a hierarchy
affects the image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.evaluation.activity import active_units
from image_vae.models.latent_model import Data, LatentModel
from image_vae.parts.distributions.likelihoods import picture
from image_vae.parts.distributions.posteriors import Distribution

Images = Float[Tensor, "image channel height width"]
Codes = Mapping[str, Float[Tensor, "1 image _latent"]]


@torch.no_grad()
def reconstruct(model: LatentModel, images: Images, generator: torch.Generator) -> Images:
    """Return the images decoded from the posterior means of the given images.

    Args:
        model: the model.
        images: pixels as preprocessed for the model, on its device.
        generator: samples codes from which other codes are inferred.
    """
    model.eval()
    codes = model.encode({"x": images}, generator)
    return _expected(model, {name: code.unsqueeze(0) for name, code in codes.items()}, generator)


@torch.no_grad()
def traverse(
    model: LatentModel,
    image: Float[Tensor, "1 channel height width"],
    layer: str,
    index: int,
    values: Sequence[float],
    generator: torch.Generator,
) -> Float[Tensor, "value channel height width"]:
    """Return the images decoded with one coordinate of the code set to each of `values`.

    Args:
        model: the model.
        image: pixels as preprocessed for the model, on its device.
        layer: the name of the code.
        index: the coordinate.
        values: its values.
        generator: as in `reconstruct`.
    """
    model.eval()
    codes = model.encode({"x": image}, generator)
    z = {name: code.expand(len(values), -1).unsqueeze(0).clone() for name, code in codes.items()}
    z[layer][0, :, index] = torch.tensor(values).to(z[layer])
    return _expected(model, _with_prior_means(model, z, layer, generator), generator)


@torch.no_grad()
def refine(
    model: LatentModel, images: Images, fixed: Sequence[int], generator: torch.Generator
) -> Float[Tensor, "image step channel height width"]:
    """Return images decoded from the posterior of their topmost codes and the prior of the rest.

    Args:
        model: the model.
        images: pixels as preprocessed for the model, on its device.
        fixed: numbers of codes set to the means of q; the others are set to the means of p.
        generator: as in `reconstruct`.
    """
    model.eval()
    codes = model.encode({"x": images}, generator)
    z = {name: code.unsqueeze(0) for name, code in codes.items()}
    order = model.graph.prior_order
    steps = [
        _expected(model, _with_prior_means(model, z, order[number - 1], generator), generator)
        for number in fixed
    ]
    return torch.stack(steps, 1)


@dataclass(frozen=True)
class Components:
    """The components of a prior as images."""

    images: Images
    """One image per component, possibly of the first components only."""
    kind: Literal["pseudo-inputs", "decoded means"]
    """Whether the images are pseudo-inputs or decoded means of the components."""
    count: int
    """The number of components."""


@torch.no_grad()
def components(model: LatentModel, most: int, generator: torch.Generator) -> Components | None:
    """Return at most `most` components of the topmost prior as images; None if it has none."""
    model.eval()
    top = model.graph.prior_order[0]
    prior = model.prior_module(top)
    if prior is None:
        return None
    inputs, means = prior.pseudo_inputs(), prior.means()
    if inputs is not None:
        return Components(inputs[:most], "pseudo-inputs", len(inputs))
    if means is not None:
        images = _expected(
            model,
            _with_prior_means(model, {top: means[:most].unsqueeze(0)}, top, generator),
            generator,
        )
        return Components(images, "decoded means", len(means))
    return None


@dataclass(frozen=True)
class Usage:
    """The usage of each coordinate of one code."""

    layer: str
    """The name of the code."""
    values: Float[Tensor, " latent"]
    """The measure of each coordinate, on the CPU."""
    measure: Literal["KL", "variance"]
    """Mean KL(q_j ‖ p_j) in nats; if it has no closed form, the variance of q's mean."""

    @property
    def order(self) -> tuple[int, ...]:
        """Coordinates in descending order of usage."""
        return tuple(self.values.argsort(descending=True, stable=True).tolist())


@torch.no_grad()
def usage(
    model: LatentModel, batches: Sequence[Data], layer: str, generator: torch.Generator
) -> Usage:
    """Measure the usage of each coordinate of a code over some batches."""
    model.eval()
    total, images = torch.zeros(model.graph[layer].size), 0
    for data in batches:
        kl = model(data, 1, generator).kl_by_dimension
        if layer not in kl:
            variance = active_units(model, batches, generator).variance[layer]
            return Usage(layer, variance.float(), "variance")
        total += kl[layer].sum((0, 1)).cpu()
        images += kl[layer].size(1)
    return Usage(layer, total / images, "KL")


def _with_prior_means(
    model: LatentModel, z: Codes, changed: str, generator: torch.Generator
) -> Codes:
    """Return the codes, with those below the changed one set to the mean of p."""
    codes, affected = dict(z), {changed}
    for name in model.graph.prior_order:
        latent = model.graph[name]
        if affected & set(latent.p_parents):
            prior = model.prior(latent, codes)
            assert isinstance(prior, Distribution)
            codes[name] = prior.sample(generator) if prior.point is None else prior.point
            affected.add(name)
    return codes


def _expected(model: LatentModel, z: Codes, generator: torch.Generator) -> Images:
    return picture(model.decode(z)["x"], generator).squeeze(0)
