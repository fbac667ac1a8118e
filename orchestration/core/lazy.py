"""Lazy packages: a module is imported when a name from it is first used.

`njia status` reads a few small files and must not pay for the libraries that read spreadsheets, count or
draw. A package lists its names once, as imports that the type checker reads too:

    if TYPE_CHECKING:
        from orchestration.release.publishing import publish
    offer_when_asked(__name__)
"""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    """A package, once `offer_when_asked` has been called in it."""

    _homes: dict[str, tuple[str, str]]

    def __getattr__(self, name: str) -> Any:
        if name not in self._homes:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module, name_there = self._homes[name]
        self.__dict__[name] = value = getattr(import_module(module), name_there)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing `measure.py` makes Python set the module on its package; the function of that name stays.
        if not (isinstance(value, ModuleType) and name in self._homes):
            super().__setattr__(name, value)


def offer_when_asked(package: str) -> None:
    """Make the imports under `if TYPE_CHECKING:` of a package available on first use."""
    module = sys.modules[package]
    module.__dict__["_homes"] = _imported_for_types(Path(str(module.__file__)))
    module.__class__ = _Package


def _imported_for_types(path: Path) -> dict[str, tuple[str, str]]:
    """Map each name imported under `if TYPE_CHECKING:` to its module and its name there."""
    blocks = [
        block for block in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(block, ast.If)
    ]
    lines = [line for block in blocks if ast.unparse(block.test) == "TYPE_CHECKING" for line in block.body]
    imports = [line for line in lines if isinstance(line, ast.ImportFrom)]
    return {
        alias.asname or alias.name: (str(line.module), alias.name) for line in imports for alias in line.names
    }
