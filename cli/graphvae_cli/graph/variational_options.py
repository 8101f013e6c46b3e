"""Options of `graphvae fit` that only a variational model takes."""

from __future__ import annotations

from typing import get_args

import click

from graphvae.specs.presets import KL, Estimator, Prior
from graphvae.specs.variational import BELONGS, WITHOUT

VARIATIONAL = tuple(WITHOUT)
"""Their parameters."""


def _unless(name: str) -> str:
    """Say what is taken if an option is not given."""
    return f"; {BELONGS[name][2]} if not given."


variational_options = (
    click.option(
        "--prior",
        type=click.Choice(get_args(Prior)),
        default="normal",
        help="What the codes of a variational model are drawn from: N(0, I), a mixture of "
        "Gaussians, or the average posterior of pseudo-nodes.",
    ),
    click.option(
        "--prior-components",
        type=int,
        metavar="K",
        help="Components of --prior mog or vamp" + _unless("prior_components"),
        show_default=False,
    ),
    click.option(
        "--kl",
        type=click.Choice(get_args(KL)),
        default="plain",
        help="How the Kullback-Leibler term counts: as it is, with a weight that grows from 0 to "
        "1, or above what is free.",
    ),
    click.option(
        "--kl-warmup",
        type=int,
        metavar="EPOCHS",
        help="Epochs until --kl warmup counts in full" + _unless("kl_warmup"),
        show_default=False,
    ),
    click.option(
        "--free-bits",
        type=float,
        metavar="NATS",
        help="What is free in each coordinate with --kl free-bits" + _unless("free_bits"),
        show_default=False,
    ),
    click.option(
        "--estimator",
        type=click.Choice(get_args(Estimator)),
        default="elbo",
        help="iwae: the importance-weighted bound over the whole graph, with --loss elbo.",
    ),
    click.option(
        "--samples",
        type=int,
        metavar="K",
        help="Draws in a step of --estimator iwae" + _unless("samples"),
        show_default=False,
    ),
)
"""The prior, the divergence from it, and the bound."""
