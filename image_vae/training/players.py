"""The players of a recipe: the model, and a discriminator if there is one.

Each player's step updates only its own parameters. Losses are functions of this module with their
first arguments bound, so that results can be pickled.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from graphvae_data.core.rng import seeded
from graphvae_data.machine.workers import ALONE, Workers
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.training.players import Player
from image_vae.data.feed import Feed
from image_vae.data.one_factor import INVARIANCE, AlignedFeed, clamp, owned
from image_vae.models.build import build_objective
from image_vae.models.infogan import InfoGan
from image_vae.models.latent_model import Codes, Data, LatentModel
from image_vae.nn.discriminator import permute_dims
from image_vae.parts.objectives import Objective
from image_vae.parts.penalties import Critic, DensityRatioEstimate
from image_vae.parts.terms import Curve, LossTerms
from image_vae.specs.bounds import GameSettings
from image_vae.specs.optimizers import Adam
from image_vae.specs.penalties import PenaltyInputs
from image_vae.specs.recipe import ImageConfig
from image_vae.training.division import check_divisible, divided, summed, synchronise
from image_vae.training.trainer import Game, ImagePlayer, Loss

WEIGHTS = 0
"""Index of the random stream of the weights; a second player's weights use a substream."""
CRITIC_ADAM = Adam(beta1=0.5, beta2=0.9)
"""The optimiser of FactorVAE's discriminator. Source: Kim & Mnih 2018, appendix A."""
CRITIC_CURVES = {"discriminator": Curve("the discriminator's loss", apart=True)}
INFOGAN_CURVES = {
    "generator": Curve("−log D of generated images"),
    "information": Curve("mutual information of code and image, L_I"),
    **CRITIC_CURVES,
}


def build_game(
    config: ImageConfig, model: LatentModel, train: Feed, val: Feed, workers: Workers = ALONE
) -> Game:
    """Return the players of a configuration, on the model's device.

    Args:
        config: the settings.
        model: the model, on the device.
        train: the training images.
        val: the validation images.
        workers: the processes that share each step.

    Raises:
        SettingClash: the code has too few coordinates for one-factor batches, or the loss does not
            support several workers.
    """
    steps = config.steps_per_epoch(len(train))
    if workers.count > 1:
        check_divisible(config)
        synchronise(model, workers)
    game = config.bound.game
    if game is not None:
        assert isinstance(model, InfoGan)
        return infogan_game(game, config, model, steps * config.training.epochs)
    penalty = config.penalty.build(
        PenaltyInputs(
            latent=config.latents.sizes[0],
            examples=len(train),
            steps_per_epoch=steps,
            steps=config.length(len(train)).steps,
            generator=seeded(config.run.seed, WEIGHTS, 1),
            device=model.device,
            workers=workers,
        )
    )
    objective = build_objective(config, penalty)
    k = config.bound.samples
    loss = loss_of(model, objective, k)
    if isinstance(train, AlignedFeed):
        loss = clamped_loss(model, objective, k, train)
    if workers.count > 1:
        loss = divided(loss, workers)
    players = [player_of(config, model, config.training.lr, loss, workers)]
    curves = objective.curves
    if penalty.critic is not None:
        players.append(critic_player(model, penalty.critic, train))
        curves = {**curves, **CRITIC_CURVES}
    return Game(
        tuple(players),
        partial(_score, model, objective, k, val.labelled_share),
        objective.settled,
        curves,
        objective.estimate,
        objective.selects if val.labelled else "loss",
    )


def player_of(
    config: ImageConfig, module: nn.Module, lr: float, loss: Loss, workers: Workers = ALONE
) -> ImagePlayer:
    """Return a player with the optimiser, clipping and precision of the settings."""
    training = config.training
    return Player(
        module,
        config.optimizer.build(module.parameters(), lr),
        loss,
        training.clip_grad,
        torch.bfloat16 if training.precision == "bfloat16" else None,
        reduce=summed(workers) if workers.count > 1 else None,
    )


def over_labelled(terms: LossTerms, names: tuple[str, ...], share: float) -> LossTerms:
    """Return terms of which some are means over the images with a label, instead of over all.

    Args:
        terms: the terms, means over all images.
        names: those to which only images with a label contribute.
        share: the share of such images; if it is 0 these terms are left out.
    """
    if share == 1 or not names:
        return terms
    parts = {
        name: value / share if name in names else value
        for name, value in terms.parts.items()
        if share or name not in names
    }
    return LossTerms(terms.total, parts)


def loss_of(model: LatentModel, objective: Objective, k: int) -> Loss:
    """Return the objective as a function of a batch."""
    return partial(_loss, model, objective, k)


