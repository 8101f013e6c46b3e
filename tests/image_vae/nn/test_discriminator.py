"""The discriminator estimates a ratio of densities; permuting keeps the marginals."""

import math

import pytest
import torch

from image_vae.nn.discriminator import Discriminator, permute_dims


def test_permuted_codes_have_the_same_marginals_and_no_correlation(
    generator: torch.Generator,
) -> None:
    first = torch.randn(2000, 1, generator=generator)
    z = torch.cat([first, first, first], 1)
    permuted = permute_dims(z, generator)
    torch.testing.assert_close(permuted.sort(0).values, z.sort(0).values)
    apart = torch.corrcoef(permuted.T) - torch.eye(3)
    assert float(apart.abs().max()) < 0.1
    assert not torch.equal(permuted, permute_dims(z, generator))


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.8, -0.6])
def test_the_mean_log_ratio_is_the_total_correlation(
    correlation: float, generator: torch.Generator
) -> None:
    """Of a Gaussian, −½ log (1 − ρ²), within 10 %."""
    factor = torch.linalg.cholesky(torch.tensor([[1.0, correlation], [correlation, 1.0]]))
    discriminator = Discriminator(2, (32, 32), generator=generator)
    optimizer = torch.optim.Adam(discriminator.parameters(), 5e-3)
    for step in range(400):
        optimizer.param_groups[0]["lr"] = 5e-3 * (1 - step / 400)
        codes, others = torch.randn(2, 1000, 2, generator=generator) @ factor.T
        loss = discriminator.loss(codes, permute_dims(others, generator))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    unseen = torch.randn(50_000, 2, generator=generator) @ factor.T
    found = float(discriminator.log_ratio(unseen).detach().mean())
    assert found == pytest.approx(-0.5 * math.log(1 - correlation**2), rel=0.1)


def test_the_loss_is_the_cross_entropy_of_the_two_logits(generator: torch.Generator) -> None:
    discriminator = Discriminator(3, (5,), generator=generator)
    codes, permuted = torch.randn(2, 4, 3, generator=generator)
    logits = discriminator(torch.cat([codes, permuted]))
    labels = torch.tensor([0] * 4 + [1] * 4)
    expected = torch.nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(discriminator.loss(codes, permuted), expected)
