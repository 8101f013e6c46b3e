"""Reference pages generated from the declarations: models, metrics, datasets, settings.

Each function returns a page in Markdown. `write_pages` writes them before Sphinx reads its sources.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import FunctionType
from typing import Annotated, Any, get_args, get_origin

import graphvae
import image_vae
from graphvae.metrics import Metric
from graphvae.specs import presets as graph_presets
from graphvae.specs import recipe as graph_recipe
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.images import IMAGES
from graphvae_data.registry.ogb import OGB
from graphvae_data.settings.flat import Catalogue, Flat
from graphvae_data.settings.settings import Part, Settings
from image_vae.specs import presets as image_presets
from image_vae.specs import recipe as image_recipe

NOTE = "*This page is generated from the declarations in the code.*\n"


def models() -> str:
    """Describe every preset: title, paper, and its settings that differ from the default."""
    sides: dict[str, tuple[Mapping[str, Any], Settings, str]] = {
        "Graphs": (graph_presets.PRESETS, graph_recipe.GraphRecipe(), "graphvae fit"),
        "Images": (image_presets.PRESETS, image_recipe.ImageRecipe(), "graphvae image fit"),
    }
    lines = ["# Models", NOTE, "A model is a preset: parts and settings, as in its paper."]
    lines += ["Every option of the command overrides one of them.", ""]
    for title, (presets, default, command) in sides.items():
        lines += [f"## {title}", "", f"`{command} --model NAME`", ""]
        for name, preset in presets.items():
            lines += [
                f"### `{name}`",
                "",
                f"{_sentence(preset.title)} {_escaped(preset.paper)}.",
                "",
            ]
            changes = _changes(default, preset.recipe)
            lines += [*(f"- `{path}`: {value}" for path, value in changes), ""]
            lines += [] if changes else ["The default settings.", ""]
    return "\n".join(lines)


def parts() -> str:
    """List the built-in parts of every slot, with their settings."""
    lines = ["# Parts", NOTE]
    for title, catalogue in _catalogues().items():
        lines += [f"## {title}", ""]
        for flat in catalogue.flats.values():
            if flat.family is None:
                continue
            lines += [f"### `{flat.name}`", "", flat.help, ""]
            lines += [*_part_rows(catalogue.parts(flat.family)), ""]
    return "\n".join(lines)


def _part_rows(family: Mapping[str, type[Part]]) -> list[str]:
    rows = [
        (f"`{name}`", _escaped(_first_line(part)), ", ".join(f"`{n}`" for n in part.model_fields))
        for name, part in family.items()
    ]
    return _table(("name", "description", "settings"), rows)


def metrics() -> str:
    """Describe every metric: definition, inputs, source."""
    rows = [
        (
            f"`{name}`",
            _escaped(metric.usual().title),
            _escaped(_first_line(metric)),
            ", ".join(_inputs(metric)),
            _escaped(metric.source),
        )
        for name, metric in Metric.family.items()
        if issubclass(metric, Metric) and ":" not in metric.kind()
    ]
    text = (
        "A metric is named in `--select`, `evaluate --metrics` and `compare`. `@K` takes any K, as "
        "in `hits@50`; `-per-source` ranks the neighbours of each node among its non-neighbours."
    )
    header = ("name", "title", "definition", "computed from", "source")
    return "\n".join(["# Metrics", NOTE, text, "", *_table(header, rows), ""])


def _inputs(metric: type[Metric]) -> Iterator[str]:
    if metric.takes_ranking():
        yield "shared negatives"
    if metric.takes_groups():
        yield "negatives per edge"
    if metric.takes_sources():
        yield "neighbours per node"


def datasets() -> str:
    """List the datasets, with licence and citation."""
    graphs = [
        (f"`{n}`", _n(d.facts.nodes), _n(d.facts.edges), _n(d.facts.features), _n(d.facts.classes))
        for n, d in GRAPHS.items()
    ]
    ogb = [
        (
            f"`{n}`",
            _n(d.facts.nodes),
            _n(d.facts.train),
            _n(d.facts.val),
            _n(d.facts.test),
            d.metric,
        )
        for n, d in OGB.items()
    ]
    images = [
        (f"`{n}`", "×".join(map(str, f.shape)), _n(f.train), _n(f.val), _n(f.test), _n(f.classes))
        for n, d in IMAGES.items()
        for f in [d.facts]
    ]
    lines = ["# Datasets", NOTE, "`graphvae datasets --info NAME` prints one of them.", ""]
    lines += [
        "## Graphs",
        "",
        *_table(("name", "nodes", "edges", "features", "classes"), graphs),
        "",
    ]
    ogb_header = ("name", "nodes", "train", "val", "test", "metric")
    lines += ["## Graphs of OGB, with their official split", "", *_table(ogb_header, ogb), ""]
    image_header = ("name", "shape", "train", "val", "test", "classes")
    lines += ["## Images", "", *_table(image_header, images), "", "## Licences and citations", ""]
    for name, dataset in {**GRAPHS, **OGB, **IMAGES}.items():
        lines += [f"`{name}`", f": {_escaped(dataset.description)} Licence: "]
        lines[-1] += f"{_escaped(dataset.licence)}. Cite: {_escaped(dataset.citation)}"
        lines += [""]
    return "\n".join(lines)


def settings() -> str:
    """List every setting by section: name, type, default, description."""
    lines = [
        "# Settings",
        NOTE,
        "A setting has one name: an option of the command (`--prior-components`),",
    ]
    lines += [
        "a keyword of `fit` (`prior_components`), and a path in `config.json` and `--set`",
        "(`prior.components`).",
        "",
    ]
    for title, catalogue in _catalogues().items():
        lines += [f"## {title}", ""]
        for section, flats in _sections(catalogue).items():
            rows = [
                (f"`{f.name}`", f"`{'.'.join(f.path)}`", _default(f), _escaped(f.help))
                for f in flats
            ]
            lines += [
                f"### {section}",
                "",
                *_table(("name", "path", "default", "description"), rows),
                "",
            ]
    return "\n".join(lines)


def api() -> str:
    """Describe every public name of the two packages: signature and docstring."""
    lines = ["# API", NOTE]
    for package in (graphvae, image_vae):
        lines += [f"## {package.__name__}", "", "```", inspect.getdoc(package) or "", "```", ""]
        for name in sorted(package.__all__):
            lines += [f"### `{package.__name__}.{name}`", "", "```"]
            lines += [*_described(name, getattr(package, name)), "```", ""]
    return "\n".join(lines)


def _described(name: str, value: Any) -> list[str]:
    if not callable(value):
        return [
            f"{type(value).__name__} of {len(value)} entries" if hasattr(value, "__len__") else ""
        ]
    doc = inspect.getdoc(value) or ""
    try:
        signature = _signature(value)
    except ValueError:
        signature = ""
    return [f"{name}{signature}", "", doc, *_members(value)]


def _signature(value: Callable[..., Any]) -> str:
    """Return the signature with plain types: constraints stand on the page of settings."""
    signature = inspect.signature(value)
    parameters = [
        parameter.replace(annotation=get_args(parameter.annotation)[0])
        if get_origin(parameter.annotation) is Annotated
        else parameter
        for parameter in signature.parameters.values()
    ]
    return str(signature.replace(parameters=parameters)).replace("'", "")


def _members(value: Any) -> list[str]:
    """List the public methods and properties that a class defines, with their first sentence."""
    members = vars(value).items() if inspect.isclass(value) else ()
    lines = [
        f"  .{name}: {_first_line(member)}"
        for name, member in members
        if not name.startswith("_")
        and isinstance(member, FunctionType | property | cached_property | classmethod)
        and member.__doc__
    ]
    return ["", "Methods and properties:", "", *lines] if lines else []


def _catalogues() -> dict[str, Catalogue]:
    return {"Graphs": graph_recipe.CATALOGUE, "Images": image_recipe.CATALOGUE}


def _sections(catalogue: Catalogue) -> dict[str, list[Flat]]:
    sections: dict[str, list[Flat]] = {}
    for flat in catalogue.flats.values():
        sections.setdefault(flat.section, []).append(flat)
    return sections


def _default(flat: Flat) -> str:
    """Return the default of each part that has the setting."""
    values: dict[str, list[str]] = {}
    for part, field in flat.fields.items():
        value = field.default
        values.setdefault(_value(value), []).append(part)
    if len(values) == 1:
        return next(iter(values))
    return ", ".join(f"{', '.join(names)}: {value}" for value, names in values.items())


def _changes(default: Settings, recipe: Settings, prefix: str = "") -> list[tuple[str, str]]:
    """Return the settings of a recipe that differ from the default, by path."""
    changes = list[tuple[str, str]]()
    for name, value in recipe:
        before = getattr(default, name, None)
        if value == before and type(value) is type(before):
            continue
        if isinstance(value, Part):
            same = type(value) is type(before)
            base = before if same and isinstance(before, Settings) else type(value)()
            changes += [] if same else [(prefix + name, _value(value))]
            changes += _changes(base, value, f"{prefix}{name}.")
        elif isinstance(value, Settings):
            changes += _changes(before or type(value)(), value, f"{prefix}{name}.")
        else:
            changes.append((prefix + name, _value(value)))
    return changes


def _value(value: Any) -> str:
    if isinstance(value, Part):
        return f"`{value.kind()}`"
    if value is None or value == ():
        return "–"
    if isinstance(value, tuple):
        return "`" + ",".join(map(str, value)) + "`"
    return f"`{value}`" if not isinstance(value, Settings) else "–"


def _first_line(kind: Any) -> str:
    """Return the first paragraph of a docstring."""
    return " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())


def _sentence(text: str) -> str:
    return _escaped(text[:1].upper() + text[1:]) + "."


def _escaped(text: str) -> str:
    """Escape what Markdown would read as markup, outside code."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(
        piece if index % 2 else re.sub(r"([*_<>|$\[\]])", r"\\\1", piece)
        for index, piece in enumerate(pieces)
    )


def _n(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = list(header)
    cells = [" | ".join(row) for row in rows]
    return [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|", *(f"| {c} |" for c in cells)]


PAGES: dict[str, Callable[[], str]] = {
    "models": models,
    "parts": parts,
    "metrics": metrics,
    "datasets": datasets,
    "settings": settings,
    "api": api,
}


def write_pages(folder: Path) -> None:
    """Write the pages to a folder, those that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        path, text = folder / f"{name}.md", page()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def link_papers(app: Any, docname: str, source: list[str]) -> None:
    """Make every arXiv number of a Markdown page a link."""
    if not str(app.env.doc2path(docname)).endswith(".md"):
        return
    parts = source[0].split("```")  # code is every second part
    link = r"[arXiv:\1](https://arxiv.org/abs/\1)"
    parts[::2] = [re.sub(r"(?<!\[)arXiv:(\d{4}\.\d{4,5})", link, part) for part in parts[::2]]
    source[0] = "```".join(parts)


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect(
        "builder-inited", lambda app: write_pages(Path(app.srcdir) / "reference" / "generated")
    )
    app.connect("source-read", link_papers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
