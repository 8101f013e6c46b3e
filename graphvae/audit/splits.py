"""Checks of a split, one for each error that `EdgeSplit.check` raises.

Two pairs are the same *edge* when they join the same nodes, in either direction unless the graph is
directed. For the official split of a benchmark, repetitions are counted and the check passes with a
note.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae.audit.checks import Audit, Check
from graphvae.evaluation.scores import both_ends_seen
from graphvae.splits.edge_split import PARTS, EdgeSplit, StoredSplit, read_split
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.pairs import Pairs, pair_keys
from graphvae_data.readers.objects import as_graph

Keys = Int[Tensor, " _"]
POSITIVES = ("train", "val", "test")
NEGATIVES = ("val_negatives", "test_negatives")
NEEDS_GRAPH = "needs the graph (--dataset NAME)"


def audit_split(split: str | Path | EdgeSplit, graph: Any = None) -> Audit:
    """Check a split and, if `graph` is passed, that it belongs to that graph.

    Args:
        split: a split, or the path of its file.
        graph: a `Graph`, or any graph object that `fit` takes; None checks the pairs only.

    Raises:
        InputError: no such file, or not a split file.

    >>> from graphvae_data.graphs.graphs import load_graph
    >>> from graphvae.specs.recipe import FitConfig
    >>> from graphvae.setup.experiment import make_split
    >>> karate = load_graph("karate")
    >>> audit_split(make_split(FitConfig(dataset="karate"), karate), karate).passed
    True
    """
    full_graph = None if graph is None else as_graph(graph)
    if isinstance(split, EdgeSplit):
        stored, subject = StoredSplit(split, split.fingerprint), "split in memory"
    else:
        stored, subject = read_split(Path(split)), f"split {split}"
    return Audit(
        subject, (check_fingerprint(stored, full_graph), *split_checks(stored.split, full_graph))
    )


def split_checks(split: EdgeSplit, graph: Graph | None) -> tuple[Check, ...]:
    """Return all checks of the pairs."""
    form = check_form(split)
    if not form.passed:
        return (form,)
    usable = None if graph is None or graph.fingerprint != split.graph else graph.edges
    return (
        form,
        check_duplicates(split),
        check_reversed(split),
        check_disjoint(split),
        check_coverage(split, usable),
        check_non_edges(split, usable),
        check_distinct(split),
        *([] if split.sides is None else [check_sides(split)]),
        check_sizes(split),
        check_strata(split),
    )


def check_fingerprint(
    stored: StoredSplit, graph: Graph | None, scored_on: str | None = None
) -> Check:
    """Compare fingerprints: of the content, of the graph, and of the split that was scored.

    Args:
        stored: the split and the fingerprint in its file.
        graph: the graph, if known.
        scored_on: the fingerprint in the `metrics.json` of a run.
    """
    fingerprint, graph_fingerprint = stored.split.fingerprint, stored.split.graph
    faults, parts = [], [f"split {fingerprint[:12]}…"]
    if fingerprint != stored.recorded:
        faults.append(
            f"the file records {stored.recorded[:12]}…, its pairs give {fingerprint[:12]}…"
        )
    if scored_on is not None and fingerprint != scored_on:
        faults.append(
            f"metrics.json was scored on {scored_on[:12]}…, split.npz is {fingerprint[:12]}…"
        )
    if graph is not None and graph.fingerprint != graph_fingerprint:
        other = graph.fingerprint[:12]
        faults.append(f"made from graph {graph_fingerprint[:12]}…, this graph is {other}…")
    parts.append(
        f"graph {graph_fingerprint[:12]}…" + ("" if graph is not None else " (not compared)")
    )
    if scored_on is not None:
        parts.append("as in metrics.json")
    return Check.of("fingerprint", faults, ", ".join(parts))


def check_form(split: EdgeSplit) -> Check:
    """Every pair joins two different nodes of the graph."""
    faults = []
    for name in PARTS:
        u, v = getattr(split, name)
        inside = (torch.minimum(u, v) >= 0) & (torch.maximum(u, v) < split.num_nodes)
        for fault, mask in (("outside the graph", ~inside), ("that are loops", u == v)):
            if mask.any():
                faults.append(f"{name} has {int(mask.sum())} pairs {fault}")
    total = sum(getattr(split, name).size(1) for name in PARTS)
    return Check.of("well-formed pairs", faults, f"{total:,} pairs of {split.num_nodes:,} nodes")


def check_duplicates(split: EdgeSplit) -> Check:
    """No edge occurs twice in one part."""
    faults = [
        f"{name} repeats {_count(repeated, split)}"
        for name in POSITIVES
        if (repeated := _repeated(pair_keys(getattr(split, name), split.num_nodes))).numel()
    ]
    return _verdict(split, "no duplicated pairs", faults, "each pair once in its part")


def check_reversed(split: EdgeSplit) -> Check:
    """In an undirected graph every pair is written u < v, so none is another's reverse."""
    if split.directed:
        return Check.skipped("no reversed pairs", "the graph is directed: u → v is not v → u")
    faults = []
    for name in PARTS:
        pairs = getattr(split, name)
        backward = pairs[:, pairs[0] > pairs[1]]
        if backward.size(1):
            forward = _other_way(split, backward)
            keys = pair_keys(backward, split.num_nodes)
            faults.append(f"{name} has {_count(keys, split)} in reverse order{forward}")
    return _verdict(split, "no reversed pairs", faults, "every pair is u < v")


