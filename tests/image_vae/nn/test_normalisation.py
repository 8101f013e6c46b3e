"""Batch normalisation against PyTorch's, and when its running moments change."""

import pytest
import torch
from torch import Tensor, nn

from image_vae.nn.normalisation import BatchNorm


def noise(*shape: int) -> Tensor:
    return 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(0)) + 1


@pytest.mark.parametrize("shape", [(2, 6, 4), (6, 4, 3, 5)], ids=["dense", "convolutional"])
def test_it_is_pytorchs_own_in_training_and_after(shape: tuple[int, ...]) -> None:
    dense, x = len(shape) == 3, noise(*shape)
    ours, theirs = BatchNorm(4), (nn.BatchNorm1d if dense else nn.BatchNorm2d)(4)
    for _ in range(3):
        expected = theirs(x.flatten(0, 1) if dense else x).view_as(x)
        torch.testing.assert_close(ours(x), expected)
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    torch.testing.assert_close(ours.variance, theirs.running_var)
    ours.eval(), theirs.eval()
    torch.testing.assert_close(ours(x), theirs(x.flatten(0, 1) if dense else x).view_as(x))


def test_its_moments_stay_where_no_gradient_is_recorded_and_in_evaluation() -> None:
    norm, x = BatchNorm(4), noise(1, 6, 4)
    norm(x)
    kept = norm.mean.clone(), norm.variance.clone()
    learning = norm(x + 1)
    moved = norm.mean.clone(), norm.variance.clone()
    assert not torch.equal(kept[0], moved[0])
    with torch.no_grad():
        torch.testing.assert_close(norm(x + 1), learning)
    norm.eval()
    norm(x)
    assert torch.equal(norm.mean, moved[0])
    assert torch.equal(norm.variance, moved[1])


def test_after_training_an_image_is_the_same_in_any_batch() -> None:
    norm, x = BatchNorm(4), noise(1, 6, 4)
    norm(x)
    norm.eval()
    torch.testing.assert_close(norm(x)[:, :1], norm(x[:, :1]))


def test_one_value_alone_takes_the_running_moments() -> None:
    norm, x = BatchNorm(4), noise(1, 1, 4)
    torch.testing.assert_close(norm(x), x, rtol=1e-4, atol=1e-4)
    spread = norm(noise(1, 4, 2, 2)).detach().square().mean()
    assert float(spread) == pytest.approx(1, abs=1e-3)
