"""House rules that a linter does not know; each test lists every fault."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house.trees import statements

ROOT = Path(__file__).resolve().parents[2]
MOST_FILE_LINES = 400
MOST_FUNCTION_LINES = 50
FORBIDDEN = (
    "torch.manual_seed(",
    "np.random.seed(",
    "random.seed(",
    "allow_pickle=True",
    "weights_only=False",
)
"""Global seeds, and loads that unpickle."""
BARE_SHAPE = re.compile(r"\b(?:Bool|Float|Int|Num|Shaped|UInt8)\[[\w.]+, [\w*]+.*")
"""An array's type whose shape is no string: ruff makes a product of "batch *event"."""

POSITIONAL_DEFAULT = re.compile(r"= Field\(\s*(?!\w+=|\.\.\.)[^)\s]+")


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """The text of every module of the four packages, by its path from the root."""
    paths = (
        path
        for folder in ("graphvae", "image_vae", "cli", "data")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def long_file(source: str) -> Iterator[str]:
    lines = source.count("\n")
    if lines >= MOST_FILE_LINES:
        yield f"{lines} lines"


def long_functions(source: str) -> Iterator[str]:
    """Functions with too many lines of code, docstring and signature not counted."""
    for node in statements(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            length = (node.end_lineno or 0) - body[0].lineno + 1 if body else 0
            if length > MOST_FUNCTION_LINES:
                yield f"{node.name} has {length} lines"


def unsafe_calls(source: str) -> Iterator[str]:
    yield from (call for call in FORBIDDEN if call in source)
    if source.count("torch.load(") > source.count("weights_only=True"):
        yield "torch.load( without weights_only=True"


def bare_shapes(source: str) -> Iterator[str]:
    """Shapes without quotes, which are not checked; a leading space keeps the quotes."""
    yield from BARE_SHAPE.findall(source)


def positional_defaults(source: str) -> Iterator[str]:
    """Defaults of settings that a type checker without pydantic's plugin does not see."""
    yield from POSITIONAL_DEFAULT.findall(source)


def faults(check: Callable[[str], Iterator[str]], sources: dict[str, str]) -> list[str]:
    return [f"{path}: {fault}" for path, source in sources.items() for fault in check(source)]


def test_a_file_holds_one_concept(sources: dict[str, str]) -> None:
    wrong = faults(long_file, sources)
    assert not wrong, "\n".join(wrong)


def test_a_function_fits_a_screen(sources: dict[str, str]) -> None:
    wrong = faults(long_functions, sources)
    assert not wrong, "\n".join(wrong)


def test_nothing_seeds_globals_or_unpickles(sources: dict[str, str]) -> None:
    wrong = faults(unsafe_calls, sources)
    assert not wrong, "\n".join(wrong)


def test_a_shape_is_a_string(sources: dict[str, str]) -> None:
    wrong = faults(bare_shapes, sources)
    assert not wrong, "\n".join(wrong)


def test_a_default_is_seen_by_type_checkers(sources: dict[str, str]) -> None:
    wrong = faults(positional_defaults, sources)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (long_file, "x = 1\n" * MOST_FILE_LINES),
        (long_functions, "def f():\n" + "    x = 1\n" * (MOST_FUNCTION_LINES + 1)),
        (unsafe_calls, "torch.manual_seed(0)"),
        (unsafe_calls, "torch.load(path)"),
        (bare_shapes, "def f(x: Float[Tensor, batch * event]) -> None: ..."),
        (positional_defaults, "x: int = Field(2, ge=1)"),
        (positional_defaults, 'x: str = Field(\n    "a b", description="x")'),
    ],
)
def test_a_fault_is_found(check: Callable[[str], Iterator[str]], source: str) -> None:
    assert list(check(source))
