"""`graphvae image tune`: a search from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna")
SMALL = ("image", "tune", "--dataset=digits", "--epochs=1", "--hidden=8", "--device=cpu")


@pytest.mark.slow
def test_a_search_is_printed_and_saved(invoke: Any, tmp_path: Path) -> None:
    out = tmp_path / "t"
    line = (*SMALL, "--trials=3", "--set=latent=2x,4", "--set=lr=1e-3..1e-2")
    done = invoke(*(each.replace("2x", "2") for each in line), "--out", out)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[0].split()[:3] == ["trial", "validation", "loss"]
    best = json.loads((out / "best.json").read_text())
    assert best["trials"] == 3
    assert best["latents"]["latent"] in ([2], [4])
    fitted = invoke("image", "fit", "--config", out / "best.json", "--out", tmp_path / "f", "-q")
    assert fitted.exit_code == 0, fitted.stderr


def test_the_objective_is_not_searched(invoke: Any, tmp_path: Path) -> None:
    done = invoke(*SMALL, "--set=beta=1..4", "--out", tmp_path / "t")
    assert done.exit_code == 2
    assert "changes the loss by which trials are compared" in done.stderr
    assert not (tmp_path / "t").exists()
