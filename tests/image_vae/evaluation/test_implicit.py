"""q_IW and q_EW against quadrature on a model with one latent, whose densities are all known."""

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from graphvae_data.core.errors import InputError
from image_vae.evaluation.implicit import choose, ew_bound, log_q_ew, log_q_iw, resample
from image_vae.parts.bounds import iwae
from image_vae.parts.latent_graph import one_layer
from image_vae.parts.trace import Trace
from tests.image_vae.linear import GRAPHS, Linear, linear_model

STEP = 0.02
GRID = torch.arange(-8.0, 8.0, STEP, dtype=torch.float64)


@pytest.fixture(scope="module")
def linear() -> Linear:
    return linear_model(one_layer(1), spoil=0.5)


@pytest.fixture(scope="module")
def image(linear: Linear) -> Tensor:
    return linear.images(1)


@pytest.fixture(scope="module")
def densities(linear: Linear, image: Tensor) -> tuple[Tensor, Tensor]:
    """Log w and log q on the grid, [point, 1], from the model's own parts."""
    with torch.no_grad():
        q = linear.vae.inference["z"]({"x": image})
        log_q = Normal(q.mean, q.log_std.exp()).log_prob(GRID[:, None])
        log_p = Normal(0.0, 1.0).log_prob(GRID[:, None])
        (px,) = linear.vae.decode({"z": GRID[:, None, None]}).values()
        return log_p + px.log_prob(image) - log_q, log_q


def integral(values: Tensor) -> Tensor:
    return values.sum(0) * STEP


def other_points(densities: tuple[Tensor, Tensor]) -> Tensor:
    """Log w of every grid point as the one other sample: [draw, 1, 1]."""
    return densities[0][:, :, None]


@pytest.fixture(scope="module")
def exact_ew(densities: tuple[Tensor, Tensor]) -> Tensor:
    """q_EW for K = 2 on the grid: the average of q_IW over z_2 ~ q, by quadrature."""
    log_w, log_q = densities
    each = torch.stack([log_q_iw(log_w, log_q, other) for other in other_points(densities)])
    return integral(each.exp() * log_q.exp()[:, :, None])


def test_the_parts_are_the_models(
    linear: Linear, image: Tensor, densities: tuple[Tensor, Tensor]
) -> None:
    log_w, log_q = densities
    assert float(integral(log_q.exp())) == pytest.approx(1)
    assert float(integral((log_w + log_q).exp()).log()) == pytest.approx(
        float(linear.log_prob(image))
    )


def test_q_ew_integrates_to_one_and_q_iw_does_so_only_on_average(
    densities: tuple[Tensor, Tensor], exact_ew: Tensor
) -> None:
    log_w, log_q = densities
    masses = torch.cat(
        [integral(log_q_iw(log_w, log_q, other).exp()) for other in other_points(densities)]
    )
    assert float(masses.max() - masses.min()) > 0.3
    assert float(integral(masses * log_q.exp()[:, 0])) == pytest.approx(1)
    assert float(integral(exact_ew)) == pytest.approx(1)


def test_the_bounds_stand_in_the_papers_order(
    linear: Linear, image: Tensor, densities: tuple[Tensor, Tensor], exact_ew: Tensor
) -> None:
    """E [L(q_IW)] = L_2 < L(q_EW) < log p(x), each by quadrature."""
    log_w, log_q = densities
    q, log_joint = log_q.exp()[:, 0], log_w + log_q
    pair = torch.logaddexp(log_w, log_w.T) - math.log(2)
    l_2 = float((q[:, None] * q * pair).sum() * STEP**2)
    of_iw = []
    for other in other_points(densities):
        log_iw = log_q_iw(log_w, log_q, other)
        of_iw.append(integral(log_iw.exp() * (log_joint - log_iw)))
    mean_of_iw = float(integral(torch.cat(of_iw) * q))
    of_ew = float(integral(exact_ew * (log_joint - exact_ew.log())))
    elbo = float(integral(q[:, None] * log_w))
    log_p = float(linear.log_prob(image))
    assert mean_of_iw == pytest.approx(l_2, abs=1e-6)
    assert elbo + 0.01 < l_2 < of_ew - 0.01 < of_ew < log_p - 0.001


