"""The folder of a run, held from the moment its name is chosen until the command ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from graphvae_cli.common import job

if TYPE_CHECKING:
    from graphvae_data.runs.run_folder import Claim

RUNS = Path("runs")
"""Where runs are put that have no --out."""


@contextmanager
def claimed_out(out: Path | None, stem: str, *, overwrite: bool) -> Iterator[Claim | None]:
    """Hold --out, or the first free of `runs/STEM-1`, `runs/STEM-2`, …; only worker 0 has a folder.

    Raises:
        InputError: the folder is taken, is in use by another process, or cannot be written.
    """
    from graphvae_data.runs.run_folder import claimed, claimed_next

    if not job.leads():
        yield None
        return
    with claimed_next(RUNS, stem) if out is None else claimed(out, overwrite=overwrite) as claim:
        yield claim
