"""A worker among several that a launcher, such as `torchrun`, has started: joining and leaving.

A launcher tells each process by environment variables who it is. Worker 0 speaks for all: what the
others print is kept from the screen. One of them that fails leaves its words in the store that all
share before it closes its connections, so that worker 0, to whom that looks like a lost worker, can
say what happened. Where worker 0 says nothing more, the one that failed does.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import timedelta
from io import StringIO
from typing import Any

import click

from graphvae_data.core.errors import InputError, WorkerLost

JOINING = timedelta(minutes=5)
"""How long the workers wait for each other at the start."""
SILENCE = timedelta(minutes=30)
"""A worker not heard of for so long is lost; one that ends is known to be at once. Worker 0 may
take its time to evaluate, while the others wait for the next of several repeats."""
GRACE, SOON = timedelta(seconds=20), timedelta(seconds=3)
"""How long a worker that failed waits for worker 0 to say so: it may be in a long step. Where
another is lost, worker 0 sees that at the same time. A launcher waits 30 seconds."""

FAULT, STATUS, GONE = "graphvae/error", "graphvae/status", "graphvae/gone"
"""What the store holds after a failure: a worker's words, the exit status of worker 0, and under
`GONE` and its rank that a worker has heard of it, or is done."""

Explain = Callable[[WorkerLost], str]
"""Finds out why a worker was lost, in a sentence."""


def is_worker() -> bool:
    """Whether a launcher started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE") or "1") > 1


def leads() -> bool:
    """Whether this process is worker 0, or the only one."""
    return not is_worker() or (os.environ.get("RANK") or "0") == "0"


def check_fit(context: click.Context) -> None:
    """Raise `InputError` if several workers were started for another command than `fit`."""
    if is_worker() and context.invoked_subcommand != "fit":
        raise InputError(
            "workers: only `fit` supports several workers; "
            f"start `{context.command_path} {context.invoked_subcommand}` without torchrun"
        )


def work(run: Callable[[Explain], int]) -> int:
    """Join the other workers, run, leave with them, and return the exit status."""
    job = Job.join()
    signal.signal(signal.SIGTERM, job.end)
    try:
        if job.rank == 0:
            status = run(job.explain)
        else:
            with redirect_stdout(StringIO()), redirect_stderr(job.words):
                status = run(job.explain)
        return job.leave(status)
    finally:
        job.close()


class Job:
    """This process's place in a job, and the store of words that all workers share."""

    def __init__(self, store: Any, rank: int, count: int) -> None:
        self.store = store
        self.rank = rank
        self.count = count
        """How many workers there are."""
        self.words = StringIO()
        """What a worker other than 0 has written to stderr."""
        self.lost = False
        """Whether another worker was lost."""
        self.leaving = False
        """Whether this worker is on its way out."""

    @classmethod
    def join(cls) -> Job:
        """Meet the other workers; `InputError` if the launcher's variables do not lead to them."""
        import torch
        import torch.distributed as dist
        from torch.distributed.rendezvous import rendezvous

        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        try:
            store, rank, count = next(iter(rendezvous("env://", timeout=JOINING)))
            dist.init_process_group(
                backend, store=store, rank=rank, world_size=count, timeout=SILENCE
            )
        except (RuntimeError, ValueError) as error:
            known = {name: os.environ.get(name) for name in ("RANK", "MASTER_ADDR", "MASTER_PORT")}
            raise InputError(
                f"workers: they could not meet ({error}); expected the variables that torchrun "
                f"sets, got {known}"
            ) from error
        return cls(store, rank, count)

    def explain(self, error: WorkerLost) -> str:
        """Return what a worker said when it left, if it did; else what is known here."""
        self.lost = self.leaving = True
        with suppress(RuntimeError):  # the store may be lost too
            if self.store.check([FAULT]):
                return str(self.store.get(FAULT).decode())
        return str(error)

    def leave(self, status: int) -> int:
        """Make sure that a failure is told once, and return the status that all leave with."""
        self.leaving = True
        if status == 0:
            with suppress(RuntimeError):  # the store ends with worker 0
                self._gone()
            return status
        words = self.words.getvalue()
        try:
            if self.rank == 0:
                self._tell(status)
                return status
            if not self.lost:
                said = words.splitlines()[-1].removeprefix("Error: ")
                self.store.set(FAULT, f"worker {self.rank}: {said}")
            self.close()
            self.store.wait([STATUS], SOON if self.lost else GRACE)
            first = int(self.store.get(STATUS))
            self._gone()
            return first if self.lost else status
        except RuntimeError:  # worker 0 is silent, or the store lost
            sys.stderr.write(words)
            return status

    def _gone(self) -> None:
        """Let worker 0 know that it need not wait for this one."""
        self.store.set(f"{GONE}/{self.rank}", "")

    def _tell(self, status: int) -> None:
        """Leave worker 0's status in the store, which ends with it: so wait till all have heard."""
        self.store.set(STATUS, str(status))
        self.close()
        with suppress(RuntimeError):  # a worker that was killed hears nothing
            self.store.wait([f"{GONE}/{rank}" for rank in range(1, self.count)], SOON)

    def end(self, number: int, frame: Any) -> None:
        """Leave on SIGTERM, by which a launcher ends the others when a worker is lost.

        Not where a error is already on its way to be told.
        """
        if not self.leaving and not isinstance(sys.exc_info()[1], RuntimeError):
            self.leaving = True
            raise WorkerLost("the launcher ended this worker, as it does when another is lost")

    def close(self) -> None:
        """Close the connections, which tells the others that this worker is gone."""
        import torch.distributed as dist

        if dist.is_initialized():
            dist.destroy_process_group()
