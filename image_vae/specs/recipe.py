"""The recipe of an image model, and the settings of a run: recipe, data, device."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field, SerializeAsAny, model_validator

from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.search import Search
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Seed, Settings, slot
from image_vae.specs.bounds import Bound, Elbo
from image_vae.specs.checks import check_penalty, check_posterior
from image_vae.specs.codes import hierarchies as hierarchies
from image_vae.specs.codes import labelled as labelled
from image_vae.specs.codes import multimodal as multimodal
from image_vae.specs.decoders import ImageDecoder, Mirror
from image_vae.specs.encoders import ImageEncoder, Mlp
from image_vae.specs.labels import LabelSettings
from image_vae.specs.latents import Latents, OneLayer
from image_vae.specs.likelihoods import BernoulliPixels, Likelihood
from image_vae.specs.optimizers import Adam, Optimizer
from image_vae.specs.penalties import Penalty, Weight
from image_vae.specs.posteriors import Gaussian, Posterior
from image_vae.specs.priors import Normal, Prior
from image_vae.specs.rates import Constant, Descent, Length, Rates

AnyRecipe = TypeVar("AnyRecipe", bound="ImageRecipe")
AnyConfig = TypeVar("AnyConfig", bound="ImageConfig")
Binarize = Literal["dynamic", "fixed", "threshold", "none"]


class ImageTraining(Descent):
    """Settings of the optimisation."""

    epochs: int = Field(default=50, ge=1, description="Passes over the training images.")
    steps: int | None = Field(
        default=None, ge=1, description="Stop after this many steps, even inside an epoch."
    )
    lr: Annotated[float, Search(1e-4, 1e-2, log=True)] = Field(
        default=1e-3, gt=0, description="Learning rate; its peak if it varies."
    )
    batch_size: Annotated[int, Search(16, 512, log=True)] = Field(
        default=100, ge=1, description="Images per step."
    )
    batches: Literal["shuffled", "one-factor"] = Field(
        default="shuffled",
        description="one-factor: in each batch one factor of variation varies, and the "
        "coordinates of the others are clamped (DC-IGN).",
    )
    epoch_steps: int | None = Field(
        default=None, ge=1, description="Maximum steps per epoch; by default all training images."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32",
        description="bfloat16: mixed precision in training, on CUDA only; weights, validation and "
        "scores stay in float32.",
    )


class ImageRecipe(Settings):
    """A model of images and its training.

    >>> from image_vae.specs.bounds import Iwae
    >>> ImageRecipe(bound=Iwae(samples=50)).bound.samples
    50
    """

    latents: SerializeAsAny[Latents] = slot(
        OneLayer(), "Model", "The codes and their dependencies.", short=True
    )
    encoder: SerializeAsAny[ImageEncoder] = slot(
        Mlp(), "Model", "The network from an image to its code.", short=True
    )
    decoder: SerializeAsAny[ImageDecoder] = slot(
        Mirror(), "Model", "The network from codes to an image."
    )
    posterior: SerializeAsAny[Posterior] = slot(
        Gaussian(), "Model", "The distribution of a code, given its image."
    )
    prior: SerializeAsAny[Prior] = slot(Normal(), "Model", "The distribution of the topmost code.")
    likelihood: SerializeAsAny[Likelihood] = slot(
        BernoulliPixels(), "Model", "The density of an image, given its code."
    )
    bound: SerializeAsAny[Bound] = slot(
        Elbo(), "Objective", "The bound on log p(x) that training maximises.", short=True
    )
    penalty: SerializeAsAny[Penalty] = slot(
        Weight(), "Objective", "How the divergence enters the loss.", short=True
    )
    labels: LabelSettings = slot(LabelSettings(), "Objective", "The label that the model learns.")
    training: ImageTraining = slot(ImageTraining(), "Training", "Settings of the optimisation.")
    rates: SerializeAsAny[Rates] = slot(Constant(), "Training", "The learning rate over a run.")
    optimizer: SerializeAsAny[Optimizer] = slot(
        Adam(), "Training", "The optimiser of the model's weights."
    )

    @model_validator(mode="after")
    def _check(self: AnyRecipe) -> AnyRecipe:
        """Reject incompatible parts."""
        _check_bound(self)
        _check_penalty(self)
        _check_one_layer(self)
        _check_label(self)
        _check_own_networks(self)
        _check_modalities(self)
        if not self.posterior.variational:
            raise SettingClash(("posterior",), f"{self.posterior.kind()} is for graphs only")
        check_posterior(self.posterior, self.prior, self.penalty)
        if self.bound.adversarial and not self.posterior.gaussian:
            raise SettingClash(("posterior",), f"{self.bound.kind()} needs the posterior gaussian")
        if self.prior.encodes and self.latents.chained:
            raise SettingClash(
                ("prior",),
                f"{self.prior.kind()} encodes images into the topmost code, which latents "
                f"{self.latents.kind()} infers from another code; choose normal or mog",
            )
        return self


def _check_bound(recipe: ImageRecipe) -> None:
    """Reject a penalty on a bound without a divergence, and an incomplete InfoGAN."""
    bound, penalty, prior = recipe.bound, recipe.penalty, recipe.prior
    if (bound.importance_weighted or bound.adversarial) and not penalty.plain:
        reason = "has no divergence" if bound.adversarial else "bounds log p(x) itself"
        raise SettingClash(
            ("bound",),
            f"{bound.kind()} {reason}; leave out the penalty, beta and warmup (got {penalty!r})",
        )
    if bound.adversarial != prior.adversarial:
        raise SettingClash(
            ("prior",),
            "uniform and the bound adversarial require each other, got "
            f"{prior.kind()} with {bound.kind()}",
        )
    if bound.adversarial and bound.samples != 1:
        raise SettingClash(("bound", "samples"), f"adversarial uses 1 sample, got {bound.samples}")
    if bound.adversarial and recipe.training.batches != "shuffled":
        raise SettingClash(("training", "batches"), "adversarial supports shuffled batches only")


def _check_penalty(recipe: ImageRecipe) -> None:
    """Reject a penalty that the prior, the code or a label does not allow."""
    penalty, groups = recipe.penalty, recipe.penalty.coordinate_groups
    check_penalty(penalty, recipe.prior, recipe.latents.sizes[0])
    if recipe.labels.label is not None and not groups and not recipe.latents.infers_label:
        raise SettingClash(
            ("labels", "label"),
            "is predicted from the first group of coordinates; expected a penalty with groups, "
            f"such as that of hfvae, got {penalty.kind()}",
        )


def _check_label(recipe: ImageRecipe) -> None:
    """Reject parts that do not support a label as latent variable."""
    latents, labels = recipe.latents, recipe.labels
    if not latents.infers_label:
        needed = "requires latents that infer the label, such as labelled"
        for name, plain in (("supervised_weight", 1), ("vat_radius", 0)):
            if getattr(labels, name) != plain:
                raise SettingClash(("labels", name), f"{needed}; got {latents.kind()}")
        return
    if labels.label is None:
        raise SettingClash(("labels", "label"), f"latents {latents.kind()} require one, got none")
    latents.check_bound(recipe.bound)
    for path, name, unsupported in (
        (("prior",), recipe.prior.kind(), recipe.prior.encodes),
        (("penalty",), recipe.penalty.kind(), recipe.penalty.one_layer),
        (("bound",), recipe.bound.kind(), recipe.bound.adversarial),
        (("training", "batches"), "one-factor", recipe.training.batches == "one-factor"),
    ):
        if unsupported:
            raise SettingClash(path, f"{name} does not support a label as latent variable")


def _check_modalities(recipe: ImageRecipe) -> None:
    """Reject parts that do not support several observed variables."""
    latents, bound = recipe.latents, recipe.bound
    if latents.multimodal != bound.multimodal:
        raise SettingClash(
            ("bound",),
            "a bound on images and attributes, such as telbo, and the latents modalities require "
            f"each other, got {bound.kind()} with {latents.kind()}",
        )
    if not latents.multimodal:
        return
    for path, supported in (
        (("posterior",), recipe.posterior.gaussian),
        (("prior",), not recipe.prior.encodes),
        (("labels", "label"), recipe.labels.label is None),
        (("training", "batches"), recipe.training.batches == "shuffled"),
    ):
        if not supported:
            raise SettingClash(
                path, f"{bound.kind()} models several variables and supports only the default"
            )


def _check_one_layer(recipe: ImageRecipe) -> None:
    """Reject settings that only a model with a single code supports."""
    count = len(recipe.latents.sizes)
    if count == 1:
        return
    for path, name, one_code in (
        (("penalty",), recipe.penalty.kind(), recipe.penalty.one_layer),
        (("bound",), recipe.bound.kind(), recipe.bound.adversarial),
        (("training", "batches"), "one-factor", recipe.training.batches == "one-factor"),
    ):
        if one_code:
            raise SettingClash(path, f"{name} requires a model with one code, got {count} codes")


def _check_own_networks(recipe: ImageRecipe) -> None:
    """Reject parts that a model with its own networks does not use."""
    if not recipe.latents.own_networks:
        return
    for name in ("encoder", "decoder", "posterior", "prior"):
        part = getattr(recipe, name)
        if part != ImageRecipe.model_fields[name].default:
            raise SettingClash(
                (name,),
                f"latents {recipe.latents.kind()} define their own networks and densities and do "
                f"not use the {name}; leave out {part.kind()} and its settings",
            )


class ImageDataSettings(Settings):
    """Preprocessing of the images."""

    binarize: Binarize | None = Field(
        default=None,
        description="Binarisation of grey pixels: dynamic, resampled in each step; fixed, sampled "
        "once; threshold, at 0.5; none. By default dynamic for binary likelihoods, else none.",
    )
    split_seed: Seed = Field(
        default=0,
        ge=0,
        description="Seed of the split, for images without a test set.",
    )
    scored: int | None = Field(
        default=None,
        ge=1,
        description="Maximum number of validation and test images, evenly spaced; default: all.",
    )


class ImageRun(Settings):
    """Seed and device."""

    seed: Seed = Field(
        default=0,
        ge=0,
        description="Seed of the weights, the order of the images and the noise.",
    )
    device: str = Field(default="auto", description="Device: auto, cpu, cuda, cuda:N or mps.")
    threads: int = Field(
        default=1,
        ge=1,
        le=4096,
        description="CPU threads; results are bit-identical for the same number.",
    )


class ImageConfig(ImageRecipe):
    """Everything that decides the result of a run, apart from the images themselves.

    >>> ImageConfig(dataset="digits").training.epochs
    50
    """

    dataset: str
    """The name of a dataset, or of the user's images."""
    model: str = "vae"
    """The name of the preset that the recipe is based on."""
    trials: int = Field(default=0, ge=0)
    """Number of trials among which validation chose the settings; 0 without a search."""
    data: ImageDataSettings = slot(ImageDataSettings(), "Data", "Preprocessing of the images.")
    run: ImageRun = slot(ImageRun(), "Run", "Seed and device.")

    @model_validator(mode="after")
    def _check_run(self: AnyConfig) -> AnyConfig:
        """Reject mixed precision on other devices than CUDA."""
        device, precision = self.run.device, self.training.precision
        if precision != "float32" and not device.startswith(("cuda", "auto")):
            raise SettingClash(
                ("training", "precision"), f"{precision} needs a CUDA device, got {device!r}"
            )
        return self

    @property
    def binarize(self) -> Binarize:
        """The binarisation: as set, else the default of the likelihood."""
        return self.data.binarize or self.default_binarize

    @property
    def default_binarize(self) -> Binarize:
        """The default binarisation of the likelihood."""
        return "dynamic" if self.likelihood.binary and not self.bound.adversarial else "none"

    def steps_per_epoch(self, images: int) -> int:
        """Return the number of batches in an epoch of `images` training images."""
        batches = -(-images // self.training.batch_size)
        limit = self.training.epoch_steps
        return batches if limit is None else min(batches, limit)

    def length(self, images: int) -> Length:
        """Return the length of a run on `images` training images."""
        per_epoch, training = self.steps_per_epoch(images), self.training
        steps = training.epochs * per_epoch
        return Length(per_epoch, steps if training.steps is None else min(steps, training.steps))


CATALOGUE = Catalogue(ImageConfig, supported=lambda part: not getattr(part, "graphs_only", False))
"""The flat names of all settings."""
