"""A run on images that is killed at any step resumes to the bits of an uninterrupted run."""

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from graphvae_data.runs import recorder

KEEP = ("--keep-checkpoint", "--quiet")
SETTINGS = ("--dataset", "digits", "--latent", 3, "--hidden", 8, "--epochs", 4, "--warmup", 2)
STEPS = 15  # an epoch of the small digits


class Killed(Exception):
    """Stands for a process that is no more."""


@pytest.fixture(scope="module")
def unbroken(invoke, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert invoke("image", "fit", *SETTINGS, "--out", folder, *KEEP).exit_code == 0
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("step", [2 * STEPS, 2 * STEPS + 7, 4 * STEPS])
def test_broken_after_a_step(invoke, outcome, here, unbroken, monkeypatch, step):
    save, steps = recorder.Recorder.save, []

    def save_and_die(self):
        save(self)
        steps.append(self.trainer.step)
        if self.trainer.step == step:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(recorder.Recorder, "save", save_and_die)
        with pytest.raises(Killed):
            invoke("image", "fit", *SETTINGS, "--out", "run", "--checkpoint-every", 0, "--quiet")
    assert steps == list(range(1, step + 1))
    assert not (here / "run" / "metrics.json").exists()
    result = invoke("image", "fit", "--resume", "--out", "run", "--keep-checkpoint", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    written = json.loads(Path("run/metrics.json").read_text())
    assert {**json.loads(result.stdout), "digests": written["digests"]} == written
    assert outcome(here / "run") == outcome(unbroken)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_process_killed_among_its_checkpoints(start, invoke, outcome, here, unbroken):
    run = here / "run"
    process = start("image", "fit", *SETTINGS, "--out", run, "--checkpoint-every", 0)
    deadline = time.monotonic() + 60
    while not (run / "resume.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not (run / "metrics.json").exists()
    assert invoke("image", "fit", "--resume", "--out", run, *KEEP).exit_code == 0
    assert outcome(run) == outcome(unbroken)
    assert not list(run.glob(".*"))


def test_a_finished_run_is_printed_and_left_alone(invoke, digits_run):
    before = {path: path.read_bytes() for path in digits_run.iterdir()}
    result = invoke("image", "fit", "--resume", "--out", digits_run, "--json")
    written = json.loads(before[digits_run / "metrics.json"])
    assert {**json.loads(result.stdout), "digests": written["digests"]} == written
    assert before == {path: path.read_bytes() for path in digits_run.iterdir()}


@pytest.mark.slow
def test_a_damaged_history_is_refused(refused, unbroken, here):
    run = Path(shutil.copytree(unbroken, here / "run"))
    (run / "metrics.json").unlink()
    (run / "history.jsonl").write_text('{"epoch": 1}\n')
    assert "history.jsonl" in refused("image", "fit", "--resume", "--out", "run")
