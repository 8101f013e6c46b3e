"""How to reproduce a run: command line, Python code, versions, split."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from graphvae.report.html import Html, facts, section, tag
from graphvae.runs.result import GraphFitResult
from graphvae.setup.configure import base_config
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.runs.run_folder import RunFolder
from graphvae_data.settings.layers import OWN_RECIPE
from graphvae_data.settings.settings import Part


def reproduce(result: GraphFitResult, environment: Mapping[str, Any]) -> Html:
    """Return the section on how to reproduce the run."""
    versions = environment["versions"] | {"python": environment["python"]}
    rows = [
        ("versions", ", ".join(f"{name} {number}" for name, number in versions.items() if number)),
        ("platform", environment["platform"]),
        ("git commit", tag("code", environment["git_commit"] or "–")),
        ("started", environment["started"]),
        ("split", f"{result.split.made}, split.npz in the run folder"),
        ("split fingerprint", tag("code", result.split.fingerprint)),
    ]
    return section(
        "How to reproduce",
        tag("p", "Command line of this run:"),
        tag("pre", shlex.join(map(str, environment["command"]))),
        tag("p", "The same run in Python, from the run folder:"),
        tag("pre", python_code(result.config, own_graph=_own_graph(result))),
        tag("p", "On a CPU, the same versions give bit-identical results."),
        facts(rows),
    )


def _own_graph(result: GraphFitResult) -> bool:
    return result.folder is not None and RunFolder(result.folder).graph.is_file()


def python_code(config: FitConfig, *, own_graph: bool = False) -> str:
    """Return Python code that reproduces the run from the files of its folder.

    >>> from graphvae.setup.configure import configure
    >>> from graphvae_data.settings.layers import Layer
    >>> run = Layer({"run": {"device": "cpu", "threads": 1}})
    >>> print(python_code(configure("karate", "gae", [run])[0]))
    import graphvae
    <BLANKLINE>
    result = graphvae.fit(
        'karate',
        split='split.npz',
        model='gae',
        loss='paper',
        device='cpu',
        threads=1,
    )
    """
    lines, graph = ["import graphvae"], repr(config.dataset)
    if own_graph:
        graph = 'read_graph(Path("graph.npz"))'
        lines = [
            "from pathlib import Path",
            *lines,
            "from graphvae_data.graphs.graphfile import read_graph",
        ]
    parts = _parts_from_outside(config)
    part_arguments = list[str]()
    for slot, part in parts.items():
        lines += [_import(part)] if part.restorable else []
        part_arguments.append(f"{slot}={part!r}" if part.restorable else f"{slot}={slot}")
    for slot in CATALOGUE.unrestorable(config):
        lines += ["", f"# {slot}: {parts[slot]!r}, with its initial weights"]
    arguments = [graph, "split='split.npz'", *_changed(config, parts), *part_arguments]
    call = "".join(f"    {argument},\n" for argument in arguments)
    return "\n".join([*lines, "", f"result = graphvae.fit(\n{call})"])


def _parts_from_outside(config: FitConfig) -> dict[str, Part]:
    """Return the user's parts by slot."""
    flats = (flat for flat in CATALOGUE.flats.values() if flat.family is not None)
    parts = {flat.name: getattr(config, flat.name) for flat in flats}
    return {slot: part for slot, part in parts.items() if ":" in part.kind()}


def _import(part: Part) -> str:
    module, _, name = part.kind().partition(":")
    return f"from {module} import {name.partition('.')[0]}"


def _changed(config: FitConfig, parts: Mapping[str, Part]) -> list[str]:
    """Return the settings that differ from the preset, and those that `fit` chooses by default.

    Args:
        config: the settings.
        parts: the user's parts, whose settings are omitted.
    """
    model = [] if config.model == OWN_RECIPE else [f"model={config.model!r}"]
    values = CATALOGUE.values(config)
    changes = CATALOGUE.differences(base_config(config.dataset, config.model), config)
    names = [*(name for name in changes if name not in AUTOMATIC), *AUTOMATIC]
    shown = [name for name in names if CATALOGUE.flats[name].path[0] not in parts]
    return [*model, *(f"{name}={values[name]!r}" for name in shown)]


AUTOMATIC = ("loss", "device", "threads")
"""Settings that `fit` chooses by the graph and the machine by default."""
