"""Bounds on linear-Gaussian models, where log p(x) has a closed form."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from graphvae_data.core.errors import InputError
from image_vae.evaluation.likelihood import log_likelihood, parts
from image_vae.parts.bounds import elbo, iwae
from image_vae.parts.trace import Trace
from tests.image_vae.linear import EXACT, GRAPHS, Linear, linear_model

BATCH = 3


def spoilt(name: str) -> Linear:
    return linear_model(GRAPHS[name], spoil=0.3)


def trace_of(linear: Linear, k: int, seed: int = 0) -> Trace:
    generator = torch.Generator().manual_seed(seed)
    return linear.vae({"x": linear.images(BATCH)}, k, generator)


@pytest.mark.parametrize("name", EXACT)
def test_with_the_exact_posterior_every_weight_is_the_likelihood(name: str) -> None:
    linear = linear_model(GRAPHS[name])
    log_w = trace_of(linear, 50).log_w
    exact = linear.log_prob(linear.images(BATCH)).expand_as(log_w)
    torch.testing.assert_close(log_w, exact, atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_bound_rises_with_k_to_the_likelihood(name: str) -> None:
    linear = spoilt(name)
    log_w = trace_of(linear, 40_000).log_w.detach()
    bounds = [
        (log_w.unflatten(0, (-1, k)).logsumexp(1) - torch.tensor(k).log()).mean()
        for k in (1, 5, 50, 40_000)
    ]
    assert bounds == sorted(bounds)
    exact = linear.log_prob(linear.images(BATCH)).mean()
    assert bounds[0] < exact - 0.1
    assert float(bounds[-1]) == pytest.approx(float(exact), abs=0.05)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_weights_average_to_the_likelihood(name: str) -> None:
    linear = spoilt(name)
    w = (trace_of(linear, 40_000).log_w - linear.log_prob(linear.images(BATCH))).detach().exp()
    error = w.std(0) / len(w) ** 0.5
    assert bool(((w.mean(0) - 1).abs() < 4 * error).all())
    assert float(error.max()) < 0.05


def test_one_sample_makes_the_two_bounds_the_same() -> None:
    trace = trace_of(spoilt("hvae"), 1)
    torch.testing.assert_close(iwae(trace), elbo(trace, analytic=False))


@pytest.mark.parametrize("name", GRAPHS)
def test_estimators_a_and_b_agree_in_the_mean_only(name: str) -> None:
    linear = spoilt(name)
    trace = trace_of(linear, 20_000)
    kinds = [
        -trace.reconstruction - sum(trace.kl(layer, analytic=analytic) for layer in trace.z)
        for analytic in (False, True)
    ]
    apart = (kinds[0] - kinds[1]).detach()
    error = apart.std(0) / len(apart) ** 0.5
    assert bool((apart.mean(0).abs() < 4 * error).all())
    assert float(apart.abs().max()) > 0.1
    for value, kind in zip((False, True), kinds, strict=True):
        torch.testing.assert_close(elbo(trace, analytic=value), kind.mean(0))


@pytest.mark.parametrize("name", EXACT)
def test_with_the_exact_posterior_the_elbo_is_the_likelihood(name: str) -> None:
    linear = linear_model(GRAPHS[name])
    exact = linear.log_prob(linear.images(BATCH))
    torch.testing.assert_close(elbo(trace_of(linear, 7), analytic=False), exact)
    closed = elbo(trace_of(linear, 40_000), analytic=True)
    torch.testing.assert_close(closed, exact, atol=0.05, rtol=0)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_gradient_weighs_each_sample_by_its_weight(name: str) -> None:
    """∇ L_K = Σ_k w̃_k ∇ log w_k, each sample's gradient taken on its own."""
    linear, k = spoilt(name), 4
    weights = [weight for weight in linear.vae.parameters() if weight.requires_grad]
    trace = trace_of(linear, k)
    whole = torch.autograd.grad(iwae(trace)[0], weights, retain_graph=True)
    normalised = trace.log_w[:, 0].softmax(0).detach()
    assert float(normalised.max()) < 0.999
    expected = [torch.zeros_like(weight) for weight in weights]
    for share, log_w in zip(normalised, trace.log_w[:, 0], strict=True):
        each = torch.autograd.grad(log_w, weights, retain_graph=True)
        expected = [sum_ + share * grad for sum_, grad in zip(expected, each, strict=True)]
    torch.testing.assert_close(list(whole), expected)


