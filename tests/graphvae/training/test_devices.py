"""Devices and threads: settings that a block changes are restored after it."""

import os
from pathlib import Path

import pytest
import torch

import graphvae
from graphvae.training.trainer import GraphTrainer
from graphvae_data.machine import devices


@devices.deterministic(True)
def broken() -> None:
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
    raise KeyError


@pytest.mark.parametrize("warn_only", [False, True])
def test_deterministic_holds_in_the_block_and_is_put_back(warn_only: bool) -> None:
    torch.use_deterministic_algorithms(warn_only, warn_only=warn_only)
    environment = dict(os.environ)
    try:
        with pytest.raises(KeyError):
            broken()
        assert torch.are_deterministic_algorithms_enabled() == warn_only
        assert torch.is_deterministic_algorithms_warn_only_enabled() == warn_only
        assert dict(os.environ) == environment
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("set_before", [None, ":16:8"])
def test_the_workspace_of_cublas_is_fixed_on_cuda_unless_it_is_already(
    set_before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delenv(devices.CUBLAS_WORKSPACE, raising=False)
    if set_before is not None:
        monkeypatch.setenv(devices.CUBLAS_WORKSPACE, set_before)
    with devices.deterministic(True):
        assert os.environ[devices.CUBLAS_WORKSPACE] == (set_before or ":4096:8")
    assert os.environ.get(devices.CUBLAS_WORKSPACE) == set_before


def test_a_run_is_deterministic_when_asked_and_the_same_on_a_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    step = GraphTrainer.step

    def watched(self):  # type: ignore[no-untyped-def]
        seen.append(torch.are_deterministic_algorithms_enabled())
        return step(self)

    monkeypatch.setattr(GraphTrainer, "step", watched)
    runs = [
        graphvae.fit("karate", "optimized-gae", epochs=3, baselines=False, deterministic=on)
        for on in (False, True)
    ]
    assert seen == [False] * 3 + [True] * 3
    assert (runs[0].embeddings() == runs[1].embeddings()).all()
    assert not torch.are_deterministic_algorithms_enabled()
