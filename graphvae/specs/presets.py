"""Every model by name, as a short configuration. Light: nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from graphvae_data.core.errors import InputError, nearest

Loss = Literal["paper", "elbo", "sampled"]
SplitBy = Literal["random", "time"]
Init = Literal["glorot", "orthogonal"]
Propagate = Literal["each-step", "once"]
Prior = Literal["normal", "mog", "vamp"]
KL = Literal["plain", "warmup", "free-bits"]
Estimator = Literal["elbo", "iwae"]
By = Literal["cosine", "dot", "euclidean", "decoder"]
"""How two nodes' embeddings are compared."""


@dataclass(frozen=True)
class Settings:
    """What a run takes where the user gives no value of their own."""

    hidden: int = 32
    """Width of the first layer."""
    latent: int = 16
    """Width of the embedding."""
    dropout: float = 0.0
    """Share of each layer's inputs dropped while training."""
    epochs: int = 200
    """Passes of training, at most."""
    lr: float = 0.01
    """Adam's step size."""
    loss: Loss = "paper"
    """The objective."""
    batch_size: int | None = None
    """Training edges in a step; None takes all in one."""
    negatives: int = 1
    """Sampled non-edges for each edge of a step."""
    clip: float | None = None
    """The gradient's norm is brought down to this where it is larger; None leaves it."""


HEADS = 8
"""Attention heads of GAT's first layer, as in its paper."""
SETTINGS = tuple(field.name for field in fields(Settings))
"""The settings that a preset has a say in."""
OPTIONAL = ("batch_size", "clip")
"""Those of them that may be None: no batches, no bound."""


@dataclass(frozen=True)
class Preset:
    """A named model: which parts, and the settings of its paper."""

    title: str
    """What it is, in a few words."""
    paper: str
    """Where it comes from."""
    encoder: Literal[
        "gcn", "linear", "normalised", "normalised-mean", "embedding", "mlp", "sage", "gat"
    ]
    """The name of an encoder."""
    variational: bool
    """Whether the code is a distribution (VGAE) or a point (GAE)."""
    decoder: Literal["inner-product", "source-target", "hadamard-mlp", "residual-mlp"] = (
        "inner-product"
    )
    """The name of a decoder."""
    hops: int = 2
    """Steps of propagation of the encoder `embedding`."""
    layers: int = 1
    """Layers of the decoder `residual-mlp` before its last."""
    tf_idf: bool = False
    """Whether features are weighed by rarity, and brought to one length a node."""
    masked: float = 0.0
    """Share of the training edges that each step hides from its messages and predicts; with 0
    every edge is message and target at once."""
    adversarial: bool = False
    """Whether a discriminator pulls the codes towards the prior (`graphvae.losses.adversary`)."""
    settings: Settings = Settings()
    """Widths, epochs, step size and objective of the paper."""

    @property
    def directed(self) -> bool:
        """Whether the model tells u → v from v → u."""
        return self.decoder == "source-target"


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
HAMILTON = (
    "Hamilton et al. 2017, Inductive Representation Learning on Large Graphs, arXiv:1706.02216"
)
VELICKOVIC = "Veličković et al. 2018, Graph Attention Networks, arXiv:1710.10903"

MA = "Ma et al. 2024, Reconsidering the Performance of GAE in Link Prediction, arXiv:2411.03845"

NORMALISED = Settings(latent=128, epochs=300, lr=0.005, loss="sampled")
"""As the code of Ahn & Kim 2021 has it."""
STRONG = Settings(latent=128, dropout=0.8, epochs=300, loss="sampled")
"""Chosen by validation AUC on Cora and Citeseer, four splits each; nothing of a test set."""
OPTIMIZED = Settings(
    hidden=16, latent=512, dropout=0.5, epochs=60, lr=0.002, loss="sampled", clip=1.0
)
"""Chosen by validation AUC and AP on Cora and Citeseer, seeds 0 and 1; nothing of a test set."""
OPTIMIZED_DDI = Settings(
    hidden=1024,
    latent=1024,
    dropout=0.6,
    epochs=500,
    lr=0.001,
    loss="sampled",
    batch_size=8192,
    clip=1.0,
)
"""As the code of Ma et al. 2024 has it for ogbl-ddi, where the step size also falls with time."""
SAMPLED = Settings(loss="sampled")
ADVERSARIAL = Settings(lr=0.005)
"""Step size chosen by validation AUC and AP on Cora and Citeseer, four splits each, of three."""

