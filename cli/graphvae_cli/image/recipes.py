"""`graphvae image recipes`: the presets and their parts."""

from __future__ import annotations

import json
from typing import Any

import click

from graphvae_cli.common import options
from graphvae_cli.common.tables import aligned
from graphvae_cli.image import values
from graphvae_data.settings.settings import Part
from image_vae.specs.presets import PRESETS
from image_vae.specs.recipes.preset import ImagePreset


@click.command("recipes")
@click.argument("name", required=False, type=values.MODEL, metavar="[NAME]")
@options.json_option
def command(name: str | None, as_json: bool) -> None:
    """List the presets of `graphvae image fit --model`; with NAME, describe one."""
    if name is None:
        _show_all(as_json)
    elif as_json:
        click.echo(json.dumps(_content(name, PRESETS[name]), indent=2, ensure_ascii=False))
    else:
        click.echo(_table(name, PRESETS[name]))


def _show_all(as_json: bool) -> None:
    if as_json:
        entries = [{"name": n, "title": p.title, "paper": p.paper} for n, p in PRESETS.items()]
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        return
    rows = [(name, preset.title, preset.paper.split(",")[0]) for name, preset in PRESETS.items()]
    click.echo(aligned([("name", "what it is", "paper"), *rows]))


def _content(name: str, preset: ImagePreset) -> dict[str, Any]:
    """Return a preset as a dictionary, with the parents of each latent in q and in p."""
    graph = preset.recipe.latents.build()
    return {
        "name": name,
        "title": preset.title,
        "paper": preset.paper,
        "sizes": {latent.name: latent.size for latent in graph.latents},
        "q": {latent.name: latent.q_parents for latent in graph.latents},
        "p": {latent.name: latent.p_parents for latent in graph.latents}
        | {name: observed.parents for name, observed in graph.observed.items()},
        "recipe": preset.recipe.to_dict(),
    }


def _table(name: str, preset: ImagePreset) -> str:
    """Lay out a preset: its latent graph as arrows, then each part with its settings."""
    content = _content(name, preset)
    rows = [
        ("name", name),
        ("what it is", preset.title),
        ("paper", preset.paper),
        ("codes", ", ".join(f"{code} {size}" for code, size in content["sizes"].items())),
        ("q", _arrows(content["q"])),
        ("p", _arrows(content["p"])),
    ]
    for slot in type(preset.recipe).model_fields:
        value = getattr(preset.recipe, slot)
        kind = [value.kind()] if isinstance(value, Part) else []
        settings = [f"{key.replace('_', '-')} {_cell(setting)}" for key, setting in value]
        rows.append((slot, "  ".join([*kind, *settings])))
    return aligned(rows)


def _arrows(parents: dict[str, tuple[str, ...]]) -> str:
    sources = {name: " ".join(_shortened(names)) or "prior" for name, names in parents.items()}
    return ",  ".join(f"{name} ← {source}" for name, source in sources.items())


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "–"
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shortened(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names, with an ellipsis for the middle of a long row of them.

    >>> _shortened(("x", "z2", "z3", "z4", "z5", "z6"))
    ('x', 'z2', '…', 'z6')
    """
    return names if len(names) < 6 else (*names[:2], "…", names[-1])
