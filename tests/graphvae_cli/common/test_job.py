"""`fit` under a launcher: only worker 0 prints and writes; a killed run can be resumed."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist

from graphvae_cli.common.job import ERROR, EXITED, STATUS, Job
from graphvae_cli.main import main
from graphvae_data.core.errors import InputError, WorkerLost
from tests.graphvae_cli.outcome import assert_same

ROOT = Path(__file__).resolve().parents[3]
MORTAL = Path(__file__).with_name("mortal_worker.py")
GIVEN = (
    "--dataset", "karate", "--loss", "sampled", "--batch-size", "25", "--epochs", "20",
    "--dropout", "0.2", "--threads", "1", "--no-baselines", "--checkpoint-every", "0",
)  # fmt: skip
"""A run of 60 steps, of which worker 1 is killed before the 32nd."""


def environment(**more: str) -> dict[str, str]:
    roots = os.pathsep.join(str(ROOT / part) for part in ("", "cli", "data"))
    return {**os.environ, "PYTHONPATH": roots, "OMP_NUM_THREADS": "1", **more}


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def pair(here: Path, *arguments: str, wheres: tuple[str, str] = ("", "")) -> list[Any]:
    """Start the command as two workers, each in its folder, and wait for what they print."""
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "graphvae_cli", *arguments],
            cwd=here / where,
            env=environment(**common, RANK=str(rank)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for rank, where in enumerate(wheres)
    ]
    streams = [process.communicate(timeout=120) for process in processes]
    return [
        subprocess.CompletedProcess(process.args, process.returncode, *output)
        for process, output in zip(processes, streams, strict=True)
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """A run of two workers that nothing disturbed, and what they printed."""
    here = tmp_path_factory.mktemp("whole")
    return here, pair(here, "fit", *GIVEN, "--json")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The same under torchrun, worker 1 killed in the middle."""
    run = tmp_path_factory.mktemp("broken") / "run"
    launcher = ("-m", "torch.distributed.run", "--nnodes", "1", "--nproc-per-node", "2")
    where = ("--master-addr", "127.0.0.1", "--master-port", free_port())
    mortal = (str(MORTAL), "1", "31", "fit", *GIVEN, "--out", str(run))
    done = subprocess.run(
        [sys.executable, *launcher, *where, *mortal],
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    return run, done


@pytest.mark.slow
def test_worker_0_alone_prints_and_writes(whole: tuple[Path, list[Any]]) -> None:
    here, (one, two) = whole
    assert [one.returncode, two.returncode] == [0, 0]
    assert [one.stderr, two.stderr, two.stdout] == ["", "", ""]
    run = here / "runs" / "karate-vgae-1"
    assert [path.name for path in (here / "runs").iterdir()] == [run.name]
    written = json.loads((run / "metrics.json").read_text())
    assert {**json.loads(one.stdout), "digests": written["digests"]} == written
    assert len((run / "history.jsonl").read_text().splitlines()) == 20


@pytest.mark.slow
def test_a_lost_worker_is_a_one_line_error(broken: tuple[Path, Any]) -> None:
    run, done = broken
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error:")]
    assert "lost" in line
    assert f"graphvae fit --out {run} --resume" in line
    assert not (run / "metrics.json").exists()


@pytest.mark.slow
def test_a_broken_run_is_resumed_to_the_same_bits(
    whole: tuple[Path, list[Any]], broken: tuple[Path, Any], tmp_path: Path
) -> None:
    run = Path(shutil.copytree(broken[0], tmp_path / "run"))
    left = torch.load(run / "resume.pt", weights_only=True)
    assert (left["epoch"], left["progress"]) != (20, None)
    one, two = pair(tmp_path, "fit", "--resume", "--out", "run", "--quiet")
    assert [one.returncode, two.returncode] == [0, 0], one.stderr
    assert_same(run, whole[0] / "runs" / "karate-vgae-1")


@pytest.mark.slow
def test_a_run_of_two_workers_is_resumed_by_one(
    whole: tuple[Path, list[Any]], broken: tuple[Path, Any], invoke: Any, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(broken[0], tmp_path / "run"))
    assert invoke("fit", "--resume", "--out", run, "--quiet").exit_code == 0
    output, expected = (
        [json.loads(line)["loss"] for line in (path / "history.jsonl").read_text().splitlines()]
        for path in (run, whole[0] / "runs" / "karate-vgae-1")
    )
    assert output == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_invalid_input_is_printed_once_and_ends_every_worker(here: Path) -> None:
    done = pair(here, "fit", *GIVEN, "--seed", "-1")
    assert [one.returncode for one in done] == [2, 2]
    (line,) = [line for one in done for line in one.stderr.splitlines()]
    assert line == "Error: --seed: expected a whole number of at least 0, got -1"
    assert not list(here.iterdir())


def test_worker_0_prints_the_error_of_another(capsys: pytest.CaptureFixture[str]) -> None:
    store = dist.HashStore()
    first, other = Job(store, 0, 2), Job(store, 1, 2)
    other.stderr.write("Error: edges.csv: not found\n")
    with ThreadPoolExecutor() as threads:
        left = threads.submit(other.leave, 2)
        while not store.check([ERROR]):
            time.sleep(0.01)
        assert first.explain(WorkerLost("worker 1 of 2 was lost")) == (
            "worker 1: edges.csv: not found"
        )
        assert (first.leave(1), left.result()) == (1, 2)
    assert capsys.readouterr().err == ""


def test_worker_0_waits_until_the_others_have_read_its_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphvae_cli.common.job.EXIT_TIMEOUT", timedelta(seconds=30))
    store = dist.HashStore()
    first, other = Job(store, 0, 2), Job(store, 1, 2)
    other.stderr.write("Error: the same\n")
    with ThreadPoolExecutor() as threads:
        leaving = threads.submit(first.leave, 2)
        while not store.check([STATUS]):
            time.sleep(0.01)
        assert not leaving.done()
        assert other.leave(2) == leaving.result() == 2
    assert capsys.readouterr().err == ""


def test_worker_0_does_not_wait_for_a_finished_worker() -> None:
    store = dist.HashStore()
    assert Job(store, 1, 2).leave(0) == 0
    assert store.check([f"{EXITED}/1"])


def test_a_failed_worker_prints_its_error_if_worker_0_does_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphvae_cli.common.job.EXIT_TIMEOUT", timedelta(milliseconds=10))
    job = Job(dist.HashStore(), 1, 2)
    job.stderr.write(f"Error: {job.explain(WorkerLost('worker 0 of 2 was lost'))}\n")
    assert job.leave(1) == 1
    assert capsys.readouterr().err == "Error: worker 0 of 2 was lost\n"


def test_missing_launcher_variables_are_an_error(
    invoke: Any, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    result = invoke("fit", "--dataset", "karate")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "torchrun" in result.stderr


def test_other_commands_do_not_share_their_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="only `fit`"):
        main.main(["evaluate", "run"], standalone_mode=False)
