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
    help="A graph of your own: an edge list or triples (.csv, .tsv, .txt, .parquet, .nt, …), "
    ".graphml, .gml, .gexf, .net, .npy (numbered edges, [2, edge]), .mtx, .npz, .mat or .pt; texts "
    "also packed (.gz, .bz2, .xz, .zip).",
    show_default=False,
)


def read_files(kwargs: dict[str, Any], prep: FeaturePrep | None = None) -> GraphInput:
    """Read the graph of --graph or --split-edges with the options that go with them."""
    from graphvae.setup.inputs import read_input, read_presplit_input

    chosen = {n: kwargs[n] for n in ReadOptions.model_fields if kwargs.get(n) is not None}
    features = kwargs.get("features")
    tables = {"features": Path(features) if features else None, "labels": kwargs["labels"]}
    if kwargs.get("split_edges"):
        return read_presplit_input(kwargs["split_edges"], ReadOptions(**chosen), **tables)
    return read_input(kwargs["graph"], ReadOptions(**chosen), **tables, prep=prep)


def show_reading(source: Any) -> None:
    """Say in one line on stderr what was read, dropped and merged."""
    reading = getattr(source, "reading", None)
    if reading is not None:
        click.echo(reading.line(), err=True)


def refuse_reading(kwargs: dict[str, Any], instead: str) -> None:
    """Raise `InputError` if an option that reads files was given where no file is read."""
    names = (*options.READING, "features")
    wrong = [name for name in names if kwargs.get(name) not in (None, "")]
    if wrong:
        known = wrong[0] in ReadOptions.model_fields
        option = ReadOptions.flag(wrong[0])[2:] if known else wrong[0]
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
    from graphvae.setup.inputs import open_named

    return open_named(kwargs["dataset"], progress=True)
