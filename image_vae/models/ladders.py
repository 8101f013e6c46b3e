"""Build the models with a top-down pass from their settings."""

from __future__ import annotations

from functools import partial

import torch

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.models.build import ModelInputs
from image_vae.models.top_down import TopDown
from image_vae.nn.ladder import dense, towers
from image_vae.nn.ladder.cells import CellMaker, depthwise_cell, encoder_cell
from image_vae.nn.ladder.level import STATE
from image_vae.nn.ladder.plan import TowerPlan
from image_vae.specs.codes.hierarchies import Ladder, Nvae


def dense_ladder(settings: Ladder, inputs: ModelInputs) -> TopDown:
    """Return a ladder VAE of dense layers; `hidden` of the encoder has the width of each level.

    Raises:
        SettingClash: the numbers of hidden layers and codes differ, or an unsupported part.
    """
    _check(inputs, settings.name)
    encoder, generator, latent = inputs.recipe.encoder, inputs.generator, settings.latent
    if encoder.convolutional or not encoder.restorable:
        raise SettingClash(("encoder",), f"{settings.name} has dense layers, got {encoder.label}")
    if len(encoder.hidden) != len(latent):
        raise SettingClash(
            ("encoder", "hidden"),
            f"expected a width for each of the {len(latent)} codes, from the image upwards, got "
            f"{','.join(map(str, encoder.hidden))}",
        )
    bottom_up = dense.DenseTower(
        inputs.shape, encoder.hidden, encoder.activation, generator=generator
    )
    levels = [
        dense.DenseLevel(
            size,
            width,
            above,
            hidden=width,
            activation=encoder.activation,
            generator=generator,
        )
        for size, width, above in zip(latent, encoder.hidden, (*latent[1:], 0), strict=True)
    ]
    return TopDown(
        settings.build(),
        bottom_up=bottom_up,
        levels=levels[::-1],
        prior=inputs.prior(latent[-1]),
        start=torch.zeros(0),
        decoder=inputs.decoder({STATE: latent[0]}),
    )


def nvae(settings: Nvae, inputs: ModelInputs) -> TopDown:
    """Return an NVAE.

    Raises:
        SettingClash: the scales do not double, or an unsupported part.
    """
    recipe, generator, (latent,) = inputs.recipe, inputs.generator, settings.latent
    _check(inputs, settings.name)
    for slot, part in (("encoder", recipe.encoder), ("decoder", recipe.decoder)):
        if part != type(recipe).model_fields[slot].default:
            raise SettingClash((slot,), f"{settings.name} has its own networks, got {part.label}")
    plan = TowerPlan(
        inputs.shape,
        tuple((height, width) for height, width, _ in settings.groups),
        tuple(count for _, _, count in settings.groups),
        settings.channels,
        settings.group_cells,
        settings.edge_cells,
        settings.checkpointing,
    )
    upward: CellMaker = partial(encoder_cell, squeeze=settings.squeeze)
    downward = decoder_cell(settings, settings.expansion)
    outward = decoder_cell(settings, max(1, settings.expansion // 2))
    levels = towers.top_down(
        plan, latent, downward, residual=settings.residual, generator=generator
    )
    start = torch.randn(plan.top_channels, *plan.sides[0], generator=generator)
    head = recipe.likelihood.build(inputs.images.mean(0))
    return TopDown(
        settings.build(),
        bottom_up=towers.CellTower(plan, upward, generator),
        levels=levels,
        prior=inputs.prior(levels[0].shape[0] * plan.sides[0][0] * plan.sides[0][1]),
        start=start,
        decoder=towers.StateDecoder(plan, outward, head, generator),
    )


def decoder_cell(settings: Nvae, expansion: int) -> CellMaker:
    """Return the factory of the cells of the top-down tower, with an expansion ratio."""
    makers: dict[str, CellMaker] = {
        "depthwise": partial(depthwise_cell, expansion=expansion, squeeze=settings.squeeze),
        "plain": partial(encoder_cell, squeeze=settings.squeeze),
    }
    return makers[settings.cell]


def _check(inputs: ModelInputs, name: str) -> None:
    """Reject parts that a top-down pass does not support."""
    recipe = inputs.recipe
    if not recipe.posterior.gaussian:
        raise SettingClash(
            ("posterior",), f"{name} needs the posterior gaussian, got {recipe.posterior.kind()}"
        )
    if recipe.prior.encodes:
        raise SettingClash(
            ("prior",), f"{recipe.prior.kind()} encodes images, which {name} does not support"
        )
