"""Which pictures a run draws."""

import numpy as np
import pytest
import torch

from graphvae_data.core.errors import InputError
from image_vae.plots.exhibits import code_map, pairs, traversals
from image_vae.plots.pictures import nearest_columns


def test_pairs_are_images_spread_over_a_part_as_the_model_sees_them(small):
    result = small("vae")
    shown, feed = pairs(result, count=7, part="val"), result.experiment.feed("val")
    assert torch.equal(shown.inputs, next(feed.in_order(7, limit=7, spread=True)))
    assert feed.spread(7).tolist() == [0, 29, 59, 89, 119, 149, 179]
    assert set(shown.inputs.unique().tolist()) == {0.0, 1.0}
    images = result.experiment.data.val.images.array()[feed.spread(7).numpy()]
    assert np.array_equal((255 * shown.originals).round().numpy(), images)
    assert shown.outputs.shape == shown.inputs.shape
    assert len(pairs(result, count=10_000).inputs) == len(result.experiment.feed("test"))


def test_traversals_take_the_most_used_coordinates_first(small):
    shown = traversals(small("vae"))
    used = shown.usage.values[list(shown.rows)]
    assert sorted(shown.rows) == [0, 1, 2]
    assert (used[:-1] >= used[1:]).all()
    assert shown.images.shape == (3, 11, 1, 8, 8)
    assert shown.values.shape == (3, 11)
    assert (np.diff(shown.values) > 0).all()
    assert shown.quantiles


@pytest.mark.slow
def test_traversals_go_over_the_codes_whatever_the_prior(small):
    """The quantiles hold 98 % of codes that are drawn anew."""
    for model in ("vae", "mog-vae", "hvae"):
        result = small(model)
        shown, feed = traversals(result), result.experiment.feed("test")
        batch = {"x": next(feed.in_order(180))}
        with torch.no_grad():
            trace = result.experiment.model(batch, 20, torch.Generator().manual_seed(1))
        codes = trace.z[result.top].flatten(0, 1).numpy()[:, shown.rows]
        inside = (codes >= shown.values[:, 0]) & (codes <= shown.values[:, -1])
        assert inside.mean(0) == pytest.approx(np.full(len(shown.rows), 0.98), abs=0.02)


def test_the_own_value_of_the_image_is_framed(small):
    result = small("mog-vae")
    shown = traversals(result, image=3)
    own = result.embeddings("test")[3, list(shown.rows)]
    assert shown.own == pytest.approx(own.tolist(), rel=1e-5)
    for row, column in enumerate(nearest_columns(shown)):
        distances = np.abs(shown.values[row] - own[row])
        assert distances[column] == distances.min()


def test_traversals_of_a_named_layer_and_coordinate(small):
    shown = traversals(small("hvae"), layer="z1", indices=(2, 0), image=3, values=(-1.0, 1.0))
    assert (shown.usage.layer, shown.rows, shown.image) == ("z1", (2, 0), 3)
    assert shown.values.tolist() == [[-1, 1], [-1, 1]]
    assert shown.images.shape == (2, 2, 1, 8, 8)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"layer": "z9"}, "layer: expected one of z, got 'z9'"),
        ({"indices": (3,)}, "latent-index: expected a number from 0 to 2, got 3"),
        ({"image": 180}, "image: expected a number from 0 to 179, got 180"),
    ],
)
def test_what_is_not_there_is_refused(small, wrong, words):
    with pytest.raises(InputError, match=words):
        traversals(small("vae"), **wrong)


def test_no_pairs_are_refused(small):
    with pytest.raises(InputError, match="n: expected at least 1, got 0"):
        pairs(small("vae"), count=0)


def test_the_map_has_the_two_coordinates_of_greatest_use(small):
    result = small("vae")
    shown = code_map(result, part="val")
    assert shown.axes == shown.usage.order[:2]
    assert np.array_equal(shown.points, result.embeddings("val")[:, list(shown.axes)])
    assert np.array_equal(shown.labels, result.experiment.data.val.labels)


def test_a_traversal_is_of_the_image_in_the_middle_and_names_no_factor_nobody_knows(small):
    shown = traversals(small("vae"))
    assert (shown.image, shown.following) == (90, None)
