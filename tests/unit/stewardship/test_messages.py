"""Messages to stewards and operators: each event once a channel, whatever a server does."""

from __future__ import annotations

import io
import json
import logging
import stat
import sys
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
from orchestration.core import Settings, UsageError, as_text, catalogue, refreshes, say, write_json
from orchestration.intake.inbox import listed_name
from orchestration.operations import read_status
from orchestration.stewardship import messages, review
from orchestration.stewardship.messages.events import ORDER, compose
from tests.fixtures import steward_world as world
from tests.fixtures.form_servers import FormServer, Request
from tests.fixtures.mail_server import PASSWORD, Mailbox, certificate_of_localhost, free_port, mail_server
from tests.needs import program

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
STEWARD, OPERATOR = "steward@sampleton.example", "operator@sampleton.example"
SECRET = "s3cret0fixture"  # noqa: S105


class Chat(FormServer):
    """A web server that takes a JSON message at each address, or refuses it with `status`."""

    status = 200

    def answer(self, request: Request) -> None:
        request.send(self.status)

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.asked]

    def url(self, room: str = "room") -> str:
        return f"{self.address.replace('http', 'json')}/{SECRET}/{room}"


@pytest.fixture
def chat() -> Any:
    server = Chat()
    yield server
    server.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "partners").mkdir()
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys", NOW)


def ended(settings: Settings, outcome: str = refreshes.PUBLISHED, **found: Any) -> refreshes.End:
    return refreshes.end(settings, refreshes.begin(settings, "run-1", NOW), outcome, **found)


def held(partner: str = "kobe_shelter", extract: str = "0123456789abcdef", *by: str) -> dict[str, Any]:
    return {"partner": partner, "extract_id": extract, "held_by": list(by or ["row_volume_is_plausible"])}


def with_channels(settings: Settings, *, mode: int = 0o600, **content: Any) -> Settings:
    """Return settings whose operator's file holds these keys; a channel may be its URL alone, of a steward."""
    channels = {
        name: {"url": given, "roles": ["steward"]} if isinstance(given, str) else given
        for name, given in content.pop("channels", {}).items()
    }
    path = settings.home.parent / "notify.yml"
    path.write_text(yaml.safe_dump({**content, "channels": channels}, sort_keys=False))
    path.chmod(mode)
    return replace(settings, notify=path)


def mail_to(address: str, port: int, more: str = "") -> str:
    return f"mailto://127.0.0.1:{port}?from=njia@sampleton.example&to={address}{more}"


def in_folder(settings: Settings) -> list[dict[str, Any]]:
    path = settings.notices / "notices.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def test_events_of_one_refresh_are_one_message(settings: Settings, chat: Chat) -> None:
    settings = with_channels(settings, channels={"chat": chat.url()})
    ended(
        settings, refreshes.REFUSED, refused_by=["quarantine_is_normal"], given_hash="g",
        held=[held(), held("swala_house")],
        overdue=[{"partner": "swala_house", "contract": "cases", "due": "2026-11-01"}],
    )  # fmt: skip
    first = messages.send_due(settings, NOW)
    second = messages.send_due(settings, NOW + timedelta(minutes=1))
    assert [(sent.channel, sent.events, sent.why_not) for sent in first] == [
        ("notices", 4, None),
        ("chat", 4, None),
    ]
    assert second == []
    (message,) = chat.messages()
    assert "2 extracts held, 1 delivery overdue" in message["title"]
    assert len(in_folder(settings)) == 1
    assert stat.S_IMODE(settings.notices.stat().st_mode) == 0o700


def test_two_processes_at_once_send_one_message(settings: Settings, chat: Chat) -> None:
    """The sensor and a refresh from cron share a ledger."""
    settings = with_channels(settings, channels={"chat": chat.url()})
    ended(settings, held=[held()])
    with ThreadPoolExecutor(4) as workers:
        sent = [work.result() for work in [workers.submit(messages.send_due, settings) for _ in range(4)]]
    assert sum(len(each) for each in sent) == 2  # the folder and the chat
    assert len(chat.asked) == 1