@pytest.mark.parametrize(
    ("samples", "chunk"), [(1, 3), (2, 3), (2, 1), (7, 6), (10, 4_000), (11, 2)]
)
def test_exactly_so_many_samples_are_drawn(
    monkeypatch: pytest.MonkeyPatch, samples: int, chunk: int
) -> None:
    linear = spoilt("one")
    drawn = torch.zeros(5)
    numbers = torch.arange(5).unsqueeze(1).expand(5, 4).double()
    forward = linear.vae.forward

    def counting(data: dict, k: int, generator: torch.Generator) -> Trace:
        assert k * len(data["x"]) <= chunk
        drawn[data["x"][:, 0].long()] += k
        return forward(data, k, generator)

    monkeypatch.setattr(linear.vae, "forward", counting)
    generator = torch.Generator().manual_seed(0)
    found = log_likelihood(linear.vae, {"x": numbers}, samples, generator, chunk=chunk)
    assert drawn.tolist() == [samples] * 5
    assert found.shape == (5,)
    assert not found.requires_grad


@pytest.mark.slow
@pytest.mark.parametrize("chunk", [7, 1_000, 100_000])
@pytest.mark.parametrize("name", GRAPHS)
def test_many_samples_give_the_likelihood_however_they_are_cut(name: str, chunk: int) -> None:
    linear = spoilt(name)
    x = linear.images(BATCH)
    samples = 20_000 if chunk > 7 else 200
    found = log_likelihood(
        linear.vae, {"x": x}, samples, torch.Generator().manual_seed(2), chunk=chunk
    )
    wide = 0.1 if chunk > 7 else 1.0
    torch.testing.assert_close(found, linear.log_prob(x), atol=wide, rtol=0)


def test_few_samples_of_the_exact_posterior_are_enough_for_any_cut() -> None:
    """With weights that do not vary, a sample too many or too few shows in every digit."""
    linear = linear_model(GRAPHS["chain"])
    x = linear.images(6)
    for samples, chunk in ((1, 4), (3, 4), (3, 6), (5, 13)):
        found = log_likelihood(linear.vae, {"x": x}, samples, torch.Generator(), chunk=chunk)
        torch.testing.assert_close(found, linear.log_prob(x))


class Largest(TorchDispatchMode):
    """Remembers the largest tensor that any operation makes."""

    def __init__(self) -> None:
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        for each in result if isinstance(result, tuple | list) else (result,):
            if isinstance(each, torch.Tensor) and not func.is_view:
                self.numel = max(self.numel, each.numel())
        return result


@contextmanager
def largest() -> Iterator[Largest]:
    with Largest() as seen:
        yield seen


@pytest.mark.slow
@pytest.mark.parametrize(("examples", "samples"), [(1, 5_000), (500, 10)])
def test_memory_is_bounded_by_the_chunk(examples: int, samples: int) -> None:
    linear = spoilt("one")
    x = linear.images(examples)
    with largest() as seen:
        log_likelihood(linear.vae, {"x": x}, samples, torch.Generator(), chunk=100)
    widest = 4
    assert seen.numel <= max(100 * widest, examples)


def test_no_samples_are_refused() -> None:
    linear = spoilt("one")
    with pytest.raises(InputError, match="samples: expected at least 1, got 0"):
        log_likelihood(linear.vae, {"x": linear.images(2)}, 0, torch.Generator())


def test_parts_hold_every_example_once() -> None:
    x = torch.arange(7.0)
    cut = [part["x"] for part in parts({"x": x}, 3)]
    assert [len(part) for part in cut] == [3, 3, 1]
    assert torch.equal(torch.cat(cut), x)
