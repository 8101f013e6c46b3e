"""Weight normalisation: the norm of each output's weight is a parameter of its own."""

import torch
import torch.nn.functional as F

from image_vae.nn.ladder.convolution import Convolution


def test_the_norm_is_the_exponential_of_its_parameter() -> None:
    layer = Convolution(3, 5, 3, generator=torch.Generator().manual_seed(0))
    start = layer.weight.detach().clone()
    torch.testing.assert_close(start, layer.direction.detach())  # it starts with the drawn weights
    with torch.no_grad():
        layer.direction.mul_(7.0)
        layer.log_norm.add_(1.0)
    torch.testing.assert_close(layer.weight, start * torch.e)


def test_it_convolves() -> None:
    layer = Convolution(4, 8, 3, stride=2, groups=4, generator=torch.Generator().manual_seed(0))
    x = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(1))
    expected = F.conv2d(x, layer.direction, layer.bias, 2, padding=1, groups=4)
    torch.testing.assert_close(layer(x), expected)
    assert expected.shape == (2, 8, 3, 3)
