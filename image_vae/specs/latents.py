"""The latent graph: the codes and their dependencies (`parts.latent_graph`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

from pydantic import Field, model_validator

from graphvae_data.settings.search import Choices
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
Width = Annotated[int, Field(ge=1)]
DESCRIPTION = "Dimension of each code, from the one next to the image upwards."


class Latents(Part):
    """The codes of a model and their dependencies."""

    family: ClassVar[dict[str, type[Part]]] = {}
    codes: ClassVar[tuple[int, int | None]] = (1, None)
    """Minimum and maximum number of codes."""
    latent: tuple[Width, ...] = Field(default=(50,), description=DESCRIPTION)

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
        """Whether the label of an image is a latent variable, inferred where it is unknown."""
        return False

    def check_bound(self, bound: Bound) -> None:
        """Raise `SettingClash` for a bound that cannot be estimated with these codes."""

    @property
    def own_networks(self) -> bool:
        """Whether it defines its own networks and densities instead of using the other parts."""
        return False

    @property
    def multimodal(self) -> bool:
        """Whether the model observes attributes in addition to the image."""
        return False

    @property
    def observed(self) -> tuple[str, ...]:
        """Names of the observed attributes of a multimodal model; empty for all."""
        return ()

    def build(self) -> LatentGraph:
        """Return the latent graph; a label has ten values until the images are known."""
        raise NotImplementedError

    def objective(self, bound: Objective, labels: LabelSettings) -> Objective:
        """Return the training loss of a model that infers a label.

        Args:
            bound: the negative bound of a batch with or without labels.
            labels: the weights.
        """
        raise NotImplementedError

    def model(self, inputs: ModelInputs) -> LatentModel:
        """Return the untrained model: by default, a network for each code of the latent graph.

        Models whose codes share networks, such as ladders, override it.
        """
        from image_vae.models.build import graph_model

        return graph_model(self.build(), inputs)


@register
class OneLayer(Latents):
    """A single code (Kingma & Welling 2013)."""

    name = "one"
    codes = (1, 1)
    latent: Annotated[tuple[Width, ...], Choices(((10,), (20,), (50,), (100,)))] = Field(
        default=(50,), description=DESCRIPTION
    )

    def build(self) -> LatentGraph:
        """Return z ← x, x ← z."""
        from image_vae.parts.latent_graph import one_layer

        return one_layer(*self.latent)


@register
class Chain(Latents):
    """Each code is inferred from the one below it (Burda et al. 2015)."""

    name = "chain"
    codes = (2, None)
    latent: tuple[Width, ...] = Field(default=(100, 50), description=DESCRIPTION)

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
    """Two codes, both inputs of the decoder (Tomczak & Welling 2017)."""

    name = "hvae"
    codes = (2, 2)
    latent: tuple[Width, ...] = Field(default=(40, 40), description=DESCRIPTION)

    def build(self) -> LatentGraph:
        """Return z2 ← x, z1 ← x z2; z1 ← z2, x ← z1 z2."""
        from image_vae.parts.latent_graph import hvae

        return hvae(*self.latent)


@register
class Hierarchy(Latents):
    """Each code is inferred from the image and parametrises the prior of the one below.

    The generative model is that of Sønderby et al. 2016; `ladder` adds the shared top-down pass.
    """

    name = "hierarchy"
    codes = (2, None)
    latent: tuple[Width, ...] = Field(default=(40, 20, 10), description=DESCRIPTION)

    def build(self) -> LatentGraph:
        """Return z_l ← x for every l; z_l ← z_{l+1}, x ← z1."""
        from image_vae.parts.latent_graph import hierarchy

        return hierarchy(*self.latent)
