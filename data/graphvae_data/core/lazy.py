"""Lazy import of the public names of a package.

A package lists its public names once, as imports that only type checkers execute:

    if TYPE_CHECKING:
        from package.module import Name as Name
    else:
        __getattr__, __dir__, __all__ = lazy_exports(__spec__)

so that `import package` is fast, and a type checker reports `package.Nmae`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import Any


def lazy_exports(
    spec: ModuleSpec,
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return the `__getattr__`, `__dir__` and `__all__` of a package that imports lazily.

    Args:
        spec: the package's `__spec__`.
    """
    package = spec.name
    exports = typing_imports(spec.loader.get_source(package))  # type: ignore[union-attr]
    names = sorted(exports)

    def get(name: str) -> Any:
        if name not in exports:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, attribute = exports[name]
        return getattr(import_module(module), attribute)

    return get, lambda: names, names


def typing_imports(source: str) -> dict[str, tuple[str, str]]:
    """Return the imports under `if TYPE_CHECKING`: name → (module, name in the module).

    >>> typing_imports("if TYPE_CHECKING:\\n    from math import pi as pi\\n    circle = pi")
    {'circle': ('math', 'pi')}

    A name that is only assigned is not public: `circle = pi` renames `pi`.
    """
    exports: dict[str, tuple[str, str]] = {}
    for block in ast.parse(source).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for node in block.body:
                if isinstance(node, ast.ImportFrom):
                    exports |= {a.name: (str(node.module), a.name) for a in node.names}
                elif isinstance(node, ast.Assign):
                    exports[ast.unparse(node.targets[0])] = exports.pop(ast.unparse(node.value))
    return exports
