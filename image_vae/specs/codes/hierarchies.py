"""Deep hierarchies of codes with a bottom-up and a top-down pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import Field, model_validator

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import register
from image_vae.specs.latents import DESCRIPTION, Latents, Width

if TYPE_CHECKING:
    from image_vae.models.build import ModelInputs
    from image_vae.models.latent_model import LatentModel
    from image_vae.parts.latent_graph import LatentGraph

AnyNvae = TypeVar("AnyNvae", bound="Nvae")


@register
class Bidirectional(Latents):
    """Convolutional codes in a ResNet, with inverse autoregressive flows (Kingma et al. 2016).

    Bidirectional inference: a bottom-up pass from the image, and a top-down pass through the codes
    that q and p share.
    """

    name = "bidirectional"
    codes = (2, None)
    latent: tuple[Width, ...] = Field(
        default=(8, 8, 8, 8),
        description="Maps of each code, from the one next to the image upwards.",
    )
    features: int = Field(default=32, ge=1, description="Channels of the states between the codes.")
    per_scale: int = Field(
        default=2,
        ge=1,
        description="Codes at each resolution; the first has half the side of the image.",
    )
    flow_steps: int = Field(default=1, ge=0, description="Steps of each posterior's flow.")

    @property
    def own_networks(self) -> bool:
        """Yes."""
        return True

    def build(self) -> LatentGraph:
        """Return every z_l ← x and all codes above; the sizes are those of 1×1 maps."""
        from image_vae.parts.latent_graph import bidirectional

        return bidirectional(*((maps, 1, 1) for maps in self.latent))

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model."""
        from image_vae.models.bidirectional import BidirectionalVae, ResNetSizes

        sizes = ResNetSizes(self.latent, self.features, self.per_scale, self.flow_steps)
        head = inputs.recipe.likelihood.build(inputs.images.mean(0))
        return BidirectionalVae(inputs.shape, sizes, head, generator=inputs.generator)


@register
class Ladder(Latents):
    """Bottom-up features, then a top-down pass that combines them with p (Sønderby et al. 2016).

    `hidden` of the encoder has the width of each level, from the image upwards.
    """

    name = "ladder"
    codes = (2, None)
    latent: tuple[Width, ...] = Field(default=(64, 32, 16, 8, 4), description=DESCRIPTION)

    def build(self) -> LatentGraph:
        """Return z_l ← x and the codes above; x ← all codes."""
        from image_vae.models.top_down import ladder

        return ladder([(size,) for size in reversed(self.latent)])

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model."""
        from image_vae.models.ladders import dense_ladder

        return dense_ladder(self, inputs)


SCALE = re.compile(r"([1-9]\d*)x([1-9]\d*):([1-9]\d*)")


@register
class Nvae(Latents):
    """Groups of latent maps at several resolutions, between two towers of cells (NVAE).

    It has its own networks: encoder and decoder are not used. Source: Vahdat & Kautz 2020.
    """

    name = "nvae"
    codes = (1, 1)
    latent: tuple[Width, ...] = Field(default=(20,), description="Latent maps of each group.")
    scales: str = Field(
        default="4x4:2,8x8:3",
        description="Resolution and number of groups of each scale, from the top: "
        "HEIGHTxWIDTH:GROUPS, …; each scale has twice the resolution of the one before.",
    )
    channels: int = Field(
        default=8,
        ge=4,
        multiple_of=4,
        description="Channels at the resolution of the image; doubled at each halving.",
    )
    group_cells: int = Field(default=1, ge=1, description="Cells of each tower for a group.")
    edge_cells: int = Field(
        default=1,
        ge=1,
        description="Cells of each tower for each halving between the image and the largest scale.",
    )
    cell: Literal["depthwise", "plain"] = Field(
        default="depthwise",
        description="Cells of the top-down tower: depthwise 5×5 convolutions of expanded channels, "
        "or plain 3×3 convolutions.",
    )
    expansion: int = Field(
        default=6, ge=1, description="Expansion ratio of channels in depthwise cells."
    )
    squeeze: bool = Field(default=True, description="Squeeze and excitation in every cell.")
    residual: bool = Field(default=True, description="q relative to p: N(μ_p + Δμ, σ_p Δσ).")
    checkpointing: bool = Field(
        default=False,
        description="Gradient checkpointing: store only the inputs of cells and recompute the rest "
        "in the backward pass; less memory, about a third more time.",
    )

    @model_validator(mode="after")
    def _check_scales(self: AnyNvae) -> AnyNvae:
        if not all(SCALE.fullmatch(each.strip()) for each in self.scales.split(",")):
            raise SettingClash(
                ("latents", "scales"),
                f"expected comma-separated HEIGHTxWIDTH:GROUPS, such as 4x4:5,8x8:10, got "
                f"{self.scales!r}",
            )
        return self

    @property
    def groups(self) -> tuple[tuple[int, int, int], ...]:
        """Height, width and number of groups of each scale, from the top."""
        matches = (SCALE.fullmatch(each.strip()) for each in self.scales.split(","))
        return tuple((int(m[1]), int(m[2]), int(m[3])) for m in matches if m is not None)

    @property
    def shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Latent maps, height and width of each group, from the top."""
        (maps,) = self.latent
        return tuple(
            (maps, height, width) for height, width, count in self.groups for _ in range(count)
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Dimension of each group, from the one next to the image upwards."""
        return tuple(maps * height * width for maps, height, width in reversed(self.shapes))

    def build(self) -> LatentGraph:
        """Return z_l ← x and the codes above; x ← all codes."""
        from image_vae.models.top_down import ladder

        return ladder(self.shapes)

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model."""
        from image_vae.models.ladders import nvae

        return nvae(self, inputs)
