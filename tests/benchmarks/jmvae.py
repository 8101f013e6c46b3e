"""JMVAE beside that of the package multivae: the same digits, labels, batches and steps.

The image is binarised once and the label is the other variable, as in the first experiment of
Suzuki et al. 2016 (arXiv:1611.01891). Both have 20 latents, ReLU networks with two hidden layers of
512 (encoders) and one (decoders), α = .1 and Adam with a rate of 1e-3. The joint encoders differ:
one network of both variables here, one on top of a network for each in multivae.

The peers train in turn, one step each; times are of the process, medians over steps. Both are then
scored by the same lines on test digits: the joint bound, −log p(x, y) by importance samples, the
accuracy of the label given the image, and the share of digits generated from a label that a
classifier recognises.

    pip install multivae   # 1.0.3 was measured; it needs torchvision. Nothing else here needs it
    python tests/benchmarks/jmvae.py [--epochs 10] [--threads 1]
"""

from __future__ import annotations

import argparse
import math
import statistics
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal

from graphvae_data.images.image_data import ImageData, ImagePart
from graphvae_data.images.images import load_images
from graphvae_data.settings.layers import keyword_layer
from image_vae.runs.configure import configure
from image_vae.specs.recipe import CATALOGUE
from image_vae.training.experiment import prepare
from tests.benchmarks.timing import timed

try:
    from multivae.data.datasets.base import MultimodalBaseDataset
    from multivae.models import JMVAE, JMVAEConfig
    from multivae.models.base.base_config import BaseAEConfig
    from multivae.models.nn.default_architectures import Decoder_AE_MLP, Encoder_VAE_MLP
except ImportError as error:
    raise SystemExit("jmvae: multivae is missing; `pip install multivae`") from error

PIXELS, CLASSES, LATENT, HIDDEN, ALPHA, RATE, BATCH = 784, 10, 20, 512, 0.1, 1e-3, 100

Gaussian = tuple[Tensor, Tensor]
"""Mean and log-variance."""


