"""Latent graphs with a label that is known for some images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import register
from image_vae.specs.bounds import Bound
from image_vae.specs.latents import DESCRIPTION, Latents, Width

if TYPE_CHECKING:
    from image_vae.models.build import ModelInputs
    from image_vae.models.latent_model import LatentModel
    from image_vae.parts.latent_graph import LatentGraph
    from image_vae.parts.objectives import Objective
    from image_vae.specs.labels import LabelSettings

DIGITS = 10
"""Default number of label values, until the images are known."""


@register
class Labelled(Latents):
    """A partially observed label and a code of the other variation (M2, Kingma et al. 2014)."""

    name = "labelled"
    codes = (1, 1)
    label_estimator: Literal["enumerate", "sample", "relax"] = Field(
        default="enumerate",
        description="Expectation over an unknown label: enumerate (exact), sample (score function "
        "estimator) or relax (Concrete distribution).",
    )
    label_temperature: float = Field(
        default=0.66, gt=0, description="Temperature of the Concrete distribution."
    )

    @property
    def infers_label(self) -> bool:
        """Yes."""
        return True

    def check_bound(self, bound: Bound) -> None:
        """Reject importance-weighted bounds and single samples for `sample`.

        The score function estimator needs a bound that is an expectation, and a second sample as
        baseline.
        """
        if self.label_estimator != "sample":
            return
        if bound.importance_weighted:
            raise SettingClash(
                ("latents", "label_estimator"),
                f"sample supports bounds that are expectations only, got {bound.kind()}",
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

        objective = SemiSupervised(bound, labels.label_weight, labels.supervised_weight)
        return labels.regularised(objective)


@register
class LabelledCodes(Latents):
    """A label and a code that generate another code (M1 + M2, Kingma et al. 2014)."""

    name = "labelled-codes"
    codes = (2, 2)
    latent: tuple[Width, ...] = Field(default=(50, 50), description=DESCRIPTION)

    @property
    def infers_label(self) -> bool:
        """Yes."""
        return True

    def check_bound(self, bound: Bound) -> None:
        """Reject importance-weighted bounds."""
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

        upper = SemiSupervised(bound, labels.label_weight, labels.supervised_weight)
        return labels.regularised(Stacked(upper))
