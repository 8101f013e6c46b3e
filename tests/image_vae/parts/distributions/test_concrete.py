"""The Concrete distribution: its density, and the category that it approaches."""

import torch

from image_vae.parts.distributions.concrete import Concrete, UniformConcrete

LOGITS = torch.tensor([0.3, -1.0, 0.8], dtype=torch.double)


def test_for_low_temperatures_it_approaches_the_category() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = Concrete(LOGITS.expand(50_000, 3), 0.01).sample(generator)
    assert float((drawn.amax(-1) > 0.99).double().mean()) > 0.97
    torch.testing.assert_close(drawn.mean(0), LOGITS.softmax(-1), atol=0.01, rtol=0)
    far = Concrete(LOGITS.expand(1_000, 3), 5.0).sample(generator)
    assert float(far.amax(-1).max()) < 0.9


def test_the_density_integrates_to_one() -> None:
    """Over a triangle, with respect to two of the three coordinates."""
    side = 800
    ends = (torch.arange(side, dtype=torch.double) + 0.5) / side
    a, b = torch.meshgrid(ends, ends, indexing="ij")
    inside = a + b < 1
    y = torch.stack([a, b, 1 - a - b], -1)[inside]
    mass = Concrete(LOGITS, 1.0).log_prob(y).exp().sum() / side**2
    torch.testing.assert_close(mass, torch.ones_like(mass), atol=0.01, rtol=0)


def test_a_draw_knows_its_density_and_passes_gradients() -> None:
    logits = LOGITS.expand(20, 3).clone().requires_grad_()
    q = Concrete(logits, 0.66)
    draw = q.draw(torch.Generator().manual_seed(1))
    torch.testing.assert_close(draw.log_q(), q.log_prob(draw.z))
    (gradient,) = torch.autograd.grad((draw.z[:, 0]).sum(), logits)
    assert bool((gradient[:, 0] > 0).all())
    theirs = torch.distributions.RelaxedOneHotCategorical(torch.tensor(0.66), logits=logits)
    torch.testing.assert_close(draw.log_q(), theirs.log_prob(draw.z))


def test_the_prior_has_equal_probabilities() -> None:
    prior = UniformConcrete(3, 0.66).double()
    drawn = prior.sample(20_000, torch.Generator().manual_seed(2))
    torch.testing.assert_close(drawn.mean(0), torch.full_like(drawn[0], 1 / 3), atol=0.01, rtol=0)
    flat = Concrete(torch.zeros_like(drawn), 0.66)
    torch.testing.assert_close(prior.log_prob(drawn), flat.log_prob(drawn))
