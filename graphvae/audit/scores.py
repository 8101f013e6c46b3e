"""Checks that the weights of a run reproduce its scores, with messages over allowed edges only.

Everything is recomputed from the saved weights and an adjacency built from the split. On another
processor, scores may differ in their last digits, which can swap close neighbours in the ranking.
Every metric improves when all positives are raised, so raising and lowering them by `ROUNDING` of
the largest score (equal scores stay equal) bounds the effect of rounding; a recorded number within
these bounds is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.checks import Check
from graphvae.evaluation.scorers import Scorer
from graphvae.evaluation.scores import direction_score, evaluate, heuristic_baselines
from graphvae.metrics import Auc, headline_metrics
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.graphs.pairs import Pairs, pair_keys

TOLERANCE = 1e-6
"""Recorded and recomputed metrics may differ by this much."""
ROUNDING = 1e-6
"""Possible change of a score on another processor, as a share of the largest."""
REQUIRED = [f"{part}.{metric.key}" for part in ("val", "test") for metric in headline_metrics()]
"""Keys of every `metrics.json`."""

Scores = Float[np.ndarray, " pair"]


def check_messages(run: AuditedRun) -> Check:
    """The recorded test scores come from messages over the allowed edges, not over test edges."""
    name, split = "messages over allowed edges only", run.split
    if not (run.config.encoder.uses_edges or run.config.decoder.uses_edges):
        return Check(name, True, f"{run.config.model} passes no messages")
    allowed, leaky = run.scorer(run.allowed), run.scorer(run.allowed, split.test)
    change = np.abs(_test_scores(allowed, split) - _test_scores(leaky, split)).max()
    scale = np.abs(_test_scores(allowed, split)).max()
    if not change > ROUNDING * scale:
        return Check(name, False, "scores do not change when messages also pass over test edges")
    over = "train and val edges (val_edges)" if run.config.split.val_edges else "train edges alone"
    if agrees(run.metrics["test"], allowed, split, "test"):
        detail = (
            f"test AUC {_auc(allowed, split):.6f} from {over} ({run.allowed.size(1):,}); "
            f"with messages over test edges too it would be {_auc(leaky, split):.6f}"
        )
        return Check(name, True, detail)
    return Check(name, False, _explain(run, allowed, over))


def _explain(run: AuditedRun, allowed: Scorer, over: str) -> str:
    """Name the messages that reproduce the recorded test scores."""
    split, recorded = run.split, run.metrics["test"]
    values = f"recorded {_number_text(recorded.get('auc'))}, from {over} {_auc(allowed, split):.6f}"
    suspects: dict[str, tuple[Pairs, ...]] = {
        "test edges": (run.allowed, split.test),
        "test edges (and validation edges)": (split.train, split.val, split.test),
        "validation edges (without val_edges)": (split.train, split.val),
    }
    for name, edges in suspects.items():
        if agrees(recorded, run.scorer(*edges), split, "test"):
            return f"the recorded test AUC is that of messages over {name}: {values}"
    return f"the recorded test AUC and AP are not those of the weights: {values}"


def check_metrics(run: AuditedRun) -> Check:
    """Every number in `metrics.json` equals the recomputed one."""
    name = "metrics recomputed"
    exact = recomputed(run, 0)
    recorded = dict(flat({part: run.metrics.get(part) for part in exact}))
    expected = dict(flat(exact))
    if missing := [number for number in REQUIRED if number not in recorded]:
        return Check(name, False, f"metrics.json lacks {', '.join(missing)}")
    comparable = [number for number in recorded if number in expected]
    differing = [n for n in comparable if not abs(recorded[n] - expected[n]) <= TOLERANCE]
    if differing:
        low, high = (dict(flat(recomputed(run, sign))) for sign in (-1, 1))
        differing = [n for n in differing if not _between(recorded[n], low[n], high[n])]
    if differing:
        first = differing[0]
        values = f"{first} is {recorded[first]:.6f}, recomputed {expected[first]:.6f}"
        count = f"{len(differing)} of {len(comparable)} numbers differ"
        return Check(name, False, f"{values} ({count})")
    unknown = [number for number in recorded if number not in expected]
    note = f"; not recomputed: {', '.join(unknown)}" if unknown else ""
    return Check(
        name, True, f"{len(comparable)} numbers of val, test, strata and baselines equal{note}"
    )


def recomputed(run: AuditedRun, sign: int) -> dict[str, Any]:
    """Return the expected `metrics.json`, with positives shifted by `sign` · `ROUNDING`.

    Only the heuristics of the baselines are included: the MLP would have to be trained again.
    """
    split = run.split
    val, test = run.scorer(split.train), run.scorer(run.allowed)
    if sign:
        val, test = (_shifted(scorer, split, sign) for scorer in (val, test))
    scores = evaluate(val, split, seed=run.config.run.seed, test_scorer=test).to_dict()
    direction = direction_score(test, split, run.graph)
    if direction is not None and "direction" in run.metrics:
        scores["direction"] = direction
    baselines = run.metrics["baselines"]
    rows = heuristic_baselines(split) if baselines else {}
    scores["baselines"] = {name: row for name, row in rows.items() if name in baselines}
    return scores


def agrees(recorded: Mapping[str, Any], scorer: Scorer, split: EdgeSplit, part: str) -> bool:
    """Return whether the recorded headline metrics of a part are a scorer's, up to rounding."""
    pairs, others = getattr(split, part), getattr(split, f"{part}_negatives")
    low, high = (_shifted(scorer, split, sign) for sign in (-1, 1))
    for metric in headline_metrics():
        value = recorded.get(metric.key)
        if not isinstance(value, int | float):
            return False
        ends = [metric.score(shift(pairs), shift(others)) for shift in (low, high)]
        if not _between(value, *ends):
            return False
    return True