def _other_way(split: EdgeSplit, backward: Pairs) -> str:
    """Describe which parts contain the forward forms of reversed pairs."""
    forward = pair_keys(backward.flip(0), split.num_nodes)
    counts = []
    for name in PARTS:
        shared = torch.isin(forward, pair_keys(getattr(split, name), split.num_nodes))
        if shared.any():
            counts.append(f"{int(shared.sum())} in {name}")
    return f" (as u < v: {', '.join(counts)})" if counts else ""


def check_disjoint(split: EdgeSplit) -> Check:
    """No edge occurs in two of train, val and test, in either direction."""
    faults = []
    for one, other in combinations(POSITIVES, 2):
        shared = _shared(_keys(split, one), _keys(split, other))
        if shared.numel():
            faults.append(f"{one} and {other} share {_count(shared, split)}")
    direction = "as directed edges" if split.directed else "in both directions"
    return _verdict(split, "disjoint parts", faults, f"train, val and test, {direction}")


def check_coverage(split: EdgeSplit, edges: Pairs | None) -> Check:
    """Every edge of the graph is in exactly one part, and the parts contain only edges."""
    name = "every edge in one part"
    if edges is None:
        return Check.skipped(name, NEEDS_GRAPH)
    graph = _edge_keys(split, edges)
    covered = torch.cat([_keys(split, part) for part in POSITIVES])
    missing = graph[~torch.isin(graph, covered)]
    extra = covered[~torch.isin(covered, graph)]
    faults = []
    if extra.numel():
        faults.append(f"{_count(extra, split)} of the parts are not edges of the graph")
    if (repeated := _repeated(covered)).numel():
        faults.append(f"{_count(repeated, split)} in more than one part")
    left_out = f"{_count(missing, split)} of {graph.numel():,} edges in no part"
    if missing.numel() and split.made in ("random", "temporal"):
        faults.append(left_out)
    note = f"; {left_out} (made: {split.made})" if missing.numel() else ""
    return _verdict(split, name, faults, f"{graph.numel() - missing.numel():,} edges{note}")


def check_non_edges(split: EdgeSplit, edges: Pairs | None) -> Check:
    """No negative is an edge: of the whole graph, or of the split if the graph is unknown."""
    positives = torch.cat([_keys(split, part) for part in POSITIVES])
    known = positives if edges is None else torch.cat([positives, _edge_keys(split, edges)])
    faults = []
    for name in NEGATIVES:
        wrong = _shared(_keys(split, name), known)
        if wrong.numel():
            faults.append(f"{name} has {_count(wrong, split)} that are edges")
    scope = "the whole graph" if edges is not None else "the split (its graph was not passed)"
    return _verdict(split, "negatives are non-edges", faults, f"none is an edge of {scope}")


