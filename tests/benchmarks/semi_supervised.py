"""An epoch of M2 beside the same model in plain PyTorch and in Pyro: images, batches, one thread.

The model has 50 coordinates, one hidden layer of 500 (softplus) in q(y | x), q(z | x, y) and
p(x | y, z), and the label enumerated, on MNIST binarised in the batch. A batch has 160 unlabelled
and 40 labelled images. The peers run in turn, a few steps each, round after round, so that a
machine whose speed drifts slows all of them alike; times are of the process.

    pip install pyro-ppl   # 1.9.2 was measured; nothing else here needs it
    python tests/benchmarks/semi_supervised.py [--rounds 10] [--steps 2] [--threads 1]

Peers
    plain    PyTorch as one would write it: the image and each label side by side, ten times.
    shared   the same, with the product of the image computed once for the ten labels.
    pyro     `SVI` with `TraceEnum_ELBO`, and a step for log q(y | x), as in its tutorial.
    ours     the recipe `m2`.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from graphvae_data.images.image_data import ImageData
from graphvae_data.images.images import load_images
from graphvae_data.settings.layers import Layer
from image_vae.runs.configure import configure
from image_vae.training.experiment import prepare
from tests.benchmarks.timing import timed

try:
    import pyro
    import pyro.distributions as dist
    from pyro.infer import SVI, TraceEnum_ELBO, config_enumerate
    from pyro.optim import Adam as PyroAdam
except ImportError as error:
    raise SystemExit("semi_supervised: pyro is missing; `pip install pyro-ppl`") from error

Step = Callable[[Tensor, Tensor, Tensor], None]
"""A training step on unlabelled images, labelled ones and their labels."""
UNLABELLED, LABELLED, EPOCH = 160, 40, 250
HIDDEN, LATENT, CLASSES, ALPHA, RATE = 500, 50, 10, 10.0, 1e-3


class Networks(nn.Module):
    """The three networks, on the image and the label side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = nn.Sequential(
            nn.Linear(784, HIDDEN), nn.Softplus(), nn.Linear(HIDDEN, CLASSES)
        )
        self.encoder = nn.Sequential(
            nn.Linear(784 + CLASSES, HIDDEN), nn.Softplus(), nn.Linear(HIDDEN, 2 * LATENT)
        )
        self.decoder = nn.Sequential(
            nn.Linear(LATENT + CLASSES, HIDDEN), nn.Softplus(), nn.Linear(HIDDEN, 784)
        )

    def encode(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ."""
        mean, log_std = self.encoder(torch.cat([x, y], -1)).chunk(2, -1)
        return mean, log_std

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        """Return the logits of the pixels."""
        logits: Tensor = self.decoder(torch.cat([z, y], -1))
        return logits


class Shared(Networks):
    """The same, with the product of the image and the first layer computed once."""

    def encode(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ; x has a single copy where y has ten."""
        first, activation, last = self.encoder
        of_x, of_y = first.weight.split([784, CLASSES], 1)
        hidden = activation(F.linear(x[:1], of_x, first.bias) + F.linear(y, of_y))
        mean, log_std = last(hidden).chunk(2, -1)
        return mean, log_std


def pixels(images: Tensor) -> Tensor:
    """Return a batch, binarised at random."""
    return torch.bernoulli(images.float() / 255).flatten(1)


def bound(nets: Networks, x: Tensor, y: Tensor) -> Tensor:
    """Return log p(x, y) ≥ … of each image and label."""
    mean, log_std = nets.encode(x, y)
    z = mean + log_std.exp() * torch.randn_like(mean)
    logits = nets.decode(z, y)
    missed = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none")
    kl = 0.5 * (mean.square() + (2 * log_std).exp() - 1 - 2 * log_std)
    return -missed.sum(-1) - kl.sum(-1)


def by_hand(nets: Networks) -> Step:
    """Return a step of plain PyTorch."""
    optimizer = torch.optim.Adam(nets.parameters(), lr=RATE)
    every = torch.eye(CLASSES)

    def step(unlabelled: Tensor, labelled: Tensor, labels: Tensor) -> None:
        x, told = pixels(unlabelled), pixels(labelled)
        optimizer.zero_grad()
        log_q = nets.classifier(x).log_softmax(-1)
        y = every.unsqueeze(1).expand(CLASSES, len(x), CLASSES)
        each = bound(nets, x.expand(CLASSES, *x.shape), y).T
        total = -(log_q.exp() * (each - log_q)).sum()
        total = total - bound(nets, told.unsqueeze(0), every[labels].unsqueeze(0)).sum()
        total = total + ALPHA * F.cross_entropy(nets.classifier(told), labels, reduction="sum")
        (total / (len(x) + len(told))).backward()
        optimizer.step()

    return step


class PyroM2(nn.Module):
    """The model and its guide in Pyro."""

    def __init__(self) -> None:
        super().__init__()
        self.nets = Networks()

    def model(self, x: Tensor, y: Tensor | None = None) -> None:
        """p(y) p(z) p(x | y, z)."""
        pyro.module("m2", self)
        with pyro.plate("data", len(x)):
            z = pyro.sample(
                "z", dist.Normal(torch.zeros(LATENT), 1.0).expand([len(x), LATENT]).to_event(1)
            )
            label = pyro.sample("y", dist.OneHotCategorical(torch.full((CLASSES,), 0.1)), obs=y)
            shape = torch.broadcast_shapes(z.shape[:-1], label.shape[:-1])
            logits = self.nets.decode(z.expand(*shape, LATENT), label.expand(*shape, CLASSES))
            pixel = dist.Bernoulli(logits=logits, validate_args=False)
            pyro.sample("x", pixel.to_event(1), obs=x)

    def guide(self, x: Tensor, y: Tensor | None = None) -> None:
        """q(y | x) q(z | x, y)."""
        with pyro.plate("data", len(x)):
            if y is None:
                y = pyro.sample("y", dist.OneHotCategorical(logits=self.nets.classifier(x)))
            shape = y.shape[:-1]
            mean, log_std = self.nets.encode(x.expand(*shape, 784), y)
            pyro.sample("z", dist.Normal(mean, log_std.exp()).to_event(1))

    def classify(self, x: Tensor, y: Tensor) -> None:
        """Log q(y | x), as a model of its own."""
        pyro.module("m2", self)
        with pyro.plate("data", len(x)), pyro.poutine.scale(scale=ALPHA):
            pyro.sample("y", dist.OneHotCategorical(logits=self.nets.classifier(x)), obs=y)

    def no_guide(self, x: Tensor, y: Tensor) -> None:
        """Nothing is inferred."""


def by_pyro() -> Step:
    """Return the three steps of the tutorial."""
    pyro.clear_param_store()
    pyro.enable_validation(False)
    made, optimizer = PyroM2(), PyroAdam({"lr": RATE})
    guide = config_enumerate(made.guide, "parallel", expand=True)
    elbo = SVI(made.model, guide, optimizer, loss=TraceEnum_ELBO(max_plate_nesting=1))
    classifier = SVI(
        made.classify, made.no_guide, optimizer, loss=TraceEnum_ELBO(max_plate_nesting=1)
    )

    def step(unlabelled: Tensor, labelled: Tensor, labels: Tensor) -> None:
        told, y = pixels(labelled), F.one_hot(labels, CLASSES).float()
        elbo.step(pixels(unlabelled))
        elbo.step(told, y)
        classifier.step(told, y)

    return step


def ours(data: ImageData) -> Step:
    """Return our step."""
    settings: dict[str, Any] = {
        "run": {"device": "cpu"},
        "encoder": {"activation": "softplus"},
        "labels": {"labels_per_class": 10, "label_weight": ALPHA},
    }
    config, _ = configure("mnist", "m2", [Layer(settings)])
    trainer = prepare(config, data).trainer
    player, generator = trainer.players[0], trainer.generator

    def step(unlabelled: Tensor, labelled: Tensor, labels: Tensor) -> None:
        x = torch.cat([pixels(unlabelled), pixels(labelled)]).view(-1, 1, 28, 28)
        y = torch.cat([torch.full((len(unlabelled),), -1), labels])
        player.turn({"x": x, "y": y}, 0, generator)

    return step


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=2, help="steps a round and peer")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    data = load_images("mnist")
    images, labels = torch.from_numpy(data.train.images.array()), data.train.labels
    assert labels is not None
    classes = torch.from_numpy(labels).long()
    peers: dict[str, Step] = {
        "plain": by_hand(Networks()),
        "shared": by_hand(Shared()),
        "pyro": by_pyro(),
        "ours": ours(data),
    }
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(options.rounds + 1):
        for name, step in peers.items():
            for index in torch.randint(len(images), (options.steps, UNLABELLED + LABELLED)):
                few, told = index.split([UNLABELLED, LABELLED])
                spent = timed(partial(step, images[few], images[told], classes[told]))
                if number:  # the first round warms up
                    seconds[name].append(spent)
    base = statistics.median(seconds["ours"])
    print(f"M2 on MNIST, {options.threads} thread(s), {options.rounds} x {options.steps} steps")
    print(f"{'':8}{'ms a step':>10}{'s an epoch':>12}{'ours faster':>13}")
    for name in peers:
        middle = statistics.median(seconds[name])
        print(f"{name:8}{1000 * middle:10.1f}{EPOCH * middle:12.1f}{middle / base:12.2f}x")


if __name__ == "__main__":
    main()
