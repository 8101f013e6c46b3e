"""What the tests of image models share: small trained runs, made once."""

from collections.abc import Callable
from typing import Any

import pytest

from image_vae.results.result import FitResult
from image_vae.runs.fit import fit

SMALL: dict[str, dict[str, Any]] = {
    "vae": {"latent": (3,)},
    "mog-vae": {"latent": (3,), "prior_components": 5, "warmup": 0, "likelihood": "gaussian"},
    "hvae": {"latent": (3, 4), "prior_components": 5, "warmup": 0},
    "iwae-2": {"latent": (4, 3), "hidden_between": (8,), "samples": 2},
}


@pytest.fixture(scope="session")
def small() -> Callable[[str], FitResult]:
    """A recipe trained for an epoch on the small digits; not to be changed."""
    made: dict[str, FitResult] = {}

    def get(model: str) -> FitResult:
        if model not in made:
            made[model] = fit("digits", model, epochs=1, hidden=(16,), **SMALL[model])
        return made[model]

    return get
