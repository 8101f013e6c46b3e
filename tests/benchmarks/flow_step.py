"""Steps of the recipes with flows and with a PixelCNN, and the time to draw digits pixel by pixel.

MNIST's shape, batches of 100, one thread. The peers of a group run in turn, one step each, round
after round; times are of the process, medians over the rounds.

    python tests/benchmarks/flow_step.py [--rounds 10] [--threads 1]

Groups
    flows      a VAE, four planar steps and four inverse autoregressive steps, with the same gated
               dense networks 300–300 and 64 latents.
    PixelCNN   a step of the decoder of `pixel-vae` (a layer 7×7 and twelve 5×5 of 16 features) and
               of the same stack in plain PyTorch, with masked weights.
    samples    64 digits drawn by `pixel-vae`; and how far its outputs for given pixels, one
               pixel after the other, are from those of one pass.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from graphvae_data.settings.layers import keyword_layer
from image_vae.models.build import build_model, build_objective
from image_vae.nn.pixelcnn import GatedPixelCnn
from image_vae.runs.configure import configure
from image_vae.specs.penalties import PenaltyInputs
from image_vae.specs.recipe import CATALOGUE

BATCH, LATENT, FEATURES, LAYERS, DRAWN = 100, 16, 16, 12, 64
Step = Callable[[], float]


class MaskedConv(nn.Conv2d):
    """A convolution whose weights at and after a pixel are zero.

    The last row of the mask has `seen` columns, from the left; the rows below have none.
    """

    mask: Tensor

    def __init__(self, inputs: int, outputs: int, kernel: int, rows: int, seen: int) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        mask = torch.zeros(kernel, kernel)
        mask[:rows] = 1
        mask[kernel // 2, :seen] = 1
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve with the masked weights."""
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


class PlainLayer(nn.Module):
    """A layer of both stacks, as implementations of the paper commonly have it."""

    def __init__(self, inputs: int, kernel: int, *, first: bool = False) -> None:
        super().__init__()
        half, own = kernel // 2, 0 if first else 1
        self.vertical = MaskedConv(inputs, 2 * FEATURES, kernel, half + own, 0)
        self.horizontal = nn.Conv2d(inputs, 2 * FEATURES, (1, half + own), padding=(0, half))
        self.link = nn.Conv2d(2 * FEATURES, 2 * FEATURES, 1)
        self.out = nn.Conv2d(FEATURES, FEATURES, 1)
        self.code = nn.Linear(LATENT, 4 * FEATURES)
        self.first = first

    def forward(self, v: Tensor, h: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features of both stacks."""
        of_v, of_h = self.code(code)[:, :, None, None].chunk(2, 1)
        vertical = self.vertical(v)
        beside = self.horizontal(h)[..., : h.size(-1)]
        features = self.out(gated(beside + self.link(vertical) + of_h))
        return gated(vertical + of_v), features if self.first else h + features


def gated(x: Tensor) -> Tensor:
    """Return tanh(a) ∘ σ(b)."""
    a, b = x.chunk(2, 1)
    return torch.tanh(a) * torch.sigmoid(b)


class PlainPixelCnn(nn.Module):
    """The stack in plain PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        layers = [PlainLayer(FEATURES, 5) for _ in range(LAYERS)]
        self.layers = nn.ModuleList([PlainLayer(1, 7, first=True), *layers])
        self.hidden = nn.Conv2d(FEATURES, FEATURES, 1)
        self.code, self.last = nn.Linear(LATENT, FEATURES), nn.Conv2d(FEATURES, 1, 1)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """Return the logit of every pixel, [batch, height, width, 1]."""
        v = h = x
        for layer in self.layers:
            v, h = layer(v, h, code)
        hidden = F.relu(self.hidden(F.relu(h)) + self.code(code)[:, :, None, None])
        logits: Tensor = self.last(hidden)
        return logits.movedim(1, -1)


def gated_pixelcnn() -> GatedPixelCnn:
    """Return the network of the decoder of `pixel-vae`."""
    return GatedPixelCnn(
        1, 1, LATENT, layers=LAYERS, features=FEATURES, kernel=5, first_kernel=7,
        generator=torch.Generator().manual_seed(0),
    )  # fmt: skip


def decoder_step(network: nn.Module, x: Tensor) -> Step:
    """Return a step of a decoder with a fixed code."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    code = torch.randn(len(x), LATENT)

    def step() -> float:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(network(x, code), x.movedim(1, -1))
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def recipe_step(model: str, x: Tensor, **settings: object) -> Step:
    """Return a step of a preset."""
    config, _ = configure("mnist", model, [keyword_layer(CATALOGUE, {"device": "cpu", **settings})])
    latent_model = build_model(config, x, torch.Generator().manual_seed(0))
    inputs = PenaltyInputs(0, 50_000, 500, 50_000, torch.Generator(), torch.device("cpu"))
    objective = build_objective(config, config.penalty.build(inputs))
    optimizer = config.optimizer.build(latent_model.parameters(), 1e-3)
    generator, steps = torch.Generator().manual_seed(1), iter(range(10**9))

    def step() -> float:
        optimizer.zero_grad()
        terms = objective.loss(latent_model, {"x": x}, 1, generator, next(steps))
        terms.total.backward()
        optimizer.step()
        return float(terms.total.detach())

    return step


def compare(peers: Mapping[str, Step], rounds: int) -> Iterator[str]:
    """Run the peers in turn; yield a line for each, relative to the first."""
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(rounds + 1):
        for name, step in peers.items():
            start = time.process_time()
            step()
            if number:  # the first is a warm-up
                seconds[name].append(time.process_time() - start)
    first = next(iter(peers))
    for name, values in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(values, seconds[first], strict=True))
        yield f"{name:28}{1000 * statistics.median(values):9.1f} ms a step{ratio:8.2f} of {first}"


def drawn() -> Iterator[str]:
    """Draw digits pixel by pixel; yield the seconds, and the error for given pixels."""
    network, code = gated_pixelcnn(), torch.randn(DRAWN, LATENT)
    generator = torch.Generator().manual_seed(2)
    start = time.process_time()
    images = network.sample(
        code, (1, 28, 28), lambda logits: torch.bernoulli(logits.sigmoid(), generator=generator)
    )
    yield f"{DRAWN} digits in {time.process_time() - start:.2f} s"
    outputs, pixels = list[Tensor](), iter(images.flatten(2).movedim(2, 0))

    def given(logits: Tensor) -> Tensor:
        outputs.append(logits)
        return next(pixels)

    network.sample(code, (1, 28, 28), given)
    with torch.no_grad():
        whole = network(images, code).flatten(1, 2).movedim(1, 0)
    difference = float((torch.stack(outputs) - whole).abs().max())
    yield f"largest difference of a logit from the one of a single pass: {difference:.1e}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    x = (torch.rand(BATCH, 1, 28, 28) > 0.8).float()
    flows = {
        "VAE": recipe_step("iaf-vae", x, posterior="gaussian"),
        "planar": recipe_step("planar-vae", x),
        "inverse autoregressive": recipe_step("iaf-vae", x),
    }
    for line in compare(flows, 10 * options.rounds):
        print(line, flush=True)
    decoders = {
        "plain PixelCNN": decoder_step(PlainPixelCnn(), x),
        "PixelCNN of pixel-vae": decoder_step(gated_pixelcnn(), x),
    }
    for line in (*compare(decoders, options.rounds), *drawn()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
