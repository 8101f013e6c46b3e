"""Write `fit_settings.py`: the keyword arguments of `fit` as a TypedDict, for type checkers.

Run `python -m image_vae.runs.generate`; a test asserts that the file is current.
"""

from __future__ import annotations

from pathlib import Path

from graphvae_data.settings.signature import source
from image_vae.specs.recipe import CATALOGUE

TARGET = Path(__file__).with_name("fit_settings.py")


def fit_settings() -> str:
    """Return the source of `fit_settings.py`."""
    return source(
        "ImageFitSettings",
        "The settings of `image_vae.fit`; by default those of the preset.",
        CATALOGUE,
        command="python -m image_vae.runs.generate",
        extra_types={"encoder": "nn.Module"},
    )


if __name__ == "__main__":
    TARGET.write_text(fit_settings(), encoding="utf-8")
