"""`graphvae audit`: find leaks and errors in a run or a split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_cli.graph import graph_options as graphs

LABELS = {True: "pass", False: "FAIL", None: "n/a"}


@click.command("audit")
@click.argument("subject", type=options.FILE, metavar="RUN|SPLIT")
@options.dataset_option
@graphs.graph_option
@options.stacked(*options.reading_options)
@options.json_option
def command(subject: Path, as_json: bool, **kwargs: Any) -> int:
    """Check the run, repeats or split file RUN|SPLIT for leaks and errors.

    Pairs, scores, the selected epoch and the first steps are recomputed. A split file is compared
    with the graph of --dataset or --graph; a run has its own graph. The exit status is 1 if a check
    fails.
    """
    from graphvae.audit import audit

    source = graphs.open_input(kwargs)
    result = audit(subject, None if source is None else source.graph)
    if as_json:
        click.echo(json.dumps(result.to_dict(), indent=2))
    else:
        rows = [(LABELS[check.passed], check.name, check.detail) for check in result.checks]
        click.echo(aligned(rows) + "\n" + _verdict(result))
    return 0 if result.passed else 1


def _verdict(result: Any) -> str:
    total, skipped = len(result.checks), sum(check.passed is None for check in result.checks)
    if result.passed:
        return f"{result.subject}: {total - skipped} checks passed, {skipped} not applicable"
    names = ", ".join(check.name for check in result.failures)
    return f"{result.subject}: {len(result.failures)} of {total} checks FAILED: {names}"
