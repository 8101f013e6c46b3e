"""Options of every setting that a recipe has a say in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import click

from graphvae_cli.image.values import Wholes
from image_vae.specs import recipes
from image_vae.specs.config import Binarize

OWN = " The model's own if not given."


def _option(name: str, kind: Any, told: str, metavar: str | None = None) -> Callable[[Any], Any]:
    return click.option(name, type=kind, help=told + OWN, metavar=metavar, show_default=False)


def _choice(name: str, alias: Any, told: str) -> Callable[[Any], Any]:
    return _option(name, click.Choice(get_args(alias)), told)


setting_options = (
    _option("--latent", Wholes(), "Width of each code, from the image upwards.", "N[,N…]"),
    _option("--hidden", Wholes(), "Hidden layers between the image and a code.", "N[,N…]"),
    _option("--hidden-between", Wholes(), "Hidden layers between two codes.", "N[,N…]"),
    _choice("--network", recipes.Network, "Dense layers, or convolutions next to the image."),
    _choice("--activation", recipes.Activation, "Of every hidden layer."),
    _choice(
        "--likelihood", recipes.Family, "p(x | z): binary pixels, real-valued ones, or 256 levels."
    ),
    _choice("--prior", recipes.PriorName, "p(z) of the topmost code."),
    _option("--prior-components", int, "Components of a prior mog, vamp or vamp-data."),
    _choice(
        "--estimator",
        recipes.Estimator,
        "elbo: the divergence in closed form where there is one; elbo-mc: by samples; iwae: the "
        "importance-weighted bound; adversarial: InfoGAN's game, with --prior uniform.",
    ),
    _option("--k", int, "Samples of the code per image and step."),
    _choice("--penalty", recipes.PenaltyName, "How the divergence enters the loss."),
    _option(
        "--beta",
        float,
        "Weight of the divergence, in summed nats; with --penalty decomposed, of total "
        "correlation.",
    ),
    _option("--warmup", int, "Epochs over which the weight rises from 0.", "EPOCHS"),
    _option(
        "--gamma",
        float,
        "Weight of |KL − C|, with --penalty capacity; of the dimension-wise divergence, with "
        "decomposed; of total correlation, with density-ratio.",
    ),
    _option("--capacity", float, "C at the end, in nats, with --penalty capacity.", "NATS"),
    _option("--capacity-steps", int, "Steps over which C rises from 0.", "STEPS"),
    _option("--free-bits", float, "Nats free per coordinate, with --penalty free-bits.", "NATS"),
    _option("--alpha", float, "Weight of the mutual information, with --penalty decomposed."),
    _option("--within", float, "Weight of total correlation inside --groups."),
    _option("--groups", Wholes(), "Sizes of groups of coordinates of the code.", "N[,N…]"),
    click.option(
        "--label",
        metavar="NAME",
        help="Have the first of --groups predict a label: class, or the name of a factor, such as "
        "shape. No label if not given.",
        show_default=False,
    ),
    _option("--label-weight", float, "Weight of the label, with --label."),
    _choice("--tc-weights", recipes.Weighting, "How a batch stands for all images in q(z)."),
    _option("--discriminator", Wholes(), "Hidden layers of the discriminator.", "N[,N…]"),
    _option("--discriminator-lr", float, "Adam's step size for the discriminator."),
    _option("--information", float, "InfoGAN's λ, of what an image tells of its code."),
    _option("--noise", int, "Width of the noise beside InfoGAN's code."),
    _option("--categories", Wholes(), "Values of each category in InfoGAN's code.", "N[,N…]"),
    _option("--batch-size", int, "Images a step."),
    _choice(
        "--batches",
        recipes.Batches,
        "one-factor: in each batch one factor varies, and what belongs to others is clamped.",
    ),
    _option(
        "--epochs",
        int,
        "Passes over the training images; without --steps, no limit on these.",
    ),
    _option("--steps", int, "Stop after this many steps, even inside an epoch."),
    _option("--lr", float, "Adam's step size, at its largest."),
    _choice("--rates", recipes.Rates, "burda: stages of 3^i epochs at falling step sizes."),
    click.option(
        "--binarize",
        type=click.Choice(get_args(Binarize)),
        help="How grey pixels become binary: dynamic, anew each time; fixed, once; threshold, at "
        "one half. none with a likelihood of levels, else dynamic, if not given.",
        show_default=False,
    ),
    click.option(
        "--epoch-steps",
        type=int,
        metavar="STEPS",
        help="Steps in an epoch, at most, of images drawn anew; all images once if not given.",
        show_default=False,
    ),
    click.option(
        "--scored",
        type=int,
        metavar="IMAGES",
        help="Validation and test images, at most, spread evenly; all if not given.",
        show_default=False,
    ),
)
"""The options, in the order in which help lists them."""
