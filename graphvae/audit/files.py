"""The check that the files of a run are those that it wrote."""

from __future__ import annotations

from graphvae.audit.checks import Check
from graphvae_data.runs.checkpoint import finished_digests, mismatched
from graphvae_data.runs.run_folder import RunFolder

NAME = "files as written"


def check_run_files(folder: RunFolder) -> Check:
    """Compare the settings, split, graph, history and weights with their digests."""
    digests = finished_digests(folder)
    if not digests:
        return Check.skipped(NAME, "metrics.json has no digests; an earlier version wrote it")
    faults = [f"{name} is missing, or was changed" for name in mismatched(folder, digests)]
    return Check.of(NAME, faults, f"the digests of {', '.join(digests)}")
