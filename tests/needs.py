"""What a test needs and a machine may lack. Continuous integration lacks nothing, so there it fails."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def absent(message: str, *, may_be: bool = False) -> NoReturn:
    """Skip the test, or fail it where NJIA_NO_SKIPS is set. `may_be`: it may be absent there too."""
    if os.environ.get("NJIA_NO_SKIPS") and not may_be:
        pytest.fail(message)
    pytest.skip(message)


def program(name: str, how: str) -> str:
    """Return the path of a program; `how` says how to get it."""
    return shutil.which(name) or absent(f"{name} is not installed: {how}")
