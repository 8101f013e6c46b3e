"""Objectives: the loss is the negative bound, and its terms are reported."""

import pytest
import torch

from image_vae.parts.bounds import elbo, iwae
from image_vae.parts.objectives import ElboObjective, IwaeObjective
from image_vae.parts.penalties import CapacityKl, FreeBitsKl, PenaltyTerm, WeightedKl, mean_kl
from image_vae.parts.schedules import Linear, constant
from image_vae.parts.trace import Trace
from tests.image_vae.linear import GRAPHS, linear_model


def trace_of(name: str, k: int = 4) -> Trace:
    linear = linear_model(GRAPHS[name], spoil=0.3)
    return linear.vae({"x": linear.images(5)}, k, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("analytic", [True, False])
@pytest.mark.parametrize("name", GRAPHS)
def test_at_weight_one_the_loss_is_the_negative_bound(name: str, analytic: bool) -> None:
    trace = trace_of(name)
    terms = ElboObjective(WeightedKl(constant(1.0)), analytic=analytic)(trace, 0)
    torch.testing.assert_close(terms.total, -elbo(trace, analytic=analytic).mean())
    torch.testing.assert_close(terms.total, terms.parts["recon"] + terms.parts["kl"])
    torch.testing.assert_close(terms.parts["kl"], mean_kl(trace, analytic=analytic))


@pytest.mark.parametrize(
    "penalty", [WeightedKl(Linear(0.0, 4.0, 10)), CapacityKl(7.0, constant(2.0)), FreeBitsKl(0.5)]
)
def test_the_divergence_is_told_unweighed(penalty: PenaltyTerm) -> None:
    trace = trace_of("hvae")
    objective = ElboObjective(penalty)
    terms = objective(trace, 5)
    torch.testing.assert_close(terms.parts["kl"], mean_kl(trace, analytic=True))
    torch.testing.assert_close(
        terms.total, terms.parts["recon"] + penalty(trace, 5, analytic=True).total
    )
    assert not torch.allclose(terms.total, terms.parts["recon"] + terms.parts["kl"])
    assert objective.settled == penalty.settled


@pytest.mark.parametrize("name", GRAPHS)
def test_the_weighted_bound_is_minimised(name: str) -> None:
    trace = trace_of(name)
    terms = IwaeObjective()(trace, 0)
    torch.testing.assert_close(terms.total, -iwae(trace).mean())
    torch.testing.assert_close(terms.parts["kl"], mean_kl(trace, analytic=False))
    assert float((terms.parts["recon"] + terms.parts["kl"] - terms.total).detach()) > 0
    assert IwaeObjective().settled == 0
