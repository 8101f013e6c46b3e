"""Projection of an embedding to the plane; without matplotlib, which plots alone need.

PCA is linear: it keeps large distances. t-SNE (van der Maaten & Hinton 2008) and UMAP (McInnes et
al. 2018) keep neighbours together; distances between groups mean little.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from graphvae_data.core.errors import check_name
from graphvae_data.core.imports import optional

Projection = Literal["pca", "tsne", "umap"]
NEIGHBOURS = 15
"""UMAP's number of neighbours."""
PERPLEXITY = 30.0
"""t-SNE's effective number of neighbours."""


@dataclass(frozen=True)
class Plane:
    """An embedding in two dimensions."""

    points: Float[np.ndarray, "node 2"]
    """The nodes."""
    axes: tuple[str, str]
    """What the coordinates are."""
    about: str
    """What the embedding was projected to, for a caption."""


def plane(z: Float[np.ndarray, "node latent"], projection: Projection = "pca") -> Plane:
    """Project unit-length rows, as inner products mainly compare directions.

    Args:
        z: the embedding.
        projection: `pca`, `tsne` or `umap`. The last two draw their start with the seed 0.

    Raises:
        InputError: UMAP is not installed.
    """
    if projection == "tsne":
        return _tsne(_unit(z))
    if projection == "umap":
        return _umap(_unit(z))
    points, (first, second) = principal_plane(z)
    axes = (
        f"first principal axis ({first:.0%} of variance)",
        f"second principal axis ({second:.0%})",
    )
    return Plane(
        points, axes, f"its first two principal axes ({first:.0%} and {second:.0%} of variance)"
    )


def check_projection(projection: str) -> None:
    """Raise `InputError` for an unknown projection, or one whose library is not installed."""
    check_name("projection", projection, get_args(Projection))
    if projection == "umap":
        _umap_library()


def principal_plane(
    z: Float[np.ndarray, "node latent"],
) -> tuple[Float[np.ndarray, "node 2"], Float[np.ndarray, " 2"]]:
    """Return unit-length rows projected to two principal axes, and the axes' shares of variance."""
    unit = _unit(z)
    centred = unit - unit.mean(0)
    _, size, axes = np.linalg.svd(centred, full_matrices=False)
    axes = np.concatenate([axes, np.zeros((max(0, 2 - len(axes)), axes.shape[1]))])[:2]
    share = np.append(size**2, [0.0, 0.0])[:2] / max(float((size**2).sum()), 1e-300)
    return centred @ axes.T, share


def _unit(z: Float[np.ndarray, "node latent"]) -> Float[np.ndarray, "node latent"]:
    length = np.linalg.norm(z, axis=1, keepdims=True)
    unit = np.divide(z, length, out=np.zeros_like(z), where=length > 0)
    return np.asarray(unit, dtype=np.float64)


def _tsne(unit: Float[np.ndarray, "node latent"]) -> Plane:
    from sklearn.manifold import TSNE  # slow import

    perplexity = min(PERPLEXITY, max(1.0, (len(unit) - 1) / 3))
    model = TSNE(perplexity=perplexity, init="random", random_state=0)
    return _curved(model.fit_transform(unit), "t-SNE", f"perplexity {perplexity:.0f}")


def _umap(unit: Float[np.ndarray, "node latent"]) -> Plane:
    neighbours = min(NEIGHBOURS, len(unit) - 1)
    # A spectral start fails on very small graphs; threads would change the result.
    how: dict[str, Any] = {"init": "random", "random_state": 0, "n_jobs": 1}
    model = _umap_library().UMAP(n_neighbors=neighbours, **how)
    return _curved(model.fit_transform(unit), "UMAP", f"{neighbours} neighbours")


def _umap_library() -> Any:
    with warnings.catch_warnings():  # about TensorFlow, which only its ParametricUMAP needs
        warnings.simplefilter("ignore", ImportWarning)
        return optional("umap", "projection", "umap")


def _curved(points: Float[np.ndarray, "node 2"], name: str, how: str) -> Plane:
    return Plane(
        np.asarray(points, dtype=np.float64),
        (f"first {name} coordinate", f"second {name} coordinate"),
        f"two dimensions by {name} ({how}), where distances between groups mean little",
    )
