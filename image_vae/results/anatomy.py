"""What a recipe is made of, as plain values: codes, prior, networks, objective, training.

Only settings that mean something for the recipe are named: no γ without a capacity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from image_vae.models.build import GRAPHS
from image_vae.parts.latent_graph import LatentGraph
from image_vae.specs.config import BELONGS
from image_vae.specs.recipes import Settings, recipe

MODEL = ("likelihood", "network", "activation", "hidden", "hidden_between")
OBJECTIVE = ("estimator", "k", "penalty", "alpha", "beta", "warmup", "gamma", "within", "groups",
             "label_weight", "tc_weights", "capacity", "capacity_steps", "free_bits",
             "discriminator", "discriminator_lr", "information", "noise", "categories")  # fmt: skip
TRAINING = ("batch_size", "batches", "epochs", "steps", "lr", "rates")


@dataclass(frozen=True)
class Anatomy:
    """The parts of a recipe."""

    name: str
    """What `--model` calls it."""
    title: str
    """What it is, in a few words."""
    paper: str
    """Where it comes from."""
    q: dict[str, tuple[str, ...]]
    """What each code is inferred from."""
    p: dict[str, tuple[str, ...]]
    """What each code and the image are generated from; nothing for a code with a prior."""
    sizes: dict[str, int]
    """The width of each code."""
    prior: dict[str, Any]
    """Of the topmost code."""
    model: dict[str, Any]
    """Likelihood and networks."""
    objective: dict[str, Any]
    """Estimator and penalty."""
    training: dict[str, Any]
    """Batch size, epochs, step size."""


def anatomy(name: str) -> Anatomy:
    """Take a recipe apart; `InputError` with the nearest names if there is none of that name."""
    found = recipe(name)
    settings = found.settings
    graph: LatentGraph = GRAPHS[found.layers](*settings.latent)
    latents = {latent.name: latent for latent in graph.latents}
    return Anatomy(
        name=name,
        title=found.title,
        paper=found.paper,
        q={each: latent.q_parents for each, latent in latents.items()},
        p={each: latent.p_parents for each, latent in latents.items()} | dict(graph.observed),
        sizes={each: latent.size for each, latent in latents.items()},
        prior=_meaningful(settings, ("prior", "prior_components")),
        model=_meaningful(settings, MODEL),
        objective=_meaningful(settings, OBJECTIVE),
        training=_meaningful(settings, TRAINING),
    )


def _meaningful(settings: Settings, names: tuple[str, ...]) -> dict[str, Any]:
    """Return settings by name, but those that belong to another value of another setting."""
    found = dict[str, Any]()
    for name in names:
        other, values = BELONGS.get(name, (name, (getattr(settings, name),)))
        if getattr(settings, other) in values and not _without(settings, name):
            found[name] = getattr(settings, name)
    return found


def _without(settings: Settings, name: str) -> bool:
    """Whether a setting has no part in an objective."""
    adversarial = settings.estimator == "adversarial"
    if name == "steps":
        return settings.steps is None
    if name in ("penalty", "beta", "warmup"):
        return adversarial or settings.estimator == "iwae"
    if name == "discriminator_lr":
        return not adversarial and settings.penalty != "density-ratio"
    if name == "label_weight":
        return not settings.groups
    return name == "k" and adversarial
