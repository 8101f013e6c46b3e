"""`graphvae export`: write a run or a graph as Parquet tables, for distributed engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.graph import graph_options as graphs
from graphvae_data.core.errors import InputError, nearest

SPLIT_PARAMETERS = ("seed", "val_fraction", "test_fraction")
"""Parameters that require --with-split."""


@click.command("export")
@click.argument("subject", metavar="RUN|DATASET", required=False)
@click.option(
    "--to", type=click.Choice(["parquet"]), default="parquet", help="Format of the tables."
)
@click.option(
    "--out", "-o", type=options.FILE, required=True, help="The folder to write.",
    show_default=False,
)  # fmt: skip
@graphs.graph_option
@click.option(
    "--features",
    type=options.FILE,
    help="Node features of --graph: .csv, .tsv, .parquet by node id, .npy, .npz by order.",
    show_default=False,
)
@options.stacked(*options.reading_options)
@click.option(
    "--with-split",
    is_flag=True,
    help="Split the graph as `fit` does with the same seed and fractions.",
)
@options.seed_option
@options.val_option
@options.test_option
@options.device_option
@click.option("--overwrite", is_flag=True, help="Replace a folder written by export.")
@options.json_option
@click.pass_context
def command(context: click.Context, /, subject: str | None, as_json: bool, **kwargs: Any) -> None:
    """Write a run, a dataset or --graph FILE as Parquet tables: nodes, edges, negatives.

    A run includes its split and its embedding. The tables are for engines that train on several
    machines or GPUs; schema.json describes them.
    """
    _check(context, subject, kwargs)
    schema = _export_run(subject, kwargs) if _is_run(subject) else _export_graph(subject, kwargs)
    if as_json:
        click.echo(json.dumps(schema.to_dict(), indent=2))
        return
    with_split = f", split {schema.split['fingerprint'][:12]}" if schema.split else ""
    click.echo(
        f"{schema.num_nodes:,} nodes, {schema.num_edges:,} edges{with_split} in {kwargs['out']}  "
        f"({', '.join([*schema.files, 'schema.json'])})"
    )


def _is_run(subject: str | None) -> bool:
    """Whether the subject is a run; the name of a dataset means the dataset, ./NAME the folder."""
    return subject is not None and subject not in options.DATASET.names


def _check(context: click.Context, subject: str | None, kwargs: dict[str, Any]) -> None:
    """Raise `InputError` for incompatible options, before anything is loaded."""
    if (subject is None) == (kwargs["graph"] is None):
        got = "neither" if subject is None else "both"
        raise InputError(f"export: expected RUN, DATASET or --graph FILE, got {got}")
    if subject is not None:
        graphs.refuse_reading(kwargs, "a run and a dataset need no reading options")
    if _is_run(subject) and kwargs["with_split"]:
        raise InputError("with-split: the run has its own split; leave out --with-split")
    if _is_run(subject) and not Path(str(subject)).exists():
        hint = nearest(str(subject), options.DATASET.names)
        raise InputError(
            f"export: expected a run folder or the name of a dataset, got {subject!r}{hint}"
        )
    from_user = click.core.ParameterSource.COMMANDLINE
    for name in SPLIT_PARAMETERS:
        if context.get_parameter_source(name) is from_user and not kwargs["with_split"]:
            raise InputError(f"{name.replace('_', '-')}: requires --with-split")


def _export_run(subject: str | None, kwargs: dict[str, Any]) -> Any:
    from graphvae.interop.tables import EXPORT, export_run
    from graphvae.runs.result import load
    from graphvae_data.files.folders import check_folder

    check_folder(kwargs["out"], EXPORT, overwrite=kwargs["overwrite"])
    result = load(str(subject), device=kwargs["device"])
    return export_run(result, kwargs["out"], overwrite=kwargs["overwrite"])


def _export_graph(subject: str | None, kwargs: dict[str, Any]) -> Any:
    from graphvae.interop.tables import EXPORT, class_names_of, export_graph
    from graphvae.setup.inputs import open_named
    from graphvae.specs.recipe import CATALOGUE, FitConfig
    from graphvae_data.files.folders import check_folder
    from graphvae_data.settings.layers import Layer, named_by, overridden

    check_folder(kwargs["out"], EXPORT, overwrite=kwargs["overwrite"])
    name = subject or "own-graph"
    layer = Layer(
        CATALOGUE.nested({key: kwargs[key] for key in SPLIT_PARAMETERS}), CATALOGUE.option_name
    )
    settings = overridden(FitConfig(dataset=name), [layer], CATALOGUE)
    source = open_named(name, progress=True) if subject else graphs.read_files(kwargs)
    with named_by(CATALOGUE.option_name):
        split = source.split(settings) if kwargs["with_split"] else source.official
    graphs.show_reading(source)
    return export_graph(
        source.graph,
        kwargs["out"],
        split=split,
        class_names=class_names_of(name),
        overwrite=kwargs["overwrite"],
    )