@pytest.mark.slow
def test_drawn_companions_give_q_ew(
    linear: Linear, image: Tensor, densities: tuple[Tensor, Tensor], exact_ew: Tensor
) -> None:
    with torch.no_grad():
        drawn = linear.vae({"x": image}, 4_000, torch.Generator().manual_seed(0))
    found = log_q_ew(*densities, drawn.log_w[:, None, :])
    torch.testing.assert_close(found.exp(), exact_ew, atol=0.02 * float(exact_ew.max()), rtol=0)


def test_without_companions_q_iw_and_q_ew_are_q(densities: tuple[Tensor, Tensor]) -> None:
    log_w, log_q = densities
    torch.testing.assert_close(log_q_iw(log_w, log_q, log_w[:0]), log_q)
    torch.testing.assert_close(log_q_ew(log_w, log_q, log_w[:0].expand(5, 0, 1)), log_q)


def test_many_companions_make_q_ew_the_true_posterior(
    linear: Linear, image: Tensor, densities: tuple[Tensor, Tensor]
) -> None:
    with torch.no_grad():
        drawn = linear.vae({"x": image}, 20_000, torch.Generator().manual_seed(0))
    log_w, log_q = densities
    posterior = log_w + log_q - linear.log_prob(image)
    found = log_q_ew(log_w, log_q, drawn.log_w.unflatten(0, (2, -1)))
    torch.testing.assert_close(found.exp(), posterior.exp(), atol=0.02, rtol=0)


def test_resampling_a_trace_draws_from_q_ew(
    linear: Linear, image: Tensor, exact_ew: Tensor
) -> None:
    generator = torch.Generator().manual_seed(3)
    many = image.expand(40_000, -1)
    with torch.no_grad():
        z = resample(linear.vae({"x": many}, 2, generator), generator)["z"][:, 0]
    mean = float(integral(GRID[:, None] * exact_ew))
    std = float(integral((GRID[:, None] - mean).square() * exact_ew)) ** 0.5
    assert float(z.mean()) == pytest.approx(mean, abs=4 * std / 200)
    assert float(z.std()) == pytest.approx(std, rel=0.03)
    cdf = (exact_ew[:, 0].cumsum(0) * STEP)[int((mean + std < GRID).int().argmax())]
    assert float((z < mean + std).double().mean()) == pytest.approx(float(cdf), abs=0.015)


@pytest.mark.slow
def test_the_estimated_bound_is_that_of_q_ew(
    linear: Linear, image: Tensor, densities: tuple[Tensor, Tensor], exact_ew: Tensor
) -> None:
    log_joint = sum(densities)
    expected = float(integral(exact_ew * (log_joint - exact_ew.log())))
    with torch.no_grad():
        found = ew_bound(
            linear.vae,
            {"x": image.expand(5_000, -1)},
            2,
            300,
            torch.Generator().manual_seed(5),
        )
    error = float(found.std()) / len(found) ** 0.5
    assert float(found.mean()) == pytest.approx(expected, abs=4 * error + 0.002)
    assert error < 0.02


def test_with_one_sample_the_bound_is_the_elbo(linear: Linear, image: Tensor) -> None:
    one = ew_bound(linear.vae, {"x": image}, 1, 3, torch.Generator().manual_seed(5))
    trace = linear.vae({"x": image}, 1, torch.Generator().manual_seed(5))
    torch.testing.assert_close(one, iwae(trace))


@pytest.mark.parametrize(("k", "draws", "name"), [(0, 1, "k"), (2, 0, "draws")])
def test_too_few_are_refused(linear: Linear, image: Tensor, k: int, draws: int, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: expected at least 1, got 0"):
        ew_bound(linear.vae, {"x": image}, k, draws, torch.Generator())


def test_samples_are_chosen_by_their_weights(generator: torch.Generator) -> None:
    shares = torch.tensor([0.1, 0.6, 0.3])
    log_w = shares.log()[:, None].expand(3, 20_000) - 700
    found = torch.bincount(choose(log_w, generator), minlength=3) / 20_000
    torch.testing.assert_close(found, shares, atol=0.015, rtol=0)


def test_every_latent_is_taken_from_the_same_sample(generator: torch.Generator) -> None:
    linear = linear_model(GRAPHS["hvae"], spoil=0.3)
    trace: Trace = linear.vae({"x": linear.images(50)}, 4, generator)
    found = resample(trace, generator)
    picks = [(trace.z[name] == z).all(-1).int().argmax(0) for name, z in found.items()]
    assert torch.equal(picks[0], picks[1])
    assert len(picks[0].unique()) == 4
    for name, z in found.items():
        assert torch.equal(trace.z[name][picks[0], torch.arange(50)], z)
