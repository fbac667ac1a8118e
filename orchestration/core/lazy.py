"""A package that imports the modules behind its names when a name is first asked for.

Entering a room then costs only what is used of it: `njia status` reads a few small files and needs none of
the libraries that read spreadsheets, count or draw. What a package offers is written once, as imports that
the type checker reads too:

    if TYPE_CHECKING:
        from orchestration.release.publish import publish
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
        module, there = self._homes[name]
        self.__dict__[name] = found = getattr(import_module(module), there)
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        # Python sets each module that is imported on its package. `publish` of `publish.py` is the function.
        if not (isinstance(value, ModuleType) and name in self._homes):
            super().__setattr__(name, value)


def offer_when_asked(package: str) -> None:
    """Fetch what the package imports under `if TYPE_CHECKING:` when it is first asked for."""
    module = sys.modules[package]
    module.__dict__["_homes"] = _imported_for_types(Path(str(module.__file__)))
    module.__class__ = _Package


def _imported_for_types(path: Path) -> dict[str, tuple[str, str]]:
    """Name → module and name there, of all imports of a file under `if TYPE_CHECKING:`."""
    blocks = [
        block for block in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(block, ast.If)
    ]
    lines = [line for block in blocks if ast.unparse(block.test) == "TYPE_CHECKING" for line in block.body]
    imports = [line for line in lines if isinstance(line, ast.ImportFrom)]
    return {one.asname or one.name: (str(line.module), one.name) for line in imports for one in line.names}