def test_new_channel_gets_current_events(settings: Settings, chat: Chat) -> None:
    ended(settings, held=[held()])
    messages.send_due(with_channels(settings, channels={"a": chat.url("a")}), NOW)
    messages.send_due(with_channels(settings, channels={"a": chat.url("a"), "b": chat.url("b")}), NOW)
    assert [request.asked_path for request in chat.asked] == [f"/{SECRET}/a", f"/{SECRET}/b"]


def test_channel_gets_the_events_of_its_roles(settings: Settings, chat: Chat) -> None:
    url = {"url": chat.url()}
    roles = {"stewards": ["steward"], "operators": ["operator"], "members": ["member"]}
    channels = {name: url | {"roles": given} for name, given in roles.items()}
    settings = with_channels(settings, channels=channels)
    ended(settings, refreshes.CRASHED, reason="The step take_in failed: OSError.")
    ended(settings, held=[held()])  # a good refresh after the crash
    sent = messages.send_due(settings, NOW)
    assert [(one.channel, one.events) for one in sent] == [("notices", 2), ("stewards", 1), ("operators", 2)]
    assert "OSError" not in str(chat.messages())


def test_repeated_refusal_is_one_event(settings: Settings) -> None:
    ended(settings, refreshes.REFUSED, refused_by=["a", "b"], given_hash="g", release_id="r")
    (first,) = messages.current_events(settings)
    ended(settings, refreshes.REFUSED, refused_by=["b", "a"], given_hash="g", release_id="r")
    assert messages.current_events(settings) == [first]
    for new in ({"given_hash": "h"}, {"release_id": "s"}, {"refused_by": ["a"]}):
        found = {"refused_by": ["a", "b"], "given_hash": "g", "release_id": "r", **new}
        ended(settings, refreshes.REFUSED, **found)
        assert messages.current_events(settings)[0].id != first.id, new


def test_new_holding_check_or_due_date_is_a_new_event(settings: Settings) -> None:
    def ids(by: str, due: str) -> set[str]:
        late = {"partner": "swala_house", "contract": "cases", "due": due}
        ended(settings, held=[held("kobe_shelter", "e1", by)], overdue=[late])
        return {event.id for event in messages.current_events(settings)}

    first = ids("row_volume_is_plausible", "2026-10-01")
    assert ids("row_volume_is_plausible", "2026-10-01") == first
    assert len(ids("columns_are_readable", "2026-11-01") | first) == 4


def test_damaged_file_is_told_by_its_place(settings: Settings) -> None:
    ended(settings)
    fault = {"kind": "messages", "path": "notices/notices.jsonl", "found": "it is cut short"}
    write_json(settings.review / "damaged_files.json", {"faults": [fault]})
    (event,) = messages.current_events(settings)
    text = compose([event], "http://127.0.0.1:3030", "en", named=True).text
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
        review.write(settings, review.FILES_NOT_TAKEN, [line])
        (event,) = messages.current_events(settings)
        assert messages.current_events(settings) == [event]
        ids.add(event.id)
    assert len(ids) == 2


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


def test_message_that_names_partners_says_what_was_found(settings: Settings, chat: Chat) -> None:
    counts = {"rows_landed": "12", "rows_last_time": "500"}
    found = say("{rows_landed} rows; the extract before had {rows_last_time}", **counts)
    row = {
        **dict.fromkeys(review.COLUMNS[review.FAILED_CHECKS], ""), **held(), "check_name": "row_volume_is_plausible",
        "finding": str(found), "said": as_text(found),
    }  # fmt: skip
    world.put(
        settings, review.FAILED_CHECKS, {name: row[name] for name in review.COLUMNS[review.FAILED_CHECKS]}
    )
    ended(settings, held=[held()])
    named = {"name_partners": True}
    for name, more in (("a", {}), ("b", named), ("c", named | {"language": "sw"})):
        messages.send_due(with_channels(settings, channels={name: chat.url()}, **more), NOW)
    silent, naming, swahili = (message["message"] for message in chat.messages())
    assert "12 rows" not in silent
    assert f"kobe_shelter ({found})" in naming
    assert "kobe_shelter (Safu 12;" in swahili and "500)" in swahili


