"""Every image model by name, as a recipe over the same few parts. Light: no torch is imported.

A recipe names a latent graph and the settings of its paper. Whatever a person sets takes the place
of the recipe's value, so `vae --prior vamp` *is* `vamp-vae`. The table of all systems, those that
are still to come too, stands in `image_vae/RECIPES.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from graphvae_data.core.errors import InputError, nearest

Activation = Literal["tanh", "relu", "gated"]
Network = Literal["mlp", "conv"]
Family = Literal["bernoulli", "gaussian", "logistic"]
PriorName = Literal["normal", "mog", "vamp", "vamp-data", "aggregate", "uniform"]
Estimator = Literal["elbo", "elbo-mc", "iwae", "adversarial"]
PenaltyName = Literal["weight", "capacity", "free-bits", "decomposed", "density-ratio"]
Weighting = Literal["hfvae", "stratified", "weighted"]
Layers = Literal["one", "chain", "hvae", "hierarchy"]
Batches = Literal["shuffled", "one-factor"]
Rates = Literal["constant", "burda"]


@dataclass(frozen=True)
class Settings:
    """What a run takes where the user gives no value of their own."""

    latent: tuple[int, ...] = (50,)
    """Width of each code, from the one next to the image upwards."""
    hidden: tuple[int, ...] = (200, 200)
    """Width of each hidden layer between the image and a code."""
    hidden_between: tuple[int, ...] = ()
    """Width of each hidden layer between two codes; empty for the same as `hidden`."""
    network: Network = "mlp"
    """Dense layers, or convolutions next to the image."""
    activation: Activation = "tanh"
    """Of every hidden layer."""
    likelihood: Family = "bernoulli"
    """p(x | z): binary pixels, real-valued ones, or 256 levels."""
    prior: PriorName = "normal"
    """Of the topmost code; `uniform` is that of InfoGAN, and of no other."""
    prior_components: int = 500
    """K of a mixture; `aggregate` has as many as there are images."""
    estimator: Estimator = "elbo"
    """`elbo`: the divergence in closed form where there is one; `elbo-mc`: all by samples; `iwae`:
    the importance-weighted bound of k samples; `adversarial`: no bound, but InfoGAN's game."""
    k: int = 1
    """Samples of the code per image and step."""
    penalty: PenaltyName = "weight"
    """How the divergence enters the loss."""
    beta: float = 1.0
    """Weight of the divergence, in summed nats."""
    warmup: int = 0
    """Epochs over which the weight rises from 0 to beta."""
    gamma: float = 1000.0
    """Weight of |KL − C|; of the dimension-wise divergence where it is decomposed; of the total
    correlation that a discriminator estimates. `GAMMAS` has a value for each."""
    capacity: float = 25.0
    """C at the end, in nats."""
    capacity_steps: int = 100_000
    """Steps over which C rises from 0."""
    free_bits: float = 0.5
    """Nats that each coordinate of a code has free."""
    alpha: float = 1.0
    """Weight of the mutual information where the divergence is decomposed; β is then that of the
    total correlation between groups."""
    within: float = 1.0
    """Weight of the total correlation inside groups of coordinates."""
    groups: tuple[int, ...] = ()
    """Sizes of groups of neighbouring coordinates; empty for each on its own."""
    label_weight: float = 1.0
    """λ, of the label that the first group tells; nothing where no label is asked for."""
    tc_weights: Weighting = "hfvae"
    """How a batch stands for all images in q(z), as `parts.total_correlation` explains."""
    discriminator: tuple[int, ...] = (1000,) * 6
    """Width of each hidden layer of the discriminator, where there is one."""
    discriminator_lr: float = 1e-4
    """Adam's step size for a discriminator, InfoGAN's too."""
    information: float = 1.0
    """λ, of InfoGAN's bound on the information between code and image."""
    noise: int = 62
    """Width of the noise that InfoGAN's generator has beside the code."""
    categories: tuple[int, ...] = ()
    """Values of each category in InfoGAN's code, before its continuous coordinates."""
    batch_size: int = 100
    """Images a step."""
    batches: Batches = "shuffled"
    """`one-factor`: in each batch one factor varies, and only its coordinates reach the decoder, as
    `image_vae.data.one_factor` explains."""
    epochs: int = 50
    """Passes over the training images."""
    steps: int | None = None
    """Stop after this many steps, even inside an epoch; None never does."""
    lr: float = 1e-3
    """Adam's step size, at its largest."""
    rates: Rates = "constant"
    """`burda`: 3^i epochs at lr · 10^(−i/7), i = 0, 1, …, of Burda et al. 2015."""


