"""Representations to measure: a model's code, and baselines.

The baselines are those of Higgins et al. 2017, table 1: an encoder of the same architecture that
was never trained, principal and independent components, and the pixels themselves.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.decomposition import PCA, FastICA
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import ImagePart
from image_vae.data.feed import Feed
from image_vae.disentanglement.code import Representation, points
from image_vae.models.latent_model import LatentModel
from image_vae.parts.distributions.posteriors import Distribution, PointMass

FITTED_ON = 10_000
"""Maximum number of images that components are fitted to."""
ICA_STEPS, ICA_TOLERANCE = 2_000, 1e-3
"""Maximum steps of FastICA, and its tolerance."""
PIXEL_BYTES = 4 << 30
"""Maximum size of pixel codes in bytes."""


def pixels(part: ImagePart, count: int) -> Representation:
    """Return the grey levels in [0, 1], with each pixel a coordinate.

    Args:
        part: the images.
        count: number of images that are encoded.

    Raises:
        InputError: they need more memory than `PIXEL_BYTES`.
    """
    size = int(np.prod(part.images.shape[1:]))
    if 4 * size * count > PIXEL_BYTES:
        raise InputError(
            f"pixels: expected codes of at most {PIXEL_BYTES >> 30} GiB, got {count} images of "
            f"{size} pixels; take fewer codes"
        )
    return lambda rows: points(_levels(part, rows))


def pca(part: ImagePart, latent: int, generator: torch.Generator) -> Representation:
    """Return the first principal components of the pixels.

    Args:
        part: the images; the components are fitted to a random sample of them.
        latent: number of components.
        generator: draws the sample and seeds the solver; on the CPU.

    Raises:
        InputError: more components than pixels or images.
    """
    components = _fit_pca(part, latent, generator)
    return lambda rows: points(components.transform(_levels(part, rows)))


def ica(part: ImagePart, latent: int, generator: torch.Generator) -> Representation:
    """Return independent components of the pixels: FastICA within the first principal components.

    Args:
        part: the images; the components are fitted to a random sample of them.
        latent: number of components.
        generator: draws the sample and seeds the solvers; on the CPU.

    Raises:
        InputError: more components than pixels or images.
    """
    first = _fit_pca(part, latent, generator)
    unmixed = FastICA(
        whiten="unit-variance",
        max_iter=ICA_STEPS,
        tol=ICA_TOLERANCE,
        random_state=_solver_seed(generator),
    )
    unmixed.fit(first.transform(_levels(part, _sample(part, generator))))
    return lambda rows: points(unmixed.transform(first.transform(_levels(part, rows))))


def model_code(
    model: LatentModel, feed: Feed, generator: torch.Generator, layer: str | None = None
) -> Representation:
    """Return a code of a model: its topmost latent, or the latent `layer`.

    A latent inferred from the image alone has a density q(z | x). A latent inferred from another
    latent has none in closed form: its code is a point, the mean given one draw of the other
    latent.

    Args:
        model: the model.
        feed: the whole dataset, preprocessed for the model.
        generator: draws binary pixels, and latents that others are inferred from; on the model's
            device.
        layer: the latent's name.

    Raises:
        InputError: the model has no such latent.
    """
    name = model.graph.prior_order[0] if layer is None else layer
    names = [latent.name for latent in model.graph.latents]
    if name not in names:
        raise InputError(f"layer: expected one of {', '.join(names)}, got {name!r}")
    direct = set(model.graph[name].q_parents) <= set(model.graph.observed)

    device = "cpu" if feed.device.type == "mps" else feed.device  # mps has no float64

    @torch.no_grad()
    def encoded(rows: Int[np.ndarray, " batch"]) -> Distribution:
        images: Float[Tensor, "batch ..."] = feed.batch(torch.from_numpy(rows), generator)
        q = model.infer({"x": images}, 1, generator).q[name].at(0).to(device)
        if direct and q.gaussian is not None:
            return q.gaussian
        if q.point is None:
            raise InputError(f"{name}: {type(q).__name__} has no mean to represent the code")
        return PointMass(q.point)

    return encoded


def _fit_pca(part: ImagePart, latent: int, generator: torch.Generator) -> PCA:
    levels = _levels(part, _sample(part, generator))
    if latent > min(levels.shape):
        raise InputError(
            f"components: expected at most {min(levels.shape)} of {levels.shape[0]} images with "
            f"{levels.shape[1]} pixels, got {latent}"
        )
    solver = PCA(latent, svd_solver="randomized", random_state=_solver_seed(generator))
    return solver.fit(levels)


def _levels(part: ImagePart, rows: Int[np.ndarray, " batch"]) -> Float[np.ndarray, "batch pixel"]:
    return part.images.take(rows).reshape(len(rows), -1).astype(np.float32) / 255


def _sample(part: ImagePart, generator: torch.Generator) -> Int[np.ndarray, " row"]:
    return torch.randperm(len(part), generator=generator)[:FITTED_ON].numpy()


def _solver_seed(generator: torch.Generator) -> int:
    return int(torch.randint(2**31 - 1, (), generator=generator))
