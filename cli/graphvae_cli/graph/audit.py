"""`graphvae audit`: find leaks and faults in a run or a split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.graph import graph_options as graphs
from graphvae_cli.graph import tables

SIGNS = {True: "pass", False: "FAIL", None: "n/a"}


@click.command("audit")
@click.argument("subject", type=options.FILE, metavar="RUN|SPLIT")
@options.dataset_option
@graphs.graph_option
@options.stacked(*options.reading_options)
@options.json_option
def command(subject: Path, as_json: bool, **given: Any) -> int:
    """Check the run, repeats or split file RUN|SPLIT for leaks and faults, a line a check.

    Nothing is believed that can be computed again: pairs, scores, the chosen epoch, the first steps
    from the seed. A split file is held against the graph of --dataset or --graph; a run has its
    own. The exit status is 1 if a check fails.
    """
    from graphvae.audit import audit

    source = graphs.open_input(given)
    found = audit(subject, None if source is None else source.graph)
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2))
    else:
        rows = [(SIGNS[check.passed], check.name, check.detail) for check in found.checks]
        click.echo(tables.aligned(rows) + "\n" + _verdict(found))
    return 0 if found.passed else 1


def _verdict(found: Any) -> str:
    total, skipped = len(found.checks), sum(check.passed is None for check in found.checks)
    if found.passed:
        return f"{found.subject}: {total - skipped} checks passed, {skipped} not applicable"
    names = ", ".join(check.name for check in found.failures)
    return f"{found.subject}: {len(found.failures)} of {total} checks FAILED: {names}"
