"""Seeds for generators beside the run's own, drawn from it without waiting for its device.

The host knows a number that is drawn on a device only when all that was launched before is done.
A generator's state lies with the host, wherever it draws: elsewhere than on a CPU the seed is a
digest of it, and the number drawn, which nobody reads, moves the generator on.
"""

from __future__ import annotations

from hashlib import blake2b

import torch

SEEDS = 1 << 62


def seed_from(generator: torch.Generator) -> int:
    """Return a seed, 0 ≤ seed < 2⁶², and move the generator on.

    >>> seed_from(torch.Generator().manual_seed(0)) == seed_from(torch.Generator().manual_seed(0))
    True
    """
    state = generator.get_state()
    drawn = torch.randint(SEEDS, (), generator=generator, device=generator.device)
    return int(drawn) if generator.device.type == "cpu" else digest(state)


def digest(state: torch.Tensor) -> int:
    """Return a number, 0 ≤ number < 2⁶², that another state would hardly give."""
    found = blake2b(state.numpy().tobytes(), digest_size=8).digest()
    return int.from_bytes(found, "little") % SEEDS
