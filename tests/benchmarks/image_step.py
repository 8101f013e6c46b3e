"""A training step and a marginal likelihood beside pythae's VAE: same model, images, thread.

The model is MLP 200–200–50 with tanh on MNIST, binarised in the batch, 100 images a step, Adam. The
peers run in turn, a few steps each, round after round, so that a machine whose speed drifts slows
all of them alike; times are of the process, so that what others run counts for less.

    pip install pythae   # 0.1.2 was measured; nothing else here needs it
    python tests/benchmarks/image_step.py [--rounds 40] [--steps 5] [--images 20] [--samples 500]

Peers
    pythae          `pythae.models.VAE` with the model's networks, stepped by hand.
    pythae loader   the same on batches of its own dataset and loader: grey, not binarised.
    plain           PyTorch as one would write it: `binary_cross_entropy_with_logits`, `Adam`.
    vae, iwae       ours; `vae` is the same work, `iwae` five samples of the code an image.
"""

from __future__ import annotations

import argparse
import logging
import statistics
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader

from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images
from graphvae_data.settings.layers import Layer
from image_vae.evaluation.likelihood import log_likelihood
from image_vae.models.vae import VAE
from image_vae.runs.configure import configure
from image_vae.training.experiment import ImageExperiment, prepare
from tests.benchmarks.timing import timed

try:
    from pythae.data.datasets import BaseDataset, collate_dataset_output
    from pythae.models import VAE as PythaeVAE
    from pythae.models import VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
except ImportError as error:
    raise SystemExit("image_step: pythae is missing; `pip install pythae` and try again") from error

Step = Callable[[Tensor], None]
"""A training step on the images of these numbers."""
BATCH, EPOCH = 100, 500
"""Images a step; steps an epoch."""


def layers(*parts: nn.Module) -> nn.Sequential:
    """Linear layers with tanh between them."""
    return nn.Sequential(*(each for part in parts for each in (part, nn.Tanh())))


class Encoder(BaseEncoder):  # type: ignore[misc]
    """The model's encoder in pythae's form."""

    def __init__(self) -> None:
        BaseEncoder.__init__(self)
        self.body = layers(nn.Linear(784, 200), nn.Linear(200, 200))
        self.mean, self.log_var = nn.Linear(200, 50), nn.Linear(200, 50)

    def forward(self, x: Tensor) -> Any:
        """Return μ and log σ²."""
        hidden = self.body(x.flatten(1))
        return ModelOutput(embedding=self.mean(hidden), log_covariance=self.log_var(hidden))


class Decoder(BaseDecoder):  # type: ignore[misc]
    """The model's decoder in pythae's form, which wants probabilities."""

    def __init__(self) -> None:
        BaseDecoder.__init__(self)
        self.body = layers(nn.Linear(50, 200), nn.Linear(200, 200))
        self.last = nn.Linear(200, 784)

    def forward(self, z: Tensor) -> Any:
        """Return σ(l)."""
        return ModelOutput(reconstruction=self.last(self.body(z)).sigmoid().view(-1, 1, 28, 28))


def pythae_model() -> Any:
    """Return pythae's VAE around these networks."""
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=50, reconstruction_loss="bce")
    return PythaeVAE(config, encoder=Encoder(), decoder=Decoder())


def same_weights(vae: VAE, model: Any) -> None:
    """Copy our weights into pythae's model: log σ² = 2 log σ, and the mean image into its bias."""
    parts = (model.encoder, model.decoder)
    theirs = [each for part in parts for each in part.modules() if isinstance(each, nn.Linear)]
    ours = [each for each in vae.modules() if isinstance(each, nn.Linear)]
    with torch.no_grad():
        for source, target in zip(ours, theirs, strict=True):
            target.load_state_dict(source.state_dict())
        model.encoder.log_var.weight *= 2
        model.encoder.log_var.bias *= 2
        model.decoder.last.bias += vae.decoders["x"].head.start.flatten()


def pixels(images: Tensor, index: Tensor) -> Tensor:
    """Return a batch, binarised at random, as plain code does it."""
    return torch.bernoulli(images[index].float() / 255)


def by_pythae(images: Tensor) -> Step:
    """Return a step of pythae's model."""
    model = pythae_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(index: Tensor) -> None:
        optimizer.zero_grad()
        model({"data": pixels(images, index)}).loss.backward()
        optimizer.step()

    return step


def by_loader(images: Tensor) -> Step:
    """Return a step of pythae's model on batches that come as its trainer has them."""
    model = pythae_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    dataset = BaseDataset(images / 255, torch.ones(len(images)))
    loader = DataLoader(dataset, BATCH, shuffle=True, collate_fn=collate_dataset_output)
    batches = chain.from_iterable(repeat(loader))  # as many epochs as are asked for

    def step(_: Tensor) -> None:
        optimizer.zero_grad()
        model(next(batches)).loss.backward()
        optimizer.step()

    return step