def _loss(
    model: LatentModel,
    objective: Objective,
    k: int,
    data: Data,
    step: int,
    generator: torch.Generator,
) -> LossTerms:
    return objective.loss(model, data, k, generator, step)


def _score(
    model: LatentModel,
    objective: Objective,
    k: int,
    share: float,
    data: Data,
    step: int,
    generator: torch.Generator,
) -> LossTerms:
    terms = objective.score(model, data, k, generator, step)
    return over_labelled(terms, objective.labelled_terms, share)


def clamped_loss(model: LatentModel, objective: Objective, k: int, train: AlignedFeed) -> Loss:
    """Return the objective with all coordinates clamped except those of the varied factor.

    The gradient of the clamp is divided by the batch size, since losses are means over a batch
    here and sums in the paper. Source: Kulkarni et al. 2015, "Deep Convolutional Inverse Graphics
    Network".

    Raises:
        SettingClash: the code has fewer coordinates than there are factors.
    """
    (latent,), factors = (each.size for each in model.graph.latents), train.varied
    if latent < len(factors):
        raise SettingClash(
            ("latents", "latent"),
            f"expected a coordinate for each of the factors {', '.join(factors)}, got {latent}",
        )

    return partial(_clamped, model, objective, k, train)


def _clamped(
    model: LatentModel,
    objective: Objective,
    k: int,
    train: AlignedFeed,
    data: Data,
    step: int,
    generator: torch.Generator,
) -> LossTerms:
    (latent,), factors = (each.size for each in model.graph.latents), train.varied
    active = owned(latent, train.varying(step), len(factors))
    strength = INVARIANCE / (k * len(data["x"]))

    def between(codes: Codes) -> Codes:
        return {name: clamp(code, active, strength) for name, code in codes.items()}

    return objective.loss(model, data, k, generator, step, between=between)


def critic_player(model: LatentModel, critic: Critic, train: Feed) -> ImagePlayer:
    """Return the player that trains the auxiliary network of a penalty."""
    network = critic.network
    optimizer = CRITIC_ADAM.build(network.parameters(), critic.lr)
    return Player(network, optimizer, ratio_loss(model, network, train))


def ratio_loss(model: LatentModel, network: DensityRatioEstimate, train: Feed) -> Loss:
    """Return the discriminator's loss: codes of the batch against permuted codes of a second batch.

    Source: Kim & Mnih 2018, algorithm 2.
    """

    return partial(_ratio, model, network, train)


def _ratio(
    model: LatentModel,
    network: DensityRatioEstimate,
    train: Feed,
    data: Data,
    step: int,
    generator: torch.Generator,
) -> LossTerms:
    first = _codes(model, data, generator)
    index = torch.randint(len(train), (len(first),), generator=generator, device=model.device)
    second = _codes(model, {"x": train.batch(index.cpu(), generator)}, generator)
    total = network.loss(first, permute_dims(second, generator))
    return LossTerms(total, {"discriminator": total})


@torch.no_grad()
def _codes(model: LatentModel, data: Data, generator: torch.Generator) -> torch.Tensor:
    return model.infer(data, 1, generator).z["z"].squeeze(0)


def infogan_game(game: GameSettings, config: ImageConfig, model: InfoGan, steps: int) -> Game:
    """Return the two players of InfoGAN: G with Q's last layer, and D with the shared trunk.

    A step records −log D of generated images, L_I, and D's loss without its L_I term. The last
    weights are kept, as no loss can select the best ones.

    Args:
        game: the settings of the game.
        config: the settings of the run.
        model: the model, on the device.
        steps: maximum number of steps of the run.
    """
    weight = game.information
    generate = partial(_generate, model, weight)
    discriminate = partial(_discriminate, model, weight)
    generative = nn.ModuleList([model.decoders, model.recognition.head])
    discriminative = nn.ModuleList([model.recognition.body, model.verdict])
    players = (
        player_of(config, generative, config.training.lr, generate),
        player_of(config, discriminative, game.lr, discriminate),
    )
    return Game(players, generate, settled=steps, curves=INFOGAN_CURVES)


def _generate(
    model: InfoGan, weight: float, data: Data, step: int, generator: torch.Generator
) -> LossTerms:
    adversarial, information = model.generator_terms(len(data["x"]), generator)
    parts = {"generator": adversarial, "information": information}
    return LossTerms(adversarial - weight * information, parts)


def _discriminate(
    model: InfoGan, weight: float, data: Data, step: int, generator: torch.Generator
) -> LossTerms:
    adversarial, information = model.discriminator_terms(data["x"], generator)
    return LossTerms(adversarial - weight * information, {"discriminator": adversarial})
