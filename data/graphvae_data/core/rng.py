"""Random streams: independent generators from one seed, one per purpose.

Draws for one purpose do not affect those for another, and any stream can be recreated at any time:
the order of the images in epoch 7 does not depend on a state after epoch 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import blake2b

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


def generator_of(seed: int) -> torch.Generator:
    """Return a generator on the CPU with PyTorch's own seeding; seeds may be of any size.

    >>> generator_of(7).initial_seed(), generator_of(7 + (1 << 63)).initial_seed()
    (7, 7)
    """
    return torch.Generator().manual_seed(seed % (1 << 63))


def numpy_seed(seed: int) -> int:
    """Return a seed of the size that scikit-learn takes; smaller ones are unchanged."""
    return seed % (1 << 32)


SEEDS = 1 << 62
"""Upper bound of seeds, exclusive."""


def seed_from(generator: torch.Generator) -> int:
    """Return a seed, 0 ≤ seed < 2⁶², and advance the generator, without synchronising its device.

    Reading a number drawn on a GPU would wait for all kernels launched before. The state of a
    generator is always on the host: for a GPU the seed is a hash of the state, and a number is
    drawn only to advance it.

    >>> seed_from(torch.Generator().manual_seed(0)) == seed_from(torch.Generator().manual_seed(0))
    True
    """
    state = generator.get_state()
    drawn = torch.randint(SEEDS, (), generator=generator, device=generator.device)
    return int(drawn) if generator.device.type == "cpu" else digest(state)


def digest(state: torch.Tensor) -> int:
    """Hash the state of a generator to an integer in [0, 2⁶²)."""
    digest_bytes = blake2b(state.numpy().tobytes(), digest_size=8).digest()
    return int.from_bytes(digest_bytes, "little") % SEEDS


def default_generator(device: torch.device) -> torch.Generator:
    """Return PyTorch's global generator of a device."""
    if device.type == "cuda":
        return torch.cuda.default_generators[device.index or 0]
    return torch.default_generator


@contextmanager
def global_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Seed PyTorch's global generators, of CPU and device, within the block; restore them after.

    >>> with global_seed(7, torch.device("cpu")):
    ...     first = torch.rand(3)
    >>> with global_seed(7, torch.device("cpu")):
    ...     torch.equal(first, torch.rand(3))
    True
    """
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            default_generator(device).manual_seed(seed)
        yield


def global_stream(seed: int, *stream: int, device: torch.device) -> AbstractContextManager[None]:
    """Seed PyTorch's global generators by one stream of a seed, as in `seeded`; restore them after.

    For parts that draw from these generators, as dropout does.
    """
    return global_seed(seeded(seed, *stream).initial_seed(), device)


def seeded_by(generator: torch.Generator) -> AbstractContextManager[None]:
    """Seed PyTorch's global generators from `generator`, which advances; restore them after."""
    return global_seed(seed_from(generator), generator.device)
