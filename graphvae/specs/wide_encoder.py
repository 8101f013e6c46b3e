"""An encoder of two parts, one for a decoder and one for the likelihood of the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from graphvae.specs.encoders import EncoderInputs, FeatureEncoder
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    from graphvae.nn.encoders import FeatureNetwork


@register
class MeanAndWideEncoder(FeatureEncoder):
    """normalised-mean of tf-idf features, and beside it a wide linear hop of the raw ones."""

    name = "mean-and-wide"
    wide: int = Field(256, ge=1, description="Width of the linear hop, the last of the code.")

    @property
    def capturable(self) -> bool:
        """No: not tested."""
        return False

    def network(self, inputs: EncoderInputs) -> FeatureNetwork:
        """Return both parts; `SettingClash` for other than one head, or a code too narrow."""
        from graphvae.nn.mean_and_wide import MeanAndWide

        if inputs.heads > 1:
            raise SettingClash(("posterior",), "mean-and-wide needs the posterior point")
        if self.wide >= inputs.latent:
            raise SettingClash(
                ("encoder", "wide"),
                f"expected below latent, {inputs.latent}, got {self.wide}",
            )
        return MeanAndWide(
            inputs.inputs,
            inputs.latent - self.wide,
            self.wide,
            features=None if inputs.graph is None else inputs.graph.features,
            dropout=self.dropout,
            generator=inputs.generator,
        )
