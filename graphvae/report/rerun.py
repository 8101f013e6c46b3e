"""How to obtain a run again: its command line, the same from Python, versions, the split."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from graphvae.report.html import Html, facts, section, tag
from graphvae.runs.configure import base_config
from graphvae.runs.result import FitResult
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.runs.run_folder import RunFolder


def reproduce(result: FitResult, environment: Mapping[str, Any]) -> Html:
    """Return the section on how to obtain the run again."""
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
        tag("p", "Made by this command line:"),
        tag("pre", shlex.join(map(str, environment["command"]))),
        tag("p", "The same run from Python, in the run folder:"),
        tag("pre", python_code(result.config, own_graph=_own_graph(result))),
        tag("p", "On a CPU the same versions give the same bits."),
        facts(rows),
    )


def _own_graph(result: FitResult) -> bool:
    return result.folder is not None and RunFolder(result.folder).graph.is_file()


def python_code(config: FitConfig, *, own_graph: bool = False) -> str:
    """Return Python that makes the run again from the files of its folder.

    >>> from graphvae.runs.configure import configure
    >>> from graphvae_data.core.layers import Layer
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
    arguments = [graph, "split='split.npz'", *_changed(config)]
    for slot in CATALOGUE.unrestorable(config):
        lines += ["", f"# {slot}: {getattr(config, slot)!r}, with the weights it had"]
        arguments.append(f"{slot}={slot}")
    called = "".join(f"    {argument},\n" for argument in arguments)
    return "\n".join([*lines, "", f"result = graphvae.fit(\n{called})"])


def _changed(config: FitConfig) -> list[str]:
    """Return the settings other than the preset's, and those that `fit` would choose itself."""
    chosen = ("loss", "device", "threads")
    passed = CATALOGUE.unrestorable(config)
    values = CATALOGUE.values(config)
    changes = CATALOGUE.differences(base_config(config.dataset, config.model), config)
    names = [name for name in changes if name not in (*chosen, *passed)]
    return [f"model={config.model!r}", *(f"{name}={values[name]!r}" for name in (*names, *chosen))]
