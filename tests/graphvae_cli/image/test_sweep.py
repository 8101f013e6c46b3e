"""`graphvae image sweep`: a grid of runs from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from image_vae.plots import pictures

SMALL = ("--dataset=sprites-toy", "--hidden=8", "--latent=2", "--epochs=1", "--device=cpu")


GAP = ("MIG", "(histograms)")
"""The column of a dataset whose factors are known."""


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "draw_run", lambda *args: None)


@pytest.mark.slow
def test_a_sweep_is_printed_and_saved(invoke: Any, tmp_path: Path) -> None:
    line = ("image", "sweep", *SMALL, "--param=free-bits", "--values=0.1,2", "--repeats=2")
    chosen = ("--model=free-bits-vae", "--out", str(tmp_path / "s"))
    done = invoke(*line, *chosen)
    assert done.exit_code == 0, done.stderr
    rows = done.stdout.splitlines()
    titles = ["free-bits", "ELBO", "reconstruction", "KL", "active", "units", *GAP]
    assert rows[0].split() == titles
    assert [row.split()[0] for row in rows[1:3]] == ["0.1", "2"]
    assert "±" in rows[1]
    kept = json.loads((tmp_path / "s" / "summary.json").read_text())
    assert json.loads(invoke(*line, *chosen, "--json").stdout) == kept
    assert [run["seed"] for run in kept["runs"]] == [0, 1, 0, 1]
    assert (tmp_path / "s" / "free-bits-2" / "001" / "metrics.json").is_file()
    mean = kept["lines"][0]["mean"]["test.elbo"]
    assert f"{mean:.2f}" in rows[1]


@pytest.mark.slow
def test_an_infogan_has_a_column_of_its_own(invoke: Any, tmp_path: Path) -> None:
    line = ("image", "sweep", *SMALL, "--param=information", "--values=0,1", "--noise=2")
    done = invoke(*line, "--model=infogan", "--out", str(tmp_path / "s"))
    assert done.stdout.splitlines()[0].split() == ["information", "L_I", *GAP]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--param=bta", "--values=1"), "did you mean beta?"),
        (("--param=beta", "--values=a"), "values: expected comma-separated values of beta"),
        (("--param=beta", "--values=-1"), "beta: expected a number of at least 0"),
        (("--param=beta",), "Missing option '--values'"),
    ],
)
def test_refusals(arguments: tuple[str, ...], message: str, invoke: Any, tmp_path: Path) -> None:
    done = invoke("image", "sweep", *SMALL, *arguments, "--out", str(tmp_path / "s"))
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "s").exists()
