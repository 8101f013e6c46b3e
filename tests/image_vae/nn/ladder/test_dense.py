"""The precision-weighted product of two Gaussians."""

import torch
from torch.distributions import Normal

from image_vae.nn.ladder.dense import combined
from image_vae.parts.distributions.posteriors import DiagonalGaussian


def test_the_product_is_proportional_to_the_product_of_densities() -> None:
    one = DiagonalGaussian(torch.tensor([1.0]), torch.tensor([0.3]))
    other = DiagonalGaussian(torch.tensor([-2.0]), torch.tensor([-0.4]))
    product = combined(one, other)
    z = torch.linspace(-3, 3, 7).unsqueeze(-1)
    ratio = one.log_prob(z) + other.log_prob(z) - product.log_prob(z)
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), atol=1e-5, rtol=0)
    whole = Normal(1.0 + 2.0, (torch.tensor(0.6).exp() + torch.tensor(-0.8).exp()).sqrt())
    torch.testing.assert_close(ratio[0], whole.log_prob(torch.tensor(0.0)))  # its normaliser
