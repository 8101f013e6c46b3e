"""Encoders: from features and messages to node states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, model_validator

from graphvae_data.core.errors import InputError
from graphvae_data.settings.search import Search
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    import torch
    from torch import nn

    from graphvae.graph.propagation import MessageGraph
    from graphvae.nn.encoders import FeatureNetwork

Hidden = Annotated[int, Search(16, 256, log=True, step=8)]
Dropout = Annotated[float, Search(0.0, 0.8)]
AnyGat = TypeVar("AnyGat", bound="GatEncoder")
AnyLinear = TypeVar("AnyLinear", bound="LinearEncoder")


@dataclass(frozen=True)
class EncoderInputs:
    """Sizes, generator and graph that an encoder is built for."""

    num_nodes: int
    """N."""
    num_features: int
    """D; 0 for a graph without features, where the identity replaces them."""
    latent: int
    """Width of the code."""
    heads: int
    """Outputs per coordinate of the code, such as μ and log σ, concatenated."""
    generator: torch.Generator
    """Initialises the weights; on the CPU."""
    graph: MessageGraph | None = None
    """The graph, on which a user's module is called once; None on the `meta` device."""

    @property
    def inputs(self) -> int:
        """Columns of the encoder's input: D, or N without features."""
        return self.num_features or self.num_nodes


class GraphEncoder(Part):
    """The network from features and messages to node states.

    User-defined encoders declare their settings and build a module with `forward(graph,
    generator)`, which returns states [node, heads · latent].
    """

    family: ClassVar[dict[str, type[Part]]] = {}
    linear: ClassVar[bool] = False
    """Whether states are linear in the messages and in the features."""

    @classmethod
    def adopt(cls, value: object) -> GraphEncoder:
        """Accept a PyTorch Geometric module, or any other with `forward(x, edge_index)`."""
        if not hasattr(value, "state_dict"):
            return super().adopt(value)
        from graphvae_data.training.modules import describe

        return UserGraphEncoder(module=value, source=describe(value))

    @property
    def capturable(self) -> bool:
        """Whether a step can be captured as a CUDA graph: fixed shapes, no synchronisation."""
        return False

    @property
    def repeatable(self) -> bool:
        """Whether training steps encode as validation does, without dropout."""
        return False

    @property
    def uses_edges(self) -> bool:
        """Whether the encoder passes messages."""
        return True

    @property
    def edge_rows(self) -> bool:
        """Whether messages are stored as rows and features are dense (PyG layers)."""
        return False

    @property
    def hidden_width(self) -> int:
        """Width of the hidden layer, for the memory plan; 0 for none."""
        return 0

    @property
    def propagated_once(self) -> bool:
        """Whether features are propagated before training instead of in each step."""
        return False

    @property
    def inductive(self) -> bool:
        """Whether it can encode a graph that it was not trained on."""
        return False

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the module."""
        raise NotImplementedError


class FeatureEncoder(GraphEncoder):
    """An encoder whose first layer embeds the nodes if there are no features."""

    dropout: Dropout = Field(
        default=0.0, ge=0, lt=1, description="Dropout rate of each layer's inputs."
    )
    init: Literal["glorot", "orthogonal"] = Field(
        default="glorot",
        description="Initialisation of the node embeddings of a graph without features.",
    )

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    @property
    def repeatable(self) -> bool:
        """True without dropout."""
        return self.dropout == 0

    @property
    def inductive(self) -> bool:
        """True if there are features."""
        return True

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the module, with orthogonal initialisation if configured."""
        module = self.network(inputs)
        if self.init == "orthogonal":
            from graphvae.nn.orthogonal import start_orthogonal

            if inputs.num_features:
                raise SettingClash(
                    ("encoder", "init"),
                    "orthogonal is for graphs without features; turn features off",
                )
            start_orthogonal(module, inputs.generator)
        return module

    def network(self, inputs: EncoderInputs) -> FeatureNetwork:
        """Return the module with its default initialisation."""
        raise NotImplementedError


class HiddenEncoder(FeatureEncoder):
    """An encoder with a hidden layer."""

    hidden: Hidden = Field(default=32, ge=1, description="Width of the hidden layer.")

    @property
    def hidden_width(self) -> int:
        """The width."""
        return self.hidden


@register
class GcnEncoder(HiddenEncoder):
    """Two graph convolutions (Kipf & Welling 2016)."""

    name = "gcn"

    def network(self, inputs: EncoderInputs) -> FeatureNetwork:
        """Return Ã ReLU(Ã X W₀) W₁."""
        from graphvae.nn.encoders import GCN

        return GCN(
            inputs.inputs,
            self.hidden,
            inputs.latent,
            heads=inputs.heads,
            dropout=self.dropout,
            generator=inputs.generator,
        )


@register
class MlpEncoder(HiddenEncoder):
    """The two layers of gcn without messages: a features-only baseline."""

    name = "mlp"

    @property
    def uses_edges(self) -> bool:
        """No."""
        return False

    def network(self, inputs: EncoderInputs) -> FeatureNetwork:
        """Return ReLU(X W₀) W₁."""
        from graphvae.nn.encoders import MLP

        return MLP(
            inputs.inputs,
            self.hidden,
            inputs.latent,
            heads=inputs.heads,
            dropout=self.dropout,
            generator=inputs.generator,
        )


