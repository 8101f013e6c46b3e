"""`graphvae split`: write or inspect a split file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import click

from graphvae.specs.recipe import SplitBy
from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_cli.graph import graph_options as graphs
from graphvae_data.core.errors import InputError


@click.command("split")
@click.argument("file", type=options.FILE, required=False)
@options.dataset_option
@graphs.graph_option
@options.stacked(*options.reading_options)
@options.val_option
@options.test_option
@options.seed_option
@click.option(
    "--split-by",
    type=click.Choice(get_args(SplitBy)),
    default="random",
    help="time: train on the past, test on the future; needs --time-col.",
)
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@options.json_option
def command(file: Path | None, overwrite: bool, as_json: bool, **kwargs: Any) -> None:
    """Write the split of a graph to FILE (.npz); without a graph, inspect FILE.

    `graphvae fit --seed S` makes the same split as `graphvae split --seed S`.
    """
    if file is None:
        raise InputError("split: expected FILE, the split file to write or to inspect")
    from graphvae.splits.edge_split import EdgeSplit

    if not kwargs["dataset"] and not kwargs["graph"]:
        graphs.refuse_reading(kwargs, "without it, FILE is a split to inspect")
        _show(EdgeSplit.load(file), file, as_json)
        return
    _check_file(file, overwrite)
    from graphvae.specs.recipe import CATALOGUE, FitConfig
    from graphvae_data.settings.layers import Layer, named_by, overridden

    settings = {
        name: kwargs[name] for name in ("val_fraction", "test_fraction", "seed", "split_by")
    }
    layer = Layer(CATALOGUE.nested(settings), CATALOGUE.option_name)
    config = overridden(FitConfig(dataset=kwargs["dataset"] or "own-graph"), [layer], CATALOGUE)
    source = graphs.open_input(kwargs)
    assert source is not None  # one of the two options was passed
    with named_by(CATALOGUE.option_name):
        split = source.split(config)
    split.save(file)
    graphs.show_reading(source)
    _show(split, file, as_json)


def _check_file(file: Path, overwrite: bool) -> None:
    if file.suffix != ".npz":
        raise InputError(f"split: expected a path ending in .npz, got {str(file)!r}")
    if file.exists() and not overwrite:
        raise InputError(f"split: {file} exists; replace it with --overwrite")


def _show(split: Any, file: Path, as_json: bool) -> None:
    parts = ("train", "val", "test", "val_negatives", "test_negatives")
    sizes = {name: int(getattr(split, name).size(1)) for name in parts}
    facts = {"num_nodes": split.num_nodes, "graph": split.graph, "fingerprint": split.fingerprint}
    if as_json:
        click.echo(json.dumps({"file": str(file), **facts, **sizes}, indent=2))
        return
    rows = [("file", str(file)), *((name, str(value)) for name, value in facts.items())]
    rows += [(name.replace("_", " "), f"{size:,} pairs") for name, size in sizes.items()]
    click.echo(aligned(rows))
