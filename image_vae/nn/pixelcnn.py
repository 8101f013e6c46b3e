"""Autoregressive networks over the pixels of an image: each output depends on previous pixels only.

Pixels are in raster order: row by row, from left to right. The gated network has two stacks to
avoid a blind spot: the *vertical* stack covers all rows above a pixel, the *horizontal* stack the
pixels to its left in the same row, and takes the features of the vertical stack. Both are
conditioned on the code, a bias before the gates. Sampling computes the features of the vertical
stack row by row, those of the horizontal stack pixel by pixel, and caches them.

Source: van den Oord et al. 2016, "Conditional Image Generation with PixelCNN Decoders", §2.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.nn.networks import glorot, linear

Pixels = Float[Tensor, "batch channel height width"]
Features = Float[Tensor, "batch _ height width"]
Draw = Callable[[Float[Tensor, "batch output"]], Float[Tensor, "batch channel"]]
"""Draws the channels of a pixel from its outputs."""


class CausalConv(nn.Module):
    """A convolution whose kernel covers pixels above or left of a pixel, and possibly the pixel.

    Args:
        inputs: input channels.
        outputs: output channels.
        rows: rows of the kernel.
        columns: columns of the kernel.
        above: rows of the kernel above the pixel.
        left: columns of the kernel left of the pixel.
        generator: draws the weights (Glorot).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rows: int,
        columns: int,
        *,
        above: int,
        left: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.rows, self.columns, self.above, self.left = rows, columns, above, left
        conv = nn.utils.skip_init(nn.Conv2d, inputs, outputs, (rows, columns))
        assert isinstance(conv, nn.Conv2d)
        self.conv = glorot(conv, generator)

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Zeros to the left, the right, above and below an image."""
        return (
            self.left,
            max(0, self.columns - self.left - 1),
            self.above,
            max(0, self.rows - self.above - 1),
        )

    def blank(self, images: Pixels) -> Float[Tensor, "batch _ _ _"]:
        """Return a padded input of zeros for images of this number and size."""
        batch, _, height, width = images.shape
        return F.pad(images.new_zeros(batch, self.conv.in_channels, height, width), self.padding)

    def forward(self, x: Pixels) -> Features:
        """Return the outputs, of the same height and width."""
        height, width = x.shape[2:]
        y: Tensor = self.conv(F.pad(x, self.padding))
        return y[:, :, :height, :width]

    def row(
        self, padded: Float[Tensor, "batch channel _ _"], row: int, width: int
    ) -> Float[Tensor, "batch output 1 width"]:
        """Return the outputs of one row, from the padded image."""
        y: Tensor = self.conv(padded[:, :, row : row + self.rows])
        return y[..., :width]

    def pixel(
        self, padded: Float[Tensor, "batch channel _ _"], row: int, column: int
    ) -> Float[Tensor, "batch output"]:
        """Return the outputs of one pixel, from the padded image."""
        window = padded[:, :, row : row + self.rows, column : column + self.columns]
        return F.linear(window.flatten(1), self.conv.weight.flatten(1), self.conv.bias)


class GatedLayer(nn.Module):
    """One layer of both stacks: tanh(a) ∘ σ(b), with the code as a bias of a and b.

    Args:
        inputs: input channels.
        features: output channels of each stack.
        kernel: kernel size, odd.
        latent: width of the code.
        first: whether it is the first layer, which excludes the pixel itself; the others have a
            residual connection.
        generator: draws the weights.
    """

    def __init__(
        self,
        inputs: int,
        features: int,
        kernel: int,
        latent: int,
        *,
        first: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        half = kernel // 2
        own = 0 if first else 1  # whether the kernel covers the pixel's own row or column
        self.vertical = CausalConv(
            inputs,
            2 * features,
            half + own,
            kernel,
            above=half,
            left=half,
            generator=generator,
        )
        self.horizontal = CausalConv(
            inputs, 2 * features, 1, half + own, above=0, left=half, generator=generator
        )
        self.link = linear(2 * features, 2 * features, generator)
        self.out = linear(features, features, generator)
        self.code = linear(latent, 4 * features, generator)
        self.first = first

    def forward(
        self, vertical: Features, horizontal: Features, code: Float[Tensor, "batch latent"]
    ) -> tuple[Features, Features]:
        """Return the features of both stacks."""
        of_vertical, of_horizontal = self.biases(code)
        v = self.vertical(vertical)
        linked = self.link(v.movedim(1, -1)).movedim(-1, 1)
        h = gated(self.horizontal(horizontal) + linked + of_horizontal[..., None, None])
        h = self.out(h.movedim(1, -1)).movedim(-1, 1)
        return (
            gated(v + of_vertical[..., None, None]),
            h if self.first else horizontal + h,
        )

    def biases(self, code: Float[Tensor, "batch latent"]) -> tuple[Tensor, Tensor]:
        """Return the contribution of the code to a and b, for both stacks."""
        vertical, horizontal = self.code(code).chunk(2, -1)
        return vertical, horizontal


def gated(x: Float[Tensor, "batch _ *size"]) -> Float[Tensor, "batch _ *size"]:
    """Return tanh(a) ∘ σ(b), with a and b the halves of the channels."""
    a, b = x.chunk(2, 1)
    return torch.tanh(a) * torch.sigmoid(b)


class GatedPixelCnn(nn.Module):
    """The gated network, and two 1×1 layers that are also conditioned on the code.

    The first layer has a kernel size of `first_kernel` and excludes the pixel itself. Source:
    Gulrajani et al. 2016, "PixelVAE", §3.1.

    Args:
        channels: channels of the image.
        outputs: number of outputs per pixel.
        latent: width of the code.
        layers: layers after the first.
        features: channels of each stack.
        kernel: kernel size, odd.
        first_kernel: kernel size of the first layer, odd.
        generator: draws the weights.
    """

    def __init__(
        self,
        channels: int,
        outputs: int,
        latent: int,
        *,
        layers: int,
        features: int,
        kernel: int,
        first_kernel: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        first = GatedLayer(
            channels, features, first_kernel, latent, first=True, generator=generator
        )
        others = [
            GatedLayer(features, features, kernel, latent, generator=generator)
            for _ in range(layers)
        ]
        self.layers = nn.ModuleList([first, *others])
        self.hidden = linear(features, features, generator)
        self.code = linear(latent, features, generator)
        self.last = linear(features, outputs, generator)

    @property
    def _all(self) -> list[GatedLayer]:
        return [each for each in self.layers if isinstance(each, GatedLayer)]

    @property
    def radius(self) -> int:
        """Number of rows above and columns beside a pixel in its receptive field."""
        return sum(each.vertical.above for each in self._all)

    def forward(
        self, x: Pixels, code: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch height width output"]:
        """Return the outputs of every pixel."""
        vertical = horizontal = x
        for layer in self._all:
            vertical, horizontal = layer(vertical, horizontal, code)
        return self.head(horizontal.movedim(1, -1), code[:, None, None])

    def head(
        self,
        features: Float[Tensor, "*pixel feature"],
        code: Float[Tensor, "*#pixel latent"],
    ) -> Float[Tensor, "*pixel output"]:
        """Return the outputs of pixels from their features."""
        hidden = F.relu(self.hidden(F.relu(features)) + self.code(code))
        outputs: Tensor = self.last(hidden)
        return outputs

    @torch.no_grad()
    def sample(
        self,
        code: Float[Tensor, "batch latent"],
        shape: tuple[int, int, int],
        draw: Draw,
        *,
        on_row: Callable[[int], object] = lambda row: None,
    ) -> Pixels:
        """Draw images pixel by pixel; each feature is computed once.

        Args:
            code: the codes.
            shape: channels, height and width.
            draw: draws the channels of a pixel from its outputs.
            on_row: called with the index of each completed row.
        """
        _, height, width = shape
        layers = self._all
        x = code.new_zeros(len(code), *shape)
        biases = [layer.biases(code) for layer in layers]
        above = [layer.vertical.blank(x) for layer in layers]
        beside = [layer.horizontal.blank(x) for layer in layers]
        for row in range(height):
            linked = list[Tensor]()
            for i, layer in enumerate(layers):
                v = layer.vertical.row(above[i], row, width)
                linked.append(layer.link(v.movedim(1, -1))[:, 0])
                if i + 1 < len(layers):
                    put(
                        above[i + 1],
                        layers[i + 1].vertical,
                        row,
                        gated(v + biases[i][0][..., None, None]),
                    )
            for column in range(width):
                features = code[:, :0]
                for i, layer in enumerate(layers):
                    h = layer.horizontal.pixel(beside[i], row, column)
                    h = layer.out(gated(h + linked[i][:, column] + biases[i][1]))
                    features = h if layer.first else features + h
                    if i + 1 < len(layers):
                        left = layers[i + 1].horizontal.left
                        beside[i + 1][:, :, row, column + left] = features
                x[:, :, row, column] = draw(self.head(features, code))
                beside[0][:, :, row, column + layers[0].horizontal.left] = x[:, :, row, column]
            put(above[0], layers[0].vertical, row, x[:, :, row : row + 1])
            on_row(row)
        return x


def put(
    padded: Float[Tensor, "batch channel _ _"],
    conv: CausalConv,
    row: int,
    values: Float[Tensor, "batch channel 1 width"],
) -> None:
    """Write a row of the image within its padded one, in place."""
    width = values.size(-1)
    padded[:, :, row + conv.above, conv.left : conv.left + width] = values[:, :, 0]
