"""A recipe for graphs is a composition of parts; a run's settings add the split and the device."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import Field, SerializeAsAny, model_validator

from graphvae.metrics import selection_metric
from graphvae.specs.adversaries import Adversary, NoAdversary
from graphvae.specs.decoders import EdgeDecoder, InnerProductDecoder
from graphvae.specs.encoders import Encoder, Gcn
from graphvae.specs.losses import Loss, PaperLoss
from graphvae_data.core.errors import InputError
from graphvae_data.core.flat import Catalogue
from graphvae_data.core.layers import Layer, overridden
from graphvae_data.core.setting_errors import SettingClash
from graphvae_data.core.settings import Settings, slot
from image_vae.specs.bounds import Bound, Elbo
from image_vae.specs.penalties import Penalty, Weight
from image_vae.specs.posteriors import Gaussian, Posterior
from image_vae.specs.priors import Normal, Prior

SplitBy = Literal["random", "time"]
AnyRecipe = TypeVar("AnyRecipe", bound="GraphRecipe")
AnyConfig = TypeVar("AnyConfig", bound="FitConfig")


class Features(Settings):
    """What the encoder sees of the nodes."""

    features: bool = Field(
        True, description="Whether the model sees node features, where the graph has some."
    )
    scaling: Literal["none", "tf-idf"] = Field(
        "none", description="tf-idf: weigh features by rarity and scale every node to length one."
    )


class Training(Settings):
    """How the weights are found."""

    epochs: int = Field(200, ge=1, description="Epochs, at most.")
    lr: float = Field(0.01, gt=0, description="Adam's step size.")
    clip_grad: float | None = Field(
        None, gt=0, description="Scale down gradients with a larger norm; default never."
    )
    masked: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of the training edges that each step predicts and hides from its "
        "messages; with 0 every edge is message and target at once.",
    )
    patience: int | None = Field(
        None, ge=1, description="Stop after this many epochs without a better validation score."
    )
    validate_every: int = Field(
        1, ge=1, description="Validate every N epochs and after the last one."
    )
    capture: bool = Field(False, description="Replay each step from a CUDA graph.")
    deterministic: bool = Field(
        False, description="On CUDA, use only algorithms that give the same bits each time."
    )


class GraphRecipe(Settings):
    """A model of a graph and its training.

    >>> from image_vae.specs.priors import Vamp
    >>> GraphRecipe(prior=Vamp(components=20)).prior
    Vamp(components=20)
    """

    encoder: SerializeAsAny[Encoder] = slot(
        Gcn(), "Model", "The network from features and messages to node states.", short=True
    )
    latent: int = slot(16, "Model", "Width of the embedding.", ge=1)
    posterior: SerializeAsAny[Posterior] = slot(
        Gaussian(), "Model", "The distribution of a node's code."
    )
    prior: SerializeAsAny[Prior] = slot(
        Normal(), "Model", "What the codes of a variational model are drawn from."
    )
    decoder: SerializeAsAny[EdgeDecoder] = slot(
        InnerProductDecoder(), "Model", "From two codes to the logit of an edge."
    )
    inputs: Features = slot(Features(), "Model", "What the encoder sees of the nodes.")
    loss: SerializeAsAny[Loss] = slot(
        PaperLoss(), "Objective", "How the decoded graph is compared with the edges.", short=True
    )
    bound: SerializeAsAny[Bound] = slot(
        Elbo(), "Objective", "The bound that training maximises.", short=True
    )
    penalty: SerializeAsAny[Penalty] = slot(
        Weight(), "Objective", "How the divergence from the prior counts.", short=True
    )
    adversary: SerializeAsAny[Adversary] = slot(
        NoAdversary(), "Objective", "A discriminator that pulls the codes towards the prior."
    )
    training: Training = slot(Training(), "Training", "How the weights are found.")

    @model_validator(mode="after")
    def _check(self: AnyRecipe) -> AnyRecipe:
        """Refuse parts that do not go together."""
        _check_decoder(self)
        _check_codes(self)
        _check_bound(self)
        _check_once(self)
        return self

    @property
    def directed(self) -> bool:
        """Whether the model is for directed graphs."""
        return self.decoder.directed


def _check_decoder(recipe: GraphRecipe) -> None:
    """The losses over all pairs are exact for inner products alone."""
    if recipe.loss.all_pairs and not recipe.decoder.inner_product:
        raise SettingClash(
            ("loss",),
            f"{recipe.loss.kind()} needs the decoder inner-product, got "
            f"{recipe.decoder.kind()}; choose sampled",
        )
    if recipe.directed and recipe.latent % 2:
        raise SettingClash(
            ("latent",), f"{recipe.decoder.kind()} needs an even number, got {recipe.latent}"
        )


def _check_codes(recipe: GraphRecipe) -> None:
    """Refuse what a plain auto-encoder, or one with an adversary, has no use for."""
    if not recipe.posterior.variational:
        for name, plain in (("prior", Normal()), ("bound", Elbo()), ("penalty", Weight())):
            part = getattr(recipe, name)
            if part != plain:
                raise SettingClash(
                    (name,),
                    f"{part.kind()} is for variational models; choose the posterior gaussian or a "
                    "model such as vgae",
                )
    if recipe.adversary.present and recipe.prior != Normal():
        raise SettingClash(
            ("prior",),
            f"the adversary draws its codes from a standard normal, got {recipe.prior.kind()}",
        )
    for name in ("bound", "prior", "penalty"):
        part = getattr(recipe, name)
        if part.images_only:
            raise SettingClash((name,), f"{part.kind()} is for images only")
    if recipe.penalty.independent_prior and not recipe.prior.independent:
        raise SettingClash(
            ("penalty",),
            f"{recipe.penalty.kind()} needs a prior with independent coordinates, such as normal; "
            f"got {recipe.prior.kind()}",
        )
    groups = recipe.penalty.coordinate_groups
    if groups and sum(groups) != recipe.latent:
        raise SettingClash(
            ("penalty", "groups"),
            f"expected sizes that sum to the latent width {recipe.latent}, got "
            f"{','.join(map(str, groups))}",
        )


def _check_bound(recipe: GraphRecipe) -> None:
    """The importance-weighted bound is one of log p(A) itself, without a divergence to weigh."""
    bound = recipe.bound
    if not bound.importance_weighted:
        if bound.samples != 1:
            raise SettingClash(
                ("bound", "samples"), f"{bound.kind()} draws one on graphs, got {bound.samples}"
            )
        return
    if not recipe.loss.likelihood:
        raise SettingClash(
            ("bound",),
            f"{bound.kind()} bounds the likelihood of the whole graph; it needs the loss elbo, "
            f"got {recipe.loss.kind()}",
        )
    if not recipe.penalty.plain:
        raise SettingClash(
            ("penalty",),
            f"{bound.kind()} has no divergence of its own to weigh, got {recipe.penalty!r}",
        )


def _check_once(recipe: GraphRecipe) -> None:
    if recipe.encoder.propagated_once and not recipe.inputs.features:
        raise SettingClash(("encoder", "propagate"), "once requires features, which are left out")


class SplitSettings(Settings):
    """Which edges train, validate and test; what validation selects by."""

    val_fraction: float = Field(0.05, gt=0, lt=1, description="Share of the edges for validation.")
    test_fraction: float = Field(0.1, gt=0, lt=1, description="Share of the edges for testing.")
    split_by: SplitBy = Field(
        "random", description="time: train on the past, test on the future; needs edge times."
    )
    val_edges: bool = Field(
        False,
        description="Let messages pass over validation edges too when the test edges are scored.",
    )
    select: str = Field(
        "auc+ap",
        description="The metric by which validation selects the epoch: auc+ap, mrr, hits@20, ….",
    )
    baselines: bool = Field(
        True, description="Score heuristics and a features-only MLP beside the model."
    )


class GraphRun(Settings):
    """Seed and device."""

    seed: int = Field(0, ge=0, description="Seeds the split, the weights and the noise.")
    device: str = Field("auto", description="Where to compute: auto, cpu, cuda, cuda:N or mps.")
    threads: int | None = Field(
        None, ge=1, description="CPU threads; chosen by the graph's size if not given."
    )


class FitConfig(GraphRecipe):
    """Everything that decides the result of a run, apart from the graph itself.

    >>> FitConfig(dataset="cora").training.epochs
    200
    >>> FitConfig(dataset="cora", training=Training(epochs=0))
    Traceback (most recent call last):
    graphvae_data.core.errors.InputError: Training: epochs: expected a whole number of at least 1...
    """

    dataset: str
    """The name of a dataset, or of the user's graph."""
    model: str = "vgae"
    """The name of the preset that the recipe started from."""
    split: SplitSettings = slot(
        SplitSettings(), "Split and evaluation", "Which edges train, validate and test."
    )
    run: GraphRun = slot(GraphRun(), "Run", "Seed and device.")

    @model_validator(mode="after")
    def _check_run(self: AnyConfig) -> AnyConfig:
        """Refuse settings of the run that do not go together."""
        split = self.split
        if split.val_fraction + split.test_fraction >= 1:
            raise SettingClash(
                ("split", "val_fraction"),
                f"{split.val_fraction:g} and a test fraction of {split.test_fraction:g} leave no "
                "edges to train on; choose smaller ones",
            )
        try:
            selection_metric(split.select)
        except InputError as error:
            raise SettingClash(("split", "select"), str(error).removeprefix("select: ")) from None
        if self.training.capture:
            _check_capture(self)
        return self


def _check_capture(config: FitConfig) -> None:
    """A CUDA graph holds steps of one shape that never wait for the device."""
    path = ("training", "capture")
    if not config.run.device.startswith(("cuda", "auto")):
        raise SettingClash(path, f"needs a CUDA device, got {config.run.device!r}")
    for name in ("encoder", "decoder", "prior", "loss", "penalty"):
        part = getattr(config, name)
        if not part.capturable:
            raise SettingClash(path, f"does not support {name} {part!r}")
    if config.bound.importance_weighted or config.adversary.present:
        part = config.adversary if config.adversary.present else config.bound
        raise SettingClash(path, f"does not support {part!r}")


CATALOGUE = Catalogue(FitConfig, offered=lambda part: not getattr(part, "images_only", False))
"""The flat names of all settings."""


def with_seed(config: FitConfig, seed: int) -> FitConfig:
    """Return the same settings with another seed."""
    return overridden(config, [Layer({"run": {"seed": seed}})], CATALOGUE)
