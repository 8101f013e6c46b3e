"""Parts know themselves: no other file asks a part for its name or its class.

What a part can do is asked of the part, by a property with a cautious default on its family. The
declarations (`specs`) and the modules that they build (`nn`, `parts`) are left out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphvae.specs.recipe import FitConfig
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.settings import Part
from image_vae.specs.recipe import ImageConfig
from tests.house.trees import parse, statements

ROOT = Path(__file__).resolve().parents[2]
SEARCHED = [
    path
    for package in ("graphvae", "image_vae", "cli/graphvae_cli")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.relative_to(ROOT / package).parts[0] != "specs"
]


def families() -> set[type[Part]]:
    """Every family that a recipe has a slot for."""
    slots = [
        (catalogue, name)
        for catalogue in (Catalogue(FitConfig), Catalogue(ImageConfig))
        for name in catalogue.settings.model_fields
    ]
    found = {catalogue.family(name) for catalogue, name in slots}
    return {family for family in found if family is not None}


PARTS = {part for family in families() for part in family.family.values()}
NAMES = {part.name for part in PARTS}
CLASSES = {part.__name__ for part in PARTS}
OTHER_MEANINGS = {
    ("graphvae/evaluation/evaluator.py", "uniform"): "a kind of negatives",
    ("graphvae/runs/evaluate.py", "uniform"): "a kind of negatives",
    ("image_vae/nn/affine.py", "none"): "an activation",
    ("image_vae/reproduce/published.py", "hvae"): "a row of a table",
    ("cli/graphvae_cli/image/tables.py", "adversarial"): "a part of metrics.json",
}
"""Words that are the name of a part too, by file."""


def texts(node: ast.expr) -> set[str]:
    """The texts that an expression consists of: one, or those of a tuple, list or set."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return {text for each in node.elts for text in texts(each)}
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def declared(source: str) -> set[str]:
    """Names under which the module has classes of declarations."""
    return {
        alias.asname or alias.name
        for node in statements(source)
        if isinstance(node, ast.ImportFrom) and ".specs." in f"{node.module}."
        for alias in node.names
        if alias.name in CLASSES
    }


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Comparisons with a part's name, and questions for its class: the line, and which."""
    classes = declared(source)
    for node in ast.walk(parse(source)):
        if isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            words = set().union(*map(texts, sides))
            asked = {each.id for each in sides if isinstance(each, ast.Name)}
            yield from ((node.lineno, each) for each in words & NAMES | asked & classes)
        elif isinstance(node, ast.MatchValue):
            yield from ((node.value.lineno, each) for each in texts(node.value) & NAMES)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            asked = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            if node.func.id in ("isinstance", "issubclass"):
                yield from ((node.lineno, each) for each in asked & classes)


@pytest.fixture(scope="module")
def found() -> list[tuple[str, int, str]]:
    """File, line, and the name or class that is asked for, in the whole of the code."""
    return [
        (path.relative_to(ROOT).as_posix(), *fault)
        for path in SEARCHED
        for fault in faults(path.read_text(encoding="utf-8"))
    ]


def test_nothing_asks_a_part_for_its_name_or_class(found: list[tuple[str, int, str]]) -> None:
    wrong = [
        f"{file}:{line}: asks for the part {word}"
        for file, line, word in found
        if (file, word) not in OTHER_MEANINGS
    ]
    assert not wrong, "\n".join(wrong)


def test_no_exception_is_left_over(found: list[tuple[str, int, str]]) -> None:
    assert OTHER_MEANINGS.keys() <= {(file, word) for file, _, word in found}


def test_the_parts_are_known() -> None:
    assert {"gcn", "vamp", "sampled", "free-bits", "iwae", "conv", "bernoulli"} <= NAMES
    assert len(families()) >= 10


@pytest.mark.parametrize(
    "source",
    [
        "recipe.prior.kind() == 'vamp'",
        "name in ('sage', 'gat')",
        "'vamp' != name",
        "match name:\n    case 'mog' | 'vamp':\n        pass",
        "from image_vae.specs.priors import Vamp\nisinstance(prior, Vamp)",
        "from image_vae.specs.priors import Vamp as V, Mog\nisinstance(prior, (Mog, int))",
        "from image_vae.specs.priors import Vamp\ntype(prior) is Vamp",
    ],
)
def test_a_question_for_a_name_or_a_class_is_found(source: str) -> None:
    assert list(faults(source))


@pytest.mark.parametrize(
    "source",
    [
        "kind == 'weighted'",
        "from image_vae.parts.distributions.priors import Mixture\nisinstance(prior, Mixture)",
        "from image_vae.specs.priors import Vamp\nprior = Vamp()",
    ],
)
def test_other_comparisons_are_let_be(source: str) -> None:
    assert not list(faults(source))
