"""Which label a model learns, how it is weighted, and for how many images it is known."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field, model_validator

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Seed, Settings

AnyLabels = TypeVar("AnyLabels", bound="LabelSettings")


class LabelSettings(Settings):
    """The label of an image: predicted from the code, or a code of its own."""

    label: str | None = Field(
        None, description="The label that the model learns: class, or a factor's name."
    )
    label_weight: float = Field(
        1.0,
        ge=0,
        description="Weight of the label: of −log p(y | z), or, where it is a code, −log q(y | x).",
    )
    supervised_weight: float = Field(
        1.0, ge=0, description="Weight of images with a known label, where the label is a code."
    )
    labels_per_class: int | None = Field(
        None,
        ge=1,
        description="Training images of each class whose label is known; by default all that are "
        "labelled.",
    )
    label_seed: Seed = Field(0, ge=0, description="Seed of the choice of labelled images.")
    labelled_share: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of each batch that is drawn from the labelled images; 0: as they come.",
    )

    @model_validator(mode="after")
    def _check(self: AnyLabels) -> AnyLabels:
        for name, plain in (
            ("label_weight", 1.0),
            ("supervised_weight", 1.0),
            ("labels_per_class", None),
            ("labelled_share", 0.0),
        ):
            value = getattr(self, name)
            if self.label is None and value != plain:
                raise SettingClash(("labels", name), f"there is no label, got {value:g}")
        return self
