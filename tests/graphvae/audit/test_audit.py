"""The audit passes clean runs, and refuses what is neither a run nor a split."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import graphvae
from graphvae.audit import audit, audit_run
from graphvae_data.core.errors import InputError
from tests.graphvae.audits import (
    DATA,
    MESSAGES,
    NAME,
    SETTINGS,
    named,
    said,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"model": "vgae", "dropout": 0.3},
        {"model": "gae", "val_edges": True, "select": "hits@5"},
        {"model": "gae", "select": "mrr", "patience": 3, "epochs": 60},
        {"model": "gae", "patience": 5, "epochs": 60, "validate_every": 4},
        {"loss": "sampled", "batch_size": 100, "validate_every": 7},
        {"model": "vgae", "loss": "sampled", "epochs": 2},
        {"model": "mlp"},
        {"model": "structural-gae", "validate_every": 5},
        {"model": "gae", "select": "precision@5", "select_negatives": "all"},
        {"model": "gae", "select": "hits@5", "select_negatives": "degree"},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_a_clean_run_passes_every_check(tmp_path: Path, settings: dict[str, Any]) -> None:
    graphvae.fit(NAME, out=tmp_path / "run", **{**SETTINGS, **settings})
    found = audit_run(tmp_path / "run")
    assert found.passed, named(found)
    assert all(check.passed for check in found.checks)  # none was left out
    assert ("val edges" in said(found, MESSAGES)[1]) == ("val_edges" in settings)


@pytest.mark.slow
def test_a_clean_run_on_cora_states_its_numbers(tmp_path: Path) -> None:
    graphvae.fit("cora", out=tmp_path / "run", threads=1, **SETTINGS)
    found = audit(tmp_path / "run")
    assert found.passed, named(found)
    assert "4,488 / 263 / 527; negatives per positive: val 1, test 1" in said(found, "sizes")[1]
    assert "of 527 test edges" in said(found, "strata")[1]
    assert "5,278 edges" in said(found, "every edge in one part")[1]


@pytest.mark.slow
def test_a_graph_of_ones_own_travels_with_its_run(tmp_path: Path) -> None:
    graphvae.fit(replace(DATA, name="mine"), out=tmp_path / "run", **SETTINGS)
    assert audit_run(tmp_path / "run").passed


# What cannot be audited.


def test_what_is_no_run_or_split_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("no split")
    for path in ("nowhere", "empty", "text.npz"):
        with pytest.raises(InputError):
            audit(tmp_path / path)
    with pytest.raises(InputError, match="has its own graph"):
        audit(run, DATA)
    (run / "metrics.json").unlink()
    with pytest.raises(InputError, match="not finished"):
        audit(run)


@pytest.mark.parametrize("name", ["config.json", "graph.npz", "model.safetensors", "split.npz"])
def test_a_changed_file_fails_the_audit_though_the_run_cannot_be_opened(
    tmp_path: Path, name: str
) -> None:
    graph = graphvae.Graph.from_edges(torch.combinations(torch.arange(12)).T[:, ::2], 12)
    graphvae.fit(graph, "gae", epochs=2, baselines=False, device="cpu", out=tmp_path / "run")
    path = tmp_path / "run" / name
    if name == "config.json":
        path.write_text(path.read_text().replace('"latent": 16', '"latent": 8'))
    elif name == "graph.npz":
        path.unlink()
        with pytest.raises(InputError, match=r"run lacks graph\.npz, and no dataset is named 'own"):
            graphvae.load(tmp_path / "run")
    else:
        path.write_bytes(path.read_bytes()[:100])
    found = audit_run(tmp_path / "run")
    assert not found.passed
    assert [check.detail for check in found.checks] == [f"{name} is missing, or was changed"]
