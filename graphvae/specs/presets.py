"""Graph models by name: a preset is a recipe with the settings of its paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphvae.specs.adversaries import DiscriminatorAdversary
from graphvae.specs.decoders import HadamardMlpDecoder, ResidualMlpDecoder, SourceTargetDecoder
from graphvae.specs.embedding_encoders import EmbeddingEncoder, LightGcnEncoder
from graphvae.specs.encoders import (
    GatEncoder,
    LinearEncoder,
    MlpEncoder,
    NormalisedEncoder,
    NormalisedMeanEncoder,
    SageEncoder,
)
from graphvae.specs.evaluation import NegativeKind
from graphvae.specs.graph_decoders import CommonNeighboursDecoder, StructuralDecoder
from graphvae.specs.hard_loss import HardLoss
from graphvae.specs.losses import BprLoss, ElboLoss, SampledLoss
from graphvae.specs.recipe import Features, GraphRecipe, Training
from graphvae_data.core.errors import InputError, nearest
from image_vae.specs.posteriors import Point


@dataclass(frozen=True)
class GraphPreset:
    """A named recipe."""

    title: str
    """Short description."""
    paper: str
    """Reference."""
    recipe: GraphRecipe
    """Parts and settings."""
    select: str = "auc+ap"
    """The metric that selects the epoch."""
    select_negatives: NegativeKind = "uniform"
    """Its negatives."""


KIPF = "Kipf & Welling 2016, Variational Graph Auto-Encoders, arXiv:1611.07308"
SALHA = "Salha et al. 2019, Gravity-Inspired Graph Autoencoders, arXiv:1905.09570"
LINEAR = (
    "Salha et al. 2020, Simple and Effective Graph Autoencoders with One-Hop Linear Models, "
    "arXiv:2001.07614"
)
AHN = "Ahn & Kim 2021, Variational Graph Normalized AutoEncoders, arXiv:2108.08046"
PAN = (
    "Pan et al. 2018, Adversarially Regularized Graph Autoencoder for Graph Embedding, "
    "arXiv:1802.04407"
)
HE = (
    "He et al. 2020, LightGCN: Simplifying and Powering Graph Convolution Network for "
    "Recommendation, arXiv:2002.02126"
)
HAMILTON = (
    "Hamilton et al. 2017, Inductive Representation Learning on Large Graphs, arXiv:1706.02216"
)
VELICKOVIC = "Veličković et al. 2018, Graph Attention Networks, arXiv:1710.10903"
MA = "Ma et al. 2024, Reconsidering the Performance of GAE in Link Prediction, arXiv:2411.03845"
LI = (
    "Li et al. 2023, Evaluating Graph Neural Networks for Link Prediction: Current Pitfalls and "
    "New Benchmarking, arXiv:2306.10453"
)
WANG = (
    "Wang et al. 2024, Neural Common Neighbor with Completion for Link Prediction, arXiv:2302.00890"
)
STRONG = "this project, with parts of Ahn & Kim 2021, Zhu & Koniusz 2021 and Ma et al. 2024"
FEATURES_ONLY = "features-only baseline"


def plain(**settings: Any) -> GraphRecipe:
    """Return the recipe of a plain auto-encoder, with a point posterior."""
    return GraphRecipe(posterior=Point(), **settings)


NORMALISED: dict[str, Any] = {
    "encoder": NormalisedEncoder(),
    "latent": 128,
    "loss": SampledLoss(),
    "training": Training(epochs=300, lr=0.005),
}
"""As in the code of Ahn & Kim 2021."""
ADVERSARIAL: dict[str, Any] = {
    "adversary": DiscriminatorAdversary(),
    "training": Training(lr=0.005),
}
"""Learning rate chosen among three by validation AUC and AP on four splits of Cora and Citeseer."""
NCN: dict[str, Any] = {
    "encoder": LinearEncoder(bias=True),
    "latent": 256,
    "decoder": CommonNeighboursDecoder(),
    "loss": SampledLoss(batch_size=1152),
    "training": Training(
        epochs=100, lr=0.003, masked=0.1, patience=20, clip_grad=1.0, validate_every=2
    ),
}
"""Width, layers and batch of the code of Wang et al. 2024 for Cora; one step size between its two.
Masking takes each batch's edges out of the messages and the neighbourhoods."""
HARD: dict[str, Any] = {"select": "mrr", "select_negatives": "heart"}
"""Selection by MRR against hard negatives."""
DIRECTED: dict[str, Any] = {"decoder": SourceTargetDecoder(), "loss": SampledLoss()}

