"""Imports point down the shelves only, and only the command imports click.

A declaration of a part (in `specs`) builds the module that it describes. It may import that module
from a higher shelf inside the function that builds it, and for types.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.trees import parse, statements

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "graphvae_data": ROOT / "data" / "graphvae_data",
    "image_vae": ROOT / "image_vae",
    "graphvae": ROOT / "graphvae",
    "graphvae_cli": ROOT / "cli" / "graphvae_cli",
}
SHELVES = {
    "graphvae_data": (
        "core settings files machine registry download graphs export readers datasets images "
        "training tracking runs tuning"
    ),
    "image_vae": (
        "specs parts nn models data evaluation training results disentanglement imagination plots "
        "runs reproduce"
    ),
    "graphvae": (
        "metrics specs graph splits baselines nn losses evaluation training prediction setup runs "
        "comparison audit reproduce report interop"
    ),
    "graphvae_cli": "common datasets graph image reproduce tuning main options_page entry __main__",
}
"""The shelves of each package, bottom to top: a module imports from its own shelf and from those
before it."""
MAY_IMPORT: dict[str, dict[str, set[str]]] = {
    "graphvae_data": {},
    "image_vae": {"graphvae_data": set()},
    "graphvae": {"graphvae_data": set(), "image_vae": {"specs", "parts"}},
    "graphvae_cli": {"graphvae_data": set(), "image_vae": set(), "graphvae": set()},
}
"""Which packages each package may import; if a set names shelves, only those of it."""
SHELF_FILES = 14


def order(package: str) -> list[str]:
    return SHELVES[package].split()


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    names = {}
    for package, root in PACKAGES.items():
        for path in sorted(root.rglob("*.py")):
            inside = path.relative_to(root).with_suffix("").parts
            names[".".join((package, *(part for part in inside if part != "__init__")))] = path
    return names


MODULES = modules()


@cache
def imported(source: str, *, deferred: bool = True) -> set[str]:
    """Full names of everything a module imports.

    Args:
        source: the module's text.
        deferred: whether imports inside functions, and those for type checkers, count.
    """
    names: set[str] = set()
    for node in statements(source) if deferred else parse(source).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide which layer a module is in"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def faults(module: str, source: str) -> Iterator[str]:
    """Imports in `source`, the text of `module`, that point up or sideways."""
    package, *inside = module.split(".")
    at_once = imported(source, deferred=False)
    for name in imported(source):
        top, *rest = name.split(".")
        if top == "click" and package != "graphvae_cli":
            yield f"{module} imports click"
        if top not in PACKAGES or not rest:
            continue
        if top == package and inside[:1] == ["specs"] and name not in at_once:
            continue
        if top != package:
            shelves = MAY_IMPORT[package].get(top)
            if shelves is None or (shelves and rest[0] not in shelves):
                yield f"{module} imports {name}, of another package"
        elif inside and rest[0] in order(package)[order(package).index(inside[0]) + 1 :]:
            yield f"{module} imports {name}, of a higher shelf"


def test_imports_point_down_the_shelves() -> None:
    wrong = [
        fault
        for name, path in MODULES.items()
        for fault in faults(name, path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("graphvae_data.core.errors", "import graphvae.runs"),
        (
            "graphvae_data.graphs.graphs",
            "from image_vae.parts.distributions.priors import StandardNormal",
        ),
        ("image_vae.models.vae", "def f():\n    import graphvae.nn.models"),
        ("image_vae.parts.trace", "from image_vae.models.vae import VAE"),
        ("image_vae.specs.priors", "from image_vae.parts.distributions.priors import VampPrior"),
        ("image_vae.specs.priors", "def f():\n    from graphvae.nn.models import VGAE"),
        ("graphvae.runs.fit", "import click"),
        ("graphvae.nn.models", "from image_vae.models.vae import VAE"),
        ("graphvae.nn.models", "from graphvae.runs.fit import fit"),
        ("graphvae.runs.fit", "from graphvae_cli import main"),
    ],
)
def test_a_forbidden_import_is_found(module: str, line: str) -> None:
    assert list(faults(module, line))


def test_a_declaration_may_import_what_it_builds() -> None:
    source = "def build():\n    from image_vae.parts.distributions.priors import VampPrior"
    assert not list(faults("image_vae.specs.priors", source))


def test_every_module_stands_on_a_shelf() -> None:
    for name in MODULES:
        package, *inside = name.split(".")
        assert not inside or inside[0] in order(package), name


def test_a_shelf_is_read_at_a_glance() -> None:
    """About ten files a shelf, and nothing beside the shelves."""
    for package, root in PACKAGES.items():
        for shelf in order(package):
            assert len(list((root / shelf).glob("*.py"))) <= SHELF_FILES + 1, f"{package}.{shelf}"


def test_there_are_no_circles() -> None:
    """Importing module by module, inside functions too, never comes back to where it began.

    What declarations build is left out.
    """
    graph = {
        name: imports(path, deferred=name.split(".")[1:2] != ["specs"])
        for name, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def imports(path: Path, *, deferred: bool) -> set[str]:
    """Modules of ours that a module imports."""
    names = imported(path.read_text(encoding="utf-8"), deferred=deferred)
    return {n if n in MODULES else n.rpartition(".")[0] for n in names} & MODULES.keys()
