"""Seeds derived from a run's generator, without synchronising with its device.

Reading a number drawn on a device waits for all earlier kernels. The state of a generator is on the
host, whatever its device: for devices other than the CPU, the seed is a digest of the state, and a
number is drawn, but not read, to advance the generator.
"""

from __future__ import annotations

from hashlib import blake2b

import torch

SEEDS = 1 << 62


def seed_from(generator: torch.Generator) -> int:
    """Return a seed, 0 ≤ seed < 2⁶², and advance the generator.

    >>> seed_from(torch.Generator().manual_seed(0)) == seed_from(torch.Generator().manual_seed(0))
    True
    """
    state = generator.get_state()
    drawn = torch.randint(SEEDS, (), generator=generator, device=generator.device)
    return int(drawn) if generator.device.type == "cpu" else digest(state)


def digest(state: torch.Tensor) -> int:
    """Return a hash of a state, 0 ≤ hash < 2⁶²."""
    result = blake2b(state.numpy().tobytes(), digest_size=8).digest()
    return int.from_bytes(result, "little") % SEEDS
