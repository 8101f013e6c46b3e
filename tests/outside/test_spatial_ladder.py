"""Two levels of spatial codes with one bottom-up and one top-down pass (Sønderby et al. 2016)."""

from collections.abc import Collection
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import image_vae
from image_vae import (
    DiagonalGaussian,
    Inference,
    Latent,
    LatentGraph,
    Observed,
    StandardGaussian,
)
from image_vae.parts.distributions.likelihoods import BernoulliHead
from tests.outside.runs import check_run

TOP, BOTTOM = (3, 2, 2), (2, 4, 4)


def ladder_graph() -> LatentGraph:
    return LatentGraph(
        (
            Latent("z2", 12, shape=TOP),
            Latent("z1", 32, q_parents=("x", "z2"), p_parents=("z2",), shape=BOTTOM),
        ),
        {"x": Observed(("z1",))},
    )


class Ladder(image_vae.LatentModel):
    """q(z1 | x, z2) adds the bottom-up features to the state of the top-down pass."""

    def __init__(self, inputs: image_vae.ModelInputs) -> None:
        super().__init__()
        self.graph = ladder_graph()
        with torch.random.fork_rng([]):
            torch.manual_seed(inputs.generator.initial_seed() % 2**31)
            self.up1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
            self.up2 = nn.Conv2d(8, 8, 3, stride=2, padding=1)
            self.q2 = nn.Conv2d(8, 2 * TOP[0], 1)
            self.down = nn.ConvTranspose2d(TOP[0], 8, 2, stride=2)
            self.p1 = nn.Conv2d(8, 2 * BOTTOM[0], 1)
            self.q1 = nn.Conv2d(16, 2 * BOTTOM[0], 1)
            self.decoders = nn.ModuleDict({"x": Image(inputs.images.mean(0))})
        self.passes = 0

    def infer(
        self,
        data: dict[str, Tensor],
        k: int,
        generator: torch.Generator,
        *,
        given: Collection[str] | None = None,
    ) -> Inference:
        batch = len(data["x"])
        low = F.relu(self.up1(data["x"]))
        high = F.relu(self.up2(low))
        q2 = gaussian(self.q2(high).unsqueeze(0)).expand(k, batch)
        draw2 = q2.draw(generator)
        state = self.state(draw2.z)
        p1 = gaussian(over(self.p1, state))
        both = torch.cat([state, low.expand(k, *low.shape)], 2)
        q1 = gaussian(over(self.q1, both))
        draw1 = q1.draw(generator)
        prior = self.prior(self.graph["z2"], {})
        return Inference(
            {"z2": q2, "z1": q1}, {"z2": draw2, "z1": draw1}, p={"z2": prior, "z1": p1}
        )

    def state(self, z2: Tensor) -> Tensor:
        self.passes += 1
        return over(self.down, z2.unflatten(-1, TOP)).relu()

    def prior(self, latent: Latent, values: dict[str, Tensor]) -> DiagonalGaussian:
        if latent.name == "z1":
            return gaussian(over(self.p1, self.state(values["z2"])))
        origin = self.p1.weight.new_zeros(12)
        return StandardGaussian(origin, origin)

    def sample_codes(
        self,
        count: int,
        generator: torch.Generator,
        *,
        given: dict[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        z2 = self.prior(self.graph["z2"], {}).expand(1, count).sample(generator)
        return {"z2": z2, "z1": self.prior(self.graph["z1"], {"z2": z2}).sample(generator)}


class Image(image_vae.DecoderModule):
    def __init__(self, mean: Tensor) -> None:
        super().__init__()
        self.layer = nn.ConvTranspose2d(BOTTOM[0], 1, 2, stride=2)
        self.head = BernoulliHead(mean)

    def forward(self, codes: dict[str, Tensor]) -> image_vae.ImageDistribution:
        values = over(self.layer, codes["z1"].unflatten(-1, BOTTOM)) + self.head.start
        likelihood: image_vae.ImageDistribution = self.head(values)
        return likelihood


def over(layer: nn.Module, value: Tensor) -> Tensor:
    """Apply a layer of images to [k, batch, ...]."""
    output: Tensor = layer(value.flatten(0, 1))
    return output.unflatten(0, value.shape[:2])


def gaussian(outputs: Tensor) -> DiagonalGaussian:
    mean, log_std = outputs.chunk(2, 2)
    return DiagonalGaussian(mean.flatten(2), log_std.flatten(2).clamp(-5, 5))


class LadderLatents(image_vae.Latents):
    """A ladder of two levels."""

    latent: tuple[int, ...] = image_vae.Field((32, 12), description="Widths, bottom and top.")

    def build(self) -> LatentGraph:
        return ladder_graph()

    def model(self, inputs: image_vae.ModelInputs) -> image_vae.LatentModel:
        return Ladder(inputs)


@pytest.mark.slow
def test_it_trains_scores_samples_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = check_run(tmp_path, monkeypatch, latents=LadderLatents(), lr=3e-3)
    model = result.experiment.model
    assert isinstance(model, Ladder)
    model.passes = 0
    trace = model({"x": torch.rand(3, 1, 8, 8)}, 2, torch.Generator().manual_seed(0))
    assert model.passes == 1  # p and q share the state
    assert set(trace.kl_by_dimension) == {"z1", "z2"}
    assert trace.z["z1"].shape == (2, 3, 32)
    assert set(result.metrics["test"]["kl"]) == {"z1", "z2"}
    assert result.embeddings("test").shape[1] == 12
    image_vae.evaluate(result, ["surgery"])
