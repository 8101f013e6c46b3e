"""`graphvae tune`: a search from the command line, killed and continued, in two processes."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("optuna")
SMALL = ("tune", "--dataset=karate", "--epochs=5", "--no-baselines", "--device=cpu")


@pytest.mark.slow
def test_a_search_is_printed_and_saved(invoke: Any, tmp_path: Path) -> None:
    out = tmp_path / "t"
    line = (*SMALL, "--model=gae,gnae", "--metric=mrr", "--trials=4", "--set=lr=1e-3..1e-2")
    done = invoke(*line, "--out", out)
    assert done.exit_code == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[0].split() == ["trial", "validation", "mrr", "model", "settings"]
    assert "4 trials" in done.stdout
    assert "the best of 4 trials, scored once" in done.stdout
    assert done.stderr.count("trial ") == 4
    best = json.loads((out / "best.json").read_text())
    assert (best["trials"], best["split"]["select"]) == (4, "mrr")
    printed = json.loads(invoke(*line, "--out", out, "--json").stdout)
    assert printed["best"]["settings"]["lr"] == best["training"]["lr"]
    assert printed["metrics"]["test"]["auc"] >= 0
    audited = invoke("audit", out / "best").stdout
    assert "the settings are the best of 4 trials by validation" in audited


@pytest.mark.slow
def test_a_killed_search_is_continued(
    start: Callable[..., Any], invoke: Any, tmp_path: Path
) -> None:
    line = (*SMALL, "--model=gae", "--trials=3", "--epochs=150", "--out", tmp_path / "t")
    process = start(*line)
    for text in process.stderr:
        if text.startswith("trial 0:"):
            break
    time.sleep(0.2)
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    done = invoke(*line)
    assert done.exit_code == 0, done.stderr
    assert "trial 0:" not in done.stderr
    whole = invoke(*line[:-1], tmp_path / "whole")
    assert done.stdout.splitlines()[0] == whole.stdout.splitlines()[0]
    best = [json.loads((tmp_path / name / "best.json").read_text()) for name in ("t", "whole")]
    assert best[0] == best[1]


@pytest.mark.slow
def test_two_processes_share_a_search(start: Callable[..., Any], tmp_path: Path) -> None:
    line = (*SMALL, "--model=gae", "--trials=6", "--out", tmp_path / "t", "--json")
    both = [start(*line), start(*line)]
    results = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    told = [err.count("trial ") for _, err in results]
    assert sum(told) == 6
    assert (tmp_path / "t" / "best" / "metrics.json").is_file()


@pytest.mark.slow
def test_trials_are_tracked(invoke: Any, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    done = invoke(*SMALL, "--trials=2", "--out", tmp_path / "t", "--track=tensorboard", "-q")
    assert (done.exit_code, done.stdout) == (0, "")
    assert len(list((tmp_path / "t").glob("trials/*/events.*"))) == 2
    assert len(list((tmp_path / "t" / "best").glob("events.*"))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model=gae,vgea",), "did you mean vgae?"),
        (("--set=lrr=1..2",), "did you mean lr?"),
        (("--set=lr=2..1",), "set: expected a range of lr"),
        (("--set=lr=-1..1",), "lr: expected a positive number"),
        (("--timeout=soon",), "expected a time such as 90s, 30m or 2h"),
        (("--metric=mrr", "--select=auc"), "metric: the same as --select"),
        (("--metric=mr",), "select: "),
    ],
)
def test_refusals(
    arguments: tuple[str, ...], message: str, refused: Callable[..., str], here: Path
) -> None:
    assert message in refused(*SMALL, *arguments, "--out", here / "t")