GAMMAS: dict[str, float] = {"capacity": 1000.0, "decomposed": 1.0, "density-ratio": 10.0}
"""What γ is with a penalty that the recipe does not have, where the user gives none."""
SETTINGS = tuple(field.name for field in fields(Settings))
"""The settings that a recipe has a say in."""


@dataclass(frozen=True)
class Recipe:
    """A named model: which latent graph, and the settings of its paper."""

    title: str
    """What it is, in a few words."""
    paper: str
    """Where it comes from."""
    layers: Layers = "one"
    """Its latent graph, of `image_vae.parts.latent_graph`."""
    settings: Settings = Settings()
    """Everything else."""


KINGMA = "Kingma & Welling 2013, Auto-Encoding Variational Bayes, arXiv:1312.6114"
HIGGINS = "Higgins et al. 2017, β-VAE, ICLR 2017"
BURGESS = "Burgess et al. 2018, Understanding disentangling in β-VAE, arXiv:1804.03599"
SONDERBY = "Sønderby et al. 2016, Ladder Variational Autoencoders, arXiv:1602.02282"
IAF = "Kingma et al. 2016, Improved Variational Inference with IAF, arXiv:1606.04934"
BURDA = "Burda et al. 2015, Importance Weighted Autoencoders, arXiv:1509.00519"
CHEN = "Chen et al. 2018, Isolating Sources of Disentanglement in VAEs, arXiv:1802.04942"
ESMAEILI = "Esmaeili et al. 2018, Structured Disentangled Representations, arXiv:1804.02086"
KIM = "Kim & Mnih 2018, Disentangling by Factorising, arXiv:1802.05983"
KULKARNI = "Kulkarni et al. 2015, Deep Convolutional Inverse Graphics Network, arXiv:1503.03167"
INFOGAN = "Chen et al. 2016, InfoGAN, arXiv:1606.03657"
TOMCZAK = "Tomczak & Welling 2017, VAE with a VampPrior, arXiv:1705.07120"

GATED = Settings(
    latent=(40,), hidden=(300, 300), activation="gated", lr=5e-4, warmup=100, epochs=500
)
DECOMPOSED = Settings(
    latent=(10,),
    hidden=(1200, 1200),
    activation="relu",
    penalty="decomposed",
    beta=6.0,
    gamma=1.0,
    batch_size=2048,
)
TWO = Settings(
    latent=(40, 40), hidden=(300, 300), activation="gated", lr=5e-4, warmup=100, epochs=500
)

