"""The mixture of logistics at each pixel: probabilities sum to 1; means and draws agree."""

import torch

from image_vae.parts.distributions.pixel_mixture import LogisticMixtureHead


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_levels_sum_to_one() -> None:
    head = LogisticMixtureHead(torch.full((1, 1, 1), 0.3), 4)
    values = torch.randn(1, 1, len(head.start), 1, 1, generator=generator()) + head.start
    levels = (torch.arange(256.0) / 255).view(256, 1, 1, 1)
    log_p = head(values.expand(1, 256, -1, 1, 1)).log_prob(levels)
    torch.testing.assert_close(log_p.exp().sum(), torch.tensor(1.0), atol=1e-4, rtol=0)


def test_an_image_is_as_likely_as_its_pixels_together() -> None:
    head = LogisticMixtureHead(torch.rand(3, 2, 2, generator=generator()), 3)
    values = torch.randn(2, 5, len(head.start), 2, 2, generator=generator()) + head.start
    x = torch.randint(256, (5, 3, 2, 2), generator=generator()) / 255
    whole = head(values).log_prob(x)
    assert whole.shape == (2, 5)
    apart = sum(
        head(values[..., row : row + 1, column : column + 1]).log_prob(
            x[..., row : row + 1, column : column + 1]
        )
        for row in range(2)
        for column in range(2)
    )
    torch.testing.assert_close(whole, apart)


def test_draws_have_the_mean() -> None:
    head = LogisticMixtureHead(torch.tensor([0.4, 0.5, 0.6]).view(3, 1, 1), 2)
    noise = 0.3 * torch.randn(1, 1, len(head.start), 1, 1, generator=generator())
    px = head((noise + head.start - 2 * (head.start < -1)).expand(1, 20_000, -1, 1, 1))
    drawn = px.sample(generator())
    assert drawn.shape == px.mean.shape == (1, 20_000, 3, 1, 1)
    torch.testing.assert_close(drawn.mean(1), px.mean[:, 0], atol=0.01, rtol=0)


def test_it_starts_around_the_mean_image() -> None:
    mean = 0.3 + 0.4 * torch.rand(3, 4, 4, generator=generator())
    head = LogisticMixtureHead(mean, 10)
    torch.testing.assert_close(head(head.start[None, None]).mean[0, 0], mean, atol=0.02, rtol=0)
