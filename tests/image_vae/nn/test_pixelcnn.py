"""Autoregressive decoders: probabilities sum to one, windows hold, sampling keeps features."""

import itertools
from collections import Counter

import pytest
import torch
from torch import Tensor

from image_vae.nn.autoregressive import PixelCnnDecoder
from image_vae.nn.pixelcnn import GatedPixelCnn
from image_vae.parts.distributions.pixel_heads import BinaryPixel, LogisticMixturePixel


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(channels: int = 1, outputs: int = 1, **settings: int) -> GatedPixelCnn:
    sizes = {"layers": 2, "features": 6, "kernel": 3, "first_kernel": 3} | settings
    made = GatedPixelCnn(channels, outputs, 2, generator=seeded(), **sizes)
    for bias in (each for each in made.parameters() if each.dim() == 1):
        bias.data.normal_(0, 0.3, generator=seeded(1))
    return made


def test_the_probabilities_of_all_binary_images_sum_to_one() -> None:
    decoder = PixelCnnDecoder(("z",), network(), BinaryPixel(1), (1, 3, 3))
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9))).view(-1, 1, 3, 3)
    codes = {"z": torch.tensor([1.0, -2.0]).expand(1, len(images), 2)}
    with torch.no_grad():
        total = decoder(codes).log_prob(images).double().exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_pixel_sees_those_before_it_within_the_window_and_no_other(channels: int) -> None:
    made = network(channels, layers=1, features=8).double()
    assert made.radius == 2
    x = torch.randn(1, channels, 9, 9, generator=seeded(), dtype=torch.float64, requires_grad=True)
    row, column = 4, 4
    made(x, torch.ones(1, 2, dtype=torch.float64))[0, row, column].sum().backward()
    seen = x.grad[0].abs().sum(0) > 0
    before = torch.zeros(9, 9, dtype=torch.bool)
    before[row - 2 : row, column - 2 : column + 3] = True
    before[row, column - 2 : column] = True
    assert torch.equal(seen, before)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layers", [0, 2])
def test_kept_features_give_the_outputs_of_a_full_pass(channels: int, layers: int) -> None:
    made = network(channels, 4, layers=layers, kernel=5, first_kernel=7)
    forced = torch.rand(3, channels, 6, 7, generator=seeded())
    code = torch.randn(3, 2, generator=seeded(1))
    outputs, pixels = list[Tensor](), iter(forced.flatten(2).movedim(2, 0))

    def draw(each: Tensor) -> Tensor:
        outputs.append(each)
        return next(pixels)

    rows = list[int]()
    drawn = made.sample(code, (channels, 6, 7), draw, on_row=rows.append)
    assert torch.equal(drawn, forced)
    assert rows == list(range(6))
    with torch.no_grad():
        full = made(forced, code).flatten(1, 2).movedim(1, 0)
    torch.testing.assert_close(torch.stack(outputs), full, atol=1e-5, rtol=0)


def test_sampled_frequencies_are_the_probabilities() -> None:
    """Of all 2^4 images of 2×2 pixels, within three standard errors (bar one in a hundred)."""
    decoder = PixelCnnDecoder(("z",), network(), BinaryPixel(1), (1, 2, 2))
    count = 20_000
    px = decoder({"z": torch.tensor([1.0, -2.0]).expand(1, count, 2)})
    drawn = px.sample(seeded(3))[0].flatten(1).int()
    seen = Counter(map(tuple, drawn.tolist()))
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4))).view(-1, 1, 2, 2)
    with torch.no_grad():
        p = decoder({"z": torch.tensor([1.0, -2.0]).expand(1, 16, 2)}).log_prob(images)[0].exp()
    share = torch.tensor([seen[tuple(each.flatten().int().tolist())] / count for each in images])
    errors = (p * (1 - p) / count).sqrt()
    assert ((share - p).abs() <= 3.5 * errors).all()


@pytest.mark.parametrize("channels", [1, 2])
def test_a_mixture_of_logistics_sums_to_one_over_its_levels(channels: int) -> None:
    head = LogisticMixturePixel(channels, 3)
    outputs = torch.randn(head.outputs, generator=seeded(), dtype=torch.float64)
    levels = torch.arange(256, dtype=torch.float64) / 255
    pixels = torch.cartesian_prod(*[levels] * channels).view(-1, channels)
    log_p = head.log_prob(outputs.expand(len(pixels), -1), pixels)
    assert float(log_p.exp().sum()) == pytest.approx(1, abs=1e-8)


def test_a_later_colour_sees_the_former() -> None:
    head = LogisticMixturePixel(3, 2)
    outputs = torch.randn(head.outputs, generator=seeded(), dtype=torch.float64)
    assert head.outputs == 2 * (1 + 3 + 3 + 3)
    levels = torch.arange(256, dtype=torch.float64) / 255
    given = []
    for red in (0.2, 0.8):  # p(g | r) for two values of red
        pixels = torch.stack(
            [torch.full_like(levels, red), levels, torch.full_like(levels, 0.5)], -1
        )
        given.append(head.log_prob(outputs.expand(256, -1), pixels).softmax(0))
    assert float((given[0] - given[1]).abs().max()) > 1e-3
    drawn = head.sample(outputs.expand(2_000, -1), seeded(1))
    assert drawn.shape == (2_000, 3)
    torch.testing.assert_close((drawn * 255).round() / 255, drawn, atol=1e-6, rtol=0)
    assert float(drawn.min()) >= 0
    assert float(drawn.max()) <= 1


def test_several_codes_are_side_by_side() -> None:
    decoder = PixelCnnDecoder(("a", "b"), network(), BinaryPixel(1), (1, 4, 4))
    px = decoder({"a": torch.zeros(5, 3, 1), "b": torch.ones(1, 3, 1)})
    assert px.log_prob(torch.rand(3, 1, 4, 4).round()).shape == (5, 3)
    assert px.sample(seeded()).shape == (5, 3, 1, 4, 4)
