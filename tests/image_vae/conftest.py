"""Fixtures of the image tests: small trained runs."""

from collections.abc import Callable
from typing import Any

import pytest

from image_vae.results.result import ImageFitResult
from image_vae.runs.fit import fit

SMALL: dict[str, dict[str, Any]] = {
    "vae": {"latent": (3,)},
    "mog-vae": {"latent": (3,), "prior_components": 5, "warmup": 0, "likelihood": "gaussian"},
    "hvae": {"latent": (3, 4), "prior_components": 5, "warmup": 0},
    "iwae-2": {"latent": (4, 3), "hidden_between": (8,), "samples": 2},
}


@pytest.fixture(scope="session")
def small() -> Callable[[str], ImageFitResult]:
    """A function that returns a recipe trained for an epoch on the small digits.

    The runs are shared between tests, which must not change them.
    """
    runs: dict[str, ImageFitResult] = {}

    def get(model: str) -> ImageFitResult:
        if model not in runs:
            runs[model] = fit("digits", model, epochs=1, hidden=(16,), **SMALL[model])
        return runs[model]

    return get
