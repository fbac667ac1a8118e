"""Send due messages to every channel, and keep the ledger of events sent.

Delivery is at least once: after a crash between sending and noting, a message is sent again. The ledger is
`notices/ledger.json`; one process at a time holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestration.core import NjiaError, Settings, durable, locked_folder, read_json, refreshes, write_json
from orchestration.stewardship.messages.channels import (
    NOTICES,
    Notify,
    Undelivered,
    keep_newest_notices,
    read_notify,
    send,
    write_notice,
)
from orchestration.stewardship.messages.events import (
    Event,
    Message,
    Role,
    compose,
    compose_test,
    current_events,
)

LEDGER = "ledger.json"
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
SECONDS_TO_WAIT = 30


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
                state["failing"] = _failing(state["failing"], why_not, now)
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


def keep_newest(settings: Settings, number: int) -> int:
    """Delete all but the newest messages; return how many. The ledger keeps as many events of a channel.

    Current events stay in the ledger, so that they are not sent again. Raises NjiaError while another process
    sends.
    """
    if not settings.notices.is_dir():
        return 0
    with _ledger(settings) as ledger:
        removed = keep_newest_notices(settings.notices, number)
        for state in ledger.values():
            sent = state.get("sent", {})
            if len(sent) > number + number // 10:
                current = {event.id for event in current_events(settings)}
                old = set(sorted(sent, key=sent.__getitem__)[:-number]) - current
                state["sent"] = {id: time for id, time in sent.items() if id not in old}
                write_json(settings.notices / LEDGER, ledger)
    return removed


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


def _failing(before: dict[str, Any] | None, why: str, now: datetime) -> dict[str, Any]:
    tries = (before or {}).get("tries", 0) + 1
    wait = min(FIRST_WAIT * 2 ** min(tries - 1, 12), LONGEST_WAIT)
    since = before["since"] if before else now.isoformat()
    return {"why": why, "since": since, "tries": tries, "next_try": (now + wait).isoformat()}


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
