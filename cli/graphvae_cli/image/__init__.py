"""`graphvae image`: variational auto-encoders on images, one file per command."""

from __future__ import annotations

import click

from graphvae_cli.common import job
from graphvae_cli.common.lazy import LazyGroup

COMMANDS = {
    "fit": (
        "graphvae_cli.image.fit",
        "Train a variational auto-encoder on images and score it.",
    ),
    "evaluate": (
        "graphvae_cli.image.evaluate",
        "Score the run in folder RUN again, from its saved weights.",
    ),
    "sample": (
        "graphvae_cli.image.sample",
        "Sample codes from the prior of the run in folder RUN, or given attributes, and write "
        "their mean images.",
    ),
    "reconstruct": (
        "graphvae_cli.image.reconstruct",
        "Write images and their reconstructions by the run in folder RUN.",
    ),
    "traverse": (
        "graphvae_cli.image.traverse",
        "Vary the coordinates of an image's code one at a time, with the run in folder RUN.",
    ),
    "embed": (
        "graphvae_cli.image.embed",
        "Export the posterior mean of every image, with the run in folder RUN.",
    ),
    "describe": (
        "graphvae_cli.image.attributes.describe",
        "Predict the attributes of images, with the run in folder RUN.",
    ),
    "hierarchy": (
        "graphvae_cli.image.attributes.hierarchy",
        "Plot the abstraction hierarchy of a concept, with images, by run RUN.",
    ),
    "sweep": (
        "graphvae_cli.image.sweep",
        "Train a model at several values of one setting, each with several seeds.",
    ),
    "tune": (
        "graphvae_cli.tuning.images",
        "Search the settings of one or several models by their validation loss.",
    ),
    "recipes": (
        "graphvae_cli.image.recipes",
        "List the presets of `graphvae image fit --model`; with NAME, describe one.",
    ),
}
"""Module and first help sentence of each command."""


@click.group("image", cls=LazyGroup, modules=COMMANDS, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Variational auto-encoders on images.

    Start with `graphvae image fit --dataset mnist`.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    else:
        job.check_fit(context)
