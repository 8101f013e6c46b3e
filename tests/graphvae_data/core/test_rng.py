"""Random streams: equal for equal keys, unrelated for different ones."""

import torch

from graphvae_data.core.rng import seeded


def test_a_stream_can_be_made_anew() -> None:
    first, again = (torch.rand(5, generator=seeded(3, 1, 7)) for _ in range(2))
    assert torch.equal(first, again)


def test_streams_and_seeds_differ() -> None:
    numbers = [(0, 0), (0, 1), (1, 0), (0, 1, 0), (0, 1, 1)]
    seeds = {seeded(*each).initial_seed() for each in numbers}
    assert len(seeds) == len(numbers)
