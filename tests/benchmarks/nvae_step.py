"""A training step of the preset `nvae` beside the same network in plain PyTorch, on one thread.

Both have 28×28 binary images, padded to 32×32, in batches of 64, in channels-last memory. The peers
run in turn, one step each, round after round; times are of the process, medians over the rounds.

    python tests/benchmarks/nvae_step.py [--rounds 10] [--threads 1]

Peers
    plain           `nn.Conv2d` with PyTorch's weight normalisation, `nn.BatchNorm2d`, `Adamax`.
    plain, contiguous   the same in contiguous memory.
    nvae, smooth 0  ours without the term of the weights: the same work as plain.
    nvae            ours, with spectral norms.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from graphvae_data.settings.layers import keyword_layer
from image_vae.models.build import build_model, build_objective
from image_vae.runs.configure import configure
from image_vae.specs.penalties import PenaltyInputs
from image_vae.specs.recipe import CATALOGUE

BATCH, LATENT = 64, 20
Step = Callable[[], float]


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Module:
    """A convolution with weight normalisation."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups)
    return weight_norm(layer)


def bn(features: int) -> nn.Module:
    """Batch normalisation."""
    return nn.BatchNorm2d(features, momentum=0.05)


class Gate(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(channels // 16, 4)
        self.net = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scale the channels."""
        return x * self.net(x.mean((2, 3)))[:, :, None, None]


class Half(nn.Module):
    """The skip connection that halves the resolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.corners = nn.ModuleList(conv(inputs, outputs // 4, 1, 2) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve the four corners."""
        x = F.silu(x)
        shifts = (x, x[:, :, :, 1:], x[:, :, 1:], x[:, :, 1:, 1:])
        return torch.cat([c(each) for c, each in zip(self.corners, shifts, strict=True)], 1)


class Cell(nn.Module):
    """A residual cell."""

    def __init__(self, inputs: int, outputs: int, change: str, expansion: int = 0) -> None:
        super().__init__()
        double = [nn.Upsample(scale_factor=2)] if change == "up" else []
        if expansion:
            inside = expansion * inputs
            body = [bn(inputs), conv(inputs, inside, 1), bn(inside), nn.SiLU(), *double]
            body += [conv(inside, inside, 5, groups=inside), bn(inside), nn.SiLU()]
            body += [conv(inside, outputs, 1), bn(outputs)]
        else:
            stride = 2 if change == "down" else 1
            body = [bn(inputs), nn.SiLU(), conv(inputs, outputs, 3, stride)]
            body += [bn(outputs), nn.SiLU(), conv(outputs, outputs, 3)]
        self.body, self.gate = nn.Sequential(*body), Gate(outputs)
        self.skip: nn.Module = nn.Identity()
        if change == "down":
            self.skip = Half(inputs, outputs)
        elif change == "up":
            bilinear = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.skip = nn.Sequential(conv(inputs, outputs, 1), bilinear)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps."""
        result: Tensor = self.skip(x) + 0.1 * self.gate(self.body(x))
        return result


class Plain(nn.Module):
    """Two scales, 2 + 3 groups, 8 channels at the size of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ModuleList(
            [
                nn.Sequential(
                    conv(1, 8, 3), Cell(8, 16, "down"), Cell(16, 32, "down"), Cell(32, 32, "")
                ),
                Cell(32, 32, ""),
                Cell(32, 32, ""),
                nn.Sequential(Cell(32, 64, "down"), Cell(64, 64, "")),
                Cell(64, 64, ""),
            ]
        )
        widths = [64, 64, 32, 32, 32]
        self.start = nn.Parameter(torch.randn(64, 4, 4))
        cells = [Cell(64, 64, "", 6), nn.Sequential(Cell(64, 32, "up", 6), Cell(32, 32, "", 6))]
        cells += [Cell(32, 32, "", 6), Cell(32, 32, "", 6)]
        self.cells = nn.ModuleList([nn.Identity(), *cells])
        self.mix = nn.ModuleList(conv(width, width, 1) for width in widths)
        self.q = nn.ModuleList(conv(width, 2 * LATENT, 3) for width in widths)
        self.p = nn.ModuleList(conv(width, 2 * LATENT, 1) for width in widths[1:])
        self.join = nn.ModuleList(conv(width + LATENT, width, 1) for width in widths)
        self.out = nn.Sequential(
            Cell(32, 16, "up", 3), Cell(16, 8, "up", 3), nn.ELU(), conv(8, 1, 3)
        )

    def loss(self, x: Tensor) -> Tensor:
        """Return the negative ELBO of a batch."""
        maps, features = F.pad(2 * x - 1, (2, 2, 2, 2), value=-1.0), []
        for stage in self.up:
            maps = stage(maps)
            features.append(maps)
        state, total = self.start.expand(len(x), -1, -1, -1), x.new_zeros(())
        for level, found in enumerate(reversed(features)):
            state = self.cells[level](state)
            if level == 0:
                raw = x.new_zeros(())
                q = self.q[0](F.elu(self.mix[0](F.elu(found))))
                mean_p, std_p = x.new_zeros(()), x.new_ones(())
            else:
                raw = self.p[level - 1](F.elu(state))
                q = raw + self.q[level](found + self.mix[level](state))
                mean_p, std_p = gaussian(raw)
            mean, std = gaussian(q)
            z = mean + std * torch.randn_like(mean)
            ratio = (std / std_p).square()
            total = (
                total + 0.5 * (ratio - 1 - ratio.log() + ((mean - mean_p) / std_p).square()).sum()
            )
            state = self.join[level](torch.cat([state, z], 1))
        logits = self.out(state)[:, :, 2:-2, 2:-2]
        missed = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        return (missed + total) / len(x)


def gaussian(outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation."""
    mean, log_std = (5 * torch.tanh(outputs / 5)).chunk(2, 1)
    return mean, log_std.exp() + 0.01


def plain(x: Tensor, memory: torch.memory_format) -> Step:
    """Return a step in plain PyTorch."""
    model = Plain().to(memory_format=memory)
    x = x.contiguous(memory_format=memory)
    optimizer = torch.optim.Adamax(model.parameters(), lr=1e-3, eps=1e-3, weight_decay=3e-4)

    def step() -> float:
        optimizer.zero_grad()
        loss = model.loss(x)
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def ours(x: Tensor, **settings: object) -> Step:
    """Return a step of the preset."""
    layer = keyword_layer(CATALOGUE, {"device": "cpu", **settings})
    config, _ = configure("mnist", "nvae", [layer])
    model = build_model(config, x, torch.Generator().manual_seed(0))
    inputs = PenaltyInputs(0, 50_000, 781, 9_372, torch.Generator(), torch.device("cpu"))
    objective = build_objective(config, config.penalty.build(inputs))
    optimizer = config.optimizer.build(model.parameters(), 1e-3)
    generator, number = torch.Generator().manual_seed(1), iter(range(10**9))

    def step() -> float:
        optimizer.zero_grad()
        terms = objective.loss(model, {"x": x}, 1, generator, next(number))
        terms.total.backward()
        optimizer.step()
        return float(terms.total.detach())

    return step


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    x = (torch.rand(BATCH, 1, 28, 28) > 0.8).float()
    peers = {
        "plain": plain(x, torch.channels_last),
        "plain, contiguous": plain(x, torch.contiguous_format),
        "nvae, smooth 0": ours(x, smooth=0.0),
        "nvae": ours(x),
    }
    print(f"parameters: plain {sum(each.numel() for each in Plain().parameters()):,}")
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(given.rounds + 1):
        for name, step in peers.items():
            start = time.process_time()
            loss = step()
            if number:  # the first is a warm-up, with 40 power iterations
                seconds[name].append(time.process_time() - start)
            assert math.isfinite(loss)
    base = statistics.median(seconds["plain"])
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"{name:20}{1000 * middle:8.0f} ms a step{middle / base:8.2f} of plain")


if __name__ == "__main__":
    main()
