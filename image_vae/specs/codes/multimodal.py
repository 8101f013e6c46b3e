"""Models that observe attributes y in addition to the image x: their code, and their bounds.

Each bound trains q(z | x, y), q(z | x) and q(z | y) together, so that images can be generated from
any subset of attributes. `fusion` is how the posteriors of several variables are combined.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from graphvae_data.settings.settings import Field, register
from image_vae.specs.bounds import Bound
from image_vae.specs.latents import DESCRIPTION, Latents

if TYPE_CHECKING:
    from image_vae.models.build import ModelInputs
    from image_vae.models.latent_model import LatentModel
    from image_vae.parts.latent_graph import LatentGraph
    from image_vae.parts.objectives import Objective
    from image_vae.parts.penalties import PenaltyTerm

Fusion = Literal["joint", "product", "mixture"]
"""q(z | x, y): a separate network; the product of experts; the mixture of q(z | x), q(z | y)."""
Width = Annotated[int, Field(ge=1)]


@register
class Modalities(Latents):
    """A single code of an image and its attributes (Vedantam et al. 2017)."""

    name = "modalities"
    codes = (1, 1)
    latent: tuple[Width, ...] = Field(default=(10,), description=DESCRIPTION)
    fusion: Fusion = Field(
        default="joint",
        description="q(z | x, y) of an image and its attributes: joint, a separate network; "
        "product, the product of experts; mixture, the mixture of q(z | x) and q(z | y).",
    )
    observe: tuple[str, ...] = Field(
        default=(),
        description="Attributes that the model observes; by default all attributes of the images, "
        "or their factors, or their class.",
    )
    attribute_hidden: tuple[Width, ...] = Field(
        default=(128, 128),
        min_length=1,
        description="Widths of the hidden layers of the attributes' encoders and decoders.",
    )

    @property
    def multimodal(self) -> bool:
        """Yes."""
        return True

    @property
    def observed(self) -> tuple[str, ...]:
        """The chosen attributes."""
        return self.observe

    def build(self) -> LatentGraph:
        """Return z ← x y; x ← z, y ← z, with a single y for all attributes."""
        from image_vae.models.multimodal import modality_graph

        return modality_graph(self.latent[0], {"y": 2})

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return a decoder and an expert for each variable."""
        from image_vae.models.multimodal import multimodal_model

        return multimodal_model(inputs, self.latent[0], self.fusion, self.attribute_hidden)


class MultimodalBound(Bound):
    """A bound on the joint density of an image and its attributes."""

    images_only = True
    attribute_weight: float = Field(
        default=50.0, ge=0, description="Weight of log p(attribute | z) relative to log p(x | z)."
    )

    @property
    def analytic(self) -> bool:
        """Yes."""
        return True

    @property
    def multimodal(self) -> bool:
        """Yes."""
        return True


@register
class Telbo(MultimodalBound):
    """The mean of the bounds on (x, y), x and y (Vedantam et al. 2017)."""

    name = "telbo"

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative mean of the three bounds."""
        from image_vae.models.subset_objectives import TelboObjective

        return TelboObjective(penalty, self.attribute_weight)


@register
class Jmvae(MultimodalBound):
    """The bound on (x, y) − α [KL(q(z | x, y) ‖ q(z | x)) + KL(q(z | x, y) ‖ q(z | y))].

    Source: Suzuki et al. 2016, JMVAE-kl.
    """

    name = "jmvae"
    jmvae_alpha: float = Field(
        default=1.0,
        ge=0,
        description="Weight of the divergences between the posteriors (JMVAE's α).",
    )

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative bound, with the divergences."""
        from image_vae.models.subset_objectives import JmvaeObjective

        return JmvaeObjective(penalty, self.attribute_weight, self.jmvae_alpha)


@register
class BiVcca(MultimodalBound):
    """μ · bound on (x, y) under q(z | x) + (1 − μ) · bound under q(z | y) (Wang et al. 2016)."""

    name = "bivcca"
    image_share: float = Field(
        default=0.7, ge=0, le=1, description="Weight of the bound under q(z | x) (BiVCCA's μ)."
    )

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative weighted sum of the two bounds."""
        from image_vae.models.subset_objectives import BiVccaObjective

        return BiVccaObjective(penalty, self.attribute_weight, self.image_share)


@register
class Mvae(MultimodalBound):
    """Bounds on all variables, on each alone and on random subsets (Wu & Goodman 2018)."""

    name = "mvae"
    subsets: int = Field(
        default=1, ge=0, description="Random subsets of the variables in each step."
    )

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative sum of the bounds."""
        from image_vae.models.subset_objectives import MvaeObjective

        return MvaeObjective(penalty, self.attribute_weight, self.subsets)


@register
class Mmvae(MultimodalBound):
    """The bound on (x, y) under the mixture of q(z | x) and q(z | y) (Shi et al. 2019)."""

    name = "mmvae"

    def build(self, penalty: PenaltyTerm, weights: Mapping[str, float]) -> Objective:
        """Return the negative bound, with a sample from each component."""
        from image_vae.models.subset_objectives import MmvaeObjective

        return MmvaeObjective(penalty, self.attribute_weight)
