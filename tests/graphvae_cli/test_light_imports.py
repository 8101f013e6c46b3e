"""Which heavy libraries a command imports: those it uses, and no others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import diags, save_npz

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
"""The first is fit to Cora, the others to a small graph; the last has layers of PyG."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("light")


@pytest.fixture(scope="module")
def of_fits(runs: Path) -> dict[str, set[str]]:
    """The modules after fitting one model after the other in a process."""
    save_npz(runs / "band.npz", diags([1.0] * 4, [-2, -1, 1, 2], shape=(60, 60), format="csr"))
    np.save(runs / "features.npy", np.eye(60, 8, dtype=np.float32))
    own = ["--graph", str(runs / "band.npz"), "--features", str(runs / "features.npy")]
    lines = []
    for model in MODELS:
        data = ["--dataset", "cora"] if model == "vgae" else own
        rest = ["--epochs", "1", "--out", str(runs / model), "--json", "-q"]
        lines.append(["fit", *data, "--model", model, *rest])
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
    assert "torch_geometric" in of_fits["sage"]


@pytest.mark.slow
def test_commands_on_a_run_do_not_import_pyg(
    of_fits: dict[str, set[str]], runs: Path, tmp_path: Path
) -> None:
    run = runs / "argae"
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
