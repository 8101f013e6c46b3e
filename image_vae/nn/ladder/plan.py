"""The resolutions and channels of NVAE's towers, from its settings and the size of an image."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from graphvae_data.settings.setting_errors import SettingClash


@dataclass(frozen=True)
class TowerPlan:
    """Scales from the top, and the padding of the image.

    >>> plan = TowerPlan((1, 28, 28), ((4, 4), (8, 8)), (5, 10), 32)
    >>> plan.halvings, plan.padded, plan.bottom_channels, plan.top_channels
    (2, (32, 32), 128, 256)
    """

    image: tuple[int, ...]
    """Channels, height, width of an image."""
    sides: tuple[tuple[int, int], ...]
    """Height and width of each scale."""
    groups: tuple[int, ...]
    """Groups of each scale."""
    channels: int
    """Channels at the resolution of the image; doubled at each halving."""
    group_cells: int = 1
    """Cells of each tower for a group."""
    edge_cells: int = 1
    """Cells of each tower for each halving between the image and the largest scale."""
    checkpointing: bool = False
    """Whether cells use gradient checkpointing."""

    def __post_init__(self) -> None:
        for above, below in pairwise(self.sides):
            if below != tuple(2 * side for side in above):
                raise SettingClash(
                    ("latents", "scales"),
                    f"expected each scale to have twice the height and width of the one above, got "
                    f"{'x'.join(map(str, above))} and {'x'.join(map(str, below))}",
                )

    @property
    def halvings(self) -> int:
        """Number of halvings from the padded image to the largest scale."""
        count = 0
        while any(side << count < pixels for side, pixels in self._bottom):
            count += 1
        return count

    @property
    def _bottom(self) -> tuple[tuple[int, int], ...]:
        return tuple(zip(self.sides[-1], self.image[1:], strict=True))

    @property
    def padded(self) -> tuple[int, ...]:
        """Height and width of the padded image."""
        return tuple(side << self.halvings for side in self.sides[-1])

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Pixels added left, right, above and below."""
        (tall, wide), (height, width) = self.padded, self.image[1:]
        left, top = (wide - width) // 2, (tall - height) // 2
        return left, wide - width - left, top, tall - height - top

    @property
    def bottom_channels(self) -> int:
        """Channels of the largest scale."""
        return self.channels << self.halvings

    @property
    def top_channels(self) -> int:
        """Channels of the smallest scale."""
        return self.bottom_channels << (len(self.sides) - 1)
