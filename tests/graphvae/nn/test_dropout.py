"""Fast dropout: share, scale, and independence of neighbouring elements."""

import pytest
import torch

from graphvae.nn.dropout import drop


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.6, 0.9])
def test_the_share_and_the_mean_are_as_asked(rate: float, generator: torch.Generator) -> None:
    x = drop(torch.ones(400, 501), rate, generator)
    kept = x > 0
    deviation = (rate * (1 - rate) / x.numel()) ** 0.5
    assert float(kept.float().mean()) == pytest.approx(1 - rate, abs=5 * deviation)
    torch.testing.assert_close(x[kept].unique(), torch.tensor([1 / (1 - rate)]), rtol=1e-4, atol=0)


def test_lanes_of_a_word_are_independent(generator: torch.Generator) -> None:
    kept = (drop(torch.ones(100_000, 4), 0.5, generator) > 0).float()
    correlation = torch.corrcoef(kept.T) - torch.eye(4)
    assert float(correlation.abs().max()) < 5 / 100_000**0.5


def test_a_gradient_passes_where_entries_were_kept(generator: torch.Generator) -> None:
    x = torch.ones(7, 3, requires_grad=True)
    dropped = drop(x, 0.5, generator)
    dropped.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, dropped.detach())