PRESETS: dict[str, Preset] = {
    "gae": Preset("graph auto-encoder", KIPF, encoder="gcn", variational=False),
    "vgae": Preset("variational graph auto-encoder", KIPF, encoder="gcn", variational=True),
    "linear-gae": Preset(
        "graph auto-encoder of one linear hop", LINEAR, encoder="linear", variational=False
    ),
    "linear-vgae": Preset(
        "variational graph auto-encoder of one linear hop",
        LINEAR,
        encoder="linear",
        variational=True,
    ),
    "gnae": Preset(
        "graph auto-encoder that normalises states before they propagate",
        AHN,
        encoder="normalised",
        variational=False,
        settings=NORMALISED,
    ),
    "vgnae": Preset(
        "variational graph auto-encoder that normalises means before they propagate",
        AHN,
        encoder="normalised",
        variational=True,
        settings=NORMALISED,
    ),
    "argae": Preset(
        "graph auto-encoder whose codes a discriminator pulls towards the prior",
        PAN,
        encoder="gcn",
        variational=False,
        adversarial=True,
        settings=ADVERSARIAL,
    ),
    "arvgae": Preset(
        "variational graph auto-encoder whose codes a discriminator pulls towards the prior",
        PAN,
        encoder="gcn",
        variational=True,
        adversarial=True,
        settings=ADVERSARIAL,
    ),
    "strong-gae": Preset(
        "graph auto-encoder for scores: tf-idf, normalised states over two hops, masked targets, "
        "Hadamard-MLP decoder",
        "this project, of parts of Ahn & Kim 2021, Zhu & Koniusz 2021 and Ma et al. 2024",
        encoder="normalised-mean",
        variational=False,
        decoder="hadamard-mlp",
        tf_idf=True,
        masked=0.3,
        settings=STRONG,
    ),
    "optimized-gae": Preset(
        "graph auto-encoder of learnable orthogonal embeddings and linear hops, masked targets, "
        "residual MLP decoder",
        MA,
        encoder="embedding",
        variational=False,
        decoder="residual-mlp",
        masked=0.3,
        settings=OPTIMIZED,
    ),
    "optimized-gae-ddi": Preset(
        "the same with its paper's settings for ogbl-ddi: wide, deep decoder, batches",
        MA,
        encoder="embedding",
        variational=False,
        decoder="residual-mlp",
        layers=7,
        masked=0.01,
        settings=OPTIMIZED_DDI,
    ),
    "sage": Preset(
        "graph auto-encoder of two GraphSAGE layers",
        HAMILTON,
        encoder="sage",
        variational=False,
        settings=SAMPLED,
    ),
    "gat": Preset(
        "graph auto-encoder of two attention layers",
        VELICKOVIC,
        encoder="gat",
        variational=False,
        settings=Settings(hidden=64, lr=0.005, loss="sampled"),
    ),
    "st-gae": Preset(
        "source/target graph auto-encoder, for directed graphs",
        SALHA,
        encoder="gcn",
        variational=False,
        decoder="source-target",
        settings=SAMPLED,
    ),
    "st-vgae": Preset(
        "source/target variational graph auto-encoder, for directed graphs",
        SALHA,
        encoder="gcn",
        variational=True,
        decoder="source-target",
        settings=SAMPLED,
    ),
    "st-mlp": Preset(
        "the features alone, for directed graphs",
        "features-only baseline",
        encoder="mlp",
        variational=False,
        decoder="source-target",
        settings=SAMPLED,
    ),
    "mlp": Preset(
        "auto-encoder of the features alone, the baseline that sees no edge in its messages",
        "features-only baseline",
        encoder="mlp",
        variational=False,
        settings=SAMPLED,
    ),
}


def preset(name: str) -> Preset:
    """Return the preset of a name; `InputError` with the nearest names if there is none."""
    if name not in PRESETS:
        known = ", ".join(PRESETS)
        hint = nearest(name, list(PRESETS))
        raise InputError(f"model: expected one of {known}, got {name!r}{hint}")
    return PRESETS[name]
