"""Weights in safetensors files, never a pickled model."""

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
    """The best weights, selected by validation only."""

    epoch: int
    """The epoch they come from; 0 before the first."""
    score: float
    """Their validation score."""
    weights: Weights
    """The weights."""


def save_weights(path: Path, weights: Weights) -> None:
    """Write weights atomically."""
    contiguous = {name: value.cpu().contiguous() for name, value in weights.items()}
    content = save(contiguous)

    def write(target: Path) -> None:
        target.write_bytes(content)

    write_atomic(path, write)


def load_weights(path: Path, model: nn.Module, *, leave_out: str | None = None) -> Weights:
    """Read weights for `model`; raise `InputError` if the file is damaged or does not fit.

    Args:
        path: the file.
        model: the model.
        leave_out: the beginning of the names of weights that keep their current values.
    """
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as fault:
        raise InputError(f"{path}: damaged, or not a safetensors file ({fault})") from fault
    if leave_out is not None:
        kept = model.state_dict().items()
        weights = {n: value for n, value in weights.items() if not n.startswith(leave_out)}
        weights |= {n: value for n, value in kept if n.startswith(leave_out)}
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != expected:
        raise InputError(f"{path}: does not fit the model: expected {expected}, found {found}")
    if not all(bool(value.isfinite().all()) for value in weights.values()):
        raise InputError(f"{path}: damaged, it holds NaN or infinite weights")
    return weights


def copy_weights(model: nn.Module) -> Weights:
    """Return a copy of the weights that further training does not change."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a training state of tensors and plain values atomically."""
    write_atomic(path, lambda target: torch.save(state, target))


def load_state(path: Path, restore: Callable[[Any], None]) -> None:
    """Read a training state without executing code from it, and pass it to `restore`.

    Raises:
        InputError: the file is damaged, or `restore` fails.
    """
    try:
        restore(torch.load(path, weights_only=True))
    except Exception as fault:  # torch.load raises half a dozen types on a damaged file
        raise InputError(f"{path}: damaged checkpoint; start again with --overwrite") from fault
