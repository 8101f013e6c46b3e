"""Random draws of a user's own parts.

Built-in parts draw from the generators that they are given. A part of the user's own may draw from
PyTorch's global generators instead: dropout does, and the initialisation of layers.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from graphvae_data.core.rng import global_stream
from image_vae.specs.recipe import ImageConfig

OWN = 9
"""Index of the random stream of draws from the global generators."""
BUILDING, STEP, SCORES = 0, 1, 2
"""Indices of its substreams."""


def own_draws(config: ImageConfig, *stream: int) -> AbstractContextManager[None]:
    """Seed PyTorch's global generators within the block, and restore them after.

    Without parts of the user's own nothing is seeded, as nothing draws from them.

    Args:
        config: the settings, with the seed and the device.
        stream: the substream, as one or more integers.
    """
    if not config.has_user_parts:
        return nullcontext()
    return global_stream(config.run.seed, OWN, *stream, device=torch.device(config.run.device))
