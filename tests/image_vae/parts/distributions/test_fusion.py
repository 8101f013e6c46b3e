"""Products and mixtures of Gaussian experts, against their closed forms."""

import torch
from torch.distributions import Normal

from image_vae.parts.distributions.fusion import EqualMixture, log_mean, product_of_experts
from image_vae.parts.distributions.posteriors import DiagonalGaussian


def gaussians(count: int) -> list[DiagonalGaussian]:
    generator = torch.Generator().manual_seed(count)
    return [
        DiagonalGaussian(
            torch.randn(1, 4, 3, generator=generator),
            0.5 * torch.randn(1, 4, 3, generator=generator),
        )
        for _ in range(count)
    ]


def test_the_product_is_the_normalised_product_of_densities() -> None:
    experts = gaussians(3)
    product = product_of_experts(experts)
    z = torch.linspace(-6, 6, 4001).view(-1, 1, 1, 1)

    def log_density(q: DiagonalGaussian) -> torch.Tensor:
        return Normal(q.mean, q.log_std.exp()).log_prob(z)

    whole = sum(map(log_density, experts)) + Normal(0.0, 1.0).log_prob(z)
    normalised = whole - (torch.logsumexp(whole, 0) + torch.tensor(12 / 4000).log())
    torch.testing.assert_close(normalised, log_density(product), atol=1e-3, rtol=1e-3)


def test_an_expert_that_is_absent_has_no_part() -> None:
    one, other = gaussians(2)
    present = [torch.ones(1, 4, 1), torch.tensor([1.0, 0.0, 1.0, 0.0]).view(1, 4, 1)]
    mixed, alone = product_of_experts([one, other], present), product_of_experts([one])
    both = product_of_experts([one, other])
    torch.testing.assert_close(mixed.mean[:, 1::2], alone.mean[:, 1::2])
    torch.testing.assert_close(mixed.log_std[:, ::2], both.log_std[:, ::2])
    none = product_of_experts([one], [torch.zeros(1, 4, 1)])
    assert torch.equal(none.mean, torch.zeros(1, 4, 3))
    assert torch.equal(none.log_std, torch.zeros(1, 4, 3))


def test_a_mixture_integrates_to_one_and_has_both_components() -> None:
    first, second = gaussians(2)
    mixture = EqualMixture(first, second)
    z = torch.linspace(-8, 8, 4001).view(-1, 1, 1, 1)
    one = EqualMixture(
        *(DiagonalGaussian(q.mean[..., :1], q.log_std[..., :1]) for q in (first, second))
    )
    total = one.log_prob(z).exp().sum(0) * (16 / 4000)
    torch.testing.assert_close(total, torch.ones(1, 4), atol=1e-3, rtol=1e-3)
    drawn = mixture.expand(20_000, 4).sample(torch.Generator().manual_seed(0))
    torch.testing.assert_close(drawn.mean(0), mixture.point.squeeze(0), atol=0.06, rtol=0.05)
    values = [torch.tensor([0.0]), torch.tensor([0.0])]
    assert log_mean(values).item() == 0
