"""Graph inputs of commands: a dataset's name, or files with their reading options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from graphvae.specs.presets import PRESETS
from graphvae_cli.common import options
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.read_options import ReadOptions

if TYPE_CHECKING:
    from graphvae.setup.inputs import GraphInput
    from graphvae_data.core.reading import FeaturePrep

MODEL = options.Name("model", PRESETS)
graph_option = click.option(
    "--graph",
    type=options.FILE,
    help="A graph file: an edge list or triples (.csv, .tsv, .txt, .parquet, .nt, …), .graphml, "
    ".gml, .gexf, .net, .npy (integers [2, edge]), .mtx, .npz, .mat or .pt; text files may be "
    "compressed (.gz, .bz2, .xz, .zip).",
    show_default=False,
)


def read_files(kwargs: dict[str, Any], prep: FeaturePrep | None = None) -> GraphInput:
    """Read the graph of --graph or --split-edges with the reading options.

    Args:
        kwargs: the parameters of the command.
        prep: preprocessing of features from an earlier run; None fits it to this graph.
    """
    from graphvae.setup.inputs import read_input, read_presplit_input

    reading = {n: kwargs[n] for n in ReadOptions.model_fields if kwargs.get(n) is not None}
    features = kwargs.get("features")
    tables = {"features": Path(features) if features else None, "labels": kwargs["labels"]}
    if kwargs.get("split_edges"):
        return read_presplit_input(kwargs["split_edges"], ReadOptions(**reading), **tables)
    return read_input(kwargs["graph"], ReadOptions(**reading), **tables, prep=prep)


def show_reading(source: Any) -> None:
    """Print a line to stderr on what was read, dropped and merged."""
    reading = getattr(source, "reading", None)
    if reading is not None:
        click.echo(reading.line(), err=True)


def refuse_reading(kwargs: dict[str, Any], reason: str) -> None:
    """Raise `InputError` with the reason if a reading option is passed without a graph file."""
    names = (*options.READING, "features")
    passed = [name for name in names if kwargs.get(name) not in (None, "")]
    if passed:
        name = passed[0]
        flag = ReadOptions.flag(name) if name in ReadOptions.model_fields else f"--{name}"
        option = flag.split("/")[0].removeprefix("--")
        raise InputError(f"{option}: requires --graph; {reason}")


def open_input(kwargs: dict[str, Any]) -> GraphInput | None:
    """Open the graph of --dataset or of --graph; None if neither is given."""
    if kwargs["dataset"] and kwargs["graph"]:
        raise InputError("graph: expected --dataset or --graph, got both")
    if kwargs["graph"]:
        return read_files(kwargs)
    refuse_reading(kwargs, "a dataset needs no reading options")
    if not kwargs["dataset"]:
        return None
    from graphvae.setup.inputs import open_named

    return open_named(kwargs["dataset"], progress=True)
