"""The registry of graphs: light to import, complete, with suggestions for misspelt names."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import graphvae_data
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.registry.graphs import GRAPHS, graph_dataset

PACKAGE_ROOT = str(Path(graphvae_data.__file__).parents[1])


@pytest.mark.parametrize(
    "module",
    ["core.errors", "registry.graphs", "export.formats", "registry.ogb", "registry.images"],
)
def test_light_modules_import_nothing_heavy(module: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {PACKAGE_ROOT!r}); import graphvae_data.{module}; "
        "print([name for name in ('torch', 'numpy', 'scipy', 'pooch') if name in sys.modules])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.strip() == "[]"


@pytest.mark.parametrize("name", GRAPHS)
def test_every_entry_is_complete(name: str) -> None:
    entry = GRAPHS[name]
    assert entry.name == name
    assert all((entry.title, entry.description, entry.licence, entry.citation, entry.sources))
    pinned = all(file.sha256 for source in entry.sources for file in source.files)
    assert bool(entry.facts.fingerprint) == pinned
    assert pinned == ("digest of the file is unknown" not in entry.description)
    for source in entry.sources:
        module, function = source.reader.split(":")
        assert callable(getattr(importlib.import_module(module), function))
        assert all(len(file.sha256) == 64 for file in source.files if file.sha256 is not None)


def test_only_files_nobody_here_has_seen_are_not_pinned() -> None:
    unpinned = {
        name
        for name, entry in GRAPHS.items()
        if any(file.sha256 is None for source in entry.sources for file in source.files)
    }
    assert unpinned == {"celegans", "power", "router", "ecoli"}


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InputError, match=r"did you mean pubmed\?.*cora, citeseer"):
        graph_dataset("pubmde")
    assert nearest("quite else", GRAPHS) == ""
    assert nearest("CORA", GRAPHS) == " (did you mean cora?)"


def test_name_tables_name_every_node_once() -> None:
    for entry in GRAPHS.values():
        names = entry.node_names()
        if names is not None:
            assert len(set(names)) == len(names) == entry.facts.nodes
