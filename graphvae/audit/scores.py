"""Checks that the weights of a run reproduce its scores, with messages over allowed edges only.

Everything is recomputed from the saved weights and an adjacency built from the split. On another
processor, scores may differ in their last digits, which can swap close neighbours in the ranking.
Every metric improves when all positives are raised, so raising and lowering them by `ROUNDING` of
the largest score (equal scores stay equal) bounds the effect of rounding; a recorded number within
these bounds is accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

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
LEAST = [f"{part}.{metric.key}" for part in ("val", "test") for metric in headline_metrics()]
"""Keys of every `metrics.json`."""

Scores = Float[np.ndarray, " pair"]


def check_messages(run: AuditedRun) -> Check:
    """The recorded test scores come from messages over the allowed edges, not over test edges."""
    name, split = "messages over allowed edges only", run.split
    if not (run.config.encoder.uses_edges or run.config.decoder.uses_edges):
        return Check(name, True, f"{run.config.model} passes no messages")
    own, leaky = run.scorer(run.allowed), run.scorer(run.allowed, split.test)
    change = np.abs(_test_scores(own, split) - _test_scores(leaky, split)).max()
    scale = np.abs(_test_scores(own, split)).max()
    if not change > ROUNDING * scale:
        return Check(name, False, "scores do not change when test edges join the messages")
    over = "train and val edges (val_edges)" if run.config.split.val_edges else "train edges alone"
    if agrees(run.metrics["test"], own, split, "test"):
        detail = (
            f"test AUC {_auc(own, split):.6f} from {over} ({run.allowed.size(1):,}); "
            f"with test edges among the messages it would be {_auc(leaky, split):.6f}"
        )
        return Check(name, True, detail)
    return Check(name, False, _blame(run, own, over))


def _blame(run: AuditedRun, own: Scorer, over: str) -> str:
    """Find the messages that explain the recorded test scores."""
    split, recorded = run.split, run.metrics["test"]
    found = f"recorded {_said(recorded.get('auc'))}, from {over} {_auc(own, split):.6f}"
    suspects: dict[str, tuple[Pairs, ...]] = {
        "test edges": (run.allowed, split.test),
        "test edges (and validation edges)": (split.train, split.val, split.test),
        "validation edges (without val_edges)": (split.train, split.val),
    }
    for what, edges in suspects.items():
        if agrees(recorded, run.scorer(*edges), split, "test"):
            return f"the recorded test AUC is what messages over {what} give: {found}"
    return f"the recorded test AUC and AP are not those of the weights: {found}"


def check_metrics(run: AuditedRun) -> Check:
    """Every number in `metrics.json` equals the recomputed one."""
    name = "metrics recomputed"
    exact = recomputed(run, 0)
    recorded = dict(flat({part: run.metrics.get(part) for part in exact}))
    expected = dict(flat(exact))
    if lacking := [number for number in LEAST if number not in recorded]:
        return Check(name, False, f"metrics.json lacks {', '.join(lacking)}")
    known = [number for number in recorded if number in expected]
    wrong = [n for n in known if not abs(recorded[n] - expected[n]) <= TOLERANCE]
    if wrong:
        low, high = (dict(flat(recomputed(run, sign))) for sign in (-1, 1))
        wrong = [n for n in wrong if not _between(recorded[n], low[n], high[n])]
    if wrong:
        first = f"{wrong[0]} is {recorded[wrong[0]]:.6f}, recomputed {expected[wrong[0]]:.6f}"
        return Check(name, False, f"{first} ({len(wrong)} of {len(known)} numbers differ)")
    unknown = [number for number in recorded if number not in expected]
    note = f"; not recomputed: {', '.join(unknown)}" if unknown else ""
    return Check(name, True, f"{len(known)} numbers of val, test, strata and baselines equal{note}")


def recomputed(run: AuditedRun, sign: int) -> dict[str, Any]:
    """Return the expected `metrics.json`, with positives shifted by `sign` · `ROUNDING`.

    Only the heuristics of the baselines are included: the MLP would have to be trained again.
    """
    split = run.split
    val, test = run.scorer(split.train), run.scorer(run.allowed)
    if sign:
        val, test = (shifted(scorer, split, sign) for scorer in (val, test))
    found = evaluate(val, split, seed=run.config.run.seed, test_scorer=test).to_dict()
    direction = direction_score(test, split, run.graph)
    if direction is not None and "direction" in run.metrics:
        found["direction"] = direction
    asked = run.metrics["baselines"]
    rows = heuristic_baselines(split) if asked else {}
    found["baselines"] = {name: row for name, row in rows.items() if name in asked}
    return found


def agrees(recorded: Mapping[str, Any], scorer: Scorer, split: EdgeSplit, part: str) -> bool:
    """Return whether the recorded headline metrics of a part are a scorer's, up to rounding."""
    pairs, others = getattr(split, part), getattr(split, f"{part}_negatives")
    low, high = (shifted(scorer, split, sign) for sign in (-1, 1))
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


def shifted(scorer: Scorer, split: EdgeSplit, sign: int) -> Scorer:
    """Return a scorer that raises (or lowers) val and test edges by the possible rounding."""
    edges = pair_keys(torch.cat([split.val, split.test], 1), split.num_nodes)
    non_edges = scorer(torch.cat([split.val_negatives, split.test_negatives], 1))
    step = sign * ROUNDING * float(np.abs(non_edges).max(initial=0.0))

    def score(pairs: Pairs) -> Scores:
        plain = scorer(pairs)
        is_edge = torch.isin(pair_keys(pairs, split.num_nodes), edges).numpy()
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


def _said(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, int | float) else repr(value)
