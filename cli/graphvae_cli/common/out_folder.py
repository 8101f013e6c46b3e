"""The folder of a run, locked from the choice of its name until the command ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from graphvae_cli.common import job

if TYPE_CHECKING:
    from graphvae_data.runs.run_folder import Claim

RUNS = Path("runs")
"""The parent folder of runs without --out."""


@contextmanager
def claimed_out(out: Path | None, stem: str, *, overwrite: bool) -> Iterator[Claim | None]:
    """Lock --out, or the first of `runs/STEM-1`, `runs/STEM-2`, … that does not exist.

    Yields None in workers other than 0, which write nothing.

    Raises:
        InputError: the folder exists, is in use by another process, or cannot be written.
    """
    from graphvae_data.runs.run_folder import claimed, claimed_next

    if not job.is_main():
        yield None
        return
    with claimed_next(RUNS, stem) if out is None else claimed(out, overwrite=overwrite) as claim:
        yield claim
