"""A masked convolution as decoder, built outside the package (Gulrajani et al. 2017, PixelVAE)."""

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import image_vae
from tests.outside.runs import check_run


class Masked(image_vae.ImageDecoder):
    """Each pixel depends on the code, and on the pixels before it within a window."""

    radius: int = image_vae.Field(1, ge=1, description="Rows and columns before a pixel.")

    def build(self, inputs: image_vae.DecoderInputs) -> nn.Module:
        ((_, width),) = inputs.parents.items()
        return MaskedDecoder(width, tuple(inputs.mean.shape), self.radius, inputs.generator)


class MaskedDecoder(image_vae.DecoderModule):
    at_once = 50  # codes: memory per code is that of the feature maps

    def __init__(
        self, width: int, shape: tuple[int, ...], radius: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.shape, self.radius = shape, radius
        pixels = shape[0] * shape[1] * shape[2]
        size = 2 * radius + 1
        self.planes = nn.Parameter(torch.randn(width, pixels, generator=generator) / 10)
        self.kernel = nn.Parameter(torch.randn(1, 1, size, size, generator=generator) / 10)
        before = torch.arange(size * size).view(1, 1, size, size) < size * size // 2
        self.register_buffer("mask", before)

    def forward(self, codes: dict[str, Tensor]) -> "MaskedPixels":
        planes = (codes["z"] @ self.planes).unflatten(-1, self.shape)
        return MaskedPixels(planes, self.kernel * self.mask)


@dataclass(frozen=True)
class MaskedPixels:
    """Binary pixels, p(x_i | z, x_<i); without a mean, so that pictures are drawn."""

    planes: Tensor
    kernel: Tensor

    def logits(self, x: Tensor) -> Tensor:
        context = F.conv2d(x.flatten(0, -4), self.kernel, padding=self.kernel.size(-1) // 2)
        return self.planes + context.view(*x.shape)

    def log_prob(self, x: Tensor) -> Tensor:
        x = x.expand(self.planes.shape)
        terms = F.binary_cross_entropy_with_logits(self.logits(x), x, reduction="none")
        return -terms.flatten(2).sum(-1)

    def sample(self, generator: torch.Generator) -> Tensor:
        x = torch.zeros_like(self.planes)
        for row, column in itertools.product(range(x.size(-2)), range(x.size(-1))):
            p = self.logits(x)[..., row, column].sigmoid()
            x[..., row, column] = torch.bernoulli(p, generator=generator)
        return x


def test_its_probabilities_of_all_images_sum_to_one() -> None:
    decoder = MaskedDecoder(2, (1, 3, 3), 1, torch.Generator().manual_seed(0))
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9))).view(-1, 1, 3, 3)
    px = decoder({"z": torch.tensor([[[1.0, -2.0]]]).expand(1, len(images), 2)})
    with torch.no_grad():
        assert float(px.log_prob(images).exp().sum()) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_it_trains_scores_samples_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check_run(tmp_path, monkeypatch, decoder=Masked(), latent=(3,))
    model = result.experiment.model
    assert model.at_once == 50
    assert set(result.sample(4).unique().tolist()) <= {0.0, 1.0}
    seen: list[int] = []
    model.decoders["x"].register_forward_pre_hook(
        lambda module, args: seen.append(args[0]["z"].shape[:2].numel())
    )
    scores = result.likelihood("test", samples=30, limit=8)
    assert max(seen) <= 50
    assert scores.nll > 0
    images = result.experiment.feed("test").some(5)
    again = image_vae.load(tmp_path / "whole", decoder=Masked).experiment.model
    with torch.no_grad():
        traces = [
            each({"x": images}, 1, torch.Generator().manual_seed(0)) for each in (model, again)
        ]
    assert torch.equal(traces[0].log_px["x"], traces[1].log_px["x"])
