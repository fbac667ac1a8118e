"""The `njia` command in the process of the tests, for what it says without a refresh."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli.root import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def last_object(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found

    @property
    def said(self) -> str:
        """Return stdout without the line breaks of a terminal."""
        return " ".join(self.out.split())

    @property
    def words(self) -> str:
        """Return stderr without the line breaks of a terminal."""
        return " ".join(self.err.split())


Njia = Callable[..., Ended]


@pytest.fixture
def njia(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Njia:
    """Run the command over a home in `tmp_path / "home"`."""
    monkeypatch.setenv("NJIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["njia", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run
