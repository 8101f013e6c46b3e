"""What a recipe is made of agrees with what is built of it."""

import pytest
from image_vae.specs.recipes import RECIPES

from image_vae.results.anatomy import anatomy


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_told_whole(name):
    found = anatomy(name)
    settings = RECIPES[name].settings
    assert set(found.q) == set(found.sizes) == set(found.p) - {"x"}
    assert sorted(found.sizes.values()) == sorted(settings.latent)
    told = found.prior | found.model | found.objective | found.training
    assert {key: getattr(settings, key) for key in told} == told
    assert sum(not parents for parents in found.p.values()) == 1


def test_the_graph_is_that_of_the_model(small):
    graph = small("hvae").experiment.model.graph
    found = anatomy("hvae")
    assert found.q == {latent.name: latent.q_parents for latent in graph.latents}
    assert found.p["x"] == tuple(graph.observed["x"])


def test_settings_without_meaning_are_left_out():
    assert {"gamma", "capacity"} <= set(anatomy("capacity-vae").objective)
    assert "beta" not in anatomy("capacity-vae").objective
    assert set(anatomy("iwae").objective) == {"estimator", "k"}
    assert "prior_components" in anatomy("vamp-vae").prior
    assert set(anatomy("vae").prior) == {"prior"}
