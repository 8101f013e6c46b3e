"""Parts from outside by the command: named `module:Class`, from a file in the working directory."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SMALL = ("--dataset", "karate", "--latent", 4, "--epochs", 3, "--no-baselines", "--device", "cpu")
PRIOR = ("--prior", "own_prior:StudentT", "--set", "prior.df=3")


@pytest.fixture
def outside(here, monkeypatch, blank_graph_pictures):
    """A working directory with a prior and a penalty in it, which Python does not import from."""
    shutil.copy(ROOT / "examples" / "student_t_prior.py", here / "own_prior.py")
    shutil.copy(ROOT / "examples" / "penalty.py", here / "own_penalty.py")
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", ".")])
    yield here
    for name in ("own_prior", "own_penalty"):
        sys.modules.pop(name, None)


@pytest.fixture
def run(invoke):
    def succeed(*words):
        result = invoke(*words)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return succeed


@pytest.mark.slow
def test_every_command_accepts_a_run_with_a_user_defined_part(outside, run):
    run("fit", *SMALL, *PRIOR, "--out", "run", "--quiet")
    config = json.loads((outside / "run" / "config.json").read_text())
    assert config["prior"] == {"kind": "own_prior:StudentT", "df": 3}
    metrics = json.loads((outside / "run" / "metrics.json").read_text())
    scores = json.loads(run("evaluate", "run", "--json"))
    assert scores["test"]["auc"] == metrics["test"]["auc"]
    run("predict", "run", "--top-k", 3)
    run("embed", "run", "--out", "z.csv")
    assert (outside / "z.csv").read_text() == (outside / "run" / "embeddings.csv").read_text()
    node = (outside / "z.csv").read_text().splitlines()[1].split(",")[0]
    run("neighbors", "run", "--node", node, "--top-k", 2)
    run("report", "run")
    page = (outside / "run" / "report.html").read_text()
    assert "from own_prior import StudentT" in page
    assert "prior=StudentT(df=3)" in page
    assert json.loads(run("audit", "run", "--json"))["passed"]
    written = json.loads((outside / "run" / "metrics.json").read_text())
    del written["digests"]  # of files, which only the folder has
    assert json.loads(run("fit", "--out", "run", "--resume", "--json")) == written


@pytest.mark.slow
def test_a_run_is_reproduced_from_its_config(outside, run):
    run("fit", *SMALL, *PRIOR, "--out", "run", "--quiet")
    again = ("--dataset", "karate", "--config", "run/config.json")
    run("fit", *again, "--out", "again", "--quiet")
    for file in ("config.json", "embeddings.csv", "model.safetensors"):
        assert (outside / "run" / file).read_bytes() == (outside / "again" / file).read_bytes()
    run("fit", *again, "--set", "prior.df=9", "--out", "other", "--quiet")
    other = json.loads((outside / "other" / "config.json").read_text())
    assert other["prior"] == {"kind": "own_prior:StudentT", "df": 9}


def test_the_terms_of_a_penalty_are_in_the_history(outside, run):
    penalty = ("--penalty", "own_penalty:Dip", "--set", "penalty.diagonal=2")
    run("fit", *SMALL, *penalty, "--out", "run", "--quiet")
    text = (outside / "run" / "history.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [set(line) >= {"off_diagonal", "diagonal"} for line in lines] == [True] * 3


@pytest.mark.slow
def test_dry_runs_and_repeats_accept_a_user_defined_part(outside, run):
    assert json.loads(run("fit", *SMALL, *PRIOR, "--dry-run", "--json"))["nodes"] == 34
    run("fit", *SMALL, *PRIOR, "--repeats", 2, "--out", "both", "--quiet")
    assert json.loads(run("audit", "both", "--json"))["passed"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--prior", "own_prior:StudentX"), "--prior: cannot import own_prior:StudentX (module 'o"),
        (("--prior", "own_priro:StudentT"), "--prior: cannot import own_priro:StudentT (No module"),
        (("--prior", "own_penalty:Dip"), "--prior: expected a class derived from Prior, got own_p"),
        (("--prior", "json:dumps"), "--prior: expected a class derived from Prior, got json:dumps"),
        ((*PRIOR[:2], "--set", "prior.df=0"), "--set prior.df: expected a whole number of at leas"),
        ((*PRIOR[:2], "--set", "prior.fd=3"), "--set prior.fd: prior own_prior:StudentT has no su"),
        ((*PRIOR[:2], "--prior-components", 3), "--prior-components: prior own_prior:StudentT has"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("outside")
def test_a_part_that_cannot_be_imported_is_refused(refused, words, line):
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        assert refused("fit", *SMALL, *words).startswith(f"Error: {line}")
    finally:
        sys.dont_write_bytecode = before


def test_a_run_whose_part_is_missing_names_it(outside, run, refused):
    run("fit", *SMALL, *PRIOR, "--out", "run", "--quiet")
    (outside / "own_prior.py").unlink()
    sys.modules.pop("own_prior")
    shutil.rmtree(outside / "__pycache__", ignore_errors=True)
    line = refused("evaluate", "run")
    assert "prior: cannot import own_prior:StudentT (No module named 'own_prior')" in line
    assert line.endswith("load(…, prior=StudentT)")


@pytest.mark.slow
def test_the_installed_command_imports_a_file_of_the_working_directory(outside):
    """A console script has no working directory on its path."""
    script = "from graphvae_cli.main import process; process()"
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    done = subprocess.run(
        [sys.executable, "-c", script, "fit", *map(str, SMALL), *PRIOR, "--dry-run", "--json"],
        env={**os.environ, "PYTHONPATH": roots, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["nodes"] == 34
