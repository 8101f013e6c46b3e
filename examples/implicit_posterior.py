"""Plot the implicit posteriors of importance weighting (Cremer, Morris & Duvenaud 2017).

Maximising the importance-weighted bound L_K means maximising an ordinary ELBO with a more flexible
posterior than the encoder's q(z | x): draw K codes from q and select one with probability
proportional to its weight p(x, z) / q(z | x). Its density given the other K − 1 codes is q_IW, and
averaged over them q_EW, which approaches the true posterior p(z | x) as K grows. The bounds are
ordered:

    ELBO ≤ L_K ≤ L(q_EW) ≤ log p(x).

This script trains an IWAE with a two-dimensional code on the small digits, prints the bounds for
two values of K, and plots the densities for the test image whose q is farthest from p(z | x). It
takes about six seconds.

    python examples/implicit_posterior.py
"""

import math
from pathlib import Path

import torch
from matplotlib.figure import Figure

import image_vae
from image_vae.evaluation.implicit import ew_bound, log_q_ew, log_q_iw, resample
from image_vae.evaluation.likelihood import log_likelihood
from image_vae.models.latent_model import LatentModel
from image_vae.parts.bounds import iwae

FILE = Path("implicit_posterior.png")
KS = (5, 50)
SIDE, LIMIT = 121, 3.0  # points per axis of the grid, and its limits ±LIMIT
DRAWS, REPEATS = 30, 10


@torch.no_grad()
def print_bounds(model: LatentModel, images: torch.Tensor, generator: torch.Generator) -> None:
    """Print means over the images, each repeated `REPEATS` times to reduce the variance."""
    data = {"x": images.repeat(REPEATS, 1, 1, 1)}
    log_p = log_likelihood(model, data, 1_000, generator).mean()
    print(f"log p(x) = {log_p:.2f} nats, the mean over {len(images)} test images")
    print(f"ELBO = L_1 = {iwae(model(data, 1, generator)).mean():.2f}")
    for k in KS:
        bound = iwae(model(data, k, generator)).mean()
        implied = ew_bound(model, data, k, DRAWS, generator).mean()
        print(f"K = {k}: L_K = {bound:.2f}, L(q_EW) = {implied:.2f}")


@torch.no_grad()
def worst_inferred(
    model: LatentModel, images: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """Return the image whose q is farthest from p(z | x): log p(x) − ELBO is their divergence."""
    elbo = model({"x": images}, 1_000, generator).log_w.mean(0)
    gap = log_likelihood(model, {"x": images}, 5_000, generator) - elbo
    return images[gap.argmax()]


@torch.no_grad()
def draw_posteriors(
    path: Path, model: LatentModel, image: torch.Tensor, generator: torch.Generator
) -> None:
    """Plot the densities on a grid, and samples of the last q_EW."""
    axis = torch.linspace(-LIMIT, LIMIT, SIDE)
    z = torch.cartesian_prod(axis, axis).unsqueeze(1)  # [point, batch of one image, 2]
    data = {"x": image.unsqueeze(0)}
    log_q = model.infer(data, 1, generator).q["z"].log_prob(z)
    log_prior = model.prior(model.graph["z"], {}).log_prob(z)
    log_joint = log_prior + model.decode({"z": z})["x"].log_prob(data["x"])
    log_w = log_joint - log_q

    densities = {"q(z | x)": log_q}
    for k in KS:
        others = model(data, DRAWS * (k - 1), generator).log_w.unflatten(0, (DRAWS, k - 1))
        densities[f"q_IW, K = {k}, one draw"] = log_q_iw(log_w, log_q, others[0])
        densities[f"q_EW, K = {k}"] = log_q_ew(log_w, log_q, others)
    cell = (2 * LIMIT / (SIDE - 1)) ** 2
    densities["p(z | x)"] = log_joint - log_joint.logsumexp(0) - math.log(cell)

    figure = Figure(figsize=(2.8 * len(densities), 3.2), layout="constrained")
    panels = dict(zip(densities, figure.subplots(1, len(densities)), strict=True))
    for title, log_density in densities.items():
        panels[title].contourf(axis, axis, log_density.exp().reshape(SIDE, SIDE).T, levels=20)
        panels[title].set_title(title, fontsize=10)
    copies = {"x": image.expand(200, *image.shape)}
    codes = resample(model(copies, KS[-1], generator), generator)["z"]
    panels[f"q_EW, K = {KS[-1]}"].scatter(*codes.T, s=3, color="white", alpha=0.6)
    figure.savefig(path, dpi=120)


def main() -> None:
    result = image_vae.fit(
        "digits", "iwae", latent=(2,), hidden=(64,), samples=10, lr=3e-3, epochs=60
    )
    model = result.experiment.model.eval()
    images = result.experiment.feed("test").some(50)
    generator = torch.Generator().manual_seed(0)
    print_bounds(model, images, generator)
    draw_posteriors(FILE, model, worst_inferred(model, images, generator), generator)
    print(f"{FILE} shows q, q_IW, q_EW and p(z | x) of the image where q is worst")


if __name__ == "__main__":
    main()