def by_hand(images: Tensor) -> Step:
    """Return a step of plain PyTorch."""
    body = layers(nn.Linear(784, 200), nn.Linear(200, 200))
    heads = nn.Linear(200, 100)
    decoder = nn.Sequential(*layers(nn.Linear(50, 200), nn.Linear(200, 200)), nn.Linear(200, 784))
    weights = [*body.parameters(), *heads.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(weights, lr=1e-3)

    def step(index: Tensor) -> None:
        x = pixels(images, index).flatten(1)
        optimizer.zero_grad()
        mean, log_var = heads(body(x)).chunk(2, -1)
        logits = decoder(mean + (0.5 * log_var).exp() * torch.randn_like(mean))
        missed = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        divergence = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum()
        ((missed + divergence) / len(x)).backward()
        optimizer.step()

    return step


def ours(data: ImageData, model: str) -> tuple[ImageExperiment, Step]:
    """Return our experiment, and a step of its training."""
    config, _ = configure("mnist", model, [Layer({"run": {"device": "cpu"}})])
    experiment = prepare(config, data)
    trainer, feed = experiment.trainer, experiment.feed("train")
    player, generator = trainer.players[0], trainer.generator

    def step(index: Tensor) -> None:
        player.turn({"x": feed.batch(index, generator)}, 0, generator)

    return experiment, step


def training(images: Tensor, made: dict[str, Step], rounds: int, steps: int) -> None:
    """Measure and print the steps."""
    peers = {
        "pythae": by_pythae(images),
        "pythae loader": by_loader(images),
        "plain": by_hand(images),
        **made,
    }
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(rounds):
        for name, step in peers.items():
            for index in torch.randint(len(images), (steps, BATCH)):
                seconds[name].append(timed(partial(step, index)))
    base = statistics.median(seconds["pythae"])
    print(f"training, {rounds} x {steps} steps of {BATCH} images a peer")
    print(f"{'':16}{'ms a step':>10}{'s an epoch':>12}{'speed-up':>10}")
    for name in peers:
        middle = statistics.median(seconds[name])
        print(f"{name:16}{1000 * middle:10.2f}{EPOCH * middle:12.2f}{base / middle:9.2f}x")


def likelihoods(made: ImageExperiment, images: int, samples: int, rounds: int) -> None:
    """Measure and print −log p(x) of the first test images by the same weights."""
    theirs = pythae_model()
    same_weights(made.model, theirs)
    x = next(made.feed("test").in_order(images))
    found: dict[str, list[float]] = {"pythae": [], "ours": []}
    seconds: dict[str, list[float]] = {"pythae": [], "ours": []}
    work: dict[str, Callable[[], float]] = {
        "pythae": lambda: -theirs.get_nll(x, n_samples=samples, batch_size=100),
        "ours": lambda: (
            -float(log_likelihood(made.model, {"x": x}, samples, made.trainer.generator).mean())
        ),
    }
    with torch.no_grad():
        for _ in range(rounds):
            for name, score in work.items():
                seconds[name].append(timed(lambda n=name, s=score: found[n].append(s())))  # type: ignore[misc]
    base = statistics.median(seconds["pythae"])
    print(f"-log p(x), {images} images x {samples} samples, {rounds} rounds")
    print(f"{'':16}{'ms an image':>12}{'speed-up':>10}{'nats':>10}{'spread':>8}")
    for name in work:
        middle, nats = statistics.median(seconds[name]), torch.tensor(found[name])
        figures = f"{1000 * middle / images:12.2f}{base / middle:9.2f}x"
        print(f"{name:16}{figures}{float(nats.mean()):10.3f}{float(nats.std()):8.3f}")


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--steps", type=int, default=5, help="steps a round and peer")
    parser.add_argument("--images", type=int, default=20, help="images whose likelihood is taken")
    parser.add_argument("--samples", type=int, default=500, help="codes an image; hundreds")
    given = parser.parse_args()

    logging.disable(logging.WARNING)
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    data = load_images("mnist")
    images = torch.from_numpy(data.train.images.array())
    experiments = {name: ours(data, name) for name in ("vae", "iwae")}
    print(f"MNIST, MLP 200-200-50, {given.threads} thread(s), processor time, medians")
    made = {name: step for name, (_, step) in experiments.items()}
    training(images, made, given.rounds, given.steps)
    likelihoods(experiments["vae"][0], given.images, given.samples, max(3, given.rounds // 8))


if __name__ == "__main__":
    main()
