"""The plain masked network: sums, windows, kept features; codes as planes."""

import itertools

import pytest
import torch
from torch import Tensor

from image_vae.nn.autoregressive import PlanesDecoder
from image_vae.nn.masked import MaskedPixelCnn
from image_vae.parts.distributions.pixel_heads import BinaryPixel


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(
    channels: int = 1, planes: int = 2, outputs: int = 1, layers: int = 3
) -> MaskedPixelCnn:
    made = MaskedPixelCnn(
        channels, planes, outputs, layers=layers, features=6, kernel=3, generator=seeded()
    )
    made.train()
    made(  # a batch, so that the running moments differ from 0 and 1
        torch.rand(20, channels, 5, 5, generator=seeded(1)),
        torch.randn(20, planes, 5, 5, generator=seeded(2)),
    )
    for shift in (each for name, each in made.named_parameters() if name.endswith("shift")):
        shift.data.normal_(0, 0.3, generator=seeded(3))
    return made.eval()


def test_the_probabilities_of_all_binary_images_sum_to_one() -> None:
    decoder = PlanesDecoder(
        {"z1": 2, "z2": 3}, network(), BinaryPixel(1), (1, 3, 3), generator=seeded(4)
    ).eval()
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9))).view(-1, 1, 3, 3)
    codes = {"z1": torch.tensor([1.0, -2.0]), "z2": torch.tensor([0.5, 2.0, -1.0])}
    with torch.no_grad():
        px = decoder({name: z.expand(1, len(images), -1) for name, z in codes.items()})
        log_p = px.log_prob(images)
    assert float(log_p.double().exp().sum()) == pytest.approx(1, abs=1e-5)
    uniform = 1 / len(images)
    assert float((log_p.exp() - uniform).abs().max()) > uniform  # it is no uniform distribution


@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixel_sees_none_after_it_and_none_outside_the_window(channels: int) -> None:
    made = network(channels, layers=2).double()
    assert made.radius == 2
    x = torch.rand(1, channels, 9, 9, generator=seeded(), dtype=torch.float64, requires_grad=True)
    planes = torch.randn(1, 2, 9, 9, generator=seeded(5), dtype=torch.float64)
    row, column = 4, 4
    made(x, planes)[0, row, column].sum().backward()
    seen = x.grad[0].abs().sum(0) > 0
    before = torch.zeros(9, 9, dtype=torch.bool)
    before[row - 2 : row, column - 2 : column + 3] = True
    before[row, column - 2 : column] = True
    before[row - 1, column + 2] = False  # the blind spot: no path goes up from the right
    assert torch.equal(seen, before)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layers", [1, 3])
def test_kept_features_give_the_outputs_of_a_full_pass(channels: int, layers: int) -> None:
    made = network(channels, channels, 4, layers)
    forced = torch.rand(3, channels, 6, 7, generator=seeded())
    planes = torch.randn(3, channels, 6, 7, generator=seeded(1))
    outputs, pixels = list[Tensor](), iter(forced.flatten(2).movedim(2, 0))

    def draw(each: Tensor) -> Tensor:
        outputs.append(each)
        return next(pixels)

    rows = list[int]()
    drawn = made.sample(planes, (channels, 6, 7), draw, on_row=rows.append)
    assert torch.equal(drawn, forced)
    assert rows == list(range(6))
    with torch.no_grad():
        full = made(forced, planes).flatten(1, 2).movedim(1, 0)
    torch.testing.assert_close(torch.stack(outputs), full, atol=1e-5, rtol=0)


def test_both_codes_reach_the_image() -> None:
    decoder = PlanesDecoder(
        {"a": 1, "b": 1}, network(), BinaryPixel(1), (1, 5, 5), generator=seeded(4)
    ).eval()
    x = torch.rand(3, 1, 5, 5, generator=seeded()).round()
    codes = {name: torch.ones(4, 3, 1, requires_grad=True) for name in ("a", "b")}
    log_p = decoder(codes).log_prob(x)
    assert log_p.shape == (4, 3)
    log_p.sum().backward()
    assert all(bool((z.grad != 0).all()) for z in codes.values())
    assert decoder(codes).sample(seeded()).shape == (4, 3, 1, 5, 5)