@register
class LinearEncoder(FeatureEncoder):
    """One linear hop (Salha et al. 2020)."""

    name = "linear"
    linear = True
    propagate: Literal["each-step", "once"] = Field(
        default="each-step",
        description="once: propagate features before training, not in each step.",
    )
    bias: bool = Field(default=False, description="Add a learnt bias to the states.")

    @model_validator(mode="after")
    def _check_once(self: AnyLinear) -> AnyLinear:
        if self.propagate == "once" and self.dropout:
            raise SettingClash(
                ("encoder", "propagate"), f"once requires no dropout, got {self.dropout:g}"
            )
        return self

    @property
    def capturable(self) -> bool:
        """True if features are propagated in each step."""
        return self.propagate == "each-step"

    @property
    def propagated_once(self) -> bool:
        """Whether `propagate` is `once`."""
        return self.propagate == "once"

    def network(self, inputs: EncoderInputs) -> FeatureNetwork:
        """Return Ã X W, with a bias if configured."""
        from graphvae.nn.encoders import LinearGCN

        return LinearGCN(
            inputs.inputs,
            inputs.latent,
            heads=inputs.heads,
            dropout=self.dropout,
            bias=self.bias,
            generator=inputs.generator,
        )


@register
class NormalisedEncoder(FeatureEncoder):
    """Normalised projections, then one hop (GNAE, Ahn & Kim 2021)."""

    name = "normalised"

    def network(self, inputs: EncoderInputs) -> FeatureNetwork:
        """Return Ã (s · x_i W / |x_i W|)."""
        from graphvae.nn.encoders import NormalisedGCN

        return NormalisedGCN(
            inputs.inputs,
            inputs.latent,
            heads=inputs.heads,
            dropout=self.dropout,
            generator=inputs.generator,
        )


@register
class NormalisedMeanEncoder(FeatureEncoder):
    """Normalised projections, averaged over two hops (after Zhu & Koniusz 2021)."""

    name = "normalised-mean"

    def network(self, inputs: EncoderInputs) -> FeatureNetwork:
        """Return the mean of Ã^k (s · x_i W / |x_i W|) over k = 0, 1, 2."""
        from graphvae.nn import encoders

        return encoders.NormalisedMean(
            inputs.inputs,
            inputs.latent,
            heads=inputs.heads,
            dropout=self.dropout,
            generator=inputs.generator,
        )


class PygEncoder(GraphEncoder):
    """Layers of PyTorch Geometric."""

    @property
    def edge_rows(self) -> bool:
        """Yes."""
        return True

    @property
    def inductive(self) -> bool:
        """True if there are features."""
        return True


@register
class SageEncoder(PygEncoder):
    """Two GraphSAGE layers with mean aggregation (Hamilton et al. 2017)."""

    name = "sage"
    hidden: Hidden = Field(default=32, ge=1, description="Width of the hidden layer.")
    dropout: Dropout = Field(
        default=0.0, ge=0, lt=1, description="Dropout rate of each layer's inputs."
    )

    @property
    def hidden_width(self) -> int:
        """The width."""
        return self.hidden

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the PyG layers."""
        from graphvae.nn.pyg_encoders import sage

        return sage(inputs, self.hidden, dropout=self.dropout)


@register
class GatEncoder(PygEncoder):
    """Two graph attention layers (Veličković et al. 2018)."""

    name = "gat"
    hidden: Hidden = Field(
        default=64, ge=1, description="Width of the hidden layer, all heads together."
    )
    attention_heads: int = Field(default=8, ge=1, description="Attention heads of the first layer.")
    dropout: Dropout = Field(
        default=0.0, ge=0, lt=1, description="Dropout rate of each layer's inputs."
    )

    @model_validator(mode="after")
    def _check_heads(self: AnyGat) -> AnyGat:
        if self.hidden % self.attention_heads:
            raise SettingClash(
                ("encoder", "hidden"),
                f"expected a multiple of the {self.attention_heads} attention heads, got "
                f"{self.hidden}",
            )
        return self

    @property
    def hidden_width(self) -> int:
        """The width."""
        return self.hidden

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return the PyG layers."""
        from graphvae.nn.pyg_encoders import gat

        return gat(inputs, self.hidden, self.attention_heads, dropout=self.dropout)


class UserGraphEncoder(PygEncoder):
    """A user-supplied module. Files store its description only: `load` needs the module."""

    module: Any = Field(default=None, exclude=True)
    source: str = ""

    @property
    def label(self) -> str:
        """The module's description."""
        return self.source

    @property
    def restorable(self) -> bool:
        """No."""
        return False

    def build(self, inputs: EncoderInputs) -> nn.Module:
        """Return a copy of the module, with its current weights."""
        from graphvae.nn.pyg import user_encoder

        if self.module is None:
            raise InputError(
                "encoder: this run used a module that is not saved; pass it, "
                f"load(path, encoder=module): {self.source}"
            )
        return user_encoder(self.module, inputs)