def test_message_names_partners_only_on_request(settings: Settings, chat: Chat) -> None:
    ended(settings, held=[held()], overdue=[{"partner": "swala_house", "contract": "c", "due": "2026-11-01"}])
    messages.send_due(with_channels(settings, channels={"a": chat.url()}), NOW)
    messages.send_due(with_channels(settings, channels={"b": chat.url()}, name_partners=True), NOW)
    silent, naming = map(str, chat.messages())
    assert "kobe" not in silent + "swala" not in silent and f"{settings.desk_url}/" in silent
    assert f"{settings.desk_url}/items/extract/kobe_shelter/0123456789abcdef" in naming
    (text,) = settings.notices.glob("*.txt")
    assert "kobe_shelter" in text.read_text()


def test_every_kind_of_event_has_its_texts(settings: Settings) -> None:
    ended(settings, held=[held(), held("swala_house")])
    message = compose(messages.current_events(settings), settings.desk_url, "sw", named=False)
    assert "madondoo 2" in message.subject
    of_kinds = {f"message.subject.{kind}.{number}" for kind in ORDER for number in ("one", "more")}
    of_kinds |= {f"message.meaning.{kind}" for kind in ORDER}
    others = {f"message.{name}" for name in ("checks", "desk", "more", "once", "test", "test_text")}
    assert {key for key in catalogue() if key.startswith("message.")} == of_kinds | others


def test_failed_server_is_retried_and_the_others_are_not_delayed(settings: Settings, chat: Chat) -> None:
    channels = {"down": f"json://127.0.0.1:{free_port()}/{SECRET}", "chat": chat.url()}
    settings = with_channels(settings, channels=channels)
    ended(settings, held=[held()])
    folder, down, sent = messages.send_due(settings, NOW)
    assert (folder.events, down.events, sent.events) == (1, 0, 1)
    assert down.why_not is not None and "cannot be reached" in down.why_not
    settings = with_channels(settings, channels={"down": chat.url("down")})
    assert messages.send_due(settings, NOW + timedelta(seconds=59)) == [], "it is left alone for a minute"
    assert len(messages.send_due(settings, NOW + timedelta(seconds=60))) == 1
    assert [request.asked_path for request in chat.asked] == [f"/{SECRET}/room", f"/{SECRET}/down"]
    assert messages.standing(settings) == []


def test_each_failure_doubles_the_wait_but_a_clock_put_back_keeps_none_waiting(
    settings: Settings, chat: Chat
) -> None:
    chat.status = 503
    settings = with_channels(settings, channels={"chat": chat.url()})
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
    assert "answers with code 503" in state["why"] and len(chat.asked) == 11, "one request a try"
    chat.status = 200
    assert len(messages.send_due(settings, NOW - timedelta(days=40))) == 1
    assert len(chat.asked) == 12


def test_failure_whose_events_have_passed_is_over(settings: Settings, chat: Chat) -> None:
    chat.status = 503
    settings = with_channels(settings, channels={"chat": chat.url()})
    ended(settings, held=[held()])
    messages.send_due(settings, NOW)
    ended(settings, held=[])
    assert messages.send_due(settings, NOW + timedelta(minutes=1)) == [] == messages.standing(settings)


