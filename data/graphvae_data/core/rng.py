"""Streams of randomness: many generators from one seed, each for one purpose.

What is drawn for one purpose does not change what another draws, and any of them can be made anew
at any time: the order of the images of epoch 7 needs no memory of the six before.
"""

from __future__ import annotations

import numpy as np
import torch


def seeded(seed: int, *stream: int, device: torch.device | None = None) -> torch.Generator:
    """Return the generator of one stream of a seed.

    Args:
        seed: the run's seed.
        stream: which stream, as one number or several; at least one.
        device: where it draws; the CPU if not given.

    >>> seeded(0, 1).initial_seed() == seeded(0, 2).initial_seed()
    False
    """
    first, *further = (
        stream  # as a key, since entropy that ends in zeros is as good as without them
    )
    sequence = np.random.SeedSequence([seed, first], spawn_key=tuple(further))
    state = sequence.generate_state(1, np.uint64)
    generator = torch.Generator() if device is None else torch.Generator(device)
    return generator.manual_seed(int(state[0] >> np.uint64(1)))
