"""The judge of generated images: a classifier of attributes, trained once and cached.

Convolutions with max-pooling, then dense layers with dropout for each attribute. Its accuracy must
be at least `ENOUGH` for every attribute. Source: Vedantam et al. 2017, appendix B.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from graphvae_data.download.cache import cache_home
from graphvae_data.runs.run_folder import read_json, write_json
from graphvae_data.runs.weights import load_weights, save_weights
from image_vae.data.feed import Feed
from image_vae.evaluation.scores import AT_ONCE
from image_vae.nn.networks import Shape, glorot, linear

ENOUGH = 0.95
"""Minimum test accuracy of a judge for every attribute."""
JUDGE, ORDER, DROPOUT = 20, 21, 22
"""Indices of the random streams of the weights, the order of images and dropout."""
VERSION = 1
"""Part of the cache key; increased when the same settings give another classifier."""


@dataclass(frozen=True)
class JudgeSettings:
    """The classifier and its training."""

    channels: tuple[int, ...] = (32, 64)
    """Channels of the convolutions, each followed by max-pooling."""
    kernel: int = 5
    """Kernel size of the convolutions."""
    hidden: int = 1024
    """Width of the dense layer of each attribute."""
    steps: int = 20_000
    """Training steps."""
    batch_size: int = 128
    """Images per step."""
    lr: float = 1e-3
    """Initial learning rate, with linear decay to 0."""


QUICK = JudgeSettings(channels=(16, 32, 64), kernel=3, hidden=256, steps=4_000)
"""A smaller classifier, for 32×32 pixels and two CPU cores."""


class Classifier(nn.Module):
    """p(attribute | image) of every attribute.

    Args:
        shape: channels, height, width of an image.
        sizes: number of values of each attribute.
        settings: widths.
        generator: draws the weights.
    """

    def __init__(
        self,
        shape: Shape,
        sizes: Sequence[int],
        settings: JudgeSettings,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            glorot(nn.Conv2d(*pair, settings.kernel, padding=settings.kernel // 2), generator)
            for pair in pairwise((shape[0], *settings.channels))
        )
        height, width = (side >> len(settings.channels) for side in shape[1:])
        features = settings.channels[-1] * height * width
        self.hidden = nn.ModuleList(linear(features, settings.hidden, generator) for _ in sizes)
        self.heads = nn.ModuleList(linear(settings.hidden, size, generator) for size in sizes)

    def forward(
        self,
        images: Float[Tensor, "batch channel height width"],
        dropout: torch.Generator | None = None,
    ) -> list[Float[Tensor, "batch value"]]:
        """Return the logits of each attribute; a generator enables dropout with rate 0.5."""
        x = images
        for convolution in self.convolutions:
            x = F.max_pool2d(F.relu(convolution(x)), 2)
        x = x.flatten(1)
        logits = list[Tensor]()
        for hidden, head in zip(self.hidden, self.heads, strict=True):
            h = F.relu(hidden(x))
            if dropout is not None:
                h = h * 2 * (torch.empty_like(h).uniform_(generator=dropout) < 0.5)
            logits.append(head(h))
        return logits


@dataclass(frozen=True)
class Judge:
    """A trained classifier and its accuracy."""

    network: Classifier
    """The network, in eval mode."""
    names: tuple[str, ...]
    """The attributes."""
    accuracy: tuple[float, ...]
    """Test accuracy for each attribute."""
    sha256: str
    """Digest of the weights."""
    settings: JudgeSettings
    """The widths and the training settings."""

    @property
    def good(self) -> bool:
        """Whether the accuracy is high enough."""
        return min(self.accuracy) >= ENOUGH

    @torch.no_grad()
    def see(self, images: Float[Tensor, "image channel height width"]) -> Int[Tensor, "image _"]:
        """Return the most likely value of each attribute of each image."""
        parts = [
            torch.stack([logits.argmax(-1) for logits in self.network(part)], 1)
            for part in images.split(AT_ONCE)
        ]
        return torch.cat(parts)

    def describe(self) -> str:
        """Return a line with the accuracies."""
        each = ", ".join(
            f"{name} {share:.3f}" for name, share in zip(self.names, self.accuracy, strict=True)
        )
        return f"judge {self.sha256[:12]}: accuracy on test images {each}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        shares = dict(zip(self.names, self.accuracy, strict=True))
        return {"sha256": self.sha256, "accuracy": shares, "settings": asdict(self.settings)}


def obtain_judge(
    train: Feed,
    test: Feed,
    content: str,
    settings: JudgeSettings,
    *,
    on_step: Callable[[], object] = lambda: None,
) -> Judge:
    """Return the judge of a dataset, from the cache or newly trained.

    Args:
        train: training images with attributes.
        test: test images with attributes.
        content: fingerprint of the dataset and its split.
        settings: the classifier and its training.
        on_step: called after each training step.

    Raises:
        InputError: a damaged file in the cache.
    """
    columns = train.attributes
    assert columns is not None, "checked where images are read"
    shape: Shape = tuple(train.part.images.shape[1:])
    generator = seeded(0, JUDGE)
    network = Classifier(shape, tuple(columns.sizes.values()), settings, generator=generator)
    network = network.to(train.device)
    about = {"version": VERSION, "content": content, "names": columns.table.names}
    about |= {"how": train.how.value, "settings": asdict(settings)}
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
    path = cache_home() / "made" / "judges" / f"{key}.safetensors"
    facts = path.with_suffix(".json")
    if not facts.is_file():
        _train(network, train, settings, on_step)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = save_weights(path, network.state_dict())
        _write(facts, digest, accuracy_of(network.eval(), test), about)
    record = read_json(facts)
    load_into(network, path, record["sha256"])
    accuracy = tuple(record["accuracy"])
    return Judge(network.eval(), columns.table.names, accuracy, record["sha256"], settings)


def load_into(network: Classifier, path: Path, digest: str) -> None:
    """Load weights and check their digest."""
    network.load_state_dict(load_weights(path, network, digest))


def _write(facts: Path, digest: str, accuracy: list[float], about: dict[str, Any]) -> None:
    write_json(facts, {"sha256": digest, "accuracy": accuracy, "about": about})


def _train(
    network: Classifier, train: Feed, settings: JudgeSettings, on_step: Callable[[], object]
) -> None:
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), settings.lr)
    dropout = seeded(0, DROPOUT, device=train.device)
    for step, data in enumerate(_batches(train, settings)):
        optimizer.param_groups[0]["lr"] = settings.lr * (1 - step / settings.steps)
        loss = loss_of(network(data["x"], dropout), data, train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        on_step()


def _batches(train: Feed, settings: JudgeSettings) -> Iterator[dict[str, Tensor]]:
    generator, left = seeded(0, ORDER, device=train.device), settings.steps
    epoch = 0
    while left:
        for index in train.order(epoch).split(settings.batch_size)[:left]:
            yield train.observed(index, generator)
            left -= 1
        epoch += 1


def loss_of(
    logits: Sequence[Float[Tensor, "batch value"]], data: dict[str, Tensor], feed: Feed
) -> Float[Tensor, ""]:
    """Return the sum of the cross-entropies, without unknown values, per image."""
    assert feed.attributes is not None
    terms = [
        F.cross_entropy(each, data[name], ignore_index=-1, reduction="sum")
        for each, name in zip(logits, feed.attributes.variables, strict=True)
    ]
    return torch.stack(terms).sum() / len(data["x"])


@torch.no_grad()
def accuracy_of(network: Classifier, feed: Feed) -> list[float]:
    """Return the accuracy for each attribute.

    Raises:
        InputError: an attribute without a known value in any image.
    """
    assert feed.attributes is not None
    names = feed.attributes.variables
    correct, known = torch.zeros(len(names)), torch.zeros(len(names))
    for data in feed.observed_in_order(AT_ONCE):
        for index, (logits, name) in enumerate(zip(network(data["x"]), names, strict=True)):
            correct[index] += int((logits.argmax(-1) == data[name]).sum())
            known[index] += int((data[name] >= 0).sum())
    for name, count in zip(feed.attributes.table.names, known.tolist(), strict=True):
        if not count:
            raise InputError(f"attributes: {name} has no known value in the test images")
    accuracies: list[float] = (correct / known).tolist()
    return accuracies
