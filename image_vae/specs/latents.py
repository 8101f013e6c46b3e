"""The latent graph: the codes and their dependencies (`parts.latent_graph`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeVar

from pydantic import Field, model_validator

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Part, register
from image_vae.specs.bounds import Bound

if TYPE_CHECKING:
    from image_vae.models.build import ModelInputs
    from image_vae.models.latent_model import LatentModel
    from image_vae.parts.latent_graph import LatentGraph
    from image_vae.parts.objectives import Objective
    from image_vae.specs.labels import LabelSettings

AnyLatents = TypeVar("AnyLatents", bound="Latents")
AnyNvae = TypeVar("AnyNvae", bound="Nvae")
Width = Annotated[int, Field(ge=1)]
DESCRIPTION = "Dimension of each code, from the one next to the image upwards."


class Latents(Part):
    """The codes of a model and their dependencies."""

    family: ClassVar[dict[str, type[Part]]] = {}
    codes: ClassVar[tuple[int, int | None]] = (1, None)
    """Minimum and maximum number of codes."""
    latent: tuple[Width, ...] = Field((50,), description=DESCRIPTION)

    @model_validator(mode="after")
    def _check_count(self: AnyLatents) -> AnyLatents:
        least, most = self.codes
        count = len(self.latent)
        if count < least or (most is not None and count > most):
            expected = f"{least}" if most is not None else f"{least} or more"
            raise SettingClash(
                ("latents", "latent"),
                f"{self.name} has {expected} codes; expected a dimension for each, from the image "
                f"upwards, got {count}",
            )
        return self

    @property
    def sizes(self) -> tuple[int, ...]:
        """Dimension of each code, from the one next to the image upwards."""
        return self.latent

    @property
    def chained(self) -> bool:
        """Whether the topmost code is inferred from another code instead of the image."""
        return False

    @property
    def infers_label(self) -> bool:
        """Whether the label of an image is one of the codes, inferred where it is not known."""
        return False

    def check_bound(self, bound: Bound) -> None:
        """Raise `SettingClash` for a bound that cannot be estimated with these codes."""

    @property
    def own_networks(self) -> bool:
        """Whether its networks and densities of codes are its own: no other parts give them."""
        return False

    def build(self) -> LatentGraph:
        """Return the latent graph; the number of values of a label is that of ten digits."""
        raise NotImplementedError

    def objective(self, bound: Objective, labels: LabelSettings) -> Objective:
        """Return what training minimises where a label is inferred.

        Args:
            bound: the negative bound of a batch with or without labels.
            labels: the weights.
        """
        raise NotImplementedError

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model: by default, a network for each code of the latent graph.

        A system whose codes share a network, such as a ladder, overrides it.
        """
        from image_vae.models.build import graph_model

        return graph_model(self.build(), inputs)


@register
class OneLayer(Latents):
    """A single code (Kingma & Welling 2013)."""

    name = "one"
    codes = (1, 1)

    def build(self) -> LatentGraph:
        """Return z ← x, x ← z."""
        from image_vae.parts.latent_graph import one_layer

        return one_layer(*self.latent)


@register
class Chain(Latents):
    """Each code is inferred from the one below it (Burda et al. 2015)."""

    name = "chain"
    codes = (2, None)
    latent: tuple[Width, ...] = Field((100, 50), description=DESCRIPTION)

    @property
    def chained(self) -> bool:
        """Yes."""
        return True

    def build(self) -> LatentGraph:
        """Return z1 ← x, z2 ← z1, … and back."""
        from image_vae.parts.latent_graph import chain

        return chain(*self.latent)


@register
class TwoLayers(Latents):
    """Two codes that both reach the image (Tomczak & Welling 2017)."""

    name = "hvae"
    codes = (2, 2)
    latent: tuple[Width, ...] = Field((40, 40), description=DESCRIPTION)

    def build(self) -> LatentGraph:
        """Return z2 ← x, z1 ← x z2; z1 ← z2, x ← z1 z2."""
        from image_vae.parts.latent_graph import hvae

        return hvae(*self.latent)


@register
class Hierarchy(Latents):
    """Every code is inferred from the image, and is a prior of the one below (Sønderby 2016)."""

    name = "hierarchy"
    codes = (2, None)
    latent: tuple[Width, ...] = Field((40, 20, 10), description=DESCRIPTION)

    def build(self) -> LatentGraph:
        """Return z_l ← x for every l; z_l ← z_{l+1}, x ← z1."""
        from image_vae.parts.latent_graph import hierarchy

        return hierarchy(*self.latent)


DIGITS = 10
"""Values of a label before the images are known."""


@register
class Labelled(Latents):
    """A label, which may be known, and a code of all else (M2, Kingma et al. 2014)."""

    name = "labelled"
    codes = (1, 1)
    label_estimator: Literal["enumerate", "sample", "relax"] = Field(
        "enumerate",
        description="How the unknown label is averaged over: exactly, by samples (score function), "
        "or relaxed (Concrete distribution).",
    )
    label_temperature: float = Field(
        0.66, gt=0, description="Temperature of the Concrete distribution."
    )

    @property
    def infers_label(self) -> bool:
        """Yes."""
        return True

    def check_bound(self, bound: Bound) -> None:
        """Samples need a second one as baseline, and the bound to be an expectation."""
        if self.label_estimator != "sample":
            return
        if bound.importance_weighted:
            raise SettingClash(
                ("latents", "label_estimator"),
                f"sample has gradients of an expectation only, got the bound {bound.kind()}",
            )
        if bound.samples < 2:
            raise SettingClash(("bound", "samples"), "expected at least 2 for sampled labels")

    def build(self) -> LatentGraph:
        """Return y ← x, z ← x y; x ← z y."""
        return self._graph(DIGITS)

    def _graph(self, values: int) -> LatentGraph:
        from image_vae.parts.latent_graph import labelled

        return labelled(self.latent[0], values, self.label_estimator, self.label_temperature)

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model."""
        from image_vae.models.build import graph_model

        return graph_model(self._graph(inputs.values), inputs)

    def objective(self, bound: Objective, labels: LabelSettings) -> Objective:
        """Return the bound with and without labels, and the classifier's loss."""
        from image_vae.models.labelled import SemiSupervised

        return SemiSupervised(bound, labels.label_weight, labels.supervised_weight)


