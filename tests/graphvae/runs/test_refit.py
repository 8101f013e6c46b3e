"""Training on all edges after scoring: kept beside, used by what comes out, known to the audit."""

from pathlib import Path

import numpy as np
import pytest
import torch

import graphvae
from graphvae.audit import audit_run
from graphvae.runs.refit import REFIT
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.errors import InputError


@pytest.fixture(scope="module")
def refitted(tmp_path_factory: pytest.TempPathFactory) -> GraphFitResult:
    out = tmp_path_factory.mktemp("refit") / "run"
    return graphvae.fit("karate", epochs=20, baselines=False, refit=True, out=out)


@pytest.mark.slow
def test_the_scores_are_those_of_a_run_without(
    refitted: GraphFitResult, karate_run: GraphFitResult
) -> None:
    for key in ("val", "test", "strata", "best_epoch", "split"):
        assert refitted.metrics[key] == karate_run.metrics[key]
    assert np.array_equal(refitted.embeddings("train"), karate_run.embeddings("train"))
    assert not np.array_equal(refitted.embeddings(), karate_run.embeddings())


def test_the_weights_are_those_of_the_chosen_epoch_on_all_edges(refitted: GraphFitResult) -> None:
    assert refitted.refit is not None
    assert refitted.folder is not None
    again = graphvae.load(refitted.folder)
    assert np.array_equal(again.embeddings(), refitted.embeddings())
    assert again.predict(5) == refitted.predict(5)


def test_a_missing_file_is_named(refitted: GraphFitResult, tmp_path: Path) -> None:
    path = refitted.save(tmp_path / "run")
    (path / REFIT).unlink()
    with pytest.raises(InputError, match=r"lacks refit\.safetensors"):
        graphvae.load(path)


@pytest.mark.slow
def test_the_audit_finds_refit_weights_in_place_of_the_scored(
    refitted: GraphFitResult, tmp_path: Path
) -> None:
    path = refitted.save(tmp_path / "run")
    name = "refit weights kept apart"
    outcome = {check.name: check for check in audit_run(path).checks}
    assert outcome[name].passed
    assert "all 78 edges" in outcome[name].detail
    (path / REFIT).write_bytes((path / "model.safetensors").read_bytes())
    swapped = {check.name: check for check in audit_run(path).checks}
    assert swapped[name].passed is False


def test_nodes_whose_edges_are_held_out_are_embedded_with_them() -> None:
    result = graphvae.fit("karate", epochs=5, baselines=False, test_fraction=0.6)
    seen = torch.zeros(34, dtype=torch.bool)
    seen[result.split.train.flatten()] = True
    whole, old = result.embeddings(), result.embeddings("train")
    lonely = (~seen).nonzero().flatten()
    assert len(lonely)
    assert (np.abs(whole - old)[lonely] > 0).any(1).all()
