"""Checks of parts that do not go together, for images and graphs alike."""

from __future__ import annotations

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.specs.penalties import Penalty
from image_vae.specs.posteriors import Posterior
from image_vae.specs.priors import Prior


def check_posterior(posterior: Posterior, prior: Prior, penalty: Penalty) -> None:
    """Reject parts that need a Gaussian posterior, or its density at any point.

    Raises:
        SettingClash: the posterior does not have what the prior or the penalty needs.
    """
    if prior.encodes and posterior.variational and not posterior.density:
        raise SettingClash(
            ("prior",),
            f"{prior.kind()} evaluates posterior densities at arbitrary codes, but the posterior "
            f"{posterior.kind()} has a density at its own samples only; choose normal or mog",
        )
    if penalty.gaussian_posterior and posterior.variational and not posterior.gaussian:
        raise SettingClash(
            ("penalty",),
            f"{penalty.kind()} needs the posterior gaussian, got {posterior.kind()}",
        )


def check_penalty(penalty: Penalty, prior: Prior, width: int) -> None:
    """Reject a penalty that the prior or the width of the code does not allow.

    Raises:
        SettingClash: a prior with dependent coordinates, or groups that do not sum to the width.
    """
    if penalty.independent_prior and not prior.independent:
        raise SettingClash(
            ("penalty",),
            f"{penalty.kind()} needs a prior with independent coordinates, such as normal; got "
            f"{prior.kind()}",
        )
    groups = penalty.coordinate_groups
    if groups and sum(groups) != width:
        raise SettingClash(
            ("penalty", "groups"),
            f"expected sizes that sum to the latent width {width}, got "
            f"{','.join(map(str, groups))}",
        )
