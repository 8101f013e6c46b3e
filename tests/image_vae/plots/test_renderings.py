"""Traversals and reconstructions: which codes are fixed, which vary, and their order."""

import pytest
import torch

from image_vae.evaluation.activity import active_units
from image_vae.plots.renderings import components, reconstruct, traverse, usage


def batches(result):
    return [{"x": images} for images in result.experiment.feed("test").in_order(1000)]


def test_a_code_set_to_its_own_value_gives_the_reconstruction(small):
    result = small("vae")
    model, image = result.experiment.model, batches(result)[0]["x"][:1]
    own = model.encode({"x": image}, result.generator())["z"][0].detach()
    whole = reconstruct(model, image, result.generator())
    for index in range(3):
        made = traverse(model, image, "z", index, [float(own[index]), 9.0], result.generator())
        assert torch.allclose(made[0], whole[0], atol=1e-6)
        assert not torch.allclose(made[1], whole[0], atol=1e-3)


def test_a_change_at_the_top_of_a_chain_reaches_the_image_through_p(small):
    result = small("iwae-2")
    model, image = result.experiment.model, batches(result)[0]["x"][:1]
    top = model.encode({"x": image}, result.generator())["z2"]
    top[0, 1] = 2.0
    below = model.prior(model.graph["z1"], {"z2": top[None]}).mean
    expected = model.decode({"z1": below, "z2": top[None]})["x"].mean[0, 0]
    made = traverse(model, image, "z2", 1, [2.0], result.generator())
    assert torch.allclose(made[0], expected, atol=1e-6)


def test_a_change_at_the_bottom_leaves_the_code_above_as_it_is(small):
    result = small("hvae")
    model, image = result.experiment.model, batches(result)[0]["x"][:1]
    codes = model.encode({"x": image}, result.generator())
    codes["z1"][0, 0] = -1.5
    expected = model.decode({name: code[None] for name, code in codes.items()})["x"].mean[0, 0]
    made = traverse(model, image, "z1", 0, [-1.5], result.generator())
    assert torch.allclose(made[0], expected, atol=1e-6)


def test_the_use_of_coordinates_adds_up_to_the_divergence(small):
    result = small("vae")
    found = usage(result.experiment.model, batches(result), "z", result.generator())
    assert found.measure == "KL"
    assert float(found.values.sum()) == pytest.approx(result.metrics["test"]["kl"]["z"], rel=1e-5)
    ordered = found.values[list(found.order)]
    assert torch.equal(ordered, found.values.sort(descending=True).values)


def test_without_a_closed_form_it_is_the_variance_of_the_mean(small):
    result = small("hvae")
    model = result.experiment.model
    found = usage(model, batches(result), "z2", result.generator())
    moved = active_units(model, batches(result), result.generator()).variance["z2"]
    assert found.measure == "variance"
    assert torch.allclose(found.values.double(), moved.double(), atol=1e-6)


def test_components_are_pseudo_inputs_or_decoded_means(small):
    vamp = small("hvae").experiment.model
    found = components(vamp, 3, torch.Generator())
    assert (found.kind, found.count) == ("pseudo-inputs", 5)
    assert torch.equal(found.images, vamp.priors["z2"].pseudo_inputs()[:3])
    mixture = small("mog-vae").experiment.model
    found = components(mixture, 64, torch.Generator())
    assert (found.kind, found.count) == ("decoded means", 5)
    means = mixture.priors["z"].mean[None]
    assert torch.equal(found.images, mixture.decode({"z": means})["x"].mean[0])
    assert components(small("vae").experiment.model, 3, torch.Generator()) is None
