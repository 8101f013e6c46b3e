"""The check that no score of a run comes from its refit weights, which have seen every edge."""

from __future__ import annotations

from graphvae.audit.audited_run import AuditedRun
from graphvae.audit.checks import Check
from graphvae.audit.scores import agrees
from graphvae.evaluation.negative_sets import known_edges
from graphvae.evaluation.scorers import model_scorer
from graphvae.graph.propagation import message_graph
from graphvae.runs.refit import REFIT
from graphvae_data.core.errors import InputError

NAME = "refit weights kept apart"


def check_refit(run: AuditedRun) -> Check:
    """The recorded test scores are not those of the refit weights."""
    try:
        model = run.refit
    except InputError as error:
        return Check(NAME, False, str(error))
    if model is None:
        return Check.skipped(NAME, "the run was not refit")
    features, split = run.config.inputs.features, run.split
    every_edge = known_edges(split)
    every = message_graph(run.graph, every_edge, use_features=features)
    for edges, graph in (
        ("allowed edges", message_graph(run.graph, run.allowed, use_features=features)),
        ("all edges", every),
    ):
        if agrees(run.metrics["test"], model_scorer(model, graph), split, "test"):
            detail = f"the recorded test AUC is that of {REFIT} with messages over {edges}"
            return Check(NAME, False, detail)
    count = every_edge.size(1)
    return Check(
        NAME, True, f"{REFIT}, trained on all {count:,} edges, does not give the recorded scores"
    )
