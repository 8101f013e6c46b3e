"""The CUDA kernel: its numbers in triton's interpreter on a CPU, its code from triton's compiler.

Neither needs a GPU; where there is one, the numbers are those of the device as well.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from graphvae.losses.all_pairs import all_pairs_softplus

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")


def run(*arguments: str, cache: Path, interpret: bool = False) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    environment |= {"TRITON_CACHE_DIR": str(cache), "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(str(ROOT / part) for part in (".", "cli", "data"))
    if interpret:
        environment["TRITON_INTERPRET"] = "1"
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def work(*arguments: str, cache: Path, interpret: bool = False) -> list[dict[str, Any]]:
    worker = str(Path(__file__).with_name("triton_worker.py"))
    found: list[dict[str, Any]] = json.loads(
        run(worker, *arguments, cache=cache, interpret=interpret)
    )
    return found


def assert_exact(results: list[dict[str, Any]]) -> None:
    assert len(results) >= 8
    for result in results:
        assert result["value"] <= 1e-6, result
        assert result["gradient"] <= 2e-6, result
        assert result["same_bits"], result


@pytest.mark.slow
def test_the_interpreted_kernel_gives_the_dense_sum_and_gradient(tmp_path: Path) -> None:
    """Sizes that tiles do not divide, widths that are no power of two, logits small and large."""
    assert_exact(work("sums", "cpu", cache=tmp_path, interpret=True))


@pytest.mark.slow
def test_the_examples_in_its_docstrings_hold(tmp_path: Path) -> None:
    run("-m", "doctest", str(ROOT / "graphvae" / "losses" / "all_pairs_triton.py"), cache=tmp_path)


@pytest.mark.slow
def test_the_kernel_compiles_without_atomics_and_in_full_precision(tmp_path: Path) -> None:
    results = work("compile", "80", "90", cache=tmp_path)
    assert {result["capability"] for result in results} == {80, 90}
    for result in results:
        assert result["machine_code_bytes"] > 0
        assert result["shared_bytes"] <= 1 << 16, result  # what any device since 2018 has
        assert result["atomics"] == result["tf32"] == 0, result


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_kernel_on_a_device_gives_the_dense_sum_and_gradient(tmp_path: Path) -> None:
    assert_exact(work("sums", "cuda", cache=tmp_path))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_device_agrees_with_the_cpu() -> None:
    z = torch.randn(3000, 16, generator=torch.Generator().manual_seed(0))
    here, there = z.clone().requires_grad_(), z.cuda().requires_grad_()
    for leaf in (here, there):
        all_pairs_softplus(leaf).backward()
    torch.testing.assert_close(here.grad, there.grad.cpu(), rtol=1e-4, atol=1e-3)
