"""`graphvae embed`: export the node embeddings of a run, or of a new graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from graphvae.specs.evaluation import Messages
from graphvae_cli.common import options
from graphvae_cli.graph import graph_options as graphs
from graphvae_data.core.errors import InputError
from graphvae_data.export.formats import check_suffix, embedding_suffixes


@click.command("embed")
@options.run_argument
@click.option(
    "--out",
    "-o",
    type=options.FILE,
    required=True,
    help=f"The file to write; its suffix selects the format: {', '.join(embedding_suffixes)} "
    "(.txt: word2vec; .npy: the matrix alone, with the names in .ids.txt beside it).",
    show_default=False,
)
@graphs.graph_option
@click.option(
    "--features",
    type=options.FILE,
    help="Node features of --graph: .csv, .tsv, .parquet by node id, .npy, .npz by order.",
    show_default=False,
)
@options.stacked(*options.reading_options)
@options.messages_option
@options.device_option
def command(run: Path, out: Path, messages: Messages, device: str, **kwargs: Any) -> None:
    """Export the embedding of every node of the run in folder RUN, with the node names.

    With --graph, embed the nodes of another graph with the same encoder; it needs the features that
    the model was trained on.
    """
    check_suffix(out)
    if not kwargs["graph"]:
        graphs.refuse_reading(kwargs, "the run has its own graph")
    from graphvae.runs.result import load
    from graphvae_data.export.tables import write_embeddings

    result = load(run, device=device)
    if kwargs["graph"]:
        if messages != "all":
            raise InputError("messages: the new graph passes messages over all of its edges")
        prep = None if result.reading is None else result.reading.features
        source = graphs.read_files(kwargs, prep)
        names, z = source.graph.node_names, result.embed_new(source.graph)
        graphs.show_reading(source)
    else:
        names, z = result.node_names, result.embeddings(messages)
    write_embeddings(out, names, z)
    click.echo(f"{z.shape[0]:,} nodes × {z.shape[1]} dimensions in {out}")
    if not kwargs["graph"]:
        click.echo(options.messages_line(result, messages))
