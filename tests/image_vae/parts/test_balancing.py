"""The weight of the divergence, the balance of its groups, and the term of the weights."""

import pytest
import torch
from torch import nn

from image_vae.nn.ladder.convolution import Convolution
from image_vae.nn.normalisation import BatchNorm
from image_vae.parts.balancing import LEAST, BalancedKl, balanced_weights
from image_vae.parts.penalties import mean_kl
from image_vae.parts.trace import Trace

TERM = BalancedKl(delay=1.0, warmup=100.0, smooth=0.1)


def trace_of(divergences: dict[str, tuple[float, int]]) -> Trace:
    """A trace with the given KL, and dimension, of each group; two images."""
    kl = {name: torch.full((1, 2, size), nats / size) for name, (nats, size) in divergences.items()}
    nothing = dict.fromkeys(kl, torch.zeros(1, 2))
    return Trace({}, nothing, nothing, kl, {name: each * 0 for name, each in kl.items()}, {}, {})


def test_the_weight_rises_after_a_delay() -> None:
    assert [TERM.beta(step) for step in (0, 1, 51, 101, 900)] == [LEAST, LEAST, 0.5, 1.0, 1.0]
    assert TERM.beta(TERM.settled) == 1 > TERM.beta(TERM.settled - 1)


def test_groups_of_equal_size_are_weighted_by_their_divergence() -> None:
    weights = balanced_weights(torch.tensor([0.99, 2.99]), (16, 16))
    torch.testing.assert_close(weights, torch.tensor([0.5, 1.5]))


def test_a_larger_scale_has_a_smaller_weight_and_more_groups_a_larger() -> None:
    # alpha = 16 / 1 and 64 / 2, over the smaller: 1 and 2
    weights = balanced_weights(torch.tensor([1.0, 1.0, 1.0]), (16, 64, 64))
    torch.testing.assert_close(weights, torch.tensor([1.5, 0.75, 0.75]))


def test_it_is_balanced_in_the_warm_up_and_plain_after_it() -> None:
    trace = trace_of({"z2": (0.99, 16), "z1": (2.99, 16)})
    early = TERM(trace, 51, analytic=True)
    assert float(early.total) == pytest.approx(0.5 * (0.5 * 0.99 + 1.5 * 2.99))
    assert float(early.parts["beta"]) == 0.5
    late = TERM(trace, 101, analytic=True)
    torch.testing.assert_close(late.total, mean_kl(trace, analytic=True))
    plain = BalancedKl(1.0, 100.0, balance=False)(trace, 51, analytic=True)
    torch.testing.assert_close(plain.total, 0.5 * mean_kl(trace, analytic=True))


def test_the_balance_has_no_gradient() -> None:
    value = torch.tensor(2.0, requires_grad=True)
    trace = trace_of({"z2": (1.0, 4), "z1": (3.0, 4)})
    kl = {name: each * value for name, each in trace.kl_by_dimension.items()}
    moved = Trace({}, trace.log_pz, trace.log_qz, kl, trace.z, {}, {})
    (slope,) = torch.autograd.grad(TERM(moved, 51, analytic=True).total, value)
    weights = balanced_weights(torch.tensor([2.0, 6.0]), (4, 4))
    torch.testing.assert_close(slope, 0.5 * (weights * torch.tensor([1.0, 3.0])).sum())


def test_weights_count_in_training_only() -> None:
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(Convolution(2, 4, 3, generator=generator), BatchNorm(4))
    terms = TERM.on_weights(model, 0)
    assert terms is not None
    whole = terms.parts["spectral_norms"] + terms.parts["scales"]
    torch.testing.assert_close(terms.total, 0.1 * whole)
    assert terms.parts.keys() | {"beta"} == TERM.curves.keys()
    assert TERM.on_weights(model.eval(), 0) is None
    assert BalancedKl(1.0, 100.0).on_weights(model.train(), 0) is None
    assert TERM.on_weights(nn.Linear(2, 2), 0) is None