def test_status_shows_failing_channels(settings: Settings, chat: Chat) -> None:
    chat.status = 401
    settings.partners.joinpath("kobe_shelter").mkdir()
    settings = with_channels(settings, channels={"chat": chat.url()})
    ended(settings, held=[held()])
    messages.send_due(settings, NOW)
    (state,) = read_status(settings)["messages"]
    assert (state["channel"], state["waiting"]) == ("chat", 1)
    settings = with_channels(settings, channels={"chat": {"url": chat.url(), "roles": ["pigeon"]}})
    assert "channels.chat.roles.0" in read_status(settings)["messages"][0]["why"]


def test_mail_is_plain_text_to_one_recipient(settings: Settings) -> None:
    port, mailbox = free_port(), Mailbox(refuses=OPERATOR)
    ended(settings, held=[held()])
    channels = {
        "a": mail_to(STEWARD, port),
        "b": mail_to(OPERATOR, port),
        "c": mail_to(f"{STEWARD},x@y.example", port),
    }
    with mail_server(mailbox, port):
        _, sent, refused, both = messages.send_due(with_channels(settings, channels=channels), NOW)
    (mail,) = mailbox.mails
    assert (mail["To"], mail["From"], sent.events) == (STEWARD, "njia@sampleton.example", 1)
    assert mail["Subject"] == "Njia: 1 extract held" and mail.get_content_type() == "text/plain"
    assert "Testperson" not in str(refused.why_not), "a server's own words are not passed on"
    assert "several recipients" in str(both.why_not)


def test_mail_goes_over_starttls_to_a_server_whose_certificate_is_known(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, mailbox = free_port(), Mailbox()
    certificate, tls = certificate_of_localhost(tmp_path, program("openssl", "apt-get install openssl"))

    def send(password: str) -> str | None:
        url = mail_to(STEWARD, port).replace("mailto://", f"mailtos://njia:{password.replace(' ', '%20')}@")
        _, sent = messages.send_test(with_channels(settings, channels={"mail": url}))
        return sent.why_not

    with mail_server(mailbox, port, tls):
        assert "cannot be reached" in str(send(PASSWORD)) and mailbox.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert "cannot be reached" in str(send(SECRET)) and mailbox.mails == []
        assert send(PASSWORD) is None and len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"nosuch://{SECRET}", "no service that apprise knows"),
        (f"{SECRET}", "no service that apprise knows"),
        ("json://", "no service that apprise knows"),
        (f"json://chat.example/{SECRET}", "sends in clear"),
        (f"mailto://njia:{SECRET}@mail.example?to={STEWARD}", "sends in clear"),
        (f"mailtos://njia:{SECRET}@mail.example/{STEWARD}/{OPERATOR}", "several recipients"),
    ],
)
def test_unfit_url_is_a_sentence(settings: Settings, url: str, why: str) -> None:
    _, sent = messages.send_test(with_channels(settings, channels={"chat": url}))
    assert why in str(sent.why_not) and SECRET not in str(sent.why_not)


def test_url_comes_from_the_environment(
    settings: Settings, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = {"chat": {"url_env": "FIXTURE_CHAT_URL", "roles": ["steward"]}}
    settings = with_channels(settings, channels=channels, mode=0o644)
    assert "FIXTURE_CHAT_URL holds no URL" in str(messages.send_test(settings)[1].why_not)
    monkeypatch.setenv("FIXTURE_CHAT_URL", chat.url())
    assert messages.send_test(settings)[1].why_not is None and len(chat.asked) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_file_with_urls_that_others_may_read_is_not_used(settings: Settings, chat: Chat, mode: int) -> None:
    settings = with_channels(settings, channels={"chat": chat.url()}, mode=mode)
    with pytest.raises(UsageError, match="chmod 600"):
        messages.send_due(settings, NOW)
    assert chat.asked == []


ONE = {"roles": ["steward"]}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"channels": {"chat": ONE}}, "give either `url` or `url_env`"),
        ({"channels": {"chat": ONE | {"url": f"json://{SECRET}", "url_env": "X"}}}, "give either"),
        ({"channels": {"chat": {"url": f"json://{SECRET}"}}}, "channels.chat.roles: "),
        ({"channels": {"chat": ONE | {"url": [SECRET]}}}, "channels.chat.url: "),
        ({"channels": {f"json://{SECRET}": ONE}}, "channels.…"),
        ({"channels": {"chat": ONE | {f"json://{SECRET}": None}}}, "channels.chat.…"),
        ({"channels": {"notices": ONE | {"url": "json://x"}}}, "another name"),
        ({"recipients": {"steward": [SECRET]}}, "recipients: "),
        ({"language": SECRET}, "language: "),
    ],
)
def test_wrong_settings_are_reported_without_values(settings: Settings, wrong: Any, message: str) -> None:
    settings = with_channels(settings, **wrong)
    with pytest.raises(UsageError) as error:
        messages.send_due(settings, NOW)
    assert message in str(error.value) and SECRET not in str(error.value)


