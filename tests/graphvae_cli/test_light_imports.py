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


def imported(*lines: list[str]) -> list[set[str]]:
    """The heavy modules that a process has imported after each of some command lines."""
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(lines)],
        env={**os.environ, "PYTHONPATH": roots, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [HEAVY & set(json.loads(line)) for line in done.stdout.splitlines()]


MODELS = ("vgae", "argae", "strong-gae", "sage")
"""The last has layers of PyG."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("light")


@pytest.fixture(scope="module")
def of_fits(runs: Path) -> dict[str, set[str]]:
    """The modules after fitting one model after the other in a process."""
    line = ["fit", "--dataset", "cora", "--epochs", "1", "--json"]
    lines = [[*line, "--model", model, "--out", str(runs / model)] for model in MODELS]
    lines[1] += ["--no-baselines"]
    lines[2] += ["--no-baselines"]
    lines[3][2] = "karate"
    return dict(zip(MODELS, imported(*lines), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS[:-1])
def test_fit_imports_matplotlib_for_its_pictures_alone(
    of_fits: dict[str, set[str]], runs: Path, model: str
) -> None:
    assert (runs / model / "metrics.json").is_file()
    assert of_fits[model] == {"matplotlib"}


@pytest.mark.slow
def test_layers_of_pyg_import_pyg(of_fits: dict[str, set[str]]) -> None:
    assert {"torch_geometric", "networkx"} <= of_fits["sage"]


@pytest.mark.slow
def test_commands_on_a_run_do_not_import_pyg(
    of_fits: dict[str, set[str]], runs: Path, tmp_path: Path
) -> None:
    run = runs / "vgae"
    lines = [
        ["predict", str(run), "-k", "3"],
        ["neighbors", str(run), "--node", "35", "-k", "3"],
        ["embed", str(run), "--out", str(tmp_path / "z.csv")],
        ["evaluate", str(run), "--json"],
        ["audit", str(run), "--json"],
        ["report", str(run)],
    ]
    assert imported(*lines)[-1] == set()
    assert (tmp_path / "z.csv").is_file()
    assert (run / "report.html").is_file()
