"""The audit log: lines in a hash chain, so that a changed or removed line is found."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.root import cli
from orchestration.core import NjiaError, Settings
from orchestration.release import find_release, rollback
from orchestration.stewardship import audit, record_decision, store
from orchestration.stewardship.audit import gaps
from orchestration.stewardship.decisions.recording import confirm, revoke
from tests.fixtures import other_program
from tests.fixtures.release_world import publish_one, settings_in

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
HASH = "0123456789" * 6 + "abcd"  # digits in a row, as hashes have them: no phone number


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")


def record(settings: Settings, what: str = "3317f06775ff", **details: Any) -> None:
    audit.record(settings, "A. Fixture", "decided", what, **details)


def test_a_line_records_who_what_when_and_the_hash_of_the_line_before(settings: Settings) -> None:
    assert audit.read(settings) == audit.Log([], [], store.FIRST), "a missing one is empty and valid"
    record(settings, kind="row_release")
    record(settings, "3317f06775fe", rules=["date_invalid"], statement_sha256=HASH)
    first, second = (line for (line,) in store.rows(settings, "select line from audit order by seq"))
    content = json.loads(first)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(content.pop("time"))) < timedelta(minutes=5)
    assert content == {
        "who": "A. Fixture", "action": "decided", "what": "3317f06775ff",
        "details": {"kind": "row_release"}, "previous": "0" * 64,
    }  # fmt: skip
    assert json.loads(second)["previous"] == hashlib.sha256(first.encode()).hexdigest()
    found = audit.read(settings)
    assert found.faults == [] and len(found.lines) == 2
    assert found.head == hashlib.sha256(second.encode()).hexdigest()


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    "change", ["delete from audit", "update audit set line = replace(line, 'first', 'other')"]
)
def test_a_removed_or_changed_line_is_found(settings: Settings, number: int, change: str) -> None:
    for name in ("3317f06775fa", "3317f06775fb", "3317f06775fc"):
        record(settings, name, reason="first")
    other_program.run(settings, f"{change} where seq = ?", number)
    (fault,) = audit.read(settings).faults
    assert "does not have" in fault if number == 3 else f"Line {number + 1} " in fault


def test_a_cut_end_is_found_and_noted_in_the_log_by_the_next_writer(settings: Settings) -> None:
    for name in ("3317f06775fa", "3317f06775fb", "3317f06775fc"):
        record(settings, name)
    lost = audit.read(settings).head
    other_program.run(settings, "delete from audit where seq > 1")
    assert "lines are missing at its end" in audit.read(settings).faults[0]
    record(settings, "3317f06775fd")
    found = audit.read(settings)
    assert found.faults == []
    assert [line["action"] for line in found.lines] == ["decided", "log_cut", "decided"]
    assert found.lines[1]["details"] == {"head_sha256": lost}
    for damaged in ("", "{}"):
        (settings.audit / store.HEAD).write_text(damaged)
        assert "one of the two files was changed" in audit.read(settings).faults[0]


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
    assert "Qwertyville" not in str(found.lines)


def test_what_another_program_does_to_decisions_is_found(settings: Settings) -> None:
    made, other = alias(settings), alias(settings, "Sampletown")
    assert not any(gaps(settings).values())
    other_program.run(settings, "update entries set entry = replace(entry, 'Qwerty', 'Sample')")
    other_program.run(settings, "delete from entries where id = ?", other["id"])
    by_hand = {key: value for key, value in made.items() if value is not None} | {"id": "a" * 12}
    other_program.add(settings, by_hand)
    assert gaps(settings) == {"unlogged": ["a" * 12], "changed": [made["id"]], "gone": [other["id"]]}


def asked(settings: Settings, *arguments: str) -> Result:
    settings.partners.mkdir(exist_ok=True)
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    return CliRunner().invoke(cli, [*arguments, *at], env={"COLUMNS": "100"})


def test_the_command_filters_lines_and_exits_1_for_a_changed_log(settings: Settings) -> None:
    made = alias(settings)
    revoke(settings, made["id"], "B. Fixture", "wrong", NOW)
    record(settings, "20260301T060000Z-dbfbb158", edition="members")
    whole = asked(settings, "audit")
    assert whole.exit_code == 0 and audit.read(settings).head in whole.stdout
    assert f"decided {made['id']}" in whole.stdout and "edition members" in whole.stdout
    (line,) = json.loads(asked(settings, "audit", "--who", "b. fixture", "--json").stdout)["lines"]
    assert line["action"] == "revoked"
    for day, number in ((NOW.date(), 3), (datetime.now(UTC).date() + timedelta(days=2), 0)):
        listed = asked(settings, "audit", "--since", str(day), "--json").stdout
        assert len(json.loads(listed)["lines"]) == number
    assert json.loads(asked(settings, "audit", "--action", "unsealed", "--json").stdout)["lines"] == []
    unknown = asked(settings, "audit", "--action", "foo")
    assert unknown.exit_code and "decided, revoked" in str(unknown.exception)
    other_program.run(settings, "update audit set line = replace(line, 'members', 'public')")
    changed = asked(settings, "audit", "--json")
    assert changed.exit_code == 1 and str(settings.database) in json.loads(changed.stdout)["faults"][0]
    other_program.run(settings, "update entries set entry = replace(entry, 'KE047', 'KE001')")
    damaged = asked(settings, "audit")
    assert damaged.exit_code == 6 and f"decided {made['id']}" in damaged.stdout
    assert "logged and missing" not in damaged.stdout
    assert f"entry {made['id']} does not match its sum" in damaged.stderr


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
    settings.database.write_bytes(b"no database")
    refused = asked(settings, "query", sql, "--format", "json")
    assert refused.stdout == "" and isinstance(refused.exception, NjiaError)


def test_a_rollback_is_logged_and_needs_its_decision(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    first, second = publish_one(settings, 0), publish_one(settings, 1)
    rollback(settings, first.release_id, "A. Fixture", "wrong counts", NOW)
    decided, done = audit.read(settings).lines
    assert decided["details"]["kind"] == "rollback"
    assert (done["action"], done["what"]) == ("rolled_back", first.release_id)
    assert done["details"] == {"from_release": second.release_id, "to_release": first.release_id}
    settings.database.write_bytes(b"no database")
    with pytest.raises(NjiaError):
        rollback(settings, second.release_id, "A. Fixture", "the counts were right", NOW)
    assert find_release(settings, "current").release_id == first.release_id