def _between(value: float, end: float, other: float) -> bool:
    return min(end, other) - TOLERANCE <= value <= max(end, other) + TOLERANCE


@dataclass(frozen=True)
class Remeasured:
    """A measure of a scorer, computed again, with bounds of the effect of rounding."""

    measure: Callable[[Scorer], float]
    """The measure."""
    scorer: Scorer
    """The scorer."""
    edges: Int[Tensor, "2 edge"]
    """The edges."""
    others: Int[Tensor, "2 other"]
    """Their non-edges; none if they are all non-edges, whose scores are not shifted."""
    num_nodes: int
    """N."""

    @cached_property
    def value(self) -> float:
        """The measure."""
        return self.measure(self.scorer)

    @cached_property
    def _bounds(self) -> list[float]:
        if not self.others.size(1):
            return [self.value, self.value]
        place = self.edges, self.others, self.num_nodes
        return [self.measure(shifted(self.scorer, *place, sign)) for sign in (-1, 1)]

    def agrees(self, recorded: float) -> bool:
        """Return whether a recorded value is the measure, up to rounding."""
        return abs(recorded - self.value) <= TOLERANCE or _between(recorded, *self._bounds)


def _shifted(scorer: Scorer, split: EdgeSplit, sign: int) -> Scorer:
    edges = torch.cat([split.val, split.test], 1)
    others = torch.cat([split.val_negatives, split.test_negatives], 1)
    return shifted(scorer, edges, others, split.num_nodes, sign)


def shifted(
    scorer: Scorer,
    edges: Int[Tensor, "2 edge"],
    others: Int[Tensor, "2 other"],
    num_nodes: int,
    sign: int,
) -> Scorer:
    """Return a scorer that raises (or lowers) edges by the possible rounding.

    Args:
        scorer: the scorer.
        edges: the edges that are shifted.
        others: the non-edges that they are ranked among; an edge with the score of one is not
            shifted.
        num_nodes: N.
        sign: 1 to raise, −1 to lower.
    """
    keys = pair_keys(edges, num_nodes)
    non_edges = scorer(others)
    step = sign * ROUNDING * float(np.abs(non_edges).max(initial=0.0))

    def score(pairs: Pairs) -> Scores:
        plain = scorer(pairs)
        is_edge = torch.isin(pair_keys(pairs, num_nodes), keys).numpy()
        return np.asarray(plain + step * (is_edge & ~np.isin(plain, non_edges)))

    return score


def flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    """Yield every number with its path, such as `strata.seen.auc` or `test.auc_interval.0`.

    >>> dict(flat({"test": {"auc": 0.5, "auc_interval": [0.4, 0.6]}}))
    {'test.auc': 0.5, 'test.auc_interval.0': 0.4, 'test.auc_interval.1': 0.6}
    """
    for key, value in content.items():
        path = f"{above}{key}"
        if isinstance(value, list):
            value = {str(number): inner for number, inner in enumerate(value)}
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}.")
        elif isinstance(value, int | float):
            yield path, float(value)


def _test_scores(scorer: Scorer, split: EdgeSplit) -> Scores:
    return scorer(torch.cat([split.test, split.test_negatives], 1))


def _auc(scorer: Scorer, split: EdgeSplit) -> float:
    return Auc().score(scorer(split.test), scorer(split.test_negatives))


def _number_text(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, int | float) else repr(value)