@register
class LabelledCodes(Latents):
    """A label and a code that generate another code, learnt without labels (M1 + M2)."""

    name = "labelled-codes"
    codes = (2, 2)
    latent: tuple[Width, ...] = Field((50, 50), description=DESCRIPTION)

    @property
    def infers_label(self) -> bool:
        """Yes."""
        return True

    def check_bound(self, bound: Bound) -> None:
        """The first code is learnt by the evidence lower bound."""
        if bound.importance_weighted:
            raise SettingClash(("bound",), f"{self.name} needs elbo, got {bound.kind()}")

    def build(self) -> LatentGraph:
        """Return z1 ← x, y ← z1, z2 ← z1 y; z1 ← z2 y, x ← z1."""
        return self._graph(DIGITS)

    def _graph(self, values: int) -> LatentGraph:
        from image_vae.parts.latent_graph import labelled_codes

        lower, upper = self.latent
        return labelled_codes(lower, upper, values)

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model."""
        from image_vae.models.build import graph_model

        return graph_model(self._graph(inputs.values), inputs)

    def objective(self, bound: Objective, labels: LabelSettings) -> Objective:
        """Return M1's bound on images and M2's on its codes."""
        from image_vae.models.labelled import SemiSupervised, Stacked

        return Stacked(SemiSupervised(bound, labels.label_weight, labels.supervised_weight))


@register
class Bidirectional(Latents):
    """Codes of maps in a ResNet, with inverse autoregressive flows (Kingma et al. 2016).

    A pass up from the image and one down through the codes; q and p share the latter.
    """

    name = "bidirectional"
    codes = (2, None)
    latent: tuple[Width, ...] = Field(
        (8, 8, 8, 8), description="Maps of each code, from the one next to the image upwards."
    )
    features: int = Field(32, ge=1, description="Channels of the states between the codes.")
    per_scale: int = Field(
        2, ge=1, description="Codes at each resolution; the first has half the side of the image."
    )
    flow_steps: int = Field(1, ge=0, description="Steps of each posterior's flow.")

    @property
    def own_networks(self) -> bool:
        """Yes."""
        return True

    def build(self) -> LatentGraph:
        """Return every z_l ← x and all codes above; the sizes are those for maps of one pixel."""
        from image_vae.parts.latent_graph import bidirectional

        return bidirectional(*((maps, 1, 1) for maps in self.latent))

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model."""
        from image_vae.models.bidirectional import BidirectionalVae, Sizes

        sizes = Sizes(self.latent, self.features, self.per_scale, self.flow_steps)
        head = inputs.recipe.likelihood.build(inputs.images.mean(0))
        return BidirectionalVae(inputs.shape, sizes, head, generator=inputs.generator)


@register
class Ladder(Latents):
    """Bottom-up features, then a top-down pass that combines them with p (Sønderby et al. 2016).

    `hidden` of the encoder has the width of each level, from the image upwards.
    """

    name = "ladder"
    codes = (2, None)
    latent: tuple[Width, ...] = Field((64, 32, 16, 8, 4), description=DESCRIPTION)

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
    latent: tuple[Width, ...] = Field((20,), description="Latent maps of each group.")
    scales: str = Field(
        "4x4:2,8x8:3",
        description="Groups of each scale, from the top: HEIGHTxWIDTH:GROUPS, …; each scale has "
        "twice the resolution of the one before.",
    )
    channels: int = Field(
        8,
        ge=4,
        multiple_of=4,
        description="Channels at the resolution of the image; doubled wherever it is halved.",
    )
    group_cells: int = Field(1, ge=1, description="Cells of each tower for a group.")
    edge_cells: int = Field(
        1,
        ge=1,
        description="Cells of each tower for each halving between the image and the largest scale.",
    )
    cell: Literal["depthwise", "plain"] = Field(
        "depthwise",
        description="Cells of the top-down tower: depthwise 5×5 convolutions of more channels, or "
        "plain 3×3 ones.",
    )
    expansion: int = Field(6, ge=1, description="Channels inside a depthwise cell over its own.")
    squeeze: bool = Field(True, description="Squeeze and excitation in every cell.")
    residual: bool = Field(True, description="q relative to p: N(μ_p + Δμ, σ_p Δσ).")
    checkpointing: bool = Field(
        False,
        description="Keep only the inputs of cells in a training step and compute the rest again: "
        "less memory for about a third more time.",
    )

    @model_validator(mode="after")
    def _check_scales(self: AnyNvae) -> AnyNvae:
        if not all(SCALE.fullmatch(each.strip()) for each in self.scales.split(",")):
            raise SettingClash(
                ("latents", "scales"),
                f"expected HEIGHTxWIDTH:GROUPS with commas between, such as 4x4:5,8x8:10, got "
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
