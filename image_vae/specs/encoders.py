"""Encoders of images: the network from an image to the parameters of its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from graphvae_data.core.errors import InputError
from graphvae_data.settings.search import Choices
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    import torch
    from torch import nn

Activation = Literal["tanh", "relu", "softplus", "gated"]
Width = Annotated[int, Field(ge=1)]
HIDDEN = "Widths of the hidden layers between the image and a code."
ACTIVATION = "Activation of every hidden layer."


class ImageEncoder(Part):
    """The network from an image to its code.

    It builds the *body*: a module that maps images [k, batch, channel, height, width] to features
    [k, batch, width] and has the attribute `width`. Linear heads follow the body.
    """

    family: ClassVar[dict[str, type[Part]]] = {}
    hidden: tuple[Width, ...] = Field(default=(200, 200), min_length=1, description=HIDDEN)
    hidden_between: tuple[Width, ...] = Field(
        default=(),
        description="Widths of the hidden layers between two codes; by default those of `hidden`.",
    )
    activation: Annotated[Activation, Choices(("tanh", "relu", "gated"))] = Field(
        default="tanh", description=ACTIVATION
    )

    @classmethod
    def adopt(cls, value: object) -> ImageEncoder:
        """Wrap a module from images [batch, channel, height, width] to features [batch, width]."""
        if not hasattr(value, "state_dict"):
            return super().adopt(value)
        from graphvae_data.training.modules import describe

        return UserEncoder(module=value, source=type(value).__qualname__, layers=describe(value))

    @property
    def convolutional(self) -> bool:
        """Whether it is convolutional, so that a mirrored decoder is too."""
        return False

    @property
    def dense(self) -> bool:
        """Whether it is an MLP, whose first layer can take a label in addition to the image."""
        return False

    def body(
        self, shape: tuple[int, ...], hidden: tuple[int, ...], generator: torch.Generator
    ) -> nn.Module:
        """Return the body.

        Args:
            shape: channels, height and width of an image.
            hidden: widths of the hidden layers.
            generator: draws the weights; on the CPU.
        """
        raise NotImplementedError


@register
class Mlp(ImageEncoder):
    """Dense layers."""

    name = "mlp"

    @property
    def dense(self) -> bool:
        """Yes."""
        return True

    def body(
        self, shape: tuple[int, ...], hidden: tuple[int, ...], generator: torch.Generator
    ) -> nn.Module:
        """Return dense layers on the flattened image."""
        from image_vae.nn.networks import Dense

        return Dense(shape, hidden, self.activation, generator=generator)


@register
class Conv(ImageEncoder):
    """Convolutions of stride 2 down to 4×4, then a dense layer (the last of `hidden`)."""

    name = "conv"

    @property
    def convolutional(self) -> bool:
        """Yes."""
        return True

    def body(
        self, shape: tuple[int, ...], hidden: tuple[int, ...], generator: torch.Generator
    ) -> nn.Module:
        """Return convolutions and a dense layer."""
        from image_vae.nn.networks import Convolutional

        return Convolutional(shape, hidden, self.activation, generator=generator)


@register
class GatedConv(ImageEncoder):
    """Five gated convolutions, two of stride 2, to six feature maps (Tomczak & Welling 2017)."""

    name = "gated-conv"
    hidden: tuple[Width, ...] = Field(default=(300,), min_length=1, description=HIDDEN)
    activation: Activation = Field(default="gated", description=ACTIVATION)
    kernels: tuple[Width, ...] = Field(
        default=(7, 3, 5, 3, 3),
        min_length=5,
        max_length=5,
        description="Kernel sizes of the five convolutions, odd.",
    )

    @property
    def convolutional(self) -> bool:
        """Yes."""
        return True

    def body(
        self, shape: tuple[int, ...], hidden: tuple[int, ...], generator: torch.Generator
    ) -> nn.Module:
        """Return the convolutions; `hidden` are the layers beside and after them.

        Raises:
            SettingClash: an even kernel size.
        """
        from image_vae.nn.convolutional.gated import FiveConvolutions

        if even := [side for side in self.kernels if side % 2 == 0]:
            raise SettingClash(("encoder", "kernels"), f"expected odd numbers, got {even[0]}")
        return FiveConvolutions(shape, self.kernels, self.activation, generator=generator)


@register
class ConvNormalised(ImageEncoder):
    """Convolutions of 5×5 with batch normalisation and ELU (Vedantam et al. 2017).

    The first has stride 1, the last a kernel of 1×1, the others stride 2, all without padding; the
    dense layers after them are `hidden`, likewise normalised.
    """

    name = "conv-bn"
    hidden: tuple[Width, ...] = Field(
        default=(512, 512, 512, 512), min_length=1, description=HIDDEN
    )
    activation: Activation = Field(default="relu", description=ACTIVATION)
    conv_channels: tuple[Width, ...] = Field(
        default=(32, 64, 128, 16), min_length=2, description="Channels of the convolutions."
    )

    @property
    def convolutional(self) -> bool:
        """Yes."""
        return True

    def body(
        self, shape: tuple[int, ...], hidden: tuple[int, ...], generator: torch.Generator
    ) -> nn.Module:
        """Return convolutions and dense layers.

        Raises:
            SettingClash: the image is too small.
        """
        from image_vae.nn.convolutional.normalised import NormalisedConvolutional, least_side

        least = least_side(len(self.conv_channels))
        if min(shape[1:]) < least:
            raise SettingClash(
                ("encoder",),
                f"{self.name} with {len(self.conv_channels)} channels needs images of at least "
                f"{least}×{least} pixels, got {shape[1]}×{shape[2]}; choose conv or mlp",
            )
        return NormalisedConvolutional(shape, self.conv_channels, hidden, generator=generator)


class UserEncoder(ImageEncoder):
    """A user's module. Only its class and `repr` are saved: `load` needs the module again."""

    module: Any = Field(default=None, exclude=True)
    source: str = ""
    layers: str = ""

    @property
    def label(self) -> str:
        """The name of the module's class."""
        return self.source

    @property
    def has_user_parts(self) -> bool:
        """Yes, the module."""
        return True

    @property
    def restorable(self) -> bool:
        """No."""
        return False

    def matches(self, saved: Mapping[str, Any]) -> bool:
        """Return whether it is the run's module; older runs have its class name only."""
        return super().matches({"layers": self.layers, **saved})

    def body(
        self, shape: tuple[int, ...], hidden: tuple[int, ...], generator: torch.Generator
    ) -> nn.Module:
        """Return a copy of the module with its weights."""
        from image_vae.nn.networks import UserBody

        if self.module is None:
            raise InputError(
                f"encoder: this run used a module of class {self.source}, which is not saved; "
                "pass it: load(…, encoder=module)"
            )
        return UserBody(self.module, shape)
