"""Recipes of graph models, which compose parts, and all settings of a run."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import Field, SerializeAsAny, model_validator

from graphvae.metrics import selection_metric
from graphvae.specs.adversaries import Adversary, NoAdversary
from graphvae.specs.decoders import EdgeDecoder, InnerProductDecoder
from graphvae.specs.embedding_encoders import LightGcnEncoder as LightGcnEncoder  # registers it
from graphvae.specs.encoders import GcnEncoder, GraphEncoder
from graphvae.specs.evaluation import NegativeKind
from graphvae.specs.graph_decoders import StructuralDecoder as StructuralDecoder  # registers it
from graphvae.specs.hard_loss import HardLoss as HardLoss  # likewise
from graphvae.specs.losses import Loss, PaperLoss
from graphvae.specs.node_labels import NodeLabelSettings
from graphvae.specs.signed_decoders import AttractRepelDecoder as AttractRepelDecoder  # likewise
from graphvae.specs.weights import NoWeightDecoder, WeightDecoder
from graphvae_data.core.errors import InputError
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer, overridden
from graphvae_data.settings.search import Choices, Search
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Seed, Settings, slot
from image_vae.specs.bounds import Bound, Elbo
from image_vae.specs.checks import check_penalty, check_posterior
from image_vae.specs.optimizers import Adam, Optimizer
from image_vae.specs.penalties import Penalty, Weight
from image_vae.specs.posteriors import Gaussian, Posterior
from image_vae.specs.priors import Normal, Prior
from image_vae.specs.rates import Constant, Descent, Rates

SplitBy = Literal["random", "time"]
AnyRecipe = TypeVar("AnyRecipe", bound="GraphRecipe")
AnyConfig = TypeVar("AnyConfig", bound="FitConfig")


class Features(Settings):
    """Node features used by the encoder."""

    features: bool = Field(default=True, description="Use the node features of the graph, if any.")
    scaling: Annotated[Literal["none", "tf-idf"], Choices(("none", "tf-idf"))] = Field(
        default="none",
        description="tf-idf: weight features by rarity and scale each node to unit norm.",
    )

    @property
    def scaled(self) -> bool:
        """Whether the encoder sees scaled features."""
        return self.scaling != "none"


class Training(Descent):
    """Settings of the optimisation."""

    epochs: int = Field(default=200, ge=1, description="Maximum number of epochs.")
    lr: Annotated[float, Search(1e-3, 0.1, log=True)] = Field(
        default=0.01, gt=0, description="Learning rate; its peak if it varies."
    )
    masked: Annotated[float, Search(0.0, 0.7)] = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of the training edges that each step predicts and removes from the "
        "messages; with 0 all edges are both messages and targets.",
    )
    validate_every: int = Field(
        default=1, ge=1, description="Validate every N epochs and after the last one."
    )
    capture: bool = Field(default=False, description="Replay each step from a CUDA graph.")
    deterministic: bool = Field(
        default=False, description="On CUDA, use deterministic algorithms only."
    )


class GraphRecipe(Settings):
    """A model of a graph and its training.

    >>> from image_vae.specs.priors import Vamp
    >>> GraphRecipe(prior=Vamp(components=20)).prior
    Vamp(components=20)
    """

    encoder: SerializeAsAny[GraphEncoder] = slot(
        GcnEncoder(), "Model", "The network from features and messages to node states.", short=True
    )
    latent: Annotated[int, Search(8, 256, log=True, step=8)] = slot(
        16, "Model", "Width of the embedding.", ge=1
    )
    posterior: SerializeAsAny[Posterior] = slot(
        Gaussian(), "Model", "The posterior distribution of a node's code."
    )
    prior: SerializeAsAny[Prior] = slot(
        Normal(), "Model", "The prior of the codes of a variational model."
    )
    decoder: SerializeAsAny[EdgeDecoder] = slot(
        InnerProductDecoder(), "Model", "The function from two codes to the logit of an edge."
    )
    predict_weight: SerializeAsAny[WeightDecoder] = slot(
        NoWeightDecoder(), "Model", "An additional decoder, of edge weights."
    )
    inputs: Features = slot(Features(), "Model", "Node features used by the encoder.")
    loss: SerializeAsAny[Loss] = slot(
        PaperLoss(), "Objective", "The reconstruction loss.", short=True
    )
    bound: SerializeAsAny[Bound] = slot(
        Elbo(), "Objective", "The bound that training maximises.", short=True
    )
    penalty: SerializeAsAny[Penalty] = slot(
        Weight(), "Objective", "The penalty on the divergence from the prior.", short=True
    )
    node_labels: NodeLabelSettings = slot(
        NodeLabelSettings(), "Objective", "Labels of nodes that their codes generate."
    )
    adversary: SerializeAsAny[Adversary] = slot(
        NoAdversary(), "Objective", "A discriminator that regularises the codes towards the prior."
    )
    training: Training = slot(Training(), "Training", "Settings of the optimisation.")
    rates: SerializeAsAny[Rates] = slot(Constant(), "Training", "The learning rate over a run.")
    optimizer: SerializeAsAny[Optimizer] = slot(
        Adam(), "Training", "The optimiser of the model's weights."
    )

    @model_validator(mode="after")
    def _check(self: AnyRecipe) -> AnyRecipe:
        """Raise `SettingClash` for incompatible parts."""
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
    """Losses over all pairs require the inner-product decoder."""
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
    """Raise `SettingClash` for parts that the posterior or the adversary does not support."""
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
    check_posterior(recipe.posterior, recipe.prior, recipe.penalty)
    check_penalty(recipe.penalty, recipe.prior, recipe.latent)


def _check_bound(recipe: GraphRecipe) -> None:
    """The importance-weighted bound is on log p(A) itself, without a separate divergence."""
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
            f"{bound.kind()} has no separate divergence to weight, got {recipe.penalty!r}",
        )


def _check_once(recipe: GraphRecipe) -> None:
    if recipe.encoder.propagated_once and not recipe.inputs.features:
        raise SettingClash(("encoder", "propagate"), "once requires features, which are turned off")
    if recipe.encoder.propagated_once and recipe.predict_weight.present:
        raise SettingClash(("predict_weight",), "does not support features propagated once")
    if recipe.encoder.propagated_once and recipe.node_labels.label_weight:
        raise SettingClash(
            ("node_labels", "label_weight"), "does not support features propagated once"
        )


class SplitSettings(Settings):
    """The split, and the metric that selects the epoch."""

    val_fraction: float = Field(
        default=0.05, gt=0, lt=1, description="Share of the edges for validation."
    )
    test_fraction: float = Field(
        default=0.1, gt=0, lt=1, description="Share of the edges for testing."
    )
    split_by: SplitBy = Field(
        default="random",
        description="time: train on the past, test on the future; requires edge times.",
    )
    val_edges: bool = Field(
        default=False,
        description="Also pass messages over validation edges when scoring test edges.",
    )
    select: str = Field(
        default="auc+ap",
        description="Validation metric that selects the epoch: auc+ap, mrr, hits@20, ….",
    )
    select_negatives: NegativeKind = Field(
        default="uniform",
        description="Validation negatives of that metric: uniform (those of the split), degree, "
        "heart (hard ones for each edge) or all.",
    )
    refit: bool = Field(
        default=False,
        description="After scoring, also train on all edges, for the number of epochs selected by "
        "validation; embeddings and links then come from these weights.",
    )
    baselines: bool = Field(
        default=True,
        description="Also score heuristics and an MLP on the features alone, trained for as many "
        "epochs.",
    )

    @property
    def select_by_split(self) -> bool:
        """Whether the metric that selects the epoch is of the split's own negatives."""
        return self.select_negatives == "uniform"


