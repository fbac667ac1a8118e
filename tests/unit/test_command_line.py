"""What the `njia` command says when it cannot do what was asked: in this process, without a refresh."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.cli import main
from orchestration.settings import Settings


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
    def words(self) -> str:
        """What stands on stderr, without the line breaks of a terminal."""
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
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    return run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("refresh", "--json"), "There is nothing to refresh"),
        (("status", "--json", "--nosuch"), "No such option"),
        (("diff", "--json"), "Missing argument"),
        (("diff", "a", "b", "--json"), "There is no release yet"),
        (("place", "--json"), "at least one name"),
        (("status", "--json", "--partners", "/nonexistent/partners"), "does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_error_under_json_is_one_object_on_stdout(
    njia: Njia, arguments: tuple[str, ...], words: str
) -> None:
    ended = njia(*arguments)
    assert ended.code == 2 and len(ended.out.splitlines()) == 1
    assert list(ended.last_object) == ["outcome", "exit_code", "message"]
    assert (ended.last_object["outcome"], ended.last_object["exit_code"]) == ("error", 2)
    assert words in ended.last_object["message"] and words in ended.words


def test_an_error_without_json_leaves_stdout_empty(njia: Njia) -> None:
    assert njia("refresh").out == ""


def test_an_unexpected_fault_is_told_by_kind_and_place_and_never_by_its_text(
    njia: Njia, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Settings) -> None:
        raise KeyError("Amina Testperson")

    monkeypatch.setattr("orchestration.status.read_status", fail)
    ended = njia("status", "--json")
    assert ended.code == 1 == ended.last_object["exit_code"]
    assert "KeyError at" in ended.words and "Testperson" not in ended.err + ended.out


def test_lists_are_one_object_under_json(njia: Njia) -> None:
    assert njia("releases", "--json").last_object == {"releases": []}
    assert njia("decide", "list", "--json").last_object == {"decisions": []}
