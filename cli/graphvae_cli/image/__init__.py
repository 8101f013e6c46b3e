"""`graphvae image`: variational auto-encoders on images, one file a command."""

from __future__ import annotations

import click

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
        "Draw codes from the prior of run RUN, or given attributes, and write expected images.",
    ),
    "reconstruct": (
        "graphvae_cli.image.reconstruct",
        "Write images, each with its reconstruction by the run in folder RUN.",
    ),
    "traverse": (
        "graphvae_cli.image.traverse",
        "Change the coordinates of an image's code one by one, by the run in folder RUN.",
    ),
    "embed": (
        "graphvae_cli.image.embed",
        "Export the mean of the code of every image of a part, by the run in folder RUN.",
    ),
    "describe": (
        "graphvae_cli.image.attributes.describe",
        "Read the attributes off images, by the run in folder RUN.",
    ),
    "hierarchy": (
        "graphvae_cli.image.attributes.hierarchy",
        "Draw every way to leave attributes of a concept open, with images, by run RUN.",
    ),
    "sweep": (
        "graphvae_cli.image.sweep",
        "Train a model at several values of one setting, each with several seeds.",
    ),
    "recipes": (
        "graphvae_cli.image.recipes",
        "List the models that `graphvae image fit --model` knows; with NAME, describe one.",
    ),
}
"""By name of a command its module and the first sentence of its help."""


@click.group("image", cls=LazyGroup, modules=COMMANDS, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Variational auto-encoders on images.

    Start with `graphvae image fit --dataset mnist`.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