class GraphRun(Settings):
    """Seed and device."""

    seed: Seed = Field(default=0, ge=0, description="Seed of the split, the weights and the noise.")
    device: str = Field(default="auto", description="Device: auto, cpu, cuda, cuda:N or mps.")
    threads: int | None = Field(
        default=None,
        ge=1,
        le=4096,
        description="CPU threads; by default chosen by the size of the graph.",
    )


class FitConfig(GraphRecipe):
    """All settings that determine the result of a run, apart from the graph.

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
    trials: int = Field(default=0, ge=0)
    """Number of trials among which validation chose the settings; 0 without a search."""
    split: SplitSettings = slot(SplitSettings(), "Split and evaluation", "The split of the edges.")
    run: GraphRun = slot(GraphRun(), "Run", "Seed and device.")

    @model_validator(mode="after")
    def _check_run(self: AnyConfig) -> AnyConfig:
        """Raise `SettingClash` for incompatible settings of the run."""
        split = self.split
        if split.val_fraction + split.test_fraction >= 1:
            raise SettingClash(
                ("split", "val_fraction"),
                f"{split.val_fraction:g} and a test fraction of {split.test_fraction:g} leave no "
                "edges for training; choose smaller ones",
            )
        _check_select(split)
        if self.training.capture:
            _check_capture(self)
        return self


def _check_select(split: SplitSettings) -> None:
    """The metric must exist, and be one of the negatives' form: own ones, or shared ones."""
    try:
        metric = selection_metric(split.select)
    except InputError as error:
        raise SettingClash(("split", "select"), str(error).removeprefix("select: ")) from None
    own = split.select_negatives == "heart"
    if not (metric.takes_groups() if own else metric.takes_ranking()):
        needed = "a metric of each edge, such as mrr or hits@10" if own else "shared negatives"
        raise SettingClash(
            ("split", "select"),
            f"negatives {split.select_negatives} need {needed}, got {metric.key}",
        )


def _check_capture(config: FitConfig) -> None:
    """A CUDA graph requires steps of constant shapes without synchronisation."""
    path = ("training", "capture")
    if not config.run.device.startswith(("cuda", "auto")):
        raise SettingClash(path, f"needs a CUDA device, got {config.run.device!r}")
    for name in ("encoder", "decoder", "predict_weight", "prior", "loss", "penalty", "optimizer"):
        part = getattr(config, name)
        if not part.capturable:
            raise SettingClash(path, f"does not support {name} {part!r}")
    if config.training.varies(config.rates):
        raise SettingClash(path, "does not support learning rates that change during a run")
    if config.node_labels.label_weight:
        raise SettingClash(path, "does not support labels of nodes")
    if config.bound.importance_weighted or config.adversary.present:
        part = config.adversary if config.adversary.present else config.bound
        raise SettingClash(path, f"does not support {part!r}")


CATALOGUE = Catalogue(FitConfig, supported=lambda part: not getattr(part, "images_only", False))
"""The flat names of all settings."""


def with_seed(config: FitConfig, seed: int) -> FitConfig:
    """Return the same settings with another seed."""
    return overridden(config, [Layer({"run": {"seed": seed}})], CATALOGUE)
