"""The audit log: whole lines in a hash chain, so that a changed or removed line is found."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.root import cli
from orchestration.core import NjiaError, Settings, parsed
from orchestration.release import find_release, rollback
from orchestration.stewardship import NotLogged, active_decisions, audit, record_decision
from orchestration.stewardship.audit import Gaps, gaps
from orchestration.stewardship.decisions.recording import confirm, revoke
from tests.fixtures.release_world import publish_one, settings_in

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
HASH = "0123456789" * 6 + "abcd"  # digits in a row, as hashes have them: no phone number


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


def record(settings: Settings, what: str = "3317f06775ff", when: datetime = NOW, **details: Any) -> Path:
    audit.record(settings, "A. Fixture", "decided", what, when=when, **details)
    return settings.audit / f"{when.year}.jsonl"


def test_a_line_records_who_what_when_and_the_hash_of_the_line_before(settings: Settings) -> None:
    path = record(settings, kind="row_release")
    record(settings, "3317f06775fe", rules=["date_invalid"], statement_sha256=HASH)
    first, second = path.read_bytes().splitlines()
    assert json.loads(first) == {
        "time": "2026-11-24T02:00:00+00:00", "who": "A. Fixture", "action": "decided", "what": "3317f06775ff",
        "details": {"kind": "row_release"}, "previous": "0" * 64,
    }  # fmt: skip
    assert json.loads(second)["previous"] == hashlib.sha256(first).hexdigest()
    found = audit.read(settings)
    assert found.faults == [] and len(found.lines) == 2
    assert found.head == hashlib.sha256(second).hexdigest()


def test_only_the_installing_account_may_read_the_log(settings: Settings) -> None:
    assert audit.read(settings) == audit.Log([], [], audit.FIRST), "a missing one is empty and valid"
    assert record(settings).is_file()
    assert stat.S_IMODE(settings.audit.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in settings.audit.iterdir()} == {0o600}


def test_a_removed_or_changed_line_is_found(settings: Settings) -> None:
    for name in ("3317f06775fa", "3317f06775fb", "3317f06775fc"):
        path = record(settings, name, reason="first")
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines):
        path.write_bytes(b"".join([*lines[:number], *lines[number + 1 :]]))
        assert len(audit.read(settings).faults) == 1, number
        changed = line.replace(b"first", b"other")
        assert changed != line
        path.write_bytes(b"".join([*lines[:number], changed, *lines[number + 1 :]]))
        (fault,) = audit.read(settings).faults
        assert f"{path}, line {min(number + 2, 3)}" in fault


def test_the_chain_spans_years_so_a_missing_file_is_found(settings: Settings) -> None:
    old, new = record(settings), record(settings, when=NEXT_YEAR)
    record(settings, when=NOW)
    assert len(new.read_bytes().splitlines()) == 2, "a clock set back reopens no earlier year"
    assert (old.name, new.name) == ("2026.jsonl", "2027.jsonl") and audit.read(settings).faults == []
    kept = old.read_bytes()
    old.unlink()
    assert f"{new}, line 1 does not follow" in audit.read(settings).faults[0]
    old.write_bytes(kept)
    new.unlink()
    assert "lines after it are missing" in audit.read(settings).faults[0]


def test_half_a_line_of_a_killed_writer_is_dropped(settings: Settings) -> None:
    path = record(settings)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"action": "unsealed", ' + b" " * 2000)  # longer than the line that comes next
    assert len(audit.read(settings).lines) == 1 and audit.read(settings).faults == []
    record(settings, "3317f06775fe")
    assert path.read_bytes().startswith(whole) and path.read_bytes().endswith(b"}\n")
    assert audit.read(settings).faults == [] and len(audit.read(settings).lines) == 2


def test_a_crash_before_the_head_is_written_keeps_the_chain_valid(settings: Settings) -> None:
    path = record(settings)
    before = (settings.audit / audit.HEAD).read_bytes()
    record(settings)
    (settings.audit / audit.HEAD).write_bytes(before)
    assert audit.read(settings).faults == []
    path.write_bytes(path.read_bytes() + b"{}\n")
    assert f"{path}, line 3 cannot be read" in audit.read(settings).faults[0]


def test_a_full_disk_is_reported_and_leaves_no_half_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(settings)
    whole = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NjiaError, match="No space left"):
        record(settings)
    assert path.read_bytes() == whole


REFUSED: list[dict[str, Any]] = [
    {"reason": "ask at 0722 000 000"}, {"reason": "ask a.fixture@example.org"},
    {"users": ["A. Fixture", "0722 000 000"]}, {"value": "Sampleton"}, {"passphrase": "Sampleton"},
    {"statement": "select 1"}, {"statement_sha256": "select 1"}, {"share": 0.5}, {"Reason": "capital letters"},
    {"reason": "x" * 2001},
]  # fmt: skip


@pytest.mark.parametrize("details", REFUSED)
def test_contacts_values_and_passphrases_are_refused(settings: Settings, details: dict[str, Any]) -> None:
    with pytest.raises(NjiaError, match="does not take this line") as refused:
        record(settings, **details)
    assert not any(str(given) in str(refused.value) for given in details.values())
    assert audit.read(settings).lines == []


def test_a_command_without_author_is_logged_under_the_system_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "sampleton")
    assert audit.os_user() == "os:sampleton"
    monkeypatch.setenv("LOGNAME", "a.fixture@example.org")
    assert audit.os_user() == f"os:{os.getuid()}"


def alias(settings: Settings, text: str = "Qwertyville") -> dict[str, Any]:
    return record_decision(settings, "place_alias", "A. Fixture", "said so", NOW, text=text, place_id="KE047")


def test_decisions_are_logged_by_id_without_their_text(settings: Settings) -> None:
    strict = replace(settings, waivers_need_second=True)
    asked = {"check": "quarantine_is_normal", "scope": "release", "expires": date(2026, 12, 1)}
    waiver = record_decision(strict, "check_waiver", "A. Fixture", "agreed", NOW, **asked)
    second = confirm(settings, waiver["id"], "B. Fixture", "agreed", NOW)
    made = alias(settings)
    taken_back = revoke(settings, made["id"], "B. Fixture", "wrong", NOW)
    found = audit.read(settings)
    hashes = [line["details"].pop("entry_sha256") for line in found.lines]
    assert len(set(hashes)) == 4
    assert [(line["who"], line["action"], line["what"], line["details"]) for line in found.lines] == [
        ("A. Fixture", "decided", waiver["id"], {"kind": "check_waiver"}),
        ("B. Fixture", "confirmed", second["id"], {"kind": "check_waiver", "confirms": waiver["id"]}),
        ("A. Fixture", "decided", made["id"], {"kind": "place_alias"}),
        ("B. Fixture", "revoked", taken_back["id"], {"kind": "place_alias", "revokes": made["id"]}),
    ]
    assert "Qwertyville" not in (settings.audit / f"{datetime.now(UTC).year}.jsonl").read_text()


def test_decision_that_could_not_be_logged_is_kept_and_found_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(audit, "write_json", Mock(side_effect=OSError(28, "No space left on device")))
        with pytest.raises(NotLogged, match=r"holds.+No space left.+njia audit"):
            alias(settings)
    (made,) = active_decisions(settings, NOW)["place_alias"]
    (settings.audit / f"{datetime.now(UTC).year}.jsonl").unlink()
    assert gaps(settings, audit.read(settings).lines).untold == [made["id"]]
    other = alias(settings, "Sampletown")
    assert gaps(settings, audit.read(settings).lines).untold == [made["id"]]
    assert audit.read(settings).lines[-1]["what"] == other["id"]


def test_a_logged_decision_that_is_edited_or_removed_is_found(settings: Settings) -> None:
    made = alias(settings)
    other = alias(settings, "Sampletown")
    path = settings.decisions / "place_alias.jsonl"
    first, second = (parsed(line, path) for line in path.read_text().splitlines())
    path.write_text(f"{json.dumps(first, indent=None)}\n{json.dumps(second)}\n")
    assert gaps(settings, audit.read(settings).lines) == Gaps([], [], [])  # spaced otherwise, and the same
    path.write_text(json.dumps({**first, "place_id": "KE001"}) + "\n")
    assert gaps(settings, audit.read(settings).lines) == Gaps([], [made["id"]], [other["id"]])
    former = {
        "what": "0" * 12,
        "action": "decided",
        "details": {"kind": "assignment", "entry_sha256": "0" * 64},
    }
    assert gaps(settings, [*audit.read(settings).lines, former]).gone == [other["id"]], "no kind of today"


def asked(settings: Settings, *arguments: str) -> Result:
    settings.partners.mkdir(exist_ok=True)
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    return CliRunner().invoke(cli, [*arguments, *at], env={"COLUMNS": "100"})


def test_the_command_filters_lines_and_exits_1_for_a_changed_log(settings: Settings) -> None:
    made = alias(settings)
    revoke(settings, made["id"], "B. Fixture", "wrong", NOW)
    path = record(settings, "20260301T060000Z-dbfbb158", when=NEXT_YEAR, edition="members")
    whole = asked(settings, "audit")
    assert whole.exit_code == 0 and audit.read(settings).head in whole.stdout
    assert f"decided {made['id']}" in whole.stdout and "edition members" in whole.stdout
    for words, *chosen in (("revoked", "--who", "b. fixture"), ("20260301T060000Z", "--since", "2027-01-01")):
        listed = asked(settings, "audit", *chosen, "--json").stdout
        (line,) = json.loads(listed)["lines"]
        assert words in (line["action"], line["what"][:16])
    assert json.loads(asked(settings, "audit", "--action", "unsealed", "--json").stdout)["lines"] == []
    unknown = asked(settings, "audit", "--action", "foo")
    assert unknown.exit_code and "decided, revoked" in str(unknown.exception)
    decisions = settings.decisions / "place_alias.jsonl"
    kept = decisions.read_text()
    decisions.write_text(kept.replace("KE", "UG", 1))
    damaged = asked(settings, "audit")
    assert damaged.exit_code == 6 and f"decided {made['id']}" in damaged.stdout
    assert "missing from their files" not in damaged.stdout
    assert str(decisions) in damaged.stderr
    damaged = asked(settings, "audit", "--json")
    assert damaged.exit_code == 6 and str(decisions) in json.loads(damaged.stdout)["faults"][0]
    decisions.write_text(kept)
    path.write_text(path.read_text().replace("members", "public"))
    changed = asked(settings, "audit", "--json")
    assert changed.exit_code == 1 and str(path) in json.loads(changed.stdout)["faults"][0]


def test_a_microdata_export_is_logged_without_its_sql_and_refused_without_a_log(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    release = publish_one(settings)
    sql = "select movement_id from marts.fct_movements where person_count > 1"
    assert asked(settings, "query", sql).exit_code == 0
    assert audit.read(settings).lines == [], "a look at a screen is no export"
    assert asked(settings, "query", sql, "--format", "csv").stdout == "movement_id\n1000\n3000\n"
    (line,) = audit.read(settings).lines
    assert (line["who"], line["action"], line["what"]) == (audit.os_user(), "exported", release.release_id)
    hashed = hashlib.sha256(sql.encode()).hexdigest()
    assert line["details"] == {"edition": "members", "form": "csv", "rows": 2, "statement_sha256": hashed}
    shutil.rmtree(settings.audit)
    settings.audit.write_text("a file where the folder should be")
    refused = asked(settings, "query", sql, "--format", "json")
    assert refused.stdout == "" and isinstance(refused.exception, NjiaError)


def test_a_rollback_is_logged_and_happens_even_if_logging_fails(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    first, second = publish_one(settings, 0), publish_one(settings, 1)
    rollback(settings, first.release_id, "A. Fixture", "wrong counts", NOW)
    decided, done = audit.read(settings).lines
    assert decided["details"]["kind"] == "rollback"
    assert (done["action"], done["what"]) == ("rolled_back", first.release_id)
    assert done["details"] == {"from_release": second.release_id, "to_release": first.release_id}
    shutil.rmtree(settings.audit)
    settings.audit.write_text("a file where the folder should be")
    with pytest.raises(NotLogged, match=second.release_id):
        rollback(settings, second.release_id, "A. Fixture", "the counts were right", NOW)
    assert find_release(settings, "current").release_id == second.release_id
