"""Validation: the scores of a model's current weights on the validation edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphvae.evaluation.scorers import ModelScorer
from graphvae.evaluation.selection import Selection
from graphvae.graph.propagation import MessageGraph
from graphvae.metrics import AucAp, Metric
from graphvae.nn.decoders import PairDecoder, prepared
from graphvae.nn.models import GAE
from graphvae.splits.edge_split import EdgeSplit
from graphvae.training.records import ValidationScores


class Validator:
    """Scores the validation edges of a split: AUC, AP and the metric that selects the epoch.

    Args:
        model: the model that is trained.
        graph: the message graph of validation.
        split: its validation edges and negatives give AUC and AP.
        metric: selects the epoch, by the same negatives unless there is a `selection`.
        choose: chooses other negatives for the metric, when they are first needed.
    """

    def __init__(
        self,
        model: GAE,
        graph: MessageGraph,
        split: EdgeSplit,
        metric: Metric,
        choose: Callable[[], Selection] | None = None,
    ) -> None:
        self.model, self.graph, self.split = model, graph, split
        self._choose = choose
        self._metric = metric if choose is None else AucAp()

    @cached_property
    def selection(self) -> Selection | None:
        """The metric under other negatives; None for those of the split.

        Raises:
            SettingClash: the graph has no such negatives, or too few for the metric.
        """
        return None if self._choose is None else self._choose()

    @cached_property
    def _decoder(self) -> PairDecoder:
        return self.model.decoder_on(self.graph)

    @cached_property
    def _decoded(self) -> list[Callable[[Tensor], Tensor]]:
        """Functions from codes to the logits of the split's pairs, and of others to select by."""
        pairs = [torch.cat([self.split.val, self.split.val_negatives], 1)]
        if self.selection is not None and self.selection.listed:
            pairs.append(self.selection.pairs)
        return [prepared(self._decoder, each.to(self.model.device)) for each in pairs]

    @torch.no_grad()
    def scores(self, z: Float[Tensor, "node latent"] | None = None) -> ValidationScores | None:
        """Return the scores of the current weights; None if they are not finite.

        Args:
            z: the embedding, if it is known already.
        """
        z = self.model.embed(self.graph) if z is None else z
        logits = [as_array(decode(z)) for decode in self._decoded]
        if not all(np.isfinite(each).all() for each in logits):
            return None
        positives, negatives = np.split(logits[0], [self.split.val.size(1)])
        scores = ValidationScores.of(self._metric, positives, negatives, self.split.per_positive)
        if self.selection is None:
            return scores
        if not self.selection.listed:
            return replace(scores, score=self.selection.score(ModelScorer(z, self._decoder)))
        parts = np.split(logits[1], [self.selection.positives.size(1)])
        return replace(scores, score=self.selection.of_scores(*parts))


def as_array(logits: Tensor) -> Float[np.ndarray, " pair"]:
    """Return logits in double precision, on the CPU."""
    array: np.ndarray[Any, Any] = logits.double().cpu().numpy()
    return array
