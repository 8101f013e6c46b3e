"""Runs the Triton kernel, or compiles it, and prints the results as JSON.

A process of its own, since `TRITON_INTERPRET` is read when triton is imported, and since the
kernel's source must reach triton without the type checks that pytest adds. Triton is imported
late: pytest looks for doctests in this file too, where there may be none.

    python triton_worker.py sums cpu|cuda | compile CAPABILITY …
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import torch
import torch.nn.functional as F

CASES = [  # nodes, latent, scale
    (1, 1, 1.0),
    (2, 3, 0.01),
    (63, 16, 1.0),
    (64, 16, 10.0),
    (65, 17, 1.0),
    (130, 5, 0.01),
    (97, 33, 10.0),
    (70, 100, 1.0),
]
LATENTS = [16, 32, 64, 128]


def embedding(nodes: int, latent: int, scale: float, device: str) -> torch.Tensor:
    z = torch.randn(nodes, latent, generator=torch.Generator().manual_seed(nodes)) * scale
    return z.to(device)


def sums(device: str) -> list[dict[str, Any]]:
    """Return the relative errors against the dense formula in double precision, for every case."""
    from graphvae.losses.all_pairs_triton import sum_and_half_gradient

    results = []
    for case in CASES:
        z = embedding(*case, device)
        total, half = sum_and_half_gradient(z)
        again = sum_and_half_gradient(z)
        logits = z.double() @ z.double().T
        value, gradient = F.softplus(logits).sum(), logits.sigmoid() @ z.double()
        results.append(
            {
                "case": case,
                "value": ((total - value).abs() / value).item(),
                "gradient": ((half - gradient).norm() / gradient.norm()).item(),
                "same_bits": torch.equal(total, again[0]) and torch.equal(half, again[1]),
            }
        )
    return results


def compiled(capability: int) -> list[dict[str, Any]]:
    """Return facts of the code that is compiled for a device, which need not be present."""
    from triton import compile as compile_kernel
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from graphvae.losses.all_pairs_triton import _row_tile, plan

    pointers = dict.fromkeys(("z_at", "costs_at", "gradients_at"), "*fp32")
    numbers = dict.fromkeys(("nodes", "latent", "columns"), "i32")
    results = []
    for latent in LATENTS:
        p = plan(10_000, latent)
        constants = {"TILE": p.tile, "WIDTH": p.width}
        signature = {**pointers, **numbers, **dict.fromkeys(constants, "constexpr")}
        source = ASTSource(_row_tile, signature, constants)
        made = compile_kernel(source, GPUTarget("cuda", capability, 32), {"num_warps": p.warps})
        ptx = made.asm["ptx"]
        results.append(
            {
                "capability": capability,
                "latent": latent,
                "shared_bytes": made.metadata.shared,
                "machine_code_bytes": len(made.asm["cubin"]),
                "atomics": len(re.findall(r"\b(atom|red)\.", ptx)),
                "tf32": ptx.count("tf32"),
            }
        )
    return results


if __name__ == "__main__":
    task, *arguments = sys.argv[1:]
    if task == "sums":
        made = sums(*arguments)
    else:
        made = [row for argument in arguments for row in compiled(int(argument))]
    sys.stdout.write(json.dumps(made))
