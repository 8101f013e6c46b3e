"""Weights in a file: safetensors, never a pickled model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from graphvae_data.runs.run_folder import write_atomic

Weights = dict[str, Tensor]
"""The parameters and buffers of a model by name."""


@dataclass
class Best:
    """The weights to keep, chosen by validation alone."""

    epoch: int
    """The epoch they come from; 0 before the first."""
    score: float
    """What validation gave them."""
    weights: Weights
    """They themselves."""


def save_weights(path: Path, weights: Weights) -> None:
    """Write weights, whole or not at all."""
    contiguous = {name: value.cpu().contiguous() for name, value in weights.items()}
    content = save(contiguous)

    def write(target: Path) -> None:
        target.write_bytes(content)

    write_atomic(path, write)


def load_weights(path: Path, model: nn.Module) -> Weights:
    """Read weights that fit `model`; `InputError` if the file is damaged or does not fit."""
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as fault:
        raise InputError(f"{path}: damaged, or not a safetensors file ({fault})") from fault
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != expected:
        raise InputError(f"{path}: does not fit the model: expected {expected}, found {found}")
    if not all(bool(value.isfinite().all()) for value in weights.values()):
        raise InputError(f"{path}: damaged, it holds NaN or infinite weights")
    return weights


def copy_weights(model: nn.Module) -> Weights:
    """Return a copy of the weights that further training leaves alone."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a training state of tensors and plain values, whole or not at all."""
    write_atomic(path, lambda target: torch.save(state, target))


def load_state(path: Path, restore: Callable[[Any], None]) -> None:
    """Read a training state, without running any code in it, and hand it to `restore`.

    Raises:
        InputError: the file is damaged, or `restore` cannot use what it holds.
    """
    try:
        restore(torch.load(path, weights_only=True))
    except Exception as fault:  # torch.load raises half a dozen types on a damaged file
        raise InputError(f"{path}: damaged checkpoint; start again with --overwrite") from fault