class Peer:
    """A model: its training step, and what the scores need of it."""

    def step(self, x: Tensor, y: Tensor) -> None:
        """Take a training step on binary images [batch, 784] and labels."""
        raise NotImplementedError

    def posterior(self, x: Tensor | None, y: Tensor | None) -> Gaussian:
        """Return q(z | x, y), q(z | x) or q(z | y)."""
        raise NotImplementedError

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of the pixels and of the label."""
        raise NotImplementedError


class Ours(Peer):
    """The recipe `jmvae`."""

    def __init__(self, images: ImageData) -> None:
        settings: dict[str, Any] = {
            "encoder": "mlp",
            "hidden": (HIDDEN, HIDDEN),
            "activation": "relu",
            "decoder": "mlp",
            "decoder_hidden": (HIDDEN,),
            "attribute_hidden": (HIDDEN, HIDDEN),
            "latent": (LATENT,),
            "jmvae_alpha": ALPHA,
            "attribute_weight": 1.0,
            "batch_size": BATCH,
            "lr": RATE,
            "device": "cpu",
        }
        config, _ = configure("mnist", "jmvae", [keyword_layer(CATALOGUE, settings)])
        trainer = prepare(config, images).trainer
        self.player, self.generator = trainer.players[0], trainer.generator
        self.model: Any = self.player.module
        (self.label,) = set(self.model.graph.inputs) - {"x"}

    def step(self, x: Tensor, y: Tensor) -> None:
        """Take a step of the trainer's player."""
        data = {"x": x.view(-1, 1, 28, 28), self.label: y}
        self.player.turn(data, 0, self.generator)

    def posterior(self, x: Tensor | None, y: Tensor | None) -> Gaussian:
        """Return the posterior of the inference network."""
        data = {} if x is None else {"x": x.view(-1, 1, 28, 28)}
        data |= {} if y is None else {self.label: y}
        q = self.model.inference["z"]({n: self.model.value(n, v) for n, v in data.items()})
        return q.mean[0], 2 * q.log_std[0]

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the parameters of both likelihoods."""
        z = z.unsqueeze(0)
        x, y = (self.model.decoders[name]({"z": z}).logits[0] for name in ("x", self.label))
        return x.flatten(1), y


class MultiVae(Peer):
    """The package's, with its own classes of networks."""

    def __init__(self) -> None:
        sizes = {"image": (PIXELS,), "label": (CLASSES,)}
        configs = {n: BaseAEConfig(input_dim=s, latent_dim=LATENT) for n, s in sizes.items()}
        config = JMVAEConfig(
            n_modalities=2,
            latent_dim=LATENT,
            input_dims=sizes,
            decoders_dist={"image": "bernoulli", "label": "categorical"},
            alpha=ALPHA,
            warmup=0,
        )
        decoders = {name: _Logits(each) for name, each in configs.items()}
        encoders = {name: Encoder_VAE_MLP(each) for name, each in configs.items()}
        self.model = JMVAE(config, encoders=encoders, decoders=decoders)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATE)

    def step(self, x: Tensor, y: Tensor) -> None:
        """Take a step on its loss."""
        batch = MultimodalBaseDataset({"image": x, "label": F.one_hot(y, CLASSES).float()})
        self.optimizer.zero_grad()
        self.model(batch).loss.backward()
        self.optimizer.step()

    def posterior(self, x: Tensor | None, y: Tensor | None) -> Gaussian:
        """Return what an encoder, or the joint encoder, returns."""
        data = {} if x is None else {"image": x}
        data |= {} if y is None else {"label": F.one_hot(y, CLASSES).float()}
        name, value = next(iter(data.items()))
        joint = len(data) == 2
        out = self.model.joint_encoder(data) if joint else self.model.encoders[name](value)
        return out.embedding, out.log_covariance

    def decode(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of both decoders."""
        image, label = (self.model.decoders[n](z).reconstruction for n in ("image", "label"))
        return image, label


class _Logits(Decoder_AE_MLP):  # type: ignore[misc]
    """The package's decoder without the sigmoid at its end, as its Bernoulli expects logits."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.layers[-1] = nn.Sequential(nn.Linear(512, math.prod(config.input_dim)))


def gaussian(mean: Tensor, log_var: Tensor) -> Normal:
    """Return the distribution of a posterior's parameters."""
    return Normal(mean, (0.5 * log_var).exp())


@torch.no_grad()
def log_weights(peer: Peer, x: Tensor, y: Tensor, samples: int) -> Tensor:
    """Return log p(x, y, z) − log q(z | x, y) of samples [sample, image]."""
    q, prior = gaussian(*peer.posterior(x, y)), Normal(0.0, 1.0)
    rows = []
    for _ in range(samples):
        z = q.sample()
        pixels, label = peer.decode(z)
        log_x = -F.binary_cross_entropy_with_logits(pixels, x, reduction="none").sum(-1)
        log_y = -F.cross_entropy(label, y, reduction="none")
        rows.append(log_x + log_y + (prior.log_prob(z) - q.log_prob(z)).sum(-1))
    return torch.stack(rows)


@torch.no_grad()
def scores(peer: Peer, x: Tensor, y: Tensor, judge: nn.Module, samples: int) -> dict[str, float]:
    """Return the scores of a trained model on test images."""
    weights = log_weights(peer, x, y, samples)
    _, of_image = peer.decode(peer.posterior(x, None)[0])
    drawn = gaussian(*peer.posterior(None, y)).sample()
    made = judge(peer.decode(drawn)[0].sigmoid()).argmax(-1)
    return {
        "bound": float(weights.mean()),
        "-log p": float((math.log(samples) - weights.logsumexp(0)).mean()),
        "label of image": float((of_image.argmax(-1) == y).double().mean()),
        "image of label": float((made == y).double().mean()),
    }


def classifier(x: Tensor, y: Tensor, epochs: int = 5) -> nn.Module:
    """Train the judge of generated digits."""
    net = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return net


def arrays(part: ImagePart) -> tuple[Tensor, Tensor]:
    """Return images, binarised once, and labels."""
    assert part.labels is not None
    grey = torch.from_numpy(part.images.array()).flatten(1).float() / 255
    return torch.bernoulli(grey), torch.from_numpy(part.labels).long()


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--limit", type=int, default=2000, help="test digits that are scored")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    data = load_images("mnist")
    (x, y), (test_x, test_y) = arrays(data.train), arrays(data.test)
    judge = classifier(x, y)
    share = float((judge(test_x).argmax(-1) == test_y).double().mean())
    peers: dict[str, Peer] = {"ours": Ours(data), "multivae": MultiVae()}
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(options.epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            for name, peer in peers.items():
                seconds[name].append(timed(partial(peer.step, x[rows], y[rows])))
    print(f"JMVAE on MNIST and its labels, {options.epochs} epochs, {options.threads} thread(s);")
    print(f"the judge of generated digits has an accuracy of {share:.4f}")
    few = slice(0, options.limit)
    for name, peer in peers.items():
        row = scores(peer, test_x[few], test_y[few], judge, options.samples)
        middle = 1000 * statistics.median(seconds[name])
        columns = "  ".join(f"{title} {value:.3f}" for title, value in row.items())
        print(f"{name:10}{middle:8.2f} ms a step  {columns}")


if __name__ == "__main__":
    main()
