"""Lazy packages: a module is imported when a name from it is first used.

`njia status` reads a few small files and must not pay for the libraries that read spreadsheets, count or
draw. A package lists its names once, as imports that the type checker reads too:

    if TYPE_CHECKING:
        from orchestration.release.publishing import publish
    offer_when_asked(__name__)
"""

import ast
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    """A package, once `offer_when_asked` has been called in it."""

    _homes: dict[str, tuple[str, str]]  # module of each name, and its name there

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
    blocks = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    module.__dict__["_homes"] = {
        alias.asname or alias.name: (str(line.module), alias.name)
        for block in blocks
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for line in block.body
        if isinstance(line, ast.ImportFrom)
        for alias in line.names
    }
    module.__class__ = _Package