def test_file_of_an_earlier_version_is_a_sentence(settings: Settings) -> None:
    path = settings.home.parent / "notify.yml"
    path.write_text(f"channels: [{{type: smtp, host: {SECRET}}}]")
    with pytest.raises(UsageError, match=r"channels: .*See docs/operator\.md, Send messages") as error:
        messages.send_due(replace(settings, notify=path), NOW)
    assert SECRET not in str(error.value)


def test_secret_of_a_url_stands_in_no_log_file_or_message(
    settings: Settings,
    chat: Chat,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = io.StringIO()  # pytest itself listens to loggers that pass nothing on
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(log)])
    channels = {"up": chat.url(), "down": f"json://njia:{SECRET}@127.0.0.1:{free_port()}/{SECRET}",
                "wrong": f"nosuch://{SECRET}", "mail": f"mailto://njia:{SECRET}@127.0.0.1:{free_port()}?to={STEWARD}"}  # fmt: skip
    settings = with_channels(settings, channels=channels)
    settings.partners.joinpath("kobe_shelter").mkdir()
    ended(settings, held=[held()])
    with caplog.at_level(1), caplog.at_level(1, "apprise"), caplog.at_level(1, "urllib3"):
        sent = messages.send_due(settings, NOW) + messages.send_test(settings)

        def shown() -> list[str]:
            out, err = capfd.readouterr()
            files = [path for path in settings.home.rglob("*") if path.is_file()]
            places = {
                "log": log.getvalue(), "out": out, "err": err,
                "files": b"".join(path.read_bytes() for path in files).decode(errors="replace"),
                "sentences": f"{sent} {' '.join(map(str, sent))} {read_status(settings)}",
            }  # fmt: skip
            return [place for place, text in places.items() if SECRET in text]

        assert len(chat.asked) == 2 and all(SECRET in request.path for request in chat.asked)
        assert shown() == []
        logging.getLogger("planted").debug(SECRET)
        print(SECRET)
        print(SECRET, file=sys.stderr)
        (settings.notices / "planted").write_text(SECRET)
        sent.append(messages.Delivered("planted", 0, SECRET))
        assert shown() == ["log", "out", "err", "files", "sentences"]


def test_command_sends_due_messages_and_tests(
    settings: Settings, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_channels(
        settings, channels={"down": f"json://127.0.0.1:{free_port()}", "chat": chat.url()}
    )
    monkeypatch.setenv("NJIA_NOTIFY", str(settings.notify))
    at = ["--home", str(settings.home), "--partners", str(settings.partners)]
    idle = CliRunner().invoke(cli, ["notify", *at])
    assert (idle.exit_code, idle.stdout.strip()) == (0, "No message is due.")
    tried = CliRunner().invoke(cli, ["notify", "--test", "--json", *at])
    assert tried.exit_code == 1
    sent = json.loads(tried.stdout.splitlines()[-1])["sent"]
    assert [(one["channel"], one["why_not"] is None) for one in sent] == [
        ("notices", True),
        ("down", False),
        ("chat", True),
    ]
