"""Settings that only a variational model has: its prior, its divergence, its bound.

Those that belong to one choice of another are None beside the other choices, and have the value
given here where that choice is made without a value of one's own. Light: nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphvae.specs.presets import PRESETS, Preset
from graphvae_data.core.errors import InputError
from graphvae_data.core.checks import check_positive, check_whole, option

PLAIN = {"prior": "normal", "kl": "plain", "estimator": "elbo"}
"""What every model takes."""
BELONGS: dict[str, tuple[str, tuple[str, ...], int | float]] = {
    "prior_components": ("prior", ("mog", "vamp"), 10),
    "kl_warmup": ("kl", ("warmup",), 100),
    "free_bits": ("kl", ("free-bits",), 0.1),
    "samples": ("estimator", ("iwae",), 5),
}
"""Which choice of which setting a setting belongs to, and its value where none is given."""
WITHOUT: dict[str, Any] = {**PLAIN, **dict.fromkeys(BELONGS)}
"""All of these settings, for a model that has none of it."""


def resolve(given: Mapping[str, Any], preset: Preset) -> dict[str, int | float | None]:
    """Return the settings of `BELONGS`, filled in.

    Raises:
        InputError: settings that do not go together, or not with the model.
    """
    _check_model(given, preset)
    found: dict[str, int | float | None] = {}
    for name, (other, choices, usual) in BELONGS.items():
        value, chosen = given[name], given[other]
        if value is not None and chosen not in choices:
            wanted = " or ".join(choices)
            raise InputError(f"{option(name)}: goes with --{other} {wanted} only, got {chosen}")
        found[name] = usual if value is None and chosen in choices else value
    _check_values(found)
    if given["estimator"] == "iwae":
        _check_iwae(given)
    return found


def _check_model(given: Mapping[str, Any], preset: Preset) -> None:
    """Refuse what a model without a distribution over its codes, or with an adversary, lacks."""
    for name, plain in PLAIN.items():
        if given[name] == plain:
            continue
        got = f"{name}: {given[name]} is for"
        if not preset.variational:
            fitting = ", ".join(known for known, p in PRESETS.items() if p.variational)
            raise InputError(f"{got} variational models ({fitting}), got {given['model']}")
        if name == "prior" and preset.adversarial:
            raise InputError(
                f"{got} models without an adversary, and that of {given['model']} draws its codes "
                "from a standard normal; leave --prior out"
            )


def _check_values(found: Mapping[str, Any]) -> None:
    for name in ("prior_components", "kl_warmup", "samples"):
        if found[name] is not None:
            check_whole(name, found[name], 1)
    if found["free_bits"] is not None:
        check_positive("free_bits", found["free_bits"])


def _check_iwae(given: Mapping[str, Any]) -> None:
    """The bound is one of log p(A) itself: it has no divergence to weigh, and needs its scale."""
    if given["loss"] != "elbo":
        raise InputError(
            f"estimator: iwae bounds the likelihood of the whole graph; give --loss elbo, "
            f"got {given['loss']}"
        )
    if given["kl"] != "plain":
        raise InputError(
            f"estimator: iwae has no divergence of its own to weigh; leave out --kl {given['kl']}"
        )
