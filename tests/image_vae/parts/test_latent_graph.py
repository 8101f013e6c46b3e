"""Latent graphs: orders, errors, and which divergences have a closed form."""

import pytest

from graphvae_data.core.errors import InputError
from image_vae.parts.latent_graph import (
    Latent,
    LatentGraph,
    Observed,
    chain,
    hierarchy,
    hvae,
    one_layer,
)

CASES = {
    "one": (one_layer(5), ("z",), ("z",), {"z"}),
    "chain": (chain(4, 3, 2), ("z1", "z2", "z3"), ("z3", "z2", "z1"), {"z3"}),
    "hvae": (hvae(4, 2), ("z2", "z1"), ("z2", "z1"), {"z1", "z2"}),
    "hierarchy": (hierarchy(4, 3, 2), ("z3", "z2", "z1"), ("z3", "z2", "z1"), {"z1", "z2", "z3"}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_graph_knows_its_orders_and_closed_forms(name: str) -> None:
    graph, drawn, generated, closed = CASES[name]
    assert tuple(latent.name for latent in graph.latents) == drawn
    assert graph.prior_order == generated
    assert {latent.name for latent in graph.latents if graph.closed_form(latent)} == closed


def test_the_parents_are_those_of_the_papers() -> None:
    assert chain(4, 3)["z2"] == Latent("z2", 3, ("z1",), ())
    assert chain(4, 3)["z1"] == Latent("z1", 4, ("x",), ("z2",))
    assert hvae(4, 3)["z1"] == Latent("z1", 4, ("x", "z2"), ("z2",))
    assert hierarchy(4, 3)["z1"] == Latent("z1", 4, ("x",), ("z2",))
    observed = [
        {name: each.parents for name, each in CASES[case][0].observed.items()} for case in CASES
    ]
    assert observed == [{"x": ("z",)}, {"x": ("z1",)}, {"x": ("z1", "z2")}, {"x": ("z1",)}]


def test_p_draws_in_its_own_order_whatever_q_does() -> None:
    graph = LatentGraph(
        (Latent("a", 1, p_parents=("b", "c")), Latent("b", 1, p_parents=("c",)), Latent("c", 1)),
        {"x": Observed(("a",))},
    )
    assert graph.prior_order == ("c", "b", "a")


@pytest.mark.parametrize(
    "latents",
    [
        (Latent("z1", 2, q_parents=("z2",)), Latent("z2", 2)),
        (Latent("z", 2), Latent("z", 3)),
        (Latent("x", 2),),
        (Latent("z", 2, q_parents=("y",)),),
    ],
    ids=["not drawn yet", "twice", "the image's name", "unknown"],
)
def test_a_graph_that_cannot_be_drawn_is_refused(latents: tuple[Latent, ...]) -> None:
    with pytest.raises(InputError, match="expected observed variables or latents before it"):
        LatentGraph(latents, {"x": Observed()})


def test_a_cycle_in_p_is_refused() -> None:
    latents = (Latent("a", 1, p_parents=("b",)), Latent("b", 1, p_parents=("a",)))
    with pytest.raises(InputError, match="form a cycle"):
        _ = LatentGraph(latents, {"x": Observed(("a",))}).prior_order


def test_a_residual_needs_its_prior_before_it() -> None:
    with pytest.raises(AssertionError):
        LatentGraph(
            (Latent("a", 1, p_parents=("b",), residual=True), Latent("b", 1)),
            {"x": Observed(("a",))},
        )
