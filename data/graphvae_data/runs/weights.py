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
    path: Path, model: nn.Module, digest: str | None = None, *, leave_out: str | None = None
) -> Weights:
    """Read weights for `model`.

    Args:
        path: the file.
        model: what the weights must fit.
        digest: the sha256 that the file must have; None checks none.
        leave_out: the beginning of the names of weights that keep their current values.

    Raises:
        InputError: the file is damaged, is another one, or does not fit.
    """
    try:
        content = path.read_bytes()
        if digest is not None and hashlib.sha256(content).hexdigest() != digest:
            raise InputError(
                f"{path}: damaged, or not the weights of this run (expected sha256 {digest[:12]}…)"
            )
        weights = load(content)
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
