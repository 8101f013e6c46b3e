"""Options of `graphvae fit` that say how its steps are taken."""

from __future__ import annotations

from typing import get_args

import click

from graphvae.specs.presets import Init, Propagate

OWN = " The model's own if not given."
STEPS = (
    "batch_size", "negatives", "clip", "decode_nodes", "decode_alpha", "init", "propagate",
    "validate_every", "capture", "deterministic",
)  # fmt: skip
"""Their parameters."""
step_options = (
    click.option(
        "--batch-size",
        type=int,
        metavar="EDGES",
        help="Edges in a step, with --loss sampled; all in one if not given.",
        show_default=False,
    ),
    click.option(
        "--negative-ratio",
        "negatives",
        type=int,
        help="Non-edges drawn for each edge, with --loss sampled." + OWN,
        show_default=False,
    ),
    click.option(
        "--clip-grad",
        "clip",
        type=float,
        metavar="NORM",
        help="Scale a gradient with a larger norm down to it; never if not given.",
        show_default=False,
    ),
    click.option(
        "--decode-nodes",
        type=int,
        metavar="NODES",
        help="With --loss paper, decode the pairs among so many nodes in each step, drawn by "
        "degree (FastGAE); all nodes if not given.",
        show_default=False,
    ),
    click.option(
        "--decode-alpha",
        type=float,
        default=1.0,
        help="Draw the nodes of --decode-nodes in proportion to the degree to this power.",
    ),
    click.option(
        "--init",
        type=click.Choice(get_args(Init)),
        default="glorot",
        help="How node embeddings start where there are no features.",
    ),
    click.option(
        "--propagate",
        type=click.Choice(get_args(Propagate)),
        default="each-step",
        help="once: before training, for a linear model with features.",
    ),
    click.option(
        "--validate-every",
        type=int,
        default=1,
        metavar="EPOCHS",
        help="Validate each so many epochs, and always after the last.",
    ),
    click.option(
        "--capture/--no-capture",
        default=False,
        help="Replay each step from a CUDA graph; needs a CUDA device.",
    ),
    click.option(
        "--deterministic/--no-deterministic",
        default=False,
        help="On CUDA, only algorithms that give the same bits each time; a CPU always does.",
    ),
)
"""How the steps of training are taken."""
