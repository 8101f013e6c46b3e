"""House rules of the tests themselves."""

import ast
from pathlib import Path

import pytest

from tests.house.trees import statements

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
PACKAGES = {
    "graphvae_data": ROOT / "data" / "graphvae_data",
    "image_vae": ROOT / "image_vae",
    "graphvae": ROOT / "graphvae",
    "graphvae_cli": ROOT / "cli" / "graphvae_cli",
}


def forbidden_imports(source: str) -> list[str]:
    """Relative imports, and imports from a file of tests: its helpers belong in a plain module."""
    wrong = []
    for node in statements(source):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            if node.level:
                wrong.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        wrong += [
            name
            for name in names
            if any(part.startswith("test_") or part == "conftest" for part in name.split(".")[:-1])
        ]
    return wrong


def test_no_test_imports_from_another_test() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in forbidden_imports(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "source",
    [
        "from tests.graphvae.report.test_html import Reader",
        "from tests.conftest import ROOT",
        "from . import graphs",
        "def f():\n    from ..graphs import random_graphs",
    ],
)
def test_an_import_from_a_test_is_found(source: str) -> None:
    assert forbidden_imports(source)


def test_tests_mirror_the_shelves() -> None:
    """The tests of `graphvae.nn.decoders` are in `tests/graphvae/nn`."""
    wrong = [
        str(path.relative_to(ROOT))
        for package, root in PACKAGES.items()
        for path in sorted((TESTS / package).rglob("test_*.py"))
        if not (root / path.parent.relative_to(TESTS / package)).is_dir()
    ]
    assert not wrong, "\n".join(wrong)


def test_every_example_is_tested() -> None:
    tests = [path.read_text(encoding="utf-8") for path in (TESTS / "examples").glob("test_*.py")]
    examples = [path.stem for path in (ROOT / "examples").glob("*.py")]
    assert [name for name in examples if not any(name in text for text in tests)] == []
