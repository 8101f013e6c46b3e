"""The nearest nodes of a node in an embedding, by comparison with every node.

Four ways to compare u with v: `cosine` z_uᵀz_v / (|z_u| |z_v|), `dot` z_uᵀz_v, `euclidean` the
distance |z_u − z_v| (smallest first), and `decoder`, the model's logit of an edge u → v.
Equal scores are ordered by node number, so the result is deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.nn.decoders import PairDecoder
from graphvae.prediction.missing_links import check_k
from graphvae.specs.evaluation import By
from graphvae_data.core.errors import check_name

Points = Float[np.ndarray, "node latent"]
Scores = Float[np.ndarray, " node"]


@dataclass(frozen=True)
class Neighbor:
    """A node near another in the embedding."""

    node: str
    """Its name."""
    score: float
    """Cosine, dot product, distance or logit, as requested."""
    known: bool
    """Whether an edge of the graph joins the two, in either direction."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"node": self.node, "score": self.score, "known": self.known}


def nearest_nodes(
    z: Float[Tensor, "node latent"], decoder: PairDecoder, node: int, k: int, by: str
) -> tuple[Int[np.ndarray, " near"], Float[np.ndarray, " near"]]:
    """Return the K nearest nodes of a node, nearest first, and their scores.

    Raises:
        InputError: K below 1, or an unknown similarity.

    >>> from graphvae.nn.decoders import InnerProduct
    >>> z = torch.tensor([[1.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    >>> nearest_nodes(z, InnerProduct(), 0, 2, "euclidean")[0]
    array([2, 1])
    """
    check_k(k)
    scores = similarities(z, decoder, node, by)
    order = np.argsort(scores if by == "euclidean" else -scores, kind="stable")
    others = order[order != node][:k]
    return others, scores[others]


def similarities(
    z: Float[Tensor, "node latent"], decoder: PairDecoder, node: int, by: str
) -> Float[np.ndarray, " node"]:
    """Compare one node with every node, in double precision."""
    check_name("by", by, get_args(By))
    if by == "decoder":
        return _logits(z, decoder, node)
    measured: Scores = MEASURES[by](z.cpu().numpy().astype(np.float64), node)
    return measured


def _distance(points: Points, node: int) -> Scores:
    distance: np.ndarray[Any, Any] = np.sqrt(((points - points[node]) ** 2).sum(1))
    return distance


def _cosine(points: Points, node: int) -> Scores:
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return _dot(np.divide(points, length, out=np.zeros_like(points), where=length > 0), node)


def _dot(points: Points, node: int) -> Scores:
    """Return dot products, summed row by row: equal rows get identical scores."""
    product: np.ndarray[Any, Any] = (points * points[node]).sum(1)
    return product


MEASURES = {"cosine": _cosine, "dot": _dot, "euclidean": _distance}
"""Functions that compare a node with every node, by name."""


def _logits(
    z: Float[Tensor, "node latent"], decoder: PairDecoder, node: int
) -> Float[np.ndarray, " node"]:
    every = torch.arange(z.size(0), device=z.device)
    with torch.no_grad():
        logits: Tensor = decoder(z, torch.stack([torch.full_like(every, node), every]))
    return logits.double().cpu().numpy()


def joined_to(pairs: Int[Tensor, "2 pair"], node: int, num_nodes: int) -> Bool[np.ndarray, " node"]:
    """Return the mask of the nodes joined to a node by an edge."""
    mark = torch.zeros(num_nodes, dtype=torch.bool)
    for ends in (pairs, pairs.flip(0)):
        mark[ends[1, ends[0] == node]] = True
    return mark.numpy()
