"""Projection of an embedding to the plane; without matplotlib, which plots alone need."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def principal_plane(
    z: Float[np.ndarray, "node latent"],
) -> tuple[Float[np.ndarray, "node 2"], Float[np.ndarray, " 2"]]:
    """Return unit-length rows projected to two principal axes, and the axes' shares of variance."""
    length = np.linalg.norm(z, axis=1, keepdims=True)
    unit = np.divide(z, length, out=np.zeros_like(z), where=length > 0).astype(np.float64)
    centred = unit - unit.mean(0)
    _, size, axes = np.linalg.svd(centred, full_matrices=False)
    axes = np.concatenate([axes, np.zeros((max(0, 2 - len(axes)), axes.shape[1]))])[:2]
    share = np.append(size**2, [0.0, 0.0])[:2] / max(float((size**2).sum()), 1e-300)
    return centred @ axes.T, share
