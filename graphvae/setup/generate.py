"""Write `fit_settings.py`: the keyword arguments of `fit` as a TypedDict, for type checkers.

Run `python -m graphvae.setup.generate`; a test asserts that the file is current.
"""

from __future__ import annotations

from pathlib import Path

from graphvae.specs.recipe import CATALOGUE
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.settings.signature import source

COLUMNS = ("source", "target", "weight", "time", "relation_col")
"""Columns of a file, by name or by number."""
TARGET = Path(__file__).with_name("fit_settings.py")


def fit_settings() -> str:
    """Return the source of `fit_settings.py`."""
    return source(
        "FitSettings",
        "The settings that `graphvae.fit` takes; the preset provides the others.",
        CATALOGUE,
        command="python -m graphvae.setup.generate",
        extra_types={"encoder": "nn.Module", "features": "Any"} | dict.fromkeys(COLUMNS, "int"),
        group=ReadOptions,
        extra_keywords={"labels": "Node labels of the graph: a path, a DataFrame or an array."},
    )


if __name__ == "__main__":
    TARGET.write_text(fit_settings(), encoding="utf-8")
