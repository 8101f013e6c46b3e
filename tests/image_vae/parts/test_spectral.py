"""The estimated spectral norm is the greatest singular value, and so is its gradient."""

import torch
from torch import Tensor

from image_vae.nn.ladder.convolution import Convolution
from image_vae.nn.normalisation import BatchNorm
from image_vae.parts.spectral import greatest_scales, spectral_norms


def convolutions() -> list[Convolution]:
    generator = torch.Generator().manual_seed(0)
    return [
        Convolution(3, 8, 3, generator=generator),
        Convolution(3, 8, 3, generator=generator),
        Convolution(8, 4, 1, generator=generator),
        Convolution(8, 8, 5, groups=8, generator=generator),
    ]


def by_svd(layers: list[Convolution]) -> Tensor:
    return torch.stack([torch.linalg.svdvals(each.weight.flatten(1))[0] for each in layers]).sum()


def test_it_is_that_of_the_weight_as_a_matrix() -> None:
    layers = convolutions()
    torch.testing.assert_close(spectral_norms(layers, 500), by_svd(layers))


def test_few_iterations_give_a_lower_bound_that_later_steps_raise() -> None:
    layers = convolutions()
    estimates = [float(spectral_norms(layers, 1).detach()) for _ in range(30)]
    assert estimates == sorted(estimates)
    assert estimates[0] < estimates[-1] <= float(by_svd(layers).detach()) + 1e-5


def test_its_gradient_is_that_of_the_svd() -> None:
    layers = convolutions()
    weights = [each for layer in layers for each in (layer.direction, layer.log_norm)]
    ours = torch.autograd.grad(spectral_norms(layers, 500), weights)
    theirs = torch.autograd.grad(by_svd(layers), weights)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)


def test_scales_count_by_their_greatest_size() -> None:
    one, other = BatchNorm(3), BatchNorm(2)
    with torch.no_grad():
        one.scale.copy_(torch.tensor([1.0, -3.0, 2.0]))
    assert float(greatest_scales([one, other]).detach()) == 4.0
