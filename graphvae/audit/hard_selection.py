"""Checks of a selection by chosen negatives: its pairs, and the scores that they give.

The negatives are chosen again from the seed. Had others been used, such as easier ones, or test
edges among the positives, their fingerprint or the recorded score would differ.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.scores import TOLERANCE
from graphvae.evaluation.evaluator import evaluate_with
from graphvae.evaluation.negative_sets import known_edges
from graphvae.evaluation.scorers import Scorer
from graphvae.evaluation.selection import Selection
from graphvae.specs.recipe import FitConfig
from graphvae_data.graphs.pairs import pair_keys


def hard_faults(
    run: AuditedRun, selection: Selection, scorer: Scorer, recorded: float
) -> Iterator[str]:
    """Yield the faults of the pairs that selected the epoch, and of the recorded scores.

    Args:
        run: the run.
        selection: the pairs, chosen again.
        scorer: the saved model's, with messages over training edges.
        recorded: the validation score of the best epoch's line.
    """
    yield from _pair_faults(run, selection)
    score = selection.score(scorer)
    if not run.config.predict_weight.present and abs(score - recorded) > TOLERANCE:
        yield (
            f"{selection.metric.key} of the weights is {score:.6f}, the line of the best epoch "
            f"says {recorded:.6f}"
        )
    yield from _benchmark_faults(run, selection, score)


def _pair_faults(run: AuditedRun, selection: Selection) -> Iterator[str]:
    """Positives are validation edges, and no negative is an edge of the whole graph."""
    split, pairs = run.split, selection.negatives.pairs
    edges = pair_keys(known_edges(split).sort(0).values, split.num_nodes)
    wrong = int(torch.isin(pair_keys(pairs.sort(0).values, split.num_nodes), edges).sum())
    if wrong:
        yield f"{wrong} of {pairs.size(1):,} negatives of the selection are edges of the graph"


def _benchmark_faults(run: AuditedRun, selection: Selection, score: float) -> Iterator[str]:
    """What metrics.json says of the selection is what its settings and weights give."""
    recorded = run.metrics.get("benchmark")
    if not isinstance(recorded, dict):
        yield "metrics.json lacks the score that selected the epoch"
        return
    kind = run.config.split.select_negatives
    key, digest = selection.metric.key, selection.fingerprint
    for name, text in {"metric": key, "negatives": kind, "fingerprint": digest}.items():
        if recorded.get(name) != text:
            yield f"the {name} of the selection is {text}, recorded {recorded.get(name)}"
    test = _test_score(run, selection, run.config)
    for part, value in {"val": selection.metric.gain(score), "test": test}.items():
        number = recorded.get(part)
        if not isinstance(number, int | float) or abs(number - value) > TOLERANCE:
            yield f"{part} {key} is {value:.6f}, recorded {number}"


def _test_score(run: AuditedRun, selection: Selection, config: FitConfig) -> float:
    """Return the metric of the test edges against negatives of the same kind."""
    scores = evaluate_with(
        run.scorer(run.allowed),
        run.split,
        run.graph,
        negatives=config.split.select_negatives,
        metrics=[selection.metric],
        seed=config.run.seed,
        bootstrap=0,
    )
    return scores.overall[selection.metric.key]
