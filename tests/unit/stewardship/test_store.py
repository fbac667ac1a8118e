"""`njia.db`: all or nothing, append-only, and in a sentence what is wrong with it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import cli
from orchestration.core import MachineFault, NjiaError, Settings, UsageError, line_of, parsed
from orchestration.stewardship import (
    active_decisions,
    audit,
    confirm,
    export_lines,
    forget_decisions,
    import_lines,
    list_decisions,
    record_decision,
    revoke,
    store,
)
from tests.command import FORKS
from tests.fixtures import other_program

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
WAIVER = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 12, 20)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys", waivers_need_second=True)


def alias(settings: Settings, text: str = "Qwertyville") -> dict[str, Any]:
    return record_decision(settings, "place_alias", "A. Fixture", "said so", NOW, text=text, place_id="KE047")


def texts(settings: Settings) -> list[str]:
    return [one["text"] for one in active_decisions(settings, NOW)["place_alias"]]


def test_only_the_installing_account_may_read_the_file(settings: Settings) -> None:
    alias(settings)
    with store.transaction(settings):
        files = [*settings.home.glob("njia.db*"), settings.audit / "head"]
        assert len(files) == 4 and {path.stat().st_mode & 0o777 for path in files} == {0o600}


def _killed(settings: Settings, at: str) -> None:
    """In a process of its own: it is killed before its audit line, or before the head."""

    def kill(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(store, at, kill)
    alias(settings, "Sampletown")


@pytest.mark.parametrize(("at", "stands"), [("append_line", False), ("_note_head", True)])
def test_a_kill_leaves_a_decision_with_its_line_or_neither(settings: Settings, at: str, stands: bool) -> None:
    alias(settings)
    process = FORKS.Process(target=_killed, args=(settings, at))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    log = audit.read(settings)
    assert (len(log.lines), log.faults) == (1 + stands, [])
    assert texts(settings) == ["Qwertyville", "Sampletown"][: 1 + stands]
    alias(settings, "Fixture town")
    assert not any(audit.gaps(settings).values())


def test_a_full_disk_records_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    alias(settings)
    before = export_lines(settings), audit.read(settings)
    connect = sqlite3.connect

    def on_a_full_disk(*given: Any, **options: Any) -> sqlite3.Connection:
        con = connect(*given, **options)
        con.execute("pragma max_page_count = 1")  # as many as there are
        return con

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", on_a_full_disk)
        with pytest.raises(MachineFault, match="The disk is full"):
            for number in range(100):
                alias(settings, f"Stage {number}")
                before = export_lines(settings), audit.read(settings)
    assert (export_lines(settings), audit.read(settings)) == before
    alias(settings, "Sampletown")


def test_who_decides_while_another_writes_is_asked_to_try_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    alias(settings)
    monkeypatch.setattr(store, "SECONDS_TO_WAIT", 0)
    with store.transaction(settings):
        with pytest.raises(NjiaError, match="being written"):
            alias(settings, "Sampletown")
        assert texts(settings) == ["Qwertyville"], "readers do not wait"
    alias(settings, "Sampletown")


def test_who_decides_the_same_meanwhile_is_told_who_was_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = store.transaction

    def at_once(act: Callable[[str], object]) -> None:
        def overtaken(*given: Any) -> Any:
            monkeypatch.undo()
            act("B. Fixture")
            return begin(*given)

        monkeypatch.setattr(store, "transaction", overtaken)
        with pytest.raises(UsageError, match=r"B\. Fixture"):
            act("A. Fixture")

    place = {"text": "Qwertyville", "place_id": "KE047"}
    at_once(lambda author: record_decision(settings, "place_alias", author, "said so", NOW, **place))
    (made,) = list_decisions(settings)
    at_once(lambda author: revoke(settings, made["id"], author, "wrong", NOW))
    assert len(export_lines(settings)) == len(audit.read(settings).lines) == 2


@pytest.mark.parametrize("statement", ["delete from {}", "update {} set seq = seq + 1"])
@pytest.mark.parametrize("table", ["entries", "audit"])
def test_rows_are_only_added(settings: Settings, statement: str, table: str) -> None:
    alias(settings)
    with pytest.raises(sqlite3.IntegrityError, match="only added"), store.transaction(settings) as con:
        con.execute(statement.format(table))


def test_what_is_forgotten_leaves_no_byte_and_stays_forgotten(settings: Settings, tmp_path: Path) -> None:
    made = alias(settings)
    exported = tmp_path / "decisions.jsonl"
    revoke(settings, made["id"], "B. Fixture", "about Qwertyville", NOW)
    other = alias(settings, "Sampletown")
    exported.write_text("".join(f"{line}\n" for line in export_lines(settings)))
    with closing(sqlite3.connect(settings.database)) as reader:
        reader.execute("select count(*) from entries").fetchone()  # so that the write-ahead log stays
        removed = forget_decisions(settings, set(), ["Qwertyville"], "A. Fixture", "kobe_post", records=1)
        assert len(removed) == 2 and made["id"] in removed
        for path in settings.home.glob("njia.db*"):
            assert b"Qwertyville" not in path.read_bytes(), path
    line = audit.read(settings).lines[-1]
    assert (line["action"], line["what"]) == ("forgot", "kobe_post")
    assert line["details"] == {"records": 1, "decisions": removed}
    assert import_lines(settings, exported, "os:fixture") == (0, 3)
    assert [one["id"] for one in list_decisions(settings)] == [other["id"]]
    with pytest.raises(sqlite3.IntegrityError), store.transaction(settings) as con:
        con.execute("delete from entries")


def changed(path: Path, old: bytes, new: bytes) -> None:
    whole = path.read_bytes()
    assert old in whole and len(old) == len(new)
    path.write_bytes(whole.replace(old, new))


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "zeros": (lambda path: path.write_bytes(bytes(path.stat().st_size)), store.DAMAGED),
    "no UTF-8": (lambda path: changed(path, b"Qwertyville", b"Qwertyvill\xff"), store.DAMAGED),
    "no UTF-8 in the schema": (lambda path: changed(path, b"confirms text unique", b"\xff" * 20), store.DAMAGED),
    "empty": (lambda path: path.write_bytes(b""), "has no tables"),
    "gone": (lambda path: path.unlink(), "it is missing"),
    "newer": (lambda path: path.write_bytes(path.read_bytes()[:63] + b"\2" + path.read_bytes()[64:]), "newer Njia"),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_wrong_with_the_file_is_said_and_nothing_is_begun_anew(settings: Settings, what: str) -> None:
    alias(settings)
    damage, words = DAMAGE[what]
    damage(settings.database)
    after = settings.database.exists() and settings.database.read_bytes()
    for act in (texts, alias):
        with pytest.raises(NjiaError, match=words):
            act(settings)
    assert after == (settings.database.exists() and settings.database.read_bytes())


def decide(settings: Settings, *arguments: str) -> Result:
    settings.partners.mkdir(exist_ok=True)
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    return CliRunner().invoke(cli, ["decide", *arguments, *at])


@pytest.fixture
def exported(settings: Settings, tmp_path: Path) -> Path:
    """A decision that was taken back, one that holds, and one that two made."""
    revoke(settings, alias(settings)["id"], "B. Fixture", "wrong", NOW)
    alias(settings, "Sample\u2028town")
    waiver = record_decision(settings, "check_waiver", "A. Fixture", "agreed", NOW, **WAIVER)
    confirm(settings, waiver["id"], "B. Fixture", "agreed", NOW)
    path = tmp_path / "decisions.jsonl"
    path.write_text(decide(settings, "export").stdout)
    return path


def test_exported_decisions_are_imported_once(settings: Settings, exported: Path, tmp_path: Path) -> None:
    new = replace(settings, home=tmp_path / "new")
    assert "Imported 5, left out 0." in decide(new, "import", str(exported)).stdout
    assert export_lines(new) == export_lines(settings)
    assert active_decisions(new, NOW).by_kind == active_decisions(settings, NOW).by_kind
    assert "Imported 0, left out 5." in decide(new, "import", str(exported)).stdout
    log = audit.read(new)
    assert [line["action"] for line in log.lines] == ["imported"] * 5
    assert not any(audit.gaps(new).values())


def edited(line: str, **change: str) -> str:
    return line_of({**parsed(line, Path()), **change})


BY_HAND: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "a changed line": (lambda lines: [*lines[:2], lines[2].replace("KE047", "KE001")], "line 3 does not match"),
    "a line without sum": (
        lambda lines: [lines[0], json.dumps(parsed(lines[2], Path()))], "line 2 was written or changed by hand"
    ),
    "half a line": (lambda lines: [*lines[:2], lines[2][:40]], "line 3 is not JSON"),
    "an unknown kind": (
        lambda lines: [*lines[:1], edited(lines[2], kind="check_pardon")], "line 2: .*does not know the kind"
    ),
    "taken back twice": (
        lambda lines: [*lines[:2], edited(lines[1], id="a" * 12)], "line 3 repeats an earlier one"
    ),
    "confirmed by its author": (
        lambda lines: [*lines[:4], edited(lines[4], author="a. fixture")], "line 5 does not fit: .*same person"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BY_HAND)
def test_of_a_file_edited_by_hand_nothing_is_imported(
    settings: Settings, exported: Path, tmp_path: Path, what: str
) -> None:
    new = replace(settings, home=tmp_path / "new")
    edit, words = BY_HAND[what]
    lines = edit(exported.read_text().split("\n")[:-1])
    exported.write_text("\n".join(lines))
    with pytest.raises(NjiaError, match=words):
        import_lines(new, exported, "os:fixture")
    assert export_lines(new) == [] and audit.read(new).lines == []


def test_an_import_that_contradicts_what_holds_is_refused_whole(settings: Settings, exported: Path) -> None:
    new = replace(settings, home=settings.home.with_name("new"))
    place = {"text": "Sample\u2028town", "place_id": "KE001"}
    record_decision(new, "place_alias", "C. Fixture", "on a map", NOW, **place)
    with pytest.raises(UsageError, match=r"Nothing was imported: .* contradicts .*C\. Fixture"):
        import_lines(new, exported, "os:fixture")
    assert len(export_lines(new)) == 1


def test_a_logged_decision_comes_back_as_it_was(settings: Settings, exported: Path) -> None:
    lines = exported.read_text().split("\n")[:-1]
    lost = parsed(lines[2], exported)["id"]
    other_program.run(settings, "delete from entries where id = ?", lost)
    exported.write_text(edited(lines[2], place_id="KE001"))
    with pytest.raises(UsageError, match="line 1 was written or changed by hand"):
        import_lines(settings, exported, "os:fixture")
    exported.write_text("\n".join(lines))
    assert import_lines(settings, exported, "os:fixture") == (1, 4)
    assert texts(settings) == ["Sample\u2028town"]
