"""Queries: concepts of test images, the same for the same seed."""

import numpy as np

from image_vae.imagination.queries import draw_queries

ATTRIBUTES = np.array([[0, 1, 2], [1, 0, 0], [-1, 0, 0]])


def test_every_number_of_given_attributes_has_its_queries() -> None:
    queries = draw_queries(ATTRIBUTES, 20, 10, seed=0)
    assert queries.counts.tolist() == [1] * 20 + [2] * 20 + [3] * 20
    whole = {tuple(row) for row in queries.given[-20:].tolist()}
    assert whole <= {(0, 1, 2), (1, 0, 0)}  # the third image lacks a value
    assert {tuple(row) for row in (queries.given[:20] >= 0).tolist()} == {
        (True, False, False),
        (False, True, False),
        (False, False, True),
    }


def test_the_seed_decides_and_the_digest_tells() -> None:
    one, again, other = (draw_queries(ATTRIBUTES, 20, 10, seed=s) for s in (0, 0, 1))
    assert one.digest == again.digest != other.digest
    assert one.to_dict()["given"] == again.given.tolist()
    only = draw_queries(ATTRIBUTES, 5, 10, seed=0, fewest=3)
    assert only.counts.tolist() == [3] * 5
