"""From a configuration to its players: the model, and a discriminator beside it where there is one.

Each player's step changes its own parameters and no others.
"""

from __future__ import annotations

import torch
from torch import nn

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from image_vae.data.feed import Feed
from image_vae.data.one_factor import INVARIANCE, AlignedFeed, clamp, owned
from image_vae.models.build import build_discriminator, build_objective
from image_vae.models.infogan import InfoGan
from image_vae.models.vae import VAE, Codes, Data
from image_vae.nn.discriminator import Discriminator, permute_dims
from image_vae.parts.objectives import Objective
from image_vae.parts.terms import LossTerms
from image_vae.specs.config import ImageConfig
from image_vae.training.trainer import Game, Loss, Player, adam

WEIGHTS = 0
"""The stream of randomness for the weights; those of a second player have a stream in it."""
BETAS = (0.5, 0.9)
"""Adam's for a discriminator of codes. Source: Kim & Mnih 2018, appendix A."""
INFOGAN_BETAS = (0.5, 0.999)
"""Adam's for both players of InfoGAN. Source: Chen et al. 2016, appendix C."""


def build_game(config: ImageConfig, model: VAE, train: Feed) -> Game:
    """Make the players of a configuration around its model, on the model's device.

    Args:
        config: the settings.
        model: the model, on the device.
        train: the training images.
    """
    settings = config.settings
    steps = config.steps_an_epoch(len(train))
    if isinstance(model, InfoGan):
        return infogan_game(config, model, steps * settings.epochs)
    discriminator = build_discriminator(config, seeded(config.seed, WEIGHTS, 1))
    if discriminator is not None:
        discriminator = discriminator.to(model.device)
    objective = build_objective(config, steps, len(train), discriminator)
    loss = loss_of(model, objective, settings.k)
    learnt = loss
    if isinstance(train, AlignedFeed):
        learnt = clamped_loss(model, objective, settings.k, train)
    players = [Player(model, adam(model.parameters(), settings.lr), learnt)]
    if discriminator is not None:
        optimizer = adam(discriminator.parameters(), settings.discriminator_lr, betas=BETAS)
        players.append(Player(discriminator, optimizer, ratio_loss(model, discriminator, train)))
    return Game(tuple(players), loss, objective.settled)


def loss_of(model: VAE, objective: Objective, k: int) -> Loss:
    """Return the objective as the model minimises it."""

    def loss(data: Data, step: int, generator: torch.Generator) -> LossTerms:
        return objective(model(data, k, generator), step)

    return loss


def clamped_loss(model: VAE, objective: Objective, k: int, train: AlignedFeed) -> Loss:
    """Return the objective with all coordinates clamped but those of the factor that varies.

    The paper's losses are sums over a batch and ours are means, so the pull is divided likewise.

    Raises:
        InputError: a code with fewer coordinates than there are factors.
    """
    (latent,), factors = (each.size for each in model.graph.latents), train.varied
    if latent < len(factors):
        raise InputError(
            f"latent: expected a coordinate for each of the factors {', '.join(factors)}, got "
            f"{latent}"
        )

    def loss(data: Data, step: int, generator: torch.Generator) -> LossTerms:
        active = owned(latent, train.varying(step), len(factors))
        strength = INVARIANCE / (k * len(data["x"]))

        def between(codes: Codes) -> Codes:
            return {name: clamp(code, active, strength) for name, code in codes.items()}

        return objective(model(data, k, generator, between=between), step)

    return loss


def ratio_loss(model: VAE, discriminator: Discriminator, train: Feed) -> Loss:
    """Return what the discriminator minimises: codes of the batch against permuted ones of others.

    Those that are permuted are codes of other images, drawn for this player alone. Source: Kim &
    Mnih 2018, algorithm 2.
    """

    @torch.no_grad()
    def codes(data: Data, generator: torch.Generator) -> torch.Tensor:
        return model.infer(data, 1, generator)[1]["z"].squeeze(0)

    def loss(data: Data, step: int, generator: torch.Generator) -> LossTerms:
        ours = codes(data, generator)
        index = torch.randint(len(train), (len(ours),), generator=generator, device=model.device)
        others = codes({"x": train.batch(index.cpu(), generator)}, generator)
        total = discriminator.loss(ours, permute_dims(others, generator))
        return LossTerms(total, {"discriminator": total})

    return loss


def infogan_game(config: ImageConfig, model: InfoGan, steps: int) -> Game:
    """Make the two players of InfoGAN: G with Q's last layer, and D with the trunk of both.

    Recorded of a step are −log D of made images and L_I, with D's loss before its part of L_I. No
    loss tells which weights are best, so the newest are kept.

    Args:
        config: the settings.
        model: the model, on the device.
        steps: how many the run has at most.
    """
    weight, settings = config.settings.information, config.settings

    def generate(data: Data, step: int, generator: torch.Generator) -> LossTerms:
        adversarial, information = model.generator_terms(len(data["x"]), generator)
        parts = {"generator": adversarial, "information": information}
        return LossTerms(adversarial - weight * information, parts)

    def discriminate(data: Data, step: int, generator: torch.Generator) -> LossTerms:
        adversarial, information = model.discriminator_terms(data["x"], generator)
        return LossTerms(adversarial - weight * information, {"discriminator": adversarial})

    makers = nn.ModuleList([model.decoders, model.recognition.head])
    judges = nn.ModuleList([model.recognition.body, model.verdict])
    players = (
        Player(makers, adam(makers.parameters(), settings.lr, betas=INFOGAN_BETAS), generate),
        Player(
            judges,
            adam(judges.parameters(), settings.discriminator_lr, betas=INFOGAN_BETAS),
            discriminate,
        ),
    )
    return Game(players, generate, settled=steps)
