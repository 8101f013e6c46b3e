"""A worker started by a launcher such as `torchrun`: joining the others and exiting.

The launcher passes rank and world size in environment variables. Only worker 0 prints; the output
of the others is captured. A worker that fails writes its error message to the shared store before
it closes its connections. Worker 0, which only sees a lost connection, prints that message. If
worker 0 does not respond, the failed worker prints it.
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

JOIN_TIMEOUT = timedelta(minutes=5)
"""How long the workers wait for each other at the start."""
COLLECTIVE_TIMEOUT = timedelta(minutes=30)
"""Timeout of collective operations. It is long because the others wait while worker 0 evaluates one
of several repeats; the end of a process is noticed at once."""
STEP_TIMEOUT, EXIT_TIMEOUT = timedelta(seconds=20), timedelta(seconds=3)
"""How long a failed worker waits for the exit status of worker 0, which may be in a long step; and
how long if another worker was lost, which worker 0 notices at the same time. Both are below the 30
seconds after which a launcher kills processes."""

ERROR, STATUS, EXITED = "graphvae/error", "graphvae/status", "graphvae/exited"
"""Keys of the store: the error message of a worker, the exit status of worker 0, and, with a rank
appended to `EXITED`, that a worker has read that status or finished."""

Explain = Callable[[WorkerLost], str]
"""Returns the reason why a worker was lost, in one sentence."""


def is_worker() -> bool:
    """Whether a launcher started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE") or "1") > 1


def is_main() -> bool:
    """Whether this process is worker 0 or the only process."""
    return not is_worker() or (os.environ.get("RANK") or "0") == "0"


def check_fit(context: click.Context) -> None:
    """Raise `InputError` if several workers were started for another command than `fit`."""
    if is_worker() and context.invoked_subcommand != "fit":
        raise InputError(
            "workers: only `fit` supports several workers; "
            f"start `{context.command_path} {context.invoked_subcommand}` without torchrun"
        )


def work(run: Callable[[Explain], int]) -> int:
    """Join the other workers, run, exit together, and return the exit status."""
    job = Job.join()
    signal.signal(signal.SIGTERM, job.on_sigterm)
    try:
        if job.rank == 0:
            status = run(job.explain)
        else:
            with redirect_stdout(StringIO()), redirect_stderr(job.stderr):
                status = run(job.explain)
        return job.leave(status)
    finally:
        job.close()


class Job:
    """One worker of a distributed job.

    Args:
        store: the key-value store that all workers share.
        rank: the rank of this worker.
        count: the number of workers.
    """

    def __init__(self, store: Any, rank: int, count: int) -> None:
        self.store = store
        self.rank = rank
        self.count = count
        self.stderr = StringIO()
        """Captured stderr of a worker other than 0."""
        self.lost = False
        """Whether another worker was lost."""
        self.exiting = False
        """Whether this worker is about to exit."""

    @classmethod
    def join(cls) -> Job:
        """Initialise the process group.

        Raises:
            InputError: the workers cannot connect with the environment variables of the launcher.
        """
        import torch
        import torch.distributed as dist
        from torch.distributed.rendezvous import rendezvous

        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        try:
            store, rank, count = next(iter(rendezvous("env://", timeout=JOIN_TIMEOUT)))
            dist.init_process_group(
                backend, store=store, rank=rank, world_size=count, timeout=COLLECTIVE_TIMEOUT
            )
        except (RuntimeError, ValueError) as error:
            values = {name: os.environ.get(name) for name in ("RANK", "MASTER_ADDR", "MASTER_PORT")}
            raise InputError(
                f"workers: they could not connect ({error}); expected the environment variables "
                f"that torchrun sets, got {values}"
            ) from error
        return cls(store, rank, count)

    def explain(self, error: WorkerLost) -> str:
        """Return the message that the failed worker stored, else that of the error."""
        self.lost = self.exiting = True
        with suppress(RuntimeError):  # the store may be lost too
            if self.store.check([ERROR]):
                return str(self.store.get(ERROR).decode())
        return str(error)

    def leave(self, status: int) -> int:
        """Print a failure exactly once, and return the common exit status."""
        self.exiting = True
        if status == 0:
            with suppress(RuntimeError):  # the store ends with worker 0
                self._set_exited()
            return status
        message = self.stderr.getvalue()
        try:
            if self.rank == 0:
                self._publish(status)
                return status
            if not self.lost:
                reason = message.splitlines()[-1].removeprefix("Error: ")
                self.store.set(ERROR, f"worker {self.rank}: {reason}")
            self.close()
            self.store.wait([STATUS], EXIT_TIMEOUT if self.lost else STEP_TIMEOUT)
            main_status = int(self.store.get(STATUS))
            self._set_exited()
            return main_status if self.lost else status
        except RuntimeError:  # worker 0 does not respond, or the store is lost
            sys.stderr.write(message)
            return status

    def _set_exited(self) -> None:
        """Tell worker 0 not to wait for this worker."""
        self.store.set(f"{EXITED}/{self.rank}", "")

    def _publish(self, status: int) -> None:
        """Store the exit status of worker 0, and wait until all have read it.

        The store ends with worker 0.
        """
        self.store.set(STATUS, str(status))
        self.close()
        with suppress(RuntimeError):  # a killed worker does not respond
            self.store.wait([f"{EXITED}/{rank}" for rank in range(1, self.count)], EXIT_TIMEOUT)

    def on_sigterm(self, number: int, frame: Any) -> None:
        """Exit on SIGTERM, which a launcher sends to the other workers when one is lost.

        Ignore the signal while another error is being handled.
        """
        if not self.exiting and not isinstance(sys.exc_info()[1], RuntimeError):
            self.exiting = True
            raise WorkerLost("the launcher stopped this worker, as it does when another is lost")

    def close(self) -> None:
        """Close the connections, so that the others notice the exit of this worker."""
        import torch.distributed as dist

        if dist.is_initialized():
            dist.destroy_process_group()
