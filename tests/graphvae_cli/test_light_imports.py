"""Which heavy libraries a command imports: those it uses, and no others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "matplotlib",
    "numba",
    "networkx",
    "ogb",
    "pandas",
    "pyarrow",
    "scipy.stats",
    "sklearn",
    "sympy",
    "torch._dynamo",
    "torch_geometric",
}
"""Modules that take a tenth of a second and more."""
PROGRAM = """
import contextlib, io, json, sys
from graphvae_cli.main import main
for line in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main(line)
print(json.dumps(list(sys.modules)))
"""


def imported(*lines: list[str]) -> set[str]:
    """The heavy modules that a process imports for some command lines."""
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(lines)],
        env={**os.environ, "PYTHONPATH": roots, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return HEAVY & set(json.loads(done.stdout))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("light") / "run"


@pytest.fixture(scope="module")
def of_fit(run: Path) -> set[str]:
    return imported(["fit", "--dataset", "cora", "--epochs", "2", "--out", str(run), "--json"])


@pytest.mark.slow
def test_fit_imports_matplotlib_for_its_pictures_alone(of_fit: set[str], run: Path) -> None:
    assert (run / "metrics.json").is_file()
    assert of_fit == {"matplotlib"}


@pytest.mark.slow
def test_commands_on_a_run_do_not_import_pyg(of_fit: set[str], run: Path, tmp_path: Path) -> None:
    lines = [
        ["predict", str(run), "-k", "3"],
        ["neighbors", str(run), "--node", "35", "-k", "3"],
        ["embed", str(run), "--out", str(tmp_path / "z.csv")],
        ["evaluate", str(run), "--json"],
        ["audit", str(run), "--json"],
        ["report", str(run)],
    ]
    assert imported(*lines) == set()
    assert (tmp_path / "z.csv").is_file()
    assert (run / "report.html").is_file()


@pytest.mark.slow
def test_other_models_of_our_own_import_no_more(tmp_path: Path) -> None:
    models = ("argae", "strong-gae")
    line = ["fit", "--dataset", "cora", "--epochs", "1", "--no-baselines", "--model"]
    lines = [[*line, model, "--out", str(tmp_path / model)] for model in models]
    assert imported(*lines) == {"matplotlib"}
    assert all((tmp_path / model / "metrics.json").is_file() for model in models)


@pytest.mark.slow
def test_layers_of_pyg_import_pyg(tmp_path: Path) -> None:
    line = ["fit", "--dataset", "karate", "--model", "sage", "--epochs", "1"]
    output = imported([*line, "--out", str(tmp_path / "run")])
    assert {"torch_geometric", "networkx"} <= output
