"""Checks of a selection by chosen negatives: its pairs, and the scores that they give.

The negatives are chosen again from the seed. Had others been used, such as easier ones, or test
edges among the positives, their fingerprint or the recorded score would differ.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.scores import Remeasured
from graphvae.evaluation.evaluator import evaluate_with, make_negatives
from graphvae.evaluation.negative_sets import known_edges
from graphvae.evaluation.scorers import Scorer
from graphvae.evaluation.selection import Selection
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
    pairs = selection.positives, selection.negatives.pairs
    again = Remeasured(selection.score, scorer, *pairs, run.split.num_nodes)
    if not run.config.predict_weight.present and not again.agrees(recorded):
        yield (
            f"{selection.metric.key} of the weights is {again.value:.6f}, the line of the best "
            f"epoch says {recorded:.6f}"
        )
    yield from _benchmark_faults(run, selection, again)


def _pair_faults(run: AuditedRun, selection: Selection) -> Iterator[str]:
    """Positives are validation edges, and no negative is an edge of the whole graph."""
    split, pairs = run.split, selection.negatives.pairs
    edges = pair_keys(known_edges(split).sort(0).values, split.num_nodes)
    wrong = int(torch.isin(pair_keys(pairs.sort(0).values, split.num_nodes), edges).sum())
    if wrong:
        yield f"{wrong} of {pairs.size(1):,} negatives of the selection are edges of the graph"


def _benchmark_faults(
    run: AuditedRun, selection: Selection, validation: Remeasured
) -> Iterator[str]:
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
    gain = selection.metric.gain  # its own inverse
    for part, again in {"val": validation, "test": _test_gain(run, selection)}.items():
        number = recorded.get(part)
        if not isinstance(number, int | float) or not again.agrees(gain(number)):
            yield f"{part} {key} is {gain(again.value):.6f}, recorded {number}"


def _test_gain(run: AuditedRun, selection: Selection) -> Remeasured:
    """Return the metric of the test edges against negatives of the same kind; higher is better."""
    split, seed = run.split, run.config.run.seed
    kind = run.config.split.select_negatives
    negatives = make_negatives(kind, split, run.graph, seed=seed)

    def measure(scorer: Scorer) -> float:
        scores = evaluate_with(
            scorer,
            split,
            run.graph,
            metrics=[selection.metric],
            seed=seed,
            bootstrap=0,
            chosen=negatives,
        )
        return selection.metric.gain(scores.overall[selection.metric.key])

    scorer = run.scorer(run.allowed)
    return Remeasured(measure, scorer, split.test, negatives.pairs, split.num_nodes)
