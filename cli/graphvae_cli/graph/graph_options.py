"""Graphs that the command is given: a dataset's name, or files with the options that read them."""

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
    help="A graph of your own: an edge list (.csv, .tsv, .txt, .parquet, also .gz), .graphml, "
    ".gml, .gexf, .npy (numbered edges, [2, edge]), .npz, .mat or .pt.",
    show_default=False,
)


def read_files(given: dict[str, Any]) -> GraphInput:
    """Read the graph of --graph or --split-edges with the options that go with them."""
    from graphvae.runs.inputs import read_input, read_presplit_input
    from graphvae_data.graphs.edges import ReadOptions

    columns = {name: given[name] for name in options.READING if name != "labels"}
    features = given.get("features")
    tables = {"features": Path(features) if features else None, "labels": given["labels"]}
    if given.get("split_edges"):
        return read_presplit_input(given["split_edges"], ReadOptions(**columns), **tables)
    return read_input(given["graph"], ReadOptions(**columns), **tables)


def refuse_reading(given: dict[str, Any], instead: str) -> None:
    """Raise `InputError` if an option that reads files was given where no file is read."""
    wrong = [name for name in (*options.READING, "features") if given.get(name)]
    if wrong:
        option = wrong[0].replace("_", "-")
        raise InputError(f"{option}: goes with --graph; {instead}")


def open_input(given: dict[str, Any]) -> GraphInput | None:
    """Open the graph of --dataset or of --graph; None if neither is given."""
    if given["dataset"] and given["graph"]:
        raise InputError("graph: expected --dataset or --graph, got both")
    if given["graph"]:
        return read_files(given)
    refuse_reading(given, "no file is read here")
    if not given["dataset"]:
        return None
    from graphvae.runs.inputs import open_named

    return open_named(given["dataset"], progress=True)
