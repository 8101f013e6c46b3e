"""Features of a pair of nodes: the model's logit, and heuristics of the graph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.baselines.heuristics import HEURISTICS
from graphvae.baselines.proximity import ProximityGraph
from graphvae.nn.decoders import PairDecoder, decode_rows

STRUCTURE = ("common neighbours", "resource allocation")
"""The heuristics among the features."""
NAMES = ("logit", "cosine", *STRUCTURE, "degrees")
"""Names of the features, in order."""

Columns = tuple[Tensor, ...]
"""A tensor for each of `NAMES`, all of one shape: [pair], or [source, node]."""


@dataclass(frozen=True)
class PairFeatures:
    """The features of all pairs of a graph, of some pairs or by rows.

    For a pair u, v with neighbours Γ and degrees d: the decoder's logit; the cosine of z_u and z_v
    (σ(logit) for a decoder that is not symmetric, as the halves of a code describe the node as
    source and as target); |Γ(u) ∩ Γ(v)|; Σ 1 / d_w over w in both; and log(1 + d_u) + log(1 + d_v).
    """

    z: Float[Tensor, "node latent"]
    """The embedding."""
    decoder: PairDecoder
    """The decoder."""
    graph: ProximityGraph
    """The graph of the neighbours and degrees."""

    @property
    def num_nodes(self) -> int:
        """N."""
        return self.z.size(0)

    @property
    def symmetric(self) -> bool:
        """Whether the decoder is symmetric."""
        return self.decoder.symmetric

    @torch.no_grad()
    def rows(self, sources: Int[Tensor, " source"], start: int = 0) -> Columns:
        """Return the features of each source with every node from `start` on, on the CPU."""
        at, numbers = sources.to(self.z.device), sources.numpy()
        logit = decode_rows(self.decoder, self.z, sources, start).cpu()
        unit = F.normalize(self.z, dim=1)
        cosine = (unit[at] @ unit[start:].T).cpu() if self.symmetric else logit.sigmoid()
        rows = (HEURISTICS[name].rows(self.graph, numbers) for name in STRUCTURE)
        structure = [each[:, start:] for each in rows]
        degrees = self._degrees[sources, None] + self._degrees[start:]
        return self._columns(logit, cosine, structure, degrees)

    @torch.no_grad()
    def pairs(self, pairs: Int[Tensor, "2 pair"]) -> Columns:
        """Return the features of pairs, on the CPU."""
        at = pairs.to(self.z.device)
        logit = self.decoder(self.z, at).cpu()
        unit = F.normalize(self.z, dim=1)
        cosine = (unit[at[0]] * unit[at[1]]).sum(-1).cpu() if self.symmetric else logit.sigmoid()
        structure = [HEURISTICS[name].pairs(self.graph, pairs.numpy()) for name in STRUCTURE]
        return self._columns(logit, cosine, structure, self._degrees[pairs].sum(0))

    @property
    def _degrees(self) -> Float[Tensor, " node"]:
        return torch.from_numpy(self.graph.degree).log1p().float()

    @staticmethod
    def _columns(
        logit: Tensor, cosine: Tensor, structure: list[np.ndarray], degrees: Tensor
    ) -> Columns:
        counted = (torch.from_numpy(np.asarray(each)).float() for each in structure)
        return logit.float(), cosine.float(), *counted, degrees
