"""Results of images: codes of all parts, and arguments that are refused in one line."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import image_vae
from graphvae_data.core.errors import InputError
from image_vae.runs.codes import codes_of_run

Small = Callable[[str], image_vae.ImageFitResult]


def test_codes_of_all_parts_are_in_the_order_of_the_dataset(small: Small) -> None:
    result = small("vae")
    codes = result.embeddings("all")
    table = codes_of_run(result, ("train", "val", "test"))
    np.testing.assert_array_equal(codes, table.codes)
    np.testing.assert_array_equal(result.embeddings("all", most=3), codes[[0, 898, 1796]])


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda result: result.embeddings("tset"),
            "part: expected one of train, val, test, all, got 'tset' (did you mean test?)",
        ),
        (
            lambda result: result.embeddings(np.zeros((2, 8, 8))),
            "part: expected one of train, val, test, all, got ndarray",
        ),
        (
            lambda result: result.likelihood("all"),
            "part: expected one of train, val, test, got 'all'",
        ),
        (
            lambda result: result.likelihood(samples=2.5),
            "samples: expected a whole number of at least 1, got 2.5",
        ),
        (lambda result: result.likelihood(limit=-1), "limit: expected at least 1, got -1"),
        (lambda result: result.embeddings(most=-1), "most: expected at least 1, got -1"),
        (lambda result: result.sample(2.0), "n: expected a whole number of at least 1, got 2.0"),
        (lambda result: result.sample(True), "n: expected a whole number of at least 1, got True"),
        (lambda result: result.sample(2, seed=-1), "seed: expected at least 0, got -1"),
        (lambda result: image_vae.new_images("runs/a", np.zeros((2, 8, 8))), "result: expected a "),
        (
            lambda result: image_vae.describe("runs/a"),
            "result: expected a run, got 'runs/a'; `load",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    small: Small, call: Callable[[Any], object], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        call(small("vae"))
    assert str(caught.value).startswith(words)


@pytest.mark.wrong_types
def test_numbers_of_numpy_are_whole(small: Small) -> None:
    assert small("vae").sample(np.int64(2)).shape == (2, 1, 8, 8)  # type: ignore[arg-type]
