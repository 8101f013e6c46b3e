"""Colours of classes, however many there are."""

from __future__ import annotations

from colorsys import hls_to_rgb

UNKNOWN = "#8a8a8a"
"""Colour of what has no class."""
FEW = (
    "#2f6db5", "#d9742b", "#3a8f4d", "#b3403a", "#7d5ab5", "#8a6a53", "#c95f9e", "#4a4a4a",
    "#a09a1c", "#2a9fb0",
)  # fmt: skip
"""Colours that are easy to tell apart."""
LIGHTNESS = (0.3, 0.45, 0.58)
"""Lightness of neighbouring hues, which makes them easier to tell apart."""


def palette(count: int) -> list[str]:
    """Return `count` different colours; more than ten are spread over the hues.

    >>> palette(2)
    ['#2f6db5', '#d9742b']
    >>> len(set(palette(200)))
    200
    """
    if count <= len(FEW):
        return list(FEW[:count])
    levels = len(LIGHTNESS)
    colours = [hls_to_rgb(n / count, LIGHTNESS[n % levels], 0.75) for n in range(count)]
    return ["#" + "".join(f"{round(255 * part):02x}" for part in colour) for colour in colours]
