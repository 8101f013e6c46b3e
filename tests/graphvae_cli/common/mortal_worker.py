"""The command `graphvae` as a worker that kills itself before one of its steps.

    python mortal_worker.py RANK STEP ARGUMENT …

Only the worker of that rank dies; the others are not told.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def kill_before(step: int) -> None:
    from graphvae.training.trainer import GraphTrainer

    take, taken = GraphTrainer.step, iter(range(step))

    def mortal(self: GraphTrainer) -> Any:
        if next(taken, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return take(self)

    GraphTrainer.step = mortal  # type: ignore[method-assign]


if __name__ == "__main__":
    from graphvae_cli.main import main

    rank, step, *arguments = sys.argv[1:]
    if os.environ["RANK"] == rank:
        kill_before(int(step))
    main(arguments, prog_name="graphvae")
