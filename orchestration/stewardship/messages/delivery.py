"""Send due messages to every channel, and keep the ledger of events sent.

Channels are the folder `notices/`, and the URLs of the operator's file, to which `apprise` sends. A URL holds
secrets: everything else names a channel by its name, and apprise's own words go nowhere. Delivery is at least
once: after a crash between sending and noting, a message is sent again. The ledger is `notices/ledger.json`;
one process at a time holds it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, Field, SecretStr, StringConstraints, ValidationError, model_validator

from orchestration.core import (
    NjiaError,
    Settings,
    UsageError,
    durable,
    keep_last_lines,
    line_of,
    locked_folder,
    read_json,
    refreshes,
    remove_summed,
    secret_from,
    write_json,
    write_summed,
)
from orchestration.stewardship.messages.events import (
    ROLES,
    Event,
    Message,
    Role,
    compose,
    compose_test,
    current_events,
)

if TYPE_CHECKING:
    from apprise import NotifyBase

NOTICES = "notices"
LINES, LEDGER = "notices.jsonl", "ledger.json"
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
SECONDS_TO_WAIT = 30
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_NAME = r"^[a-z][a-z0-9_-]{0,30}$"
_GUIDE = "See docs/operator.md, Send messages."


class Undelivered(Exception):
    """Why a message was not sent, for the operator, without a secret."""


class Channel(BaseModel, extra="forbid", frozen=True):
    """One recipient: its roles, and its URL or the environment variable that holds it."""

    roles: tuple[Role, ...] = Field(min_length=1)
    url: SecretStr | None = None
    url_env: str | None = None

    @model_validator(mode="after")
    def _one_url(self) -> Channel:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either `url` or `url_env`")
        return self


class Notify(BaseModel, extra="forbid", frozen=True):
    """`name_partners`: whether messages that leave this machine may name partners."""

    language: Literal["en", "sw"] = "en"
    name_partners: bool = False
    channels: dict[Annotated[str, StringConstraints(pattern=_NAME)], Channel] = {}

    def roles(self) -> dict[str, frozenset[Role]]:
        """Return the roles of every channel; the folder of notices has all."""
        own = {name: frozenset(channel.roles) for name, channel in self.channels.items()}
        return {NOTICES: frozenset(ROLES)} | own


def read_notify(settings: Settings) -> Notify:
    """Read the file of NJIA_NOTIFY; raises UsageError with every fault, without a value."""
    path = settings.notify
    if path is None:
        return Notify()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        notify = Notify.model_validate(content)
        is_open = path.stat().st_mode & 0o077 != 0
    except OSError as error:
        raise UsageError(f"NJIA_NOTIFY names {path}, which cannot be read ({error.strerror}).") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UsageError(f"{path} is not YAML in UTF-8.") from None
    except ValidationError as error:
        raise UsageError(f"{path}: {_problems(error)}. {_GUIDE}") from None
    if is_open and any(channel.url for channel in notify.channels.values()):
        raise UsageError(
            f"Other accounts may read {path}, which holds URLs with secrets. Close it (chmod 600 '{path}'), "
            "and if somebody may have read it, have new secrets made."
        )
    if NOTICES in notify.channels:
        raise UsageError(f"{path}: `{NOTICES}` is the folder; give the channel another name.")
    return notify


def send(channel: Channel, message: Message) -> None:
    """Send a message to a channel; raises Undelivered."""
    url = channel.url.get_secret_value() if channel.url else secret_from(str(channel.url_env))
    if not url:
        raise Undelivered(f"the environment variable {channel.url_env} holds no URL.")
    from apprise import Apprise

    logging.getLogger("apprise").propagate = False  # it logs URLs, urllib3 their paths
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        sender = Apprise()
        sender.add(_fit(Apprise.instantiate(url)))
        result = sender.notify(body=message.text, title=message.subject, body_format="text")
        log_lines = " ".join(entry.message for entry in result.logs())
    except Undelivered:
        raise
    except Exception as error:  # its text may hold the URL
        raise Undelivered(f"apprise fails with {type(error).__name__}.") from None
    if not result:
        code = re.search(r"(?:error=|\()(\d{3})\b", log_lines)
        why = f"answers with code {code[1]}" if code else "cannot be reached, or takes no message"
        raise Undelivered(f"the server {why}. Check its URL, and whether the server runs.")


def write_notice(settings: Settings, message: Message) -> None:
    """Write a text and a JSON line into the folder; raises Undelivered."""
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%SZ}-{message.key[:8]}.txt"
    line = {
        "time": now.replace(microsecond=0).isoformat(),
        "subject": message.subject,
        "text": name,
        "events": [
            {"id": event.id, "kind": event.kind, "partner": event.partner, "path": event.path}
            for event in message.events
        ],
    }
    try:
        write_summed(settings.notices / name, f"{message.subject}\n\n{message.text}")
        durable.append_line(settings.notices / LINES, line_of(line))
    except OSError as error:
        raise Undelivered(f"{settings.notices} cannot be written ({error.strerror}).") from None


def _fit(service: NotifyBase | None) -> NotifyBase:
    """Return the service; raise Undelivered for none, several recipients, or a server without encryption."""
    if service is None:
        raise Undelivered(
            "its URL is of no service that apprise knows, or lacks a part: https://appriseit.com/services/."
        )
    if len(service) > 1:
        raise Undelivered(
            "its URL has several recipients, or `retry`. Give each recipient a channel of its own."
        )
    has_both = service.protocol and service.secure_protocol
    if has_both and not service.secure and service.host and service.host not in LOOPBACK_HOSTS:
        raise Undelivered("its URL sends in clear. Use the scheme that ends with s, such as mailtos, jsons.")
    return service


def _problems(error: ValidationError) -> str:
    """Return place and kind of each fault, never a value; nor a key that may be a misplaced URL."""

    def shown(key: int | str) -> str:
        return str(key) if re.fullmatch(r"[a-z0-9_-]{1,31}", str(key)) else "…"

    return "; ".join(
        f"{'.'.join(map(shown, fault['loc'])) or 'the file'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )


@dataclass(frozen=True)
class Delivered:
    """Events that one channel was sent, or why not; 0 events of a test message."""

    channel: str
    events: int
    why_not: str | None = None

    def __str__(self) -> str:
        about = f"a message about {self.events} event(s)." if self.events else "a test message."
        return f"{self.channel}: {self.why_not or about}"


def send_due(settings: Settings, now: datetime | None = None, patient: bool = True) -> list[Delivered]:
    """Send every channel the events it has not had. Raises UsageError where the settings are wrong.

    A channel that failed waits before it is tried again, longer each time, unless `patient` is off.
    """
    now = now or datetime.now(UTC)
    notify = read_notify(settings)
    refreshes.end_if_killed(settings)
    events = current_events(settings)
    deliveries = []
    with _ledger(settings) as ledger:
        for name, roles in notify.roles().items():
            state = ledger.setdefault(name, {"failing": None})
            due = _due(state, roles, events)
            waits_until = (state["failing"] or {}).get("next_try")
            # Longer than the longest wait: the clock was put back.
            waits = waits_until and now < datetime.fromisoformat(waits_until) <= now + LONGEST_WAIT
            if (patient and waits) or not (due or state["failing"]):
                continue
            why_not = None
            if due:
                named = notify.name_partners or name == NOTICES
                message = compose(due, settings.desk_url, notify.language, named)
                deliveries.append(_deliver(settings, notify, name, message))
                why_not = deliveries[-1].why_not
            if why_not:
                before = state["failing"] or {"since": now.isoformat(), "tries": 0}
                wait = min(FIRST_WAIT * 2 ** min(before["tries"], 12), LONGEST_WAIT)
                state["failing"] = {
                    "why": why_not,
                    "since": before["since"],
                    "tries": before["tries"] + 1,
                    "next_try": (now + wait).isoformat(),
                }
            else:
                state["failing"] = None
                state.setdefault("sent", {}).update({event.id: now.isoformat() for event in due})
            write_json(settings.notices / LEDGER, ledger)
    return deliveries


def send_test(settings: Settings) -> list[Delivered]:
    """Send a test message to every channel; the ledger stays as it is."""
    notify = read_notify(settings)
    message = compose_test(notify.language, datetime.now(UTC).isoformat())
    return [_deliver(settings, notify, name, message) for name in notify.roles()]


def standing(settings: Settings) -> list[dict[str, Any]]:
    """Return the failing channels: channel, why, since, tries, next_try, and the events that wait."""
    try:
        channels = read_notify(settings).roles()
        ledger, events = _read(settings), current_events(settings)
    except NjiaError as error:
        unknown = {"since": None, "tries": 0, "next_try": None, "waiting": 0}
        return [{"channel": "settings", "why": str(error), **unknown}]
    return [
        {"channel": name, **ledger[name]["failing"], "waiting": len(_due(ledger[name], roles, events))}
        for name, roles in channels.items()
        if name in ledger and ledger[name]["failing"]
    ]


def sent_about(settings: Settings, partner: str) -> list[tuple[Event, str]]:
    """Return the current events of a partner that were sent, each with its time, newest first."""
    channels = _read(settings).values()
    told = [
        (event, min(times))
        for event in current_events(settings)
        if event.partner == partner
        and (times := [one["sent"][event.id] for one in channels if event.id in one.get("sent", {})])
    ]
    return sorted(told, key=lambda one: one[1], reverse=True)


def keep_newest(settings: Settings, number: int) -> int:
    """Delete all but the newest messages; return how many. The ledger keeps as many events of a channel.

    Current events stay in the ledger, so that they are not sent again. Raises NjiaError while another process
    sends.
    """
    if not settings.notices.is_dir():
        return 0
    with _ledger(settings) as ledger:
        old_notices = sorted(settings.notices.glob("*Z-*.txt"))[:-number]
        for path in old_notices:
            remove_summed(path)
        keep_last_lines(settings.notices / LINES, number)
        for state in ledger.values():
            sent = state.get("sent", {})
            if len(sent) > number + number // 10:
                current = {event.id for event in current_events(settings)}
                old = set(sorted(sent, key=sent.__getitem__)[:-number]) - current
                state["sent"] = {id: time for id, time in sent.items() if id not in old}
                write_json(settings.notices / LEDGER, ledger)
    return len(old_notices)


def _due(state: dict[str, Any], roles: frozenset[Role], events: list[Event]) -> list[Event]:
    return [event for event in events if event.roles & roles and event.id not in state.get("sent", {})]


def _deliver(settings: Settings, notify: Notify, name: str, message: Message) -> Delivered:
    try:
        if name == NOTICES:
            write_notice(settings, message)
        else:
            send(notify.channels[name], message)
    except Undelivered as error:
        return Delivered(name, 0, str(error))
    return Delivered(name, len(message.events))


@contextmanager
def _ledger(settings: Settings) -> Iterator[dict[str, Any]]:
    durable.make_folder(settings.notices, 0o700)
    settings.notices.chmod(0o700)
    busy = NjiaError("Another process is sending messages. Try again in a moment.")
    with locked_folder(settings.notices, busy, SECONDS_TO_WAIT):
        yield _read(settings)


def _read(settings: Settings) -> dict[str, Any]:
    path = settings.notices / LEDGER
    return dict(read_json(path)) if path.is_file() else {}
