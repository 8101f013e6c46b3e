"""A run that is killed at any moment resumes to the bits of an uninterrupted run."""

import itertools
import json
import shutil
import signal
import time
from pathlib import Path

import pytest
import torch

from tests.graphvae_cli.outcome import assert_same

NEVER, ALWAYS = 1_000_000, 0
KEEP = ("--keep-checkpoint", "--quiet")
SETTINGS = ("--dataset", "karate", "--epochs", 300, "--dropout", 0.2, "--seed", 5)


@pytest.fixture(scope="module")
def unbroken(invoke, tmp_path_factory):
    """The folder of a run that nothing interrupted, long enough to be killed in the middle."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert invoke("fit", *SETTINGS, "--out", folder, *KEEP).exit_code == 0
    return folder


def kill_when(start, run, settings, ready, every):
    """Start the run as a process of its own and kill it, without warning, once `ready` says so."""
    process = start("fit", *settings, "--out", run, "--checkpoint-every", every)
    deadline = time.monotonic() + 60
    while not ready() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not (run / "metrics.json").exists()


def lines(path):
    return len(path.read_bytes().splitlines()) if path.exists() else 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_among_its_checkpoints(start, invoke, here, unbroken):
    run = here / "run"
    kill_when(start, run, SETTINGS, lambda: lines(run / "history.jsonl") >= 60, ALWAYS)
    unfinished = torch.load(run / "resume.pt", weights_only=True)["epoch"]
    assert 0 < unfinished < json.loads((run / "config.json").read_text())["training"]["epochs"]
    result = invoke("fit", "--resume", "--out", run, "--keep-checkpoint", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    written = json.loads((run / "metrics.json").read_text())
    assert {**json.loads(result.stdout), "digests": written["digests"]} == written
    assert_same(run, unbroken)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_before_its_first_checkpoint(start, invoke, here, unbroken):
    run = here / "run"
    kill_when(start, run, SETTINGS, lambda: lines(run / "history.jsonl") >= 30, NEVER)
    assert not (run / "resume.pt").exists()
    assert invoke("fit", "--resume", "--out", run, *KEEP).exit_code == 0
    assert_same(run, unbroken)


PICTURES = ("curves.png", "roc_pr.png", "embedding.png")
ORDER = ("resume.pt", "model.safetensors", "embeddings.csv", "links.csv", *PICTURES, "metrics.json")


@pytest.mark.slow
@pytest.mark.parametrize("next_file", ["model.safetensors", "curves.png", "metrics.json"])
def test_killed_between_two_files_of_the_outcome(invoke, here, unbroken, next_file):
    run = Path(shutil.copytree(unbroken, here / "run"))
    for name in ORDER[ORDER.index(next_file) :]:
        (run / name).unlink()
    assert invoke("fit", "--resume", "--out", run, *KEEP).exit_code == 0
    assert_same(run, unbroken)
    for name in PICTURES:
        assert (run / name).read_bytes() == (unbroken / name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("tail", ["", '{"epoch": 12', '{"epoch": 301, "lo\n'])
def test_killed_in_the_middle_of_a_line(invoke, here, unbroken, tail):
    run = Path(shutil.copytree(unbroken, here / "run"))
    whole = (run / "history.jsonl").read_text().splitlines(keepends=True)
    (run / "history.jsonl").write_text("".join(whole) + tail)
    (run / "metrics.json").unlink()
    result = invoke("fit", "--resume", "--out", run, *KEEP)
    if tail.endswith("\n"):  # a whole line that is none was not left by a kill
        assert result.exit_code == 2
    else:
        assert_same(run, unbroken)


@pytest.mark.slow
def test_files_a_killed_process_left_half_written_are_cleared(invoke, here, unbroken):
    run = Path(shutil.copytree(unbroken, here / "run"))
    (run / "metrics.json").unlink()
    (run / ".resume.123-0badcafe.pt").write_bytes(b"half")
    assert invoke("fit", "--resume", "--out", run, *KEEP).exit_code == 0
    assert_same(run, unbroken)


def test_a_finished_run_is_printed_and_left_alone(invoke, karate_run):
    before = {path: path.read_bytes() for path in karate_run.folder.iterdir()}
    result = invoke("fit", "--resume", "--out", karate_run.folder, "--json")
    assert (result.exit_code, result.stdout) == (0, karate_run.printed)
    assert before == {path: path.read_bytes() for path in karate_run.folder.iterdir()}


@pytest.mark.slow
def test_patience_is_kept_when_resumed(invoke, here):
    arguments = ("--patience", 15, "--no-baselines", "--quiet", "--checkpoint-every", ALWAYS)
    assert invoke("fit", "--dataset", "karate", *arguments, "--out", "whole").exit_code == 0
    epochs = lines(here / "whole" / "history.jsonl")
    assert 15 < epochs < 200
    run = Path(shutil.copytree(here / "whole", here / "run"))
    (run / "metrics.json").unlink()
    assert invoke("fit", "--resume", "--out", run, "--quiet").exit_code == 0
    assert_same(run, here / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["between runs", "in a run"])
def test_interrupted_repeats_are_resumed(invoke, here, broken):
    arguments = ("--repeats", 2, "--epochs", 3, "--no-baselines", "--quiet")
    assert invoke("fit", "--dataset", "karate", *arguments, "--out", "whole").exit_code == 0
    runs = Path(shutil.copytree(here / "whole", here / "runs"))
    summary = json.loads((runs / "summary.json").read_text())
    unfinished = {"repeats": 2, "fit": summary["fit"], "finished": False}
    (runs / "summary.json").write_text(json.dumps(unfinished))
    if broken == "between runs":
        shutil.rmtree(runs / "001")
    else:
        (runs / "001" / "metrics.json").unlink()
    result = invoke("fit", "--resume", "--out", runs, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    for part, score in itertools.product(("val", "test"), ("auc", "ap")):
        assert json.loads(result.stdout)[part][score] == summary[part][score]
    for number in ("000", "001"):
        assert_same(runs / number, here / "whole" / number)


@pytest.mark.slow
@pytest.mark.parametrize("command", [("fit",), ("image", "fit")])
def test_a_finished_run_can_be_extended(invoke, refused, here, command):
    dataset = "karate" if command == ("fit",) else "digits"
    small = () if dataset == "karate" else ("--latent", 2, "--hidden", 8)
    start = (*command, "--dataset", dataset, *small, "--quiet")
    assert invoke(*start, "--epochs", 4, "--out", "whole").exit_code == 0
    assert invoke(*start, "--epochs", 2, "--out", "run", "--keep-checkpoint").exit_code == 0
    further = (*command, "--out", "run", "--resume", "--quiet")
    assert invoke(*further, "--epochs", 4).exit_code == 0
    for name in ("model.safetensors", "config.json"):
        assert (here / "run" / name).read_bytes() == (here / "whole" / name).read_bytes()
    assert "kept no checkpoint" in refused(*further, "--epochs", 6)