RECIPES: dict[str, Recipe] = {
    "vae": Recipe("variational auto-encoder", KINGMA),
    "beta-vae": Recipe(
        "the divergence weighed by β",
        HIGGINS,
        settings=Settings(
            latent=(10,), hidden=(1200, 1200), activation="relu", batch_size=64, beta=4.0
        ),
    ),
    "capacity-vae": Recipe(
        "the divergence held to a capacity that grows",
        BURGESS,
        settings=Settings(
            latent=(10,),
            hidden=(256, 256),
            network="conv",
            activation="relu",
            batch_size=64,
            penalty="capacity",
            lr=5e-4,
        ),
    ),
    "beta-tcvae": Recipe(
        "the divergence decomposed, its total correlation weighed by β", CHEN, settings=DECOMPOSED
    ),
    "hfvae": Recipe(
        "the same, with total correlation between and inside groups of coordinates",
        ESMAEILI,
        settings=Settings(**{**vars(DECOMPOSED), "groups": (2,) * 5}),
    ),
    "factor-vae": Recipe(
        "the total correlation that a discriminator estimates is weighed by γ",
        KIM,
        settings=Settings(
            latent=(10,),
            hidden=(128,),
            network="conv",
            activation="relu",
            penalty="density-ratio",
            gamma=10.0,
            batch_size=64,
            lr=1e-4,
        ),
    ),
    "dc-ign": Recipe(
        "one factor varies in each batch, and only its coordinates are free",
        KULKARNI,
        settings=Settings(
            latent=(5,),
            hidden=(256, 256),
            network="conv",
            activation="relu",
            batch_size=20,
            # A coordinate learns of reconstruction in the batches of its own factor alone, one in
            # five on dSprites, and of its divergence in all: it would stay at the prior.
            penalty="free-bits",
            free_bits=1.0,
            batches="one-factor",
            epochs=120,
            steps=300_000,
            lr=5e-4,
        ),
    ),
    "infogan": Recipe(
        "no VAE: a generator whose images tell of its code, and a discriminator",
        INFOGAN,
        settings=Settings(
            latent=(5,),
            hidden=(128,),
            network="conv",
            activation="relu",
            prior="uniform",
            estimator="adversarial",
            # λ is below 1, as in the paper where codes are continuous: at 1 L_I drowns D's verdict.
            # Beside 62 of noise, five coordinates have little left to tell.
            information=0.1,
            noise=5,
            batch_size=64,
            epochs=300,
            steps=300_000,
            discriminator_lr=2e-4,
        ),
    ),
    "annealed-vae": Recipe(
        "the weight of the divergence rises from 0 to 1", SONDERBY, settings=Settings(warmup=10)
    ),
    "free-bits-vae": Recipe(
        "each coordinate has some nats free", IAF, settings=Settings(penalty="free-bits")
    ),
    "iwae": Recipe(
        "importance-weighted bound of k samples",
        BURDA,
        settings=Settings(estimator="iwae", k=5),
    ),
    "iwae-2": Recipe(
        "importance-weighted bound, two stochastic layers",
        BURDA,
        layers="chain",
        settings=Settings(latent=(100, 50), hidden_between=(100, 100), estimator="iwae", k=5),
    ),
    "mog-vae": Recipe(
        "a mixture of Gaussians as prior",
        TOMCZAK,
        settings=Settings(**{**vars(GATED), "prior": "mog"}),
    ),
    "vamp-vae": Recipe(
        "the mixture of the posteriors of learnt pseudo-inputs as prior",
        TOMCZAK,
        settings=Settings(**{**vars(GATED), "prior": "vamp"}),
    ),
    "hvae": Recipe(
        "two layers that both reach the image",
        TOMCZAK,
        layers="hvae",
        settings=Settings(**{**vars(TWO), "prior": "vamp"}),
    ),
    "conv-hvae": Recipe(
        "two layers that both reach the image, through convolutions",
        TOMCZAK,
        layers="hvae",
        settings=Settings(**{**vars(TWO), "prior": "vamp", "network": "conv"}),
    ),
    "hierarchical-vae": Recipe(
        "L layers, each inferred from the image, each a prior of the one below",
        SONDERBY,
        layers="hierarchy",
        settings=Settings(latent=(40, 20, 10)),
    ),
}


def recipe(name: str) -> Recipe:
    """Return the recipe of a name; `InputError` with the nearest names if there is none."""
    if name not in RECIPES:
        known = ", ".join(RECIPES)
        hint = nearest(name, list(RECIPES))
        raise InputError(f"model: expected one of {known}, got {name!r}{hint}")
    return RECIPES[name]
