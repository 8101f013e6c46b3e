"""The layers: imports point one way only, and the library never imports click."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    "graphvae_data": ROOT / "data" / "graphvae_data",
    "image_vae": ROOT / "image_vae",
    "graphvae": ROOT / "graphvae",
    "graphvae_cli": ROOT / "cli" / "graphvae_cli",
}
MAY_IMPORT = {
    "graphvae_data": set(),
    "image_vae": {"graphvae_data"},
    "graphvae": {"graphvae_data", "image_vae"},
    "graphvae_cli": {"graphvae_data", "image_vae", "graphvae"},
}
SHARED_IMAGE_PARTS = {"priors", "posteriors", "flows", "schedules"}
"""What the graph side may take of image_vae."""


def modules() -> list[tuple[str, Path]]:
    return [(name, path) for name, root in PACKAGES.items() for path in sorted(root.rglob("*.py"))]


def imported(source: str) -> set[str]:
    """Full names of everything a module imports, at any depth of it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide which layer a module is in"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def faults(package: str, source: str) -> list[str]:
    """Imports in `source`, a module of `package`, that the layer table forbids."""
    wrong = []
    for name in imported(source):
        top, *rest = name.split(".")
        ours = top in PACKAGES and top != package
        if ours and top not in MAY_IMPORT[package]:
            wrong.append(name)
        if package == "graphvae" and top == "image_vae" and rest[:1][0] not in SHARED_IMAGE_PARTS:
            wrong.append(name)
        if package != "graphvae_cli" and top == "click":
            wrong.append(name)
    return wrong


@pytest.mark.parametrize(
    ("package", "path"), modules(), ids=lambda value: getattr(value, "stem", value)
)
def test_a_module_imports_only_what_its_layer_may(package: str, path: Path) -> None:
    assert not faults(package, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("graphvae_data", "import graphvae"),
        ("graphvae_data", "from image_vae.priors import StandardNormal"),
        ("image_vae", "def f():\n    import graphvae.models"),
        ("graphvae", "import click"),
        ("graphvae", "from image_vae.recipes import vae"),
        ("graphvae", "from graphvae_cli import main"),
    ],
)
def test_a_forbidden_import_is_found(package: str, line: str) -> None:
    assert faults(package, line)


def test_there_are_no_circles() -> None:
    """Importing module by module, inside functions too, never comes back to where it began."""
    graph = {name: imports(path) for name, path in named_modules().items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in graph[name]:
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def named_modules() -> dict[str, Path]:
    found = {}
    for package, path in modules():
        inside = path.relative_to(PACKAGES[package]).with_suffix("").parts
        found[".".join((package, *(part for part in inside if part != "__init__")))] = path
    return found


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = named_modules()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {n if n in known else str(node.module) for n in whole}
    return {name for name in names if name in known}