PRESETS: dict[str, GraphPreset] = {
    "gae": GraphPreset("graph auto-encoder", KIPF, plain()),
    "vgae": GraphPreset("variational graph auto-encoder", KIPF, GraphRecipe()),
    "linear-gae": GraphPreset(
        "graph auto-encoder with one linear hop", LINEAR, plain(encoder=LinearEncoder())
    ),
    "linear-vgae": GraphPreset(
        "variational graph auto-encoder with one linear hop",
        LINEAR,
        GraphRecipe(encoder=LinearEncoder()),
    ),
    "gnae": GraphPreset(
        "graph auto-encoder that normalises states before propagation", AHN, plain(**NORMALISED)
    ),
    "vgnae": GraphPreset(
        "variational graph auto-encoder that normalises means before propagation",
        AHN,
        GraphRecipe(**NORMALISED),
    ),
    "argae": GraphPreset(
        "adversarially regularised graph auto-encoder",
        PAN,
        plain(**ADVERSARIAL),
    ),
    "arvgae": GraphPreset(
        "adversarially regularised variational graph auto-encoder",
        PAN,
        GraphRecipe(**ADVERSARIAL),
    ),
    # Chosen by validation AUC on Cora and Citeseer, four splits each, without test sets.
    "strong-gae": GraphPreset(
        "strong graph auto-encoder: tf-idf, normalised states over two hops, masked targets, "
        "Hadamard-MLP decoder",
        STRONG,
        plain(
            encoder=NormalisedMeanEncoder(dropout=0.8),
            latent=128,
            decoder=HadamardMlpDecoder(),
            inputs=Features(scaling="tf-idf"),
            loss=SampledLoss(),
            training=Training(epochs=300, masked=0.3),
        ),
    ),
    # Chosen by validation AUC and AP on Cora and Citeseer, seeds 0 and 1, without test sets.
    "optimized-gae": GraphPreset(
        "graph auto-encoder with learnable orthogonal embeddings, linear hops, masked targets, "
        "residual MLP decoder",
        MA,
        plain(
            encoder=EmbeddingEncoder(hidden=16, dropout=0.5),
            latent=512,
            decoder=ResidualMlpDecoder(dropout=0.5),
            loss=SampledLoss(),
            training=Training(epochs=60, lr=0.002, clip_grad=1.0, masked=0.3),
        ),
    ),
    # The recipe of Li et al. 2023 but one linear layer; chosen by validation MRR.
    "wide-gae": GraphPreset(
        "wide graph auto-encoder: one linear hop with a bias, the plain likelihood of all pairs",
        LI,
        plain(
            encoder=LinearEncoder(bias=True),
            latent=256,
            loss=ElboLoss(),
            training=Training(epochs=300, clip_grad=1.0, validate_every=5, patience=50),
        ),
        **HARD,
    ),
    "ncn": GraphPreset(
        "neural common neighbours: codes of a pair and of its common neighbours, masked batches",
        WANG,
        plain(**NCN),
        **HARD,
    ),
    "ncn-vgae": GraphPreset(
        "neural common neighbours over the codes of a variational auto-encoder",
        WANG,
        GraphRecipe(**NCN),
        **HARD,
    ),
    "structural-gae": GraphPreset(
        "graph auto-encoder with heuristics of the message graph in its decoder, trained on masked "
        "targets against hard and uniform non-edges",
        STRONG,
        plain(
            encoder=NormalisedMeanEncoder(dropout=0.8),
            latent=128,
            decoder=StructuralDecoder(),
            inputs=Features(scaling="tf-idf"),
            loss=HardLoss(),
            training=Training(epochs=200, masked=0.2, validate_every=5, patience=50),
        ),
        **HARD,
    ),
    # As in the code of Ma et al. 2024 for ogbl-ddi, where the learning rate also decreases.
    "optimized-gae-ddi": GraphPreset(
        "optimized-gae with the paper's settings for ogbl-ddi: wide, deep decoder, batches",
        MA,
        plain(
            encoder=EmbeddingEncoder(hidden=1024, dropout=0.6),
            latent=1024,
            decoder=ResidualMlpDecoder(layers=7, dropout=0.6),
            loss=SampledLoss(batch_size=8192),
            training=Training(epochs=500, lr=0.001, clip_grad=1.0, masked=0.01),
        ),
    ),
    # Width, layers and decay of the paper; the better of two learning rates by validation AUC.
    "lightgcn": GraphPreset(
        "learnable node embeddings averaged over three linear hops, ranked by BPR, for users and "
        "items",
        HE,
        plain(
            encoder=LightGcnEncoder(),
            latent=64,
            inputs=Features(features=False),
            loss=BprLoss(batch_size=2048),
            training=Training(epochs=100, lr=0.005, patience=20),
        ),
    ),
    "sage": GraphPreset(
        "graph auto-encoder with two GraphSAGE layers",
        HAMILTON,
        plain(encoder=SageEncoder(), loss=SampledLoss()),
    ),
    "gat": GraphPreset(
        "graph auto-encoder with two attention layers",
        VELICKOVIC,
        plain(encoder=GatEncoder(), loss=SampledLoss(), training=Training(lr=0.005)),
    ),
    "st-gae": GraphPreset(
        "source/target graph auto-encoder, for directed graphs", SALHA, plain(**DIRECTED)
    ),
    "st-vgae": GraphPreset(
        "source/target variational graph auto-encoder, for directed graphs",
        SALHA,
        GraphRecipe(**DIRECTED),
    ),
    "st-mlp": GraphPreset(
        "features-only baseline for directed graphs",
        FEATURES_ONLY,
        plain(encoder=MlpEncoder(), **DIRECTED),
    ),
    "mlp": GraphPreset(
        "features-only auto-encoder without messages: a baseline",
        FEATURES_ONLY,
        plain(encoder=MlpEncoder(), loss=SampledLoss()),
    ),
}


def preset(name: str) -> GraphPreset:
    """Return the preset with a name.

    Raises:
        InputError: there is none; the message suggests similar names.
    """
    if name not in PRESETS:
        hint = nearest(name, PRESETS)
        raise InputError(f"model: expected one of {', '.join(PRESETS)}, got {name!r}{hint}")
    return PRESETS[name]
