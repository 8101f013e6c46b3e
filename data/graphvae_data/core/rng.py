"""Random streams: independent generators from one seed, one per purpose.

Draws for one purpose do not affect those for another, and any stream can be recreated at any time:
the order of the images in epoch 7 does not depend on a state after epoch 6.
"""

from __future__ import annotations

import numpy as np
import torch


def seeded(seed: int, *stream: int, device: torch.device | None = None) -> torch.Generator:
    """Return the generator of one stream of a seed.

    Args:
        seed: the run's seed.
        stream: the stream, as one or more integers.
        device: of the generator; by default the CPU.

    >>> seeded(0, 1).initial_seed() == seeded(0, 2).initial_seed()
    False
    """
    first, *further = stream  # as spawn key, because trailing zeros of the entropy are ignored
    sequence = np.random.SeedSequence([seed, first], spawn_key=tuple(further))
    state = sequence.generate_state(1, np.uint64)
    generator = torch.Generator() if device is None else torch.Generator(device)
    return generator.manual_seed(int(state[0] >> np.uint64(1)))
