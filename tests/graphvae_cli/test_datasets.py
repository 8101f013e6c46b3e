"""`graphvae datasets`: the registry as text and as JSON."""

import json

from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.ogb import OGB


def test_every_dataset_is_listed_with_its_sizes(invoke):
    result = invoke("datasets")
    assert (result.exit_code, result.stderr) == (0, "")
    graphs, images = result.stdout.split("\n\n")
    header, *rows = graphs.splitlines()
    assert header.split()[:6] == ["name", "kind", "nodes", "edges", "features", "classes"]
    assert [row.split()[0] for row in rows] == [*GRAPHS, *OGB]
    assert rows[0].split()[1:3] == ["graph", "2,708"]
    header, *rows = images.splitlines()
    assert header.split()[:7] == ["name", "kind", "train", "val", "test", "shape", "classes"]
    assert [row.split()[0] for row in rows] == [*IMAGES]
    assert rows[0].split()[1:7] == ["images", "1,437", "180", "180", "1×8×8", "10"]


def test_json_lists_what_the_registry_holds(invoke):
    output = json.loads(invoke("datasets", "--json").stdout)
    assert [about["name"] for about in output] == [*GRAPHS, *OGB, *IMAGES]
    kinds = ["graph"] * len([*GRAPHS, *OGB]) + ["images"] * len(IMAGES)
    assert [about["kind"] for about in output] == kinds
    sprites = next(about for about in output if about["name"] == "dsprites")
    assert sprites["shape"] == [1, 64, 64]
    assert sprites["factors"] == [1, 3, 6, 40, 32, 32]
    for about, (name, dataset) in zip(output, GRAPHS.items(), strict=False):
        assert (about["name"], about["nodes"]) == (name, dataset.facts.nodes)
        assert about["edges"] == dataset.facts.edges
        assert about["citation"] == dataset.citation


def test_info_prints_licence_and_citation(invoke):
    result = invoke("datasets", "--info", "karate")
    assert GRAPHS["karate"].licence in result.stdout
    assert GRAPHS["karate"].citation in result.stdout
    about = json.loads(invoke("datasets", "--info", "karate", "--json").stdout)
    assert about["classes"] == 2
    assert about["features"] is None


def test_fetch_counts_what_it_loaded(invoke):
    result = invoke("datasets", "--fetch", "karate", "--json")
    assert json.loads(result.stdout) == {"name": "karate", "nodes": 34, "edges": 78}


def test_images_are_fetched_and_described_alike(invoke):
    output = json.loads(invoke("datasets", "--fetch", "sprites-toy", "--json").stdout)
    entry = IMAGES["sprites-toy"]
    assert (output["train"], output["factors"]) == (346, [3, 12, 12])
    assert output["fingerprint"] == entry.facts.fingerprint
    printed = invoke("datasets", "--info", "sprites-toy").stdout
    assert entry.citation in printed
    assert "3×12×12" in printed


def test_images_are_not_a_graph_to_fit(refused):
    expected = "sprites-toy is a dataset for `graphvae image fit`"
    assert expected in refused("fit", "--dataset", "sprites-toy")
