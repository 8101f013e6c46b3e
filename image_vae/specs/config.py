"""The settings of one run on images: typed, complete, and checked when made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import NoneType
from typing import Any, Literal, get_args

from graphvae_data.core.checks import (
    check_choice,
    check_kinds,
    check_known,
    check_positive,
    check_whole,
    option,
)
from graphvae_data.core.errors import InputError
from image_vae.specs import recipes
from image_vae.specs.recipes import SETTINGS, Recipe, Settings, recipe

Binarize = Literal["dynamic", "fixed", "threshold", "none"]

KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, NoneType),
    "int": (int,),
    "bool": (bool,),
    "int | None": (int, NoneType),
    "float | None": (int, float, NoneType),
    "tuple[int, ...] | None": (tuple, list, NoneType),
    "Binarize | None": (str, NoneType),
    **{
        f"recipes.{name} | None": (str, NoneType)
        for name in ("Network", "Activation", "Family", "PriorName", "Estimator", "PenaltyName",
                     "Weighting", "Batches", "Rates")
    },
}  # fmt: skip
"""What a JSON file may hold for a field, by the field's declared type."""

CHOICES: dict[str, tuple[str, ...]] = {
    "network": get_args(recipes.Network),
    "activation": get_args(recipes.Activation),
    "likelihood": get_args(recipes.Family),
    "prior": get_args(recipes.PriorName),
    "estimator": get_args(recipes.Estimator),
    "penalty": get_args(recipes.PenaltyName),
    "tc_weights": get_args(recipes.Weighting),
    "batches": get_args(recipes.Batches),
    "rates": get_args(recipes.Rates),
    "binarize": get_args(Binarize),
}
"""The closed lists."""

BELONGS = {
    "beta": ("penalty", ("weight", "decomposed")),
    "warmup": ("penalty", ("weight",)),
    "gamma": ("penalty", ("capacity", "decomposed", "density-ratio")),
    "capacity": ("penalty", ("capacity",)),
    "capacity_steps": ("penalty", ("capacity",)),
    "free_bits": ("penalty", ("free-bits",)),
    "alpha": ("penalty", ("decomposed",)),
    "within": ("penalty", ("decomposed",)),
    "groups": ("penalty", ("decomposed",)),
    "label_weight": ("penalty", ("decomposed",)),
    "tc_weights": ("penalty", ("decomposed",)),
    "discriminator": ("penalty", ("density-ratio",)),
    "information": ("estimator", ("adversarial",)),
    "noise": ("estimator", ("adversarial",)),
    "categories": ("estimator", ("adversarial",)),
    "prior_components": ("prior", ("mog", "vamp", "vamp-data")),
}
"""Settings that mean something only beside certain values of another."""


COUNTS = ("prior_components", "k", "capacity_steps", "noise", "batch_size", "epochs", "threads")
"""Settings that are whole numbers of at least 1."""
WEIGHTS = ("beta", "capacity", "free_bits", "alpha", "within", "label_weight", "information")
"""Settings that are numbers of at least 0."""
WIDTHS = {"latent": 1, "hidden": 1, "hidden_between": 0, "groups": 0, "discriminator": 1,
          "categories": 0}  # fmt: skip
"""Settings that are lists of widths, and how many there must be."""


