"""Graph inputs of commands: a dataset's name, or files with their reading options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphvae.specs.presets import PRESETS
from graphvae_cli.common import options
from graphvae_data.core.errors import InputError

if TYPE_CHECKING:
    from graphvae.runs.inputs import GraphInput

MODEL = options.Name("model", PRESETS)
graph_option = click.option(
    "--graph",
    type=options.FILE,
    help="A graph file: an edge list (.csv, .tsv, .txt, .parquet, also .gz), .graphml, "
    ".gml, .gexf, .npy (numbered edges, [2, edge]), .npz, .mat or .pt.",
    show_default=False,
)


def read_files(kwargs: dict[str, Any]) -> GraphInput:
    """Read the graph of --graph or --split-edges with the options that go with them."""
    from graphvae.runs.inputs import read_input, read_presplit_input
    from graphvae_data.graphs.edges import ReadOptions

    columns = {name: kwargs[name] for name in options.READING if name != "labels"}
    features = kwargs.get("features")
    tables = {"features": Path(features) if features else None, "labels": kwargs["labels"]}
    if kwargs.get("split_edges"):
        return read_presplit_input(kwargs["split_edges"], ReadOptions(**columns), **tables)
    return read_input(kwargs["graph"], ReadOptions(**columns), **tables)


def refuse_reading(kwargs: dict[str, Any], instead: str) -> None:
    """Raise `InputError` if an option that reads files was given where no file is read."""
    wrong = [name for name in (*options.READING, "features") if kwargs.get(name)]
    if wrong:
        option = wrong[0].replace("_", "-")
        raise InputError(f"{option}: goes with --graph; {instead}")


def open_input(kwargs: dict[str, Any]) -> GraphInput | None:
    """Open the graph of --dataset or of --graph; None if neither is given."""
    if kwargs["dataset"] and kwargs["graph"]:
        raise InputError("graph: expected --dataset or --graph, got both")
    if kwargs["graph"]:
        return read_files(kwargs)
    refuse_reading(kwargs, "no file is read here")
    if not kwargs["dataset"]:
        return None
    from graphvae.runs.inputs import open_named

    return open_named(kwargs["dataset"], progress=True)
