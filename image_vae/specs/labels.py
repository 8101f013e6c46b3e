"""Settings of the label that a model learns: its weights and the number of labelled images."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import Field, model_validator

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Seed, Settings

if TYPE_CHECKING:
    from image_vae.parts.objectives import Objective

AnyLabels = TypeVar("AnyLabels", bound="LabelSettings")


class LabelSettings(Settings):
    """The label of an image: predicted from the code, or a latent variable itself."""

    label: str | None = Field(
        default=None, description="The label that the model learns: class, or a factor's name."
    )
    label_weight: float = Field(
        default=1.0,
        ge=0,
        description="Weight of the label's loss: −log p(y | z), or −log q(y | x) if the label is a "
        "latent variable.",
    )
    supervised_weight: float = Field(
        default=1.0,
        ge=0,
        description="Weight of labelled images, if the label is a latent variable.",
    )
    labels_per_class: int | None = Field(
        default=None,
        ge=1,
        description="Labelled training images per class; by default all that have a label.",
    )
    label_seed: Seed = Field(default=0, ge=0, description="Seed of the choice of labelled images.")
    vat_radius: float = Field(
        default=0.0,
        ge=0,
        description="Radius of virtual adversarial training of q(y | x), in the norm of an image's "
        "pixels between 0 and 1, if the label is a latent variable; 0: none.",
    )
    labelled_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Share of labelled images in each batch; 0: no oversampling.",
    )

    @model_validator(mode="after")
    def _check(self: AnyLabels) -> AnyLabels:
        for name, plain in (
            ("label_weight", 1.0),
            ("supervised_weight", 1.0),
            ("labels_per_class", None),
            ("labelled_share", 0.0),
            ("vat_radius", 0.0),
        ):
            value = getattr(self, name)
            if self.label is None and value != plain:
                raise SettingClash(("labels", name), f"requires a label, got {value:g}")
        if self.label_seed and self.labels_per_class is None:
            raise SettingClash(
                ("labels", "label_seed"), f"requires labels_per_class, got {self.label_seed}"
            )
        return self

    def regularised(self, objective: Objective) -> Objective:
        """Return an objective with virtual adversarial training, if it is chosen."""
        if not self.vat_radius:
            return objective
        from image_vae.models.virtual_adversarial import VirtualAdversarial

        return VirtualAdversarial(objective, self.vat_radius)
