"""`graphvae image recipes`: the models there are, and what each is made of."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click
from image_vae.specs.recipes import RECIPES

from graphvae_cli.common import options
from graphvae_cli.graph.tables import aligned
from graphvae_cli.image import values
from graphvae_data.core.checks import option


@click.command("recipes")
@click.argument("name", required=False, type=values.MODEL, metavar="[NAME]")
@options.json_option
def command(name: str | None, as_json: bool) -> None:
    """List the models that `graphvae image fit --model` knows; with NAME, tell all about one."""
    if name is None:
        _show_all(as_json)
        return
    from image_vae.results.anatomy import anatomy

    found = asdict(anatomy(name))
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else _sheet(found))


def _show_all(as_json: bool) -> None:
    if as_json:
        about = [{"name": n, "title": r.title, "paper": r.paper} for n, r in RECIPES.items()]
        click.echo(json.dumps(about, indent=2, ensure_ascii=False))
        return
    rows = [(name, each.title, each.paper.split(",")[0]) for name, each in RECIPES.items()]
    click.echo(aligned([("name", "what it is", "paper"), *rows]))


def _sheet(found: dict[str, Any]) -> str:
    """Lay a recipe out: its graph as arrows, then the settings of each part."""
    sizes = ", ".join(f"{name} {size}" for name, size in found["sizes"].items())
    rows = [
        ("name", found["name"]),
        ("what it is", found["title"]),
        ("paper", found["paper"]),
        ("codes", sizes),
        ("q", _arrows(found["q"])),
        ("p", _arrows(found["p"])),
    ]
    for part in ("prior", "model", "objective", "training"):
        rows += [(option(key), _cell(value)) for key, value in found[part].items()]
    return aligned(rows)


def _arrows(parents: dict[str, tuple[str, ...]]) -> str:
    given = {name: " ".join(of) for name, of in parents.items()}
    return ",  ".join(f"{name} ← {of}" if of else f"{name} ← prior" for name, of in given.items())


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value)
