"""Published tables on images as data: the figures of papers, and the runs that reproduce them.

Figures are in nats per image as printed in the paper, except active units, which are counts, and
scores of disentanglement and accuracies, which are in [0, 1]. A table states its protocol; figures
of different protocols must not be compared. Every row has a quick form, which takes minutes on a
CPU; the quick form of a table has only the rows marked `quick` by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphvae_data.runs.published import Comparators, PublishedTable, Row
from image_vae.disentanglement.choices import Baseline
from image_vae.reproduce.imagination_table import IMAGINATION

QUICK_IMAGES = 500
"""Test images for the likelihood of the quick form."""
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
    "batch 20, 3,280 epochs with learning rate decay, dynamic binarisation, 5,000 samples; "
    "trained on 50,000 digits with 10,000 for validation (the paper trains on 60,000)",
    {"epochs": 20, "batch_size": 100, "rates": "constant"},
    "Omniglot's 28×28 drawings are downscaled from 105×105, a different protocol from "
    "the paper's, whose preprocessed file is not available.",
)


def _tomczak(name: str, model: str, figure: float, **settings: Any) -> Row:
    settings = {"binarize": "fixed", "optimizer": "normalised-adam", "patience": 50, **settings}
    quick = name in ("hvae", "hvae-vamp")
    return Row(name, "mnist", model, settings, ({"nll": figure},), quick=quick)


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
        _tomczak("pixel-hvae-vamp", "pixel-hvae", 79.78),
    ),
    "gated layers of 300, latents 40 / 40, 500 components, gradients normalised per tensor, "
    "warm-up over 100 of at most 500 epochs (paper: 2,000), early stopping after 50 epochs without "
    "a better bound, pixels binarised once by seed (the paper's static file is another sample), "
    "5,000 samples; pixel-hvae with the same kernel sizes in both encoders",
    {"epochs": 20, "warmup": 10, "optimizer": "adam"},
    "A short run does not predict the ranking of full runs: pseudo-inputs converge slowly.",
)

MNIST_COMPARATORS = Comparators(
    "MNIST, −log p in nats per image; architectures and numbers of samples differ",
    {
        "VAE with normalizing flows (planar, 80)": "85.10",
        "VAE, two layers": "87.86",
        "IWAE, two layers": "85.32",
        "DRAW": "< 80.97",
        "Discrete VAE": "81.01",
        "AVB with adaptive contrast": "80.20",
        "IAF VAE": "79.88",
        "AF VAE": "79.30",
        "PixelRNN": "79.20",
        "VLAE": "79.03",
    },
)
CIFAR_COMPARATORS = Comparators(
    "CIFAR-10, bits per dimension; upper bounds for models with codes",
    {
        "uniform": "8.00",
        "multivariate Gaussian": "4.70",
        "NICE": "4.48",
        "Deep GMMs": "4.00",
        "Real NVP": "3.49",
        "PixelCNN": "3.14",
        "Gated PixelCNN": "3.03",
        "PixelRNN": "3.00",
        "PixelCNN++": "2.92",
        "with codes: Deep Diffusion": "5.40",
        "with codes: Convolutional DRAW": "3.58",
        "with codes: ResNet VAE with IAF": "3.11",
        "with codes: ResNet VLAE": "3.04",
        "with codes: DenseNet VLAE": "2.95",
    },
)
IMAGENET_COMPARATORS = Comparators(
    "ImageNet 64×64, bits per dimension, validation (training)",
    {
        "Convolutional DRAW": "≤ 4.10 (4.04)",
        "Real NVP": "4.01 (3.93)",
        "PixelRNN": "3.63 (3.57)",
        "Gated PixelCNN": "3.57 (3.48)",
        "hierarchical PixelVAE": "≤ 3.66 (3.59)",
    },
)


def _sylvester(name: str, model: str, bound: float, nll: float, **settings: Any) -> Row:
    settings = {"patience": 100, **settings}
    return Row(name, "mnist", model, settings, ({"bound": bound, "nll": nll},), quick=True)


FLOWS2018 = PublishedTable(
    "flows2018",
    "Test −ELBO and −log p of the baselines in van den Berg et al. 2018, Sylvester Normalizing "
    "Flows, MNIST",
    ("code",),
    (
        _sylvester("vae", "iaf-vae", 86.55, 82.14, posterior="gaussian"),
        _sylvester("planar-4", "planar-vae", 86.06, 81.91),
        _sylvester("iaf-4", "iaf-vae", 84.20, 80.79),
    ),
    "gated dense layers of 300 (paper: convolutional), 64 latent dimensions, 4 flow steps, warm-up "
    "over 100 of at most 2,000 epochs, early stopping after 100 epochs without a better bound, "
    "pixels binarised dynamically (paper: once), 5,000 samples",
    {"epochs": 20, "warmup": 5},
    "The quick form takes about 20 minutes on one thread. Three seeds do not settle the ranking.",
    seeds=3,
    comparators=(MNIST_COMPARATORS,),
    cost="nine runs of up to 2,000 epochs; an epoch takes 7 s (VAE), 8 s "
    "(planar) or 10 s (IAF) on one CPU thread, so up to 42 hours; the paper's convolutional "
    "networks take 11 to 14 minutes an epoch there and need a GPU",
)


def _window(side: int, *, quick: bool) -> Row:
    """Return the row of VLAE whose receptive field has `side` rows above and columns beside."""
    quick_settings = {"steps": 5_000, "epochs": 10, "free_bits": 0.01 * 14 * 14 / 64}
    return Row(
        f"vlae-{side}",
        "mnist",
        "vlae",
        {"decoder_layers": side},
        (None,),
        quick=quick,
        quick_settings=quick_settings,
    )


AUTOREGRESSIVE = PublishedTable(
    "autoregressive",
    "Test −ELBO, −log p and KL of autoregressive decoders: unconditional (PixelCNN), conditional "
    "(Gulrajani et al. 2016, PixelVAE), of local receptive field (Chen et al. 2016, VLAE), MNIST",
    ("code",),
    (
        Row(
            "pixelcnn",
            "mnist",
            "pixel-vae",
            {"decoder_conditional": False, "latent": (1,), "warmup": 0},
            quick=True,
            quick_settings={"decoder_layers": 6},
        ),
        Row(
            "pixel-vae",
            "mnist",
            "pixel-vae",
            quick=True,
            quick_settings={"decoder_layers": 6, "warmup": 0.5},
        ),
        _window(6, quick=True),
        _window(3, quick=True),
        _window(1, quick=True),
    ),
    "PixelCNN and PixelVAE of 12 layers 5×5 after one of 7×7, 400 epochs (paper: 200,000 steps of "
    "100 images); VLAE of 3×3 layers, 64 latent dimensions, .01 free nats per pixel, 400 epochs; "
    "16 channels; the receptive field of vlae-N has N rows above and N columns beside a pixel; "
    "pixels binarised dynamically (papers: once), without weight normalisation, 5,000 samples",
    {"steps": 1_000, "epochs": 2},
    "At equal training length KL is expected to rise as the receptive field shrinks; below 2,000 "
    "steps it is the free nats, so the quick form trains VLAE for 5,000 steps. Without a code and "
    "with KL 0, −ELBO equals −log p.",
    comparators=(MNIST_COMPARATORS, CIFAR_COMPARATORS, IMAGENET_COMPARATORS),
    cost="a step of PixelVAE takes 1.3 s on one CPU thread, so 200,000 steps take 3 days per row, "
    "and 5,000 samples of 10,000 images even longer: a GPU is needed",
    quick_dataset="mnist-14",
    quick_samples=100,
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
    "(the paper states log N = 11.00, and does not describe its network)",
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
    "in batches of 2,048; dc-ign (one free nat per coordinate, batches of 20) and infogan (λ 0.1, "
    "noise of dimension 5, batches of 64) 300,000 steps with the settings of the recipes here; "
    "Adam instead of the Adagrad of Higgins et al.; 10,000 images, all images for mig",
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
    "In full runs MIG is expected to increase from untrained to vae to beta-vae and beta-tcvae; "
    "a short run may not show it. The only published mig is that of beta-tcvae (about 0.5).",
    seeds=3,
)


def _semi(
    name: str,
    model: str,
    labels: int,
    quick: bool = False,
    settings: Mapping[str, Any] | None = None,
    **figures: float,
) -> Row:
    chosen = {"labels_per_class": labels // 10, "binarize": "none", **(settings or {})}
    return Row(name, "mnist", model, chosen, (figures,), quick=quick)


_PYRO = {
    100: (0.9319, 0.7712, 0.2254),
    600: (0.9437, 0.8716, 0.6939),
    1000: (0.9487, 0.8863, 0.7562),
    3000: (0.9582, 0.9108, 0.8932),
}
"""Number of labels: accuracy of M2, of a classifier trained on the labels only, M2 without α′."""

_ENUMERATED = {"label_estimator": "enumerate", "samples": 1, "vat_radius": 1.5}
"""Settings of `ssvae` with exact expectations over the label instead of relaxed ones."""

SEMISUPERVISED = PublishedTable(
    "semisupervised",
    "Test accuracy with few labels on MNIST: Kingma et al. 2014 (M2, M1 + M2), Narayanaswamy et "
    "al. 2017",
    ("labels",),
    (
        *(
            _semi(f"m2-{n}", "m2", n, True, accuracy=accuracy, classifier=classifier, plain=plain)
            for n, (accuracy, classifier, plain) in _PYRO.items()
        ),
        *(
            _semi(f"m2-{n}-plain", "m2", n, settings={"label_weight": 0.0}, accuracy=figures[2])
            for n, figures in _PYRO.items()
        ),
        _semi("m2-100-vat", "m2", 100, settings={"vat_radius": 1.5}),
        _semi("ssvae-100", "ssvae", 100, accuracy=0.9029),
        _semi("ssvae-100-vat", "ssvae", 100, settings=_ENUMERATED, accuracy=0.9029),
        _semi("m1-m2-100", "m1-m2", 100),
    ),
    "50,000 training images, of which 100 to 3,000 are labelled, balanced over the classes and "
    "chosen by a seed; 100 epochs in batches of 50, model selection by the 10,000 "
    "validation labels, grey pixels; rows -vat add virtual adversarial training",
    {"epochs": 30},
    "m2: figures of Pyro's tutorial, five choices of labels, with its classifier trained on the "
    "labelled images only and its M2 without α′ (rows -plain here); ssvae: Narayanaswamy et al. "
    "2017, table 1.",
    seeds=5,
    quick_seeds=1,
    over="choices of labels",
    varied=("seed", "label_seed"),
)

NVAE2020 = PublishedTable(
    "nvae2020",
    "Test −log p of Vahdat & Kautz 2020, NVAE, table 1, MNIST; with two-layer hierarchies",
    ("nll", "parameters", "seconds"),
    (
        Row("nvae", "mnist-14", "nvae", quick=True),
        Row("hvae", "mnist-14", "hvae", quick=True),
        Row("conv-hvae", "mnist-14", "conv-hvae", quick=True),
        Row("absolute-q", "mnist-14", "nvae", {"residual": False}, quick=True, seeds=1),
        Row("no-spectral", "mnist-14", "nvae", {"smooth": 0.0}, quick=True, seeds=1),
        Row("plain-cells", "mnist-14", "nvae", {"cell": "plain"}, quick=True, seeds=1),
        Row("nvae-mnist", "mnist", "nvae-mnist", {}, ({"nll": 78.01},), seeds=1),
    ),
    "only the row nvae-mnist is from the paper: 15 groups of 20 latent maps, 32 channels, 400 "
    "epochs in batches of 400, dynamic binarisation, 5,000 samples (paper: 1,000), trained on "
    "50,000 digits (paper: 60,000); the paper's run took 21 hours on two V100 GPUs: use torchrun "
    "and --precision bfloat16 with `image fit --model nvae-mnist`. The other rows are for MNIST at "
    "14×14, with the training settings of their recipes; one seed for the last four rows",
    {"epochs": 3, "warmup": 0.3},
    "There are no published results at 14×14. The quick form compares models at equal epochs, and "
    "three epochs do not predict the ranking of full runs.",
    seeds=3,
    quick_samples=100,
)

TABLES: dict[str, PublishedTable] = {
    table.name: table
    for table in (
        IWAE2015,
        VAMPPRIOR2017,
        FLOWS2018,
        AUTOREGRESSIVE,
        SURGERY2016,
        DSPRITES,
        SEMISUPERVISED,
        NVAE2020,
        IMAGINATION,
    )
}
