"""Choice of device, threads and deterministic algorithms."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from graphvae_data.core.errors import InputError

SMALL_GRAPH = 5_000
"""Below this number of nodes one thread is fastest, as steps are too short to parallelise."""


def resolve_device(name: str, *, gpu: int | None = None) -> torch.device:
    """Return the available device for `auto`, `cpu`, `cuda`, `cuda:n` or `mps`.

    With several workers, each uses its own GPU, number `gpu`, whatever n is.

    Raises:
        InputError: an invalid name, or a device that this machine does not have.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda", "mps"):
        raise InputError(f"device: expected auto, cpu, cuda, cuda:n or mps, got {name!r}")
    if device.type == "cuda" and gpu is not None:
        device = torch.device("cuda", gpu)
    available = {
        "cpu": device.index in (None, 0),
        "cuda": (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available[device.type]:
        reason = f"{torch.cuda.device_count()} CUDA devices found"
        raise InputError(f"device: {str(device)!r} is not available ({reason}); try --device cpu")
    return device


def choose_threads(num_nodes: int, *, workers: int = 1) -> int:
    """Return a sensible number of CPU threads for a graph of this size.

    The CPUs are shared by `workers` processes on this machine.
    """
    cpus = len(os.sched_getaffinity(0)) // workers
    return 1 if num_nodes < SMALL_GRAPH else max(1, cpus)


@contextmanager
def computing(count: int | None) -> Iterator[None]:
    """Use `count` CPU threads and single precision; None keeps the number of threads.

    PyTorch's default type is the user's: with another one, numbers would differ, or types would
    differ from those of a loaded model.
    """
    before, dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.set_num_threads(before if count is None else count)
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_default_dtype(dtype)


CUBLAS_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def deterministic(enabled: bool) -> Iterator[None]:
    """Allow only deterministic algorithms inside the block, if `enabled`.

    cuBLAS needs a workspace of fixed size, which it reads from the environment when it is first
    used; an existing value is kept. The previous state is restored after the block.
    """
    if not enabled:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    workspace = os.environ.get(CUBLAS_WORKSPACE)
    if torch.cuda.is_available():
        os.environ.setdefault(CUBLAS_WORKSPACE, ":4096:8")
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
        if workspace is None:
            os.environ.pop(CUBLAS_WORKSPACE, None)
