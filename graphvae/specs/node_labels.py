"""Labels of nodes, known for some of them, that the code of a node also generates."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field, model_validator

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Seed, Settings

AnyLabels = TypeVar("AnyLabels", bound="NodeLabelSettings")


class NodeLabelSettings(Settings):
    """The weight of the labels, and which of them are known in training."""

    label_weight: float = Field(
        default=0.0,
        ge=0,
        description="Weight of −log p(y | z), averaged over the nodes whose label is known in "
        "training; 0: labels are not used.",
    )
    labels_per_class: int | None = Field(
        default=None,
        ge=1,
        description="Nodes of each class whose label is known in training; by default the public "
        "split of Cora, Citeseer and Pubmed, else 20.",
    )
    label_seed: Seed = Field(default=0, ge=0, description="Seed of the choice of labelled nodes.")

    @model_validator(mode="after")
    def _check(self: AnyLabels) -> AnyLabels:
        if self.label_weight == 0 and self.labels_per_class is not None:
            raise SettingClash(
                ("node_labels", "labels_per_class"),
                f"labels have no weight, got {self.labels_per_class}; set label_weight",
            )
        if self.label_weight == 0 and self.label_seed:
            raise SettingClash(
                ("node_labels", "label_seed"),
                f"labels have no weight, got {self.label_seed}; set label_weight",
            )
        return self
