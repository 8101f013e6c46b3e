"""The faster library for matrix products on this machine: MKL or oneDNN, both part of PyTorch.

On one thread, at the sizes of an image model, a training step with oneDNN was twice as fast as with
MKL on one AMD EPYC and 10 % slower on another. The first process on a machine measures both and
stores the result in the cache folder; later processes use the stored result, so that their results
are bit-identical. `GRAPHVAE_LINEAR=mkl` or `onednn` overrides it.
"""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.download.cache import cache_home

Backend = Literal["mkl", "onednn"]
ROUNDS = 7
"""Measurements per library; the shortest counts, as other processes only add time."""
GAIN = 1.1
"""Minimum speed-up for oneDNN to be used."""
ROWS, INPUTS, OUTPUTS = 100, 784, 200
"""The measured product: a batch of MNIST and the first hidden layer of a typical model."""


@cache
def fastest() -> Backend:
    """Return the library to use: that of `GRAPHVAE_LINEAR`, the stored one, or the measured one.

    If the result cannot be stored, it is MKL, the default of PyTorch.

    Raises:
        InputError: `GRAPHVAE_LINEAR` has another value.
    """
    chosen = os.environ.get("GRAPHVAE_LINEAR")
    if chosen:
        for backend in BACKENDS:
            if chosen == backend:
                return backend
        raise InputError(f"GRAPHVAE_LINEAR: expected mkl or onednn, got {chosen!r}")
    name = hashlib.sha256(processor().encode()).hexdigest()[:16]
    return stored(cache_home() / "made" / "linear" / name, measured)


BACKENDS: tuple[Backend, ...] = ("mkl", "onednn")


def processor() -> str:
    """Return what the measurement depends on: the processor, and the version of PyTorch."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        fields = [line for line in lines if line.startswith(("model name", "stepping"))][:2]
        model = " ".join(line.partition(":")[2].strip() for line in fields) or model
    capability = torch.backends.cpu.get_cpu_capability()
    return f"{platform.machine()} {model} {capability} {torch.__version__}"


def stored(path: Path, measure: Callable[[], Backend]) -> Backend:
    """Return the stored result, or measure and store it; the first of two processes wins."""
    try:
        if not path.exists():
            result = measure()
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{path.name}.{os.getpid()}")
            temporary.write_text(result, encoding="utf-8")
            try:
                os.link(temporary, path)
            except FileExistsError:
                pass
            finally:
                temporary.unlink()
        text = path.read_text(encoding="utf-8")
    except OSError:
        return "mkl"
    return "onednn" if text == "onednn" else "mkl"


@torch.no_grad()
def measured() -> Backend:
    """Measure a layer's three products, forward and backward, by both libraries."""
    generator = torch.Generator().manual_seed(0)
    x, weight, gradient = (
        torch.randn(*shape, generator=generator)
        for shape in ((ROWS, INPUTS), (OUTPUTS, INPUTS), (ROWS, OUTPUTS))
    )
    bias = torch.zeros(OUTPUTS)

    def onednn(rows: Tensor, columns: Tensor) -> Tensor:
        product: Tensor = torch.ops.mkldnn._linear_pointwise(rows, columns, None, "none", [], "")
        return product

    def by_onednn() -> None:
        torch.ops.mkldnn._linear_pointwise(x, weight, bias, "tanh", [], "")
        onednn(gradient, weight.T)
        onednn(gradient.T, x.T)

    def by_mkl() -> None:
        torch.tanh(torch.addmm(bias, x, weight.T))
        gradient @ weight
        gradient.T @ x

    seconds: dict[Callable[[], None], list[float]] = {by_onednn: [], by_mkl: []}
    for _ in range(ROUNDS + 2):  # the first two warm the caches
        for work, times in seconds.items():
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    ratio = min(seconds[by_mkl][2:]) / min(seconds[by_onednn][2:])
    return "onednn" if ratio >= GAIN else "mkl"