def check_distinct(split: EdgeSplit) -> Check:
    """No negative occurs twice, nor both in val and in test."""
    val, test = (_keys(split, name) for name in NEGATIVES)
    faults = [
        f"{name} repeats {_count(repeated, split)}"
        for name, keys in zip(NEGATIVES, (val, test), strict=True)
        if (repeated := _repeated(keys)).numel()
    ]
    if (shared := _shared(val, test)).numel():
        faults.append(f"val and test negatives share {_count(shared, split)}")
    clean = f"{val.numel() + test.numel():,} different pairs"
    return _verdict(split, "distinct negatives", faults, clean)


def check_sides(split: EdgeSplit) -> Check:
    """In a bipartite graph every pair joins nodes of different sides."""
    faults = [
        f"{name} has {wrong:,} pairs within a side"
        for name in PARTS
        if (wrong := split.within_a_side(name))
    ]
    assert split.sides is not None
    second = int((split.sides == 1).sum())
    clean = f"{split.num_nodes - second:,} and {second:,} nodes, no pair within a side"
    return _verdict(split, "pairs across the two sides", faults, clean)


def check_sizes(split: EdgeSplit) -> Check:
    """Report the sizes of the parts and the negatives per positive; no part may be empty."""
    sizes = {name: int(getattr(split, name).size(1)) for name in PARTS}
    faults = [f"{name} is empty" for name, size in sizes.items() if not size]
    parts = " / ".join(f"{sizes[name]:,}" for name in POSITIVES)
    ratio = ", ".join(
        f"{name} {sizes[name + '_negatives'] / max(sizes[name], 1):.4g}" for name in ("val", "test")
    )
    clean = f"train / val / test {parts}; negatives per positive: {ratio} (made: {split.made})"
    return Check.of("sizes", faults, clean)


def check_strata(split: EdgeSplit) -> Check:
    """Report how many test edges have a node without training edges."""
    if not split.test.size(1):
        return Check.skipped("strata", "there are no test edges")
    unseen = ~both_ends_seen(split, split.test)
    share = f"{int(unseen.sum()):,} of {len(unseen):,} test edges ({unseen.mean():.1%})"
    return Check.of("strata", [], f"{share} have a node without training edges")


def _verdict(split: EdgeSplit, name: str, faults: list[str], clean: str) -> Check:
    """Return a check that fails on faults; official splits pass with a note."""
    if faults and split.made == "official":
        return Check(name, True, f"official split, used unchanged: {'; '.join(faults)}")
    return Check.of(name, faults, clean)


def _keys(split: EdgeSplit, name: str) -> Keys:
    """Return one number per edge, the same for both directions unless the graph is directed."""
    return _edge_keys(split, getattr(split, name))


def _edge_keys(split: EdgeSplit, pairs: Pairs) -> Keys:
    return pair_keys(pairs if split.directed else pairs.sort(0).values, split.num_nodes)


def _repeated(keys: Keys) -> Keys:
    """Return the repeated keys, each once."""
    distinct, counts = torch.unique(keys, return_counts=True)
    repeated: Keys = distinct[counts > 1]
    return repeated


def _shared(one: Keys, other: Keys) -> Keys:
    shared: Keys = torch.unique(one[torch.isin(one, other)])
    return shared


def _count(keys: Keys, split: EdgeSplit) -> str:
    """Return the number of pairs and an example."""
    if not keys.numel():
        return "0 pairs"
    u, v = divmod(int(keys[0]), split.num_nodes)
    return f"{keys.numel():,} pair{'s' if keys.numel() > 1 else ''} such as ({u}, {v})"