@dataclass(frozen=True, kw_only=True)
class ImageConfig:
    """Everything that decides the result of a run, apart from the images themselves.

    What a recipe has a say in (`recipes.Settings` explains each) is the recipe's where
    it is None; it is filled in when the object is made, so that what a file holds is complete.

    >>> ImageConfig(dataset="digits", model="iwae", k=50).settings.estimator
    'iwae'
    >>> ImageConfig(dataset="digits", model="vae", capacity=2.0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    graphvae_data.core.errors.InputError: capacity: goes with --penalty capacity, ...
    """

    dataset: str
    """The name of a dataset in the registry, or of one's own images."""
    model: str = "vae"
    """The name of a recipe."""
    binarize: Binarize | None = None
    """How grey pixels become binary ones; None is `dynamic` for a Bernoulli likelihood of a
    VAE, else `none`."""
    label: str | None = None
    """What the first group of the code is to tell of an image: `class`, or the name of a factor, as
    `image_vae.data.labels` explains; None for nothing."""
    latent: tuple[int, ...] | None = None
    hidden: tuple[int, ...] | None = None
    hidden_between: tuple[int, ...] | None = None
    network: recipes.Network | None = None
    activation: recipes.Activation | None = None
    likelihood: recipes.Family | None = None
    prior: recipes.PriorName | None = None
    prior_components: int | None = None
    estimator: recipes.Estimator | None = None
    k: int | None = None
    penalty: recipes.PenaltyName | None = None
    beta: float | None = None
    warmup: int | None = None
    gamma: float | None = None
    capacity: float | None = None
    capacity_steps: int | None = None
    free_bits: float | None = None
    alpha: float | None = None
    within: float | None = None
    groups: tuple[int, ...] | None = None
    label_weight: float | None = None
    tc_weights: recipes.Weighting | None = None
    discriminator: tuple[int, ...] | None = None
    discriminator_lr: float | None = None
    information: float | None = None
    noise: int | None = None
    categories: tuple[int, ...] | None = None
    batch_size: int | None = None
    batches: recipes.Batches | None = None
    epochs: int | None = None
    steps: int | None = None
    lr: float | None = None
    rates: recipes.Rates | None = None
    epoch_steps: int | None = None
    """Steps in an epoch, at most, of images drawn anew: what is written, validated and scheduled by
    epoch then comes more often than once for all images; None takes all of them."""
    scored: int | None = None
    """Validation and test images, at most, spread evenly over each part; None takes all."""
    seed: int = 0
    """Seeds the weights, the order of the images and the noise, each with its own generator."""
    device: str = "cpu"
    """`cpu`, `cuda`, `cuda:n` or `mps`."""
    threads: int = 1
    """CPU threads; the same number gives the same bits."""

    def __post_init__(self) -> None:
        check_kinds(type(self), vars(self), KINDS)
        given = {name for name in SETTINGS if getattr(self, name) is not None}
        for name in SETTINGS:
            value = getattr(self, name)
            value = getattr(self.recipe.settings, name) if value is None else value
            object.__setattr__(self, name, value)
        if "gamma" not in given and self.penalty != self.recipe.settings.penalty:
            gamma = recipes.GAMMAS.get(str(self.penalty), self.gamma)
            object.__setattr__(self, "gamma", gamma)
        if "epochs" in given and "steps" not in given:  # the passes asked for, and not the limit
            object.__setattr__(self, "steps", None)
        if self.binarize is None:
            grey = self.likelihood != "bernoulli" or self.estimator == "adversarial"
            object.__setattr__(self, "binarize", "none" if grey else "dynamic")
        for name, choices in CHOICES.items():
            check_choice(name, getattr(self, name), choices)
        self._check_numbers()
        self._check_parts(given)

    def _check_numbers(self) -> None:
        for name in COUNTS:
            check_whole(name, getattr(self, name), 1)
        for name in ("steps", "epoch_steps", "scored"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), 1)
        for name in ("seed", "warmup"):
            check_whole(name, getattr(self, name), 0)
        for name in ("gamma", "lr", "discriminator_lr"):
            check_positive(name, getattr(self, name))
        for name in WEIGHTS:
            check_positive(name, getattr(self, name), or_zero=True)
        for name, least in WIDTHS.items():
            widths = getattr(self, name)
            if len(widths) < least:
                raise InputError(f"{option(name)}: expected at least one width, got none")
            for width in widths:
                check_whole(name, width, 1)

    def _check_parts(self, given: set[str]) -> None:
        layers, count = self.recipe.layers, len(self.settings.latent)
        wanted = {"one": 1, "hvae": 2}.get(layers, count)
        if count != wanted or (layers in ("chain", "hierarchy") and count < 2):
            raise InputError(
                f"latent: {self.model} has {wanted if count != wanted else 'two or more'} codes; "
                f"expected a width for each, from the image upwards, got {count}"
            )
        for name, (other, values) in BELONGS.items():
            value = getattr(self, other)
            if name in given and value not in values and not self._is_default(name):
                wanted_values = ", ".join(values)
                raise InputError(
                    f"{option(name)}: goes with --{other} {wanted_values}, and this is {value!r}"
                )
        own_rate = "discriminator_lr" in given and not self._is_default("discriminator_lr")
        if own_rate and self.penalty != "density-ratio" and self.estimator != "adversarial":
            raise InputError(
                "discriminator-lr: goes with --penalty density-ratio or --estimator adversarial"
            )
        self._check_objective()
        self._check_label(given)
        if self.prior in ("vamp", "vamp-data", "aggregate") and layers == "chain":
            raise InputError(
                f"prior: {self.prior} encodes images into the topmost code, which {self.model} "
                "infers from another code; choose normal or mog"
            )

    def _check_objective(self) -> None:
        """Refuse what no objective is made of."""
        layers, count = self.recipe.layers, len(self.settings.latent)
        plain = (self.penalty, self.beta, self.warmup) == ("weight", 1, 0)
        if self.estimator in ("iwae", "adversarial") and not plain:
            does = "bounds log p(x) itself" if self.estimator == "iwae" else "has no divergence"
            raise InputError(
                f"estimator: {self.estimator} {does}; leave out the penalty, beta and warmup "
                f"(got {self.penalty}, {self.beta:g}, {self.warmup})"
            )
        if (self.estimator == "adversarial") != (self.prior == "uniform"):
            raise InputError(
                "prior: uniform is that of --estimator adversarial, which has no other "
                f"(got {self.prior} with {self.estimator})"
            )
        of_one = {
            "penalty": ("decomposed", "density-ratio"),
            "batches": ("one-factor",),
            "estimator": ("adversarial",),
        }
        for name, values in of_one.items():
            value = getattr(self, name)
            if value in values and layers != "one":
                raise InputError(
                    f"{name}: {value} is of a model of one code; {self.model} has {count}"
                )
        if self.estimator == "adversarial" and (self.k != 1 or self.batches != "shuffled"):
            raise InputError("estimator: adversarial has no samples to take k of, nor a clamp")
        if self.penalty == "decomposed" and self.prior != "normal":
            raise InputError(
                f"penalty: decomposed goes with a prior of independent coordinates, --prior normal "
                f"(got {self.prior})"
            )
        if self.groups and self.penalty == "decomposed" and sum(self.groups) != self._width:
            raise InputError(
                f"groups: expected sizes that sum to the latent width {self._width}, got "
                f"{','.join(map(str, self.groups))}"
            )

    def _check_label(self, given: set[str]) -> None:
        """Refuse a label without a group that tells it, and a weight without a label."""
        if self.label is not None and not (self.penalty == "decomposed" and self.groups):
            raise InputError(
                "label: told by the first of --groups; expected a model with groups, such as "
                f"--model hfvae, got {self.model}"
            )
        if "label_weight" in given and self.label is None and not self._is_default("label_weight"):
            raise InputError("label-weight: goes with --label NAME")

    @property
    def _width(self) -> int:
        """The width of the code next to the image."""
        return self.settings.latent[0]

    def _is_default(self, name: str) -> bool:
        """Whether a setting has the value that stands for "not given", as a file repeats it."""
        return bool(getattr(self, name) == getattr(self.recipe.settings, name))

    @property
    def recipe(self) -> Recipe:
        """The parts behind the model's name."""
        return recipe(self.model)

    def steps_an_epoch(self, images: int) -> int:
        """Return how many batches make an epoch of a training set of so many images."""
        whole = -(-images // self.settings.batch_size)
        return whole if self.epoch_steps is None else min(whole, self.epoch_steps)

    @property
    def settings(self) -> Settings:
        """The settings that a recipe has a say in, resolved."""
        return Settings(**{name: getattr(self, name) for name in SETTINGS})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as `config.json` holds them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImageConfig:
        """Rebuild a configuration; `InputError` on an unknown or missing setting."""
        check_known(cls, values, "dataset")
        check_kinds(cls, values, KINDS)
        whole: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**whole)
