"""`graphvae sweep`: a grid of runs from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("blank_graph_pictures")

SMALL = ("--dataset=karate", "--model=gae", "--epochs=2", "--no-baselines", "--device=cpu")


@pytest.mark.slow
def test_a_sweep_is_printed_and_saved(invoke: Any, tmp_path: Path) -> None:
    line = ("sweep", *SMALL, "--param=hidden", "--values=4,8", "--repeats=2")
    done = invoke(*line, "--out", str(tmp_path / "s"))
    assert done.exit_code == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[0].split() == ["hidden", "validation", "AUC", "test", "AUC", "test", "AP"]
    assert [row.split()[0] for row in rows[1:3]] == ["4", "8"]
    assert "±" in rows[1]
    kept = json.loads((tmp_path / "s" / "summary.json").read_text())
    assert json.loads(invoke(*line, "--out", str(tmp_path / "s"), "--json").stdout) == kept
    assert f"{kept['lines'][0]['mean']['test.auc']:.4f}" in rows[1]
    assert (tmp_path / "s" / "hidden-8" / "001" / "metrics.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--param=hiden", "--values=1"), "did you mean hidden?"),
        (("--param=hidden", "--values=a"), "values: expected comma-separated values of hidden"),
        (("--param=hidden",), "Missing option '--values'"),
        (("--param=hidden", "--values=0"), "hidden: expected a whole number of at least 1"),
    ],
)
def test_refusals(arguments: tuple[str, ...], message: str, invoke: Any, tmp_path: Path) -> None:
    done = invoke("sweep", *SMALL, *arguments, "--out", str(tmp_path / "s"))
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "s").exists()
