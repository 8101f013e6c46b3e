"""The layers: imports point down the shelves only, and the library never imports click."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "graphvae_data": ROOT / "data" / "graphvae_data",
    "image_vae": ROOT / "image_vae",
    "graphvae": ROOT / "graphvae",
    "graphvae_cli": ROOT / "cli" / "graphvae_cli",
}
SHELVES = {
    "graphvae_data": ("core files registry download graphs export readers datasets images runs"),
    "image_vae": (
        "specs parts nn models data evaluation training results disentanglement plots runs "
        "reproduce"
    ),
    "graphvae": (
        "metrics specs graph splits baselines nn losses evaluation training prediction runs "
        "comparison audit reproduce report interop"
    ),
    "graphvae_cli": "common graph image reproduce main __main__",
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
SHELF_FILES = 15


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


def imported(source: str) -> set[str]:
    """Full names of everything a module imports, at any depth of it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide which layer a module is in"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def faults(module: str, source: str) -> Iterator[str]:
    """Imports in `source`, the text of `module`, that point up or sideways."""
    package, *inside = module.split(".")
    for name in imported(source):
        top, *rest = name.split(".")
        if top == "click" and package != "graphvae_cli":
            yield f"{module} imports click"
        if top not in PACKAGES or not rest:
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
        ("graphvae_data.graphs.graphs", "from image_vae.parts.priors import StandardNormal"),
        ("image_vae.models.vae", "def f():\n    import graphvae.nn.models"),
        ("image_vae.parts.trace", "from image_vae.models.vae import VAE"),
        ("graphvae.runs.fit", "import click"),
        ("graphvae.nn.models", "from image_vae.models.vae import VAE"),
        ("graphvae.nn.models", "from graphvae.runs.fit import fit"),
        ("graphvae.runs.fit", "from graphvae_cli import main"),
    ],
)
def test_a_forbidden_import_is_found(module: str, line: str) -> None:
    assert list(faults(module, line))


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
    """Importing module by module, inside functions too, never comes back to where it began."""
    graph = {name: imports(path) for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def imports(path: Path) -> set[str]:
    """Modules of ours that a module imports."""
    names = imported(path.read_text(encoding="utf-8"))
    return {n if n in MODULES else n.rpartition(".")[0] for n in names} & MODULES.keys()
