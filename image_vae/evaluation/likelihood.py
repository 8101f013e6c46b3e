"""log p(x) of each example by importance sampling, in bounded memory.

Source: Burda et al. 2015, "Importance Weighted Autoencoders", §5.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import check_whole
from image_vae.models.latent_model import Data, LatentModel
from image_vae.parts.trace import Trace


@torch.no_grad()
def log_likelihood(
    model: LatentModel,
    data: Data,
    samples: int,
    generator: torch.Generator,
    *,
    chunk: int | None = None,
) -> Float[Tensor, " batch"]:
    """Return log p(x) of each example by importance sampling: L_K with K = `samples`.

    Samples are drawn in chunks and their weights accumulated, so memory is bounded by `chunk` for
    any number of samples and examples. Exactly `samples` are drawn per example.

    Args:
        model: the model; the sample stays on its device.
        data: the observed variables, each [batch, ...].
        samples: K, at least 1.
        generator: draws the codes; on the model's device.
        chunk: samples over all examples that are decoded at a time; by default as many as the
            decoders take (`LatentModel.at_once`).

    Raises:
        InputError: fewer than one sample.
    """
    check_whole("samples", samples)
    chunk = model.at_once if chunk is None else chunk
    total = torch.cat(
        [_weigh(model, part, samples, generator, chunk) for part in parts(data, chunk)]
    )
    return total - math.log(samples)


def parts(data: Data, size: int) -> Iterator[Data]:
    """Split a batch into batches of at most `size` examples."""
    count = next(iter(data.values())).size(0)
    for start in range(0, count, size):
        yield {name: value[start : start + size] for name, value in data.items()}


def _weigh(
    model: LatentModel, data: Data, samples: int, generator: torch.Generator, chunk: int
) -> Float[Tensor, " batch"]:
    """Return log Σ_k w_k of some of the examples."""
    batch = next(iter(data.values())).size(0)
    at_once = max(1, chunk // batch)
    total, left = None, samples
    while left:
        k = min(at_once, left)
        trace: Trace = model(data, k, generator)
        log_w = trace.log_w
        if trace.log_weights is not None:  # weights of an average; the sum has k times as much
            log_w = log_w + trace.log_weights + math.log(k)
        passed = torch.logsumexp(log_w, 0)
        total = passed if total is None else torch.logaddexp(total, passed)
        left -= k
    assert total is not None
    return total
