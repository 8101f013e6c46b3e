"""Weights in safetensors files, never a pickled model."""

from __future__ import annotations

import hashlib
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from graphvae_data.core.errors import InputError
from graphvae_data.runs.run_folder import write_atomic
from graphvae_data.training.weights import Weights


def save_weights(path: Path, weights: Weights, *, durable: bool = False) -> str:
    """Write weights atomically, and return the sha256 of the file."""
    contiguous = {name: value.cpu().contiguous() for name, value in weights.items()}
    content = save(contiguous)

    def write(target: Path) -> None:
        target.write_bytes(content)

    write_atomic(path, write, durable=durable)
    return hashlib.sha256(content).hexdigest()


def load_weights(
    path: Path, model: nn.Module, digest: str | None = None, *, exclude: str | None = None
) -> Weights:
    """Read weights for `model`.

    Args:
        path: the file.
        model: the model.
        digest: the expected sha256 of the file; None skips the check.
        exclude: the prefix of the names of weights that keep their current values.

    Raises:
        InputError: the file is damaged, has another digest, or does not fit the model.
    """
    try:
        content = path.read_bytes()
        if digest is not None and hashlib.sha256(content).hexdigest() != digest:
            raise InputError(
                f"{path}: damaged, or not the weights of this run (expected sha256 {digest[:12]}…)"
            )
        weights = load(content)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged, or not a safetensors file ({error})") from error
    if exclude is not None:
        current = model.state_dict().items()
        weights = {n: value for n, value in weights.items() if not n.startswith(exclude)}
        weights |= {n: value for n, value in current if n.startswith(exclude)}
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if shapes != expected:
        raise InputError(f"{path}: does not fit the model: expected {expected}, got {shapes}")
    if not all(bool(value.isfinite().all()) for value in weights.values()):
        raise InputError(f"{path}: damaged, expected finite weights, got NaN or infinity")
    return weights
