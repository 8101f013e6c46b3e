"""`graphvae datasets`: list, describe and download datasets."""

from __future__ import annotations

import json
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_data.registry.dataset import GraphDataset, ImageDataset, ImageFacts
from graphvae_data.registry.graphs import GRAPHS, graph_dataset
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.ogb import OGB, OgbDataset

_GRAPH_KEYS = ("name", "kind", "nodes", "edges", "features", "classes", "title")
_IMAGE_KEYS = ("name", "kind", "train", "val", "test", "shape", "classes", "title")


@click.command("datasets")
@click.option("--info", type=options.ANY_DATASET, help="Describe one dataset.", show_default=False)
@click.option(
    "--fetch",
    type=options.ANY_DATASET,
    help="Download one dataset to the cache and verify it.",
    show_default=False,
)
@options.json_option
@options.quiet_option
def command(info: str | None, fetch: str | None, as_json: bool, quiet: bool) -> None:
    """List the graph and image datasets that `--dataset` accepts."""
    if fetch is not None:
        _show_one(_fetch(fetch, progress=not quiet), as_json)
    elif info is not None:
        _show_one(_description(info), as_json)
    elif as_json:
        descriptions = [_description(name) for name in (*GRAPHS, *OGB, *IMAGES)]
        click.echo(json.dumps(descriptions, indent=2, ensure_ascii=False))
    else:
        click.echo(_table(_GRAPH_KEYS, [*GRAPHS, *OGB]))
        click.echo("\n" + _table(_IMAGE_KEYS, list(IMAGES)))


def _fetch(name: str, progress: bool) -> dict[str, Any]:
    if name in IMAGES:
        from graphvae_data.images.images import image_facts, load_images

        data = load_images(name, progress=progress)
        return {"name": name, **_image_facts(image_facts(data)), "fingerprint": data.fingerprint}
    from graphvae.setup.inputs import open_named

    graph = open_named(name, progress=progress).graph
    return {"name": name, "nodes": graph.num_nodes, "edges": graph.num_edges}


def _description(name: str) -> dict[str, Any]:
    dataset = _entry(name)
    return {
        "name": name,
        "kind": "images" if isinstance(dataset, ImageDataset) else "graph",
        "title": dataset.title,
        "description": dataset.description,
        **_facts(dataset),
        "licence": dataset.licence,
        "citation": dataset.citation,
    }


def _entry(name: str) -> OgbDataset | GraphDataset | ImageDataset:
    if name in IMAGES:
        return IMAGES[name]
    return OGB[name] if name in OGB else graph_dataset(name)


def _facts(dataset: OgbDataset | GraphDataset | ImageDataset) -> dict[str, Any]:
    if isinstance(dataset, ImageDataset):
        return _image_facts(dataset.facts)
    facts = dataset.facts
    if isinstance(dataset, OgbDataset):
        edges = dataset.facts.train + dataset.facts.val + dataset.facts.test
        return {"nodes": facts.nodes, "edges": edges, "features": None, "classes": None}
    return {key: getattr(facts, key) for key in ("nodes", "edges", "features", "classes")}


def _image_facts(facts: ImageFacts) -> dict[str, Any]:
    keys = ("train", "val", "test", "shape", "classes", "factors")
    return {key: getattr(facts, key) for key in keys}


def _show_one(description: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(description, indent=2, ensure_ascii=False))
        return
    click.echo(aligned([(key, _cell(value)) for key, value in description.items()]))


def _table(keys: tuple[str, ...], names: list[str]) -> str:
    rows = [[_cell(_description(name)[key]) for key in keys] for name in names]
    return aligned([keys, *rows])


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
