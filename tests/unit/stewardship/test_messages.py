"""Messages to stewards and operators: each event once a channel, whatever a mail server does."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from filelock import FileLock

from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError, refreshes, write_json
from orchestration.intake.inbox import listed_name
from orchestration.operations import read_status
from orchestration.stewardship import as_text, messages, review, say
from orchestration.stewardship.messages import channels
from orchestration.stewardship.messages.folder import FileChannel
from orchestration.stewardship.messages.words import compose
from tests.fixtures import steward_world as world
from tests.fixtures.mail_server import PASSWORD, Mailbox, certificate_of_localhost, free_port, mail_server
from tests.needs import program

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
STEWARD, OPERATOR = "steward@sampleton.example", "operator@sampleton.example"
TO_STEWARD = {"steward": [STEWARD]}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "partners").mkdir()
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys", NOW)


def ended(settings: Settings, outcome: str = refreshes.PUBLISHED, **found: Any) -> refreshes.End:
    return refreshes.end(settings, refreshes.begin(settings, "run-1", NOW), outcome, **found)


def held(partner: str = "kobe_shelter", extract: str = "0123456789abcdef", *by: str) -> dict[str, Any]:
    return {"partner": partner, "extract_id": extract, "held_by": list(by or ["row_volume_is_plausible"])}


def by_mail(settings: Settings, port: int, **changes: Any) -> Settings:
    """Settings with a mail channel and the folder beside it; `changes` are of the channel or of the whole."""
    whole = {"recipients": {"steward": [STEWARD], "operator": [OPERATOR]}}
    whole |= {one: changes.pop(one) for one in ("language", "name_partners", "recipients") if one in changes}
    mail = {"type": "smtp", "host": "127.0.0.1", "port": port, "sender": "njia@sampleton.example",
            "security": "none", **changes}  # fmt: skip
    path = settings.home.parent / "notify.yml"
    path.write_text(yaml.safe_dump({**whole, "channels": [{"type": "file"}, mail]}))
    return replace(settings, notify=path)


def in_folder(settings: Settings) -> list[dict[str, Any]]:
    path = settings.notices / "notices.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def test_events_of_one_refresh_are_one_message(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox()
    settings = by_mail(settings, port, recipients=TO_STEWARD)
    ended(
        settings, refreshes.REFUSED, refused_by=["quarantine_is_normal"], given_hash="g",
        held=[held(), held("swala_house")],
        overdue=[{"partner": "swala_house", "contract": "cases", "due": "2026-11-01"}],
    )  # fmt: skip
    with mail_server(mailbox, port):
        first = messages.send_due(settings, NOW)
        second = messages.send_due(settings, NOW + timedelta(minutes=1))
    assert {(one.channel, one.messages, one.events) for one in first} == {("file", 1, 4), ("smtp", 1, 4)}
    assert second == []
    (mail,) = mailbox.mails
    assert mail["To"] == STEWARD
    assert "2 extracts held, 1 delivery overdue" in mail["Subject"]
    assert len(in_folder(settings)) == 1
    assert stat.S_IMODE(settings.notices.stat().st_mode) == 0o700


def test_two_processes_at_once_send_one_message(settings: Settings) -> None:
    """The sensor and a refresh from cron share a ledger."""
    port, mailbox = free_port(), Mailbox()
    settings = by_mail(settings, port, recipients=TO_STEWARD)
    ended(settings, held=[held()])
    with mail_server(mailbox, port), ThreadPoolExecutor(4) as workers:
        sent = [work.result() for work in [workers.submit(messages.send_due, settings) for _ in range(4)]]
    assert sum(one.messages for each in sent for one in each) == 2  # the folder and the mail
    assert len(mailbox.mails) == 1


def test_new_address_gets_current_events(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox()
    ended(settings, held=[held()])
    with mail_server(mailbox, port):
        messages.send_due(by_mail(settings, port, recipients=TO_STEWARD), NOW)
        messages.send_due(by_mail(settings, port), NOW)
    assert [mail["To"] for mail in mailbox.mails] == [STEWARD, OPERATOR]


def test_repeated_refusal_is_one_event(settings: Settings) -> None:
    ended(settings, refreshes.REFUSED, refused_by=["a", "b"], given_hash="g", release_id="r")
    (first,) = messages.events(settings)
    ended(settings, refreshes.REFUSED, refused_by=["b", "a"], given_hash="g", release_id="r")
    assert messages.events(settings) == [first]
    for new in ({"given_hash": "h"}, {"release_id": "s"}, {"refused_by": ["a"]}):
        found = {"refused_by": ["a", "b"], "given_hash": "g", "release_id": "r", **new}
        ended(settings, refreshes.REFUSED, **found)
        assert messages.events(settings)[0].id != first.id, new


def test_new_holding_check_or_due_date_is_a_new_event(settings: Settings) -> None:
    def ids(by: str, due: str) -> set[str]:
        late = {"partner": "swala_house", "contract": "cases", "due": due}
        ended(settings, held=[held("kobe_shelter", "e1", by)], overdue=[late])
        return {event.id for event in messages.events(settings)}

    first = ids("row_volume_is_plausible", "2026-10-01")
    assert ids("row_volume_is_plausible", "2026-10-01") == first
    assert len(ids("columns_are_readable", "2026-11-01") | first) == 4


def test_damaged_file_is_told_by_its_place(settings: Settings) -> None:
    ended(settings)
    fault = {"kind": "messages", "path": "notices/notices.jsonl", "found": "it is cut short"}
    write_json(settings.review / "damaged_files.json", {"faults": [fault]})
    (event,) = messages.events(settings)
    text = compose([event], OPERATOR, "http://127.0.0.1:3030", "en", named=True).text
    assert "  messages: notices/notices.jsonl" in text.splitlines() and "None" not in text


def test_resent_file_is_a_new_event(settings: Settings) -> None:
    ended(settings)
    waiting = settings.inbox / "kobe_shelter" / "register.xlsx"
    waiting.parent.mkdir(parents=True)
    ids = set()
    for content in (b"one", b"another"):
        waiting.write_bytes(content)
        name = listed_name("kobe_shelter", waiting)
        line = {"partner": "kobe_shelter", "file": name, "outcome": "unreadable", "reason": "locked"}
        review._write(settings, review.FILES_NOT_TAKEN, line, [line])
        (event,) = messages.events(settings)
        assert messages.events(settings) == [event]
        ids.add(event.id)
    assert len(ids) == 2


def test_crash_is_reported_after_a_good_refresh(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox()
    settings = by_mail(settings, port)
    ended(settings, refreshes.CRASHED, reason="The step take_in failed: OSError.")
    ended(settings)
    with mail_server(mailbox, port):
        messages.send_due(settings, NOW)
    assert [mail["To"] for mail in mailbox.mails] == [OPERATOR]
    assert "OSError" not in mailbox.texts()[0]


def test_running_refresh_is_not_reported_and_a_killed_one_as_crashed(settings: Settings) -> None:
    refreshes.begin(settings, "run-1", NOW)
    with FileLock(settings.lock):
        assert messages.send_due(settings, NOW) == []
    before = {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")}
    assert messages.standing(settings) == []
    assert {path: path.stat().st_mtime_ns for path in settings.home.rglob("*")} == before
    messages.send_due(settings, NOW)
    (notice,) = in_folder(settings)
    assert [event["kind"] for event in notice["events"]] == ["crashed"]


def test_mail_that_names_partners_says_what_was_found(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox()
    counts = {"rows_landed": "12", "rows_last_time": "500"}
    found = say("{rows_landed} rows; the extract before had {rows_last_time}", **counts)
    row = {
        **dict.fromkeys(review.FAILED_COLUMNS, ""), **held(), "check_name": "row_volume_is_plausible",
        "finding": str(found), "said": as_text(found),
    }  # fmt: skip
    world.put(settings, review.FAILED_CHECKS, {name: row[name] for name in review.FAILED_COLUMNS})
    ended(settings, held=[held()])
    named = {"name_partners": True}
    with mail_server(mailbox, port):
        for address, more in (("a", {}), ("b", named), ("c", named | {"language": "sw"})):
            to = {"steward": [f"{address}@sampleton.example"]}
            messages.send_due(by_mail(settings, port, recipients=to, **more), NOW)
    silent, naming, swahili = (mail.get_content() for mail in mailbox.mails)
    assert "12 rows" not in silent
    assert f"kobe_shelter ({found})" in naming
    assert "kobe_shelter (Safu 12;" in swahili and "500)" in swahili


def test_mail_names_partners_only_on_request(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox()
    ended(settings, held=[held()], overdue=[{"partner": "swala_house", "contract": "c", "due": "2026-11-01"}])
    with mail_server(mailbox, port):
        messages.send_due(by_mail(settings, port, recipients=TO_STEWARD), NOW)
        again = {"steward": ["other@sampleton.example"]}
        messages.send_due(by_mail(settings, port, recipients=again, name_partners=True), NOW)
    silent, naming = mailbox.mails
    assert "kobe" not in silent.as_string() + "swala" not in silent.as_string()
    assert f"{settings.desk_url}/" in silent.get_content()
    assert f"{settings.desk_url}/items/extract/kobe_shelter/0123456789abcdef" in naming.get_content()
    (text,) = settings.notices.glob("*.txt")
    assert "kobe_shelter" in text.read_text()


def test_both_languages_have_the_same_messages(settings: Settings) -> None:
    ended(settings, held=[held(), held("swala_house")])
    message = compose(messages.events(settings), "notices", settings.desk_url, "sw", named=False)
    assert "madondoo 2" in message.subject
    words = yaml.safe_load((Path(messages.__file__).parent / "words.yml").read_text())
    assert words["en"].keys() == words["sw"].keys()
    for part in ("subject", "told"):
        assert words["en"][part].keys() == words["sw"][part].keys()


def test_failed_server_is_retried(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox()
    settings = by_mail(settings, port, recipients=TO_STEWARD)
    ended(settings, held=[held()])
    folder, mail = messages.send_due(settings, NOW)
    assert (folder.messages, mail.messages) == (1, 0)
    assert f"127.0.0.1:{port}" in str(mail.why_not) and "ConnectionRefusedError" in str(mail.why_not)
    with mail_server(mailbox, port):
        assert messages.send_due(settings, NOW + timedelta(seconds=59)) == [], "it is left alone for a minute"
        assert len(messages.send_due(settings, NOW + timedelta(seconds=60))) == 1
    assert len(mailbox.mails) == 1
    assert messages.standing(settings) == []


def test_each_failure_doubles_the_wait_but_a_clock_put_back_keeps_none_waiting(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox()
    settings = by_mail(settings, port, recipients=TO_STEWARD)
    ended(settings, held=[held()])
    now, waits = NOW, []
    for _ in range(11):
        messages.send_due(settings, now)
        (state,) = messages.standing(settings)
        next_try = datetime.fromisoformat(state["next_try"])
        waits.append((next_try - now) / timedelta(minutes=1))
        now = next_try
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert (state["tries"], state["waiting"], state["since"]) == (11, 1, NOW.isoformat())
    with mail_server(mailbox, port):
        assert len(messages.send_due(settings, NOW - timedelta(days=40))) == 1
    assert len(mailbox.mails) == 1


def test_status_shows_failing_channels(settings: Settings) -> None:
    settings.partners.joinpath("kobe_shelter").mkdir()
    settings = by_mail(settings, free_port(), recipients=TO_STEWARD)
    ended(settings, held=[held()])
    messages.send_due(settings, NOW)
    (state,) = read_status(settings)["messages"]
    assert (state["channel"], state["waiting"]) == ("smtp", 1)
    assert settings.notify
    settings.notify.write_text("channels: [{type: pigeon}]")
    assert "file, smtp" in read_status(settings)["messages"][0]["why"]


def test_refused_address_does_not_stop_the_others(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox(refuses=STEWARD)
    ended(settings, held=[held()])
    with mail_server(mailbox, port):
        _, unsent = messages.send_due(with_password(settings, port, PASSWORD), NOW)
        assert "STARTTLS" in str(unsent.why_not) and mailbox.mails == [], "the server offers none"
        mail = messages.send_due(by_mail(settings, port), NOW + timedelta(hours=1))[-1]
    assert [mail["To"] for mail in mailbox.mails] == [OPERATOR]
    assert mail.why_not is not None and "recipients" in mail.why_not
    assert "Testperson" not in mail.why_not, "a server's own words are not passed on"


def with_password(settings: Settings, port: int, password: str, **changes: Any) -> Settings:
    secret = settings.home.parent / "password"
    secret.write_text(f"{password}\n")
    login = {"security": "starttls", "username": "njia", "password_file": str(secret)}
    return by_mail(settings, port, recipients=TO_STEWARD, **login, **changes)


def test_mail_goes_over_starttls_to_a_server_whose_certificate_is_known(
    settings: Settings, tmp_path: Path
) -> None:
    port, mailbox = free_port(), Mailbox()
    certificate, tls = certificate_of_localhost(tmp_path, program("openssl", "apt-get install openssl"))
    ended(settings, held=[held()])
    with mail_server(mailbox, port, tls):
        strange = messages.send_due(with_password(settings, port, PASSWORD), NOW)
        assert mailbox.mails == []
        known = with_password(settings, port, PASSWORD, ca_file=str(certificate))
        sent = messages.send_due(known, NOW + timedelta(hours=1))
        wrong = messages.send_test(with_password(settings, port, "Fixture-secret", ca_file=str(certificate)))
    assert "certificate" in str(strange[1].why_not)
    assert [(one.channel, one.messages) for one in sent] == [("smtp", 1)]
    assert len(mailbox.mails) == 1
    assert "refuses the user name or the password" in str(wrong[1].why_not)
    kept = "".join(path.read_text() for path in settings.notices.iterdir() if path.is_file())
    assert PASSWORD not in kept and "Fixture-secret" not in kept


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"host": "mail.sampleton.example"}, "`security: none`"), ({"username": "njia"}, "`password_file`"),
     ({"password": PASSWORD}, "password: "), ({"recipients": {}}, "`recipients`"),
     ({"recipients": {"steward": ["not an address"]}}, "recipients.steward.0")],
)  # fmt: skip
def test_wrong_settings_are_reported_without_values(settings: Settings, wrong: dict, message: str) -> None:
    with pytest.raises(UsageError) as error:
        messages.send_due(by_mail(settings, 25, **wrong), NOW)
    assert message in str(error.value)
    assert PASSWORD not in str(error.value) and "not an address" not in str(error.value)


def test_command_sends_due_messages_and_tests(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = by_mail(settings, free_port(), recipients=TO_STEWARD)
    monkeypatch.setenv("NJIA_NOTIFY", str(settings.notify))
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    idle = CliRunner().invoke(cli, ["notify", *at])
    assert (idle.exit_code, idle.stdout.strip()) == (0, "No message is due.")
    tried = CliRunner().invoke(cli, ["notify", "--test", "--json", *at])
    assert tried.exit_code == 1
    sent = json.loads(tried.stdout.splitlines()[-1])["sent"]
    assert [(one["channel"], one["messages"]) for one in sent] == [("file", 1), ("smtp", 0)]


def test_new_channel_is_one_class_and_one_entry(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Pigeon(FileChannel):
        send: Callable[..., None] = lambda self, address, message: sent.append(message.subject)  # type: ignore[assignment]

    monkeypatch.setitem(channels.CHANNELS, "pigeon", Pigeon)
    path = settings.home.parent / "notify.yml"
    path.write_text("channels: [{type: pigeon}]")
    ended(settings, held=[held()])
    messages.send_due(replace(settings, notify=path), NOW)
    assert len(sent) == 1 and "1 extract" in sent[0]
