"""Published tables on images as data: the figures of a paper, and the runs that reproduce them.

Figures are in nats per image as printed in the paper, except active units, which are counts, and
scores of disentanglement, which are in [0, 1]. A table states its protocol; figures of different
protocols must not be compared. Every row has a quick form, which takes minutes on a CPU; the quick
form of a table has the rows marked `quick` by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphvae_data.runs.published import PublishedTable, Row
from image_vae.disentanglement.choices import Baseline
from image_vae.reproduce.imagination_table import IMAGINATION

QUICK_SAMPLES, QUICK_IMAGES = 1_000, 500
"""Samples per image, and test images, for the likelihood of the quick form."""
FULL_SAMPLES = 5_000
"""Samples per image for the likelihood of the full form, as in both papers."""

QUICK_CODES, QUICK_AGGREGATE = 5_000, 20_000
"""Images of the quick form: for metrics without densities, and in q(z) for mig."""

_BURDA: dict[str, Any] = {"batch_size": 20, "rates": "burda", "epochs": 3280}
_VAE, _IWAE = "VAE", "IWAE"

_BURDA_FIGURES: dict[tuple[str, int, int, str], tuple[float, ...]] = {
    ("mnist", 1, 1, _VAE): (86.76, 19),
    ("mnist", 1, 5, _VAE): (86.47, 20),
    ("mnist", 1, 5, _IWAE): (85.54, 22),
    ("mnist", 1, 50, _VAE): (86.35, 20),
    ("mnist", 1, 50, _IWAE): (84.78, 25),
    ("mnist", 2, 1, _VAE): (85.33, 16, 5),
    ("mnist", 2, 5, _VAE): (85.01, 17, 5),
    ("mnist", 2, 5, _IWAE): (83.89, 21, 5),
    ("mnist", 2, 50, _VAE): (84.78, 17, 5),
    ("mnist", 2, 50, _IWAE): (82.90, 26, 7),
    ("omniglot", 1, 1, _VAE): (108.11, 28),
    ("omniglot", 1, 5, _VAE): (107.62, 28),
    ("omniglot", 1, 5, _IWAE): (106.12, 34),
    ("omniglot", 1, 50, _VAE): (107.80, 28),
    ("omniglot", 1, 50, _IWAE): (104.67, 41),
    ("omniglot", 2, 1, _VAE): (107.58, 28, 4),
    ("omniglot", 2, 5, _VAE): (106.31, 30, 5),
    ("omniglot", 2, 5, _IWAE): (104.79, 38, 6),
    ("omniglot", 2, 50, _VAE): (106.30, 30, 5),
    ("omniglot", 2, 50, _IWAE): (103.38, 44, 7),
}
"""Data, stochastic layers, k, objective: −log p and the active units of each layer."""


def _burda(key: tuple[str, int, int, str], figures: tuple[float | int, ...]) -> Row:
    dataset, layers, k, objective = key
    settings = {**_BURDA, "samples": k, "bound": "iwae" if objective == _IWAE else "elbo-mc"}
    units = ["active_units"] if layers == 1 else ["active_units_1", "active_units_2"]
    return Row(
        f"{dataset}-{layers}-{objective.lower()}-{k}",
        dataset,
        "iwae-2" if layers == 2 else objective.lower(),
        settings,
        (dict(zip(["nll", *units], figures, strict=True)),),
        quick=dataset == "mnist" and layers == 1 and (k, objective) in ((1, _VAE), (5, _IWAE)),
    )


IWAE2015 = PublishedTable(
    "iwae2015",
    "Test −log p and active units of Burda et al. 2015, Importance Weighted Autoencoders, table 1",
    ("nll",),
    tuple(_burda(key, figures) for key, figures in _BURDA_FIGURES.items()),
    "batch 20, 3,280 epochs at falling rates, dynamic binarisation, 5,000 samples; "
    "trained on 50,000 digits with 10,000 for validation (the paper trains on 60,000)",
    {"epochs": 20, "batch_size": 100, "rates": "constant"},
    "Omniglot's 28×28 drawings are downscaled from 105×105, a different protocol from "
    "the paper's, whose preprocessed file is not available.",
)


def _tomczak(name: str, model: str, figure: float, **settings: Any) -> Row:
    whole = {"binarize": "fixed", **settings}
    return Row(name, "mnist", model, whole, ({"nll": figure},), quick=name in ("hvae", "hvae-vamp"))


VAMPPRIOR2017 = PublishedTable(
    "vampprior2017",
    "Test −log p of Tomczak & Welling 2017, VAE with a VampPrior, table 1, static MNIST",
    ("nll",),
    (
        _tomczak("vae-vamp", "vamp-vae", 85.57),
        _tomczak("hvae", "hvae", 85.89, prior="normal"),
        _tomczak("hvae-mog", "hvae", 85.07, prior="mog", prior_components=500),
        _tomczak("hvae-vamp-data", "hvae", 85.71, prior="vamp-data"),
        _tomczak("hvae-vamp", "hvae", 83.19),
        _tomczak("conv-hvae-vamp", "conv-hvae", 81.09),
    ),
    "gated layers of 300, latents 40 / 40, 500 components, warm-up over 100 of 500 epochs, pixels "
    "binarised once by seed (the paper's static file is another draw), 5,000 samples",
    {"epochs": 20, "warmup": 10},
    "A short run does not predict the order at full length: pseudo-inputs learn slowly.",
)

FLOWS2018 = PublishedTable(
    "flows2018",
    "Test −log p of the baselines in van den Berg et al. 2018, Sylvester Normalizing Flows, MNIST",
    ("nll",),
    (
        Row("vae", "mnist", "iaf-vae", {"posterior": "gaussian"}, ({"nll": 82.14},), quick=True),
        Row("planar-4", "mnist", "planar-vae", {}, ({"nll": 81.91},), quick=True),
        Row("iaf-4", "mnist", "iaf-vae", {}, ({"nll": 80.79},), quick=True),
    ),
    "gated dense layers of 300 (the paper's are convolutional), 64 latents, 4 flows, warm-up over "
    "100 of at most 2,000 epochs, pixels binarised dynamically (the paper's once), 5,000 samples",
    {"epochs": 20, "warmup": 5},
    "The quick form takes about 20 minutes on one thread. Of three seeds the order is not certain.",
    seeds=3,
)

SURGERY2016 = PublishedTable(
    "surgery2016",
    "Mean KL = mutual information + marginal KL, Hoffman & Johnson 2016, ELBO surgery, MNIST",
    ("surgery",),
    tuple(
        Row(
            f"{latent}-d",
            "mnist",
            "vae",
            {"latent": (latent,), "hidden": (500,), "epochs": 200},
            (dict(zip(("mean_kl", "mutual_information", "marginal_kl"), figures, strict=True)),),
            quick=True,
        )
        for latent, figures in ((10, (19.17, 10.82, 8.35)), (2, (7.41, 7.20, 0.21)))
    ),
    "one hidden layer of 500, 200 epochs, q(z) over all 50,000 training images, log N = 10.82 "
    "(the paper prints log N = 11.00, and not its network)",
    {"epochs": 20},
)

_MLP: dict[str, Any] = {"latent": (10,), "hidden": (1200, 1200), "activation": "relu"}
_LONG: dict[str, Any] = {"epochs": 33, "steps": 300_000, "batch_size": 64}


def _sprites(
    name: str, model: str, settings: Mapping[str, Any], baseline: Baseline | None = None,
    quick: bool = True, **published: float,
) -> Row:  # fmt: skip
    return Row(name, "dsprites", model, settings, (published,), quick=quick, baseline=baseline)


DSPRITES = PublishedTable(
    "dsprites",
    "Disentanglement on dSprites: Higgins et al. 2017 (their metric), Chen et al. 2018 (MIG), "
    "Kim & Mnih 2018",
    ("disentanglement",),
    (
        _sprites("pca", "vae", {**_MLP, **_LONG}, "pca", higgins=0.849),
        _sprites("untrained", "vae", {**_MLP, **_LONG}, "untrained", higgins=0.4414),
        _sprites("vae", "vae", {**_MLP, **_LONG}, higgins=0.6158),
        _sprites("beta-vae", "beta-vae", {**_LONG, "beta": 4.0}, higgins=0.9923),
        _sprites("beta-tcvae", "beta-tcvae", {"beta": 6.0}, mig=0.5),
        _sprites("factor-vae", "factor-vae", {**_LONG, "gamma": 10.0}),
        _sprites("dc-ign", "dc-ign", {}, quick=False, higgins=0.993),
        _sprites("infogan", "infogan", {}, quick=False, higgins=0.735),
    ),
    "float32; vae, beta-vae (β 4; dense layers of 1200) and factor-vae (γ 10; convolutions, Adam "
    "at 1e-4) 300,000 steps of 64, beta-tcvae (β 6; dense layers of 1200, Adam at 1e-3) 50 epochs "
    "in batches of 2,048; dc-ign (a free nat a coordinate, batches of 20) and infogan (λ 0.1, 5 of "
    "noise, batches of 64) 300,000 steps with the settings of the recipes here; Adam instead of "
    "the Adagrad of Higgins et al.; 10,000 images, mig of all",
    {
        "steps": 1_000,
        "epochs": 1,
        "batch_size": 64,
        "lr": 5e-4,
        "encoder": "conv",
        "hidden": (256,),
        "activation": "relu",
        "scored": 2_048,
    },
    "MIG at full length is expected to increase from untrained to vae to beta-vae and beta-tcvae; "
    "a short run may not show it. The only published mig is beta-tcvae's (about .5).",
    seeds=3,
)

TABLES: dict[str, PublishedTable] = {
    table.name: table
    for table in (IWAE2015, VAMPPRIOR2017, FLOWS2018, SURGERY2016, DSPRITES, IMAGINATION)
}
