"""Send due messages by every channel, and keep the ledger of what reached whom.

Delivery is at least once: after a crash between sending and noting, a message is sent again under the same
Message-ID. The ledger is `notices/ledger.json`; one process at a time holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from filelock import FileLock, Timeout

from orchestration.core import NjiaError, Settings, durable, read_json, refreshes, write_json
from orchestration.stewardship.messages.channel import Channel, Undelivered
from orchestration.stewardship.messages.channels import open_channels
from orchestration.stewardship.messages.config import Notify, read_notify
from orchestration.stewardship.messages.events import Event, events
from orchestration.stewardship.messages.folder import keep_newest as keep_newest_in
from orchestration.stewardship.messages.words import compose, compose_test

LEDGER = "ledger.json"
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
SECONDS_TO_WAIT = 30


@dataclass(frozen=True)
class Delivered:
    """Messages sent by one channel, their events, and why one was not sent."""

    channel: str
    messages: int
    events: int
    why_not: str | None


def in_words(sent: Delivered) -> str:
    if sent.why_not:
        return f"{sent.channel}: {sent.why_not}"
    return f"{sent.channel}: {sent.messages} message(s) about {sent.events} event(s)."


def send_due(settings: Settings, now: datetime | None = None, patient: bool = True) -> list[Delivered]:
    """Send every address the events it has not had. Raises UsageError where the settings are wrong.

    A channel that failed waits before it is tried again, longer each time, unless `patient` is off.
    """
    now = now or datetime.now(UTC)
    notify = read_notify(settings)
    channels = open_channels(notify, settings)
    refreshes.end_if_killed(settings)
    found = events(settings)
    done = []
    with _ledger(settings) as ledger:
        for name, channel in channels.items():
            state = ledger.setdefault(name, {"told": {}, "failing": None})
            waits_until = (state["failing"] or {}).get("next_try")
            # Longer than the longest wait: the clock was put back.
            if patient and waits_until and now < datetime.fromisoformat(waits_until) <= now + LONGEST_WAIT:
                continue
            sent = _send(settings, notify, name, channel, state, found, now)
            if sent.messages or sent.why_not:
                done.append(sent)
            _write(settings, ledger)
    return done


def send_test(settings: Settings) -> list[Delivered]:
    """Send a test message by every channel to every address; the ledger stays as it is."""
    notify = read_notify(settings)
    now = datetime.now(UTC).isoformat()
    done = []
    for name, channel in open_channels(notify, settings).items():
        sent, why_not = 0, None
        for address in channel.addresses():
            try:
                channel.send(address, compose_test(address, notify.language, now))
                sent += 1
            except Undelivered as error:
                why_not = str(error)
        done.append(Delivered(name, sent, 0, why_not))
    return done


def standing(settings: Settings) -> list[dict[str, Any]]:
    """Return the failing channels: channel, why, since, tries, next_try, and the events that wait."""
    try:
        channels = open_channels(read_notify(settings), settings)
        ledger, found = _read(settings), events(settings)
    except NjiaError as error:
        return [
            {
                "channel": "settings",
                "why": str(error),
                "since": None,
                "tries": 0,
                "next_try": None,
                "waiting": 0,
            }
        ]
    return [
        {"channel": name, **ledger[name]["failing"], "waiting": _waiting(channel, ledger[name], found)}
        for name, channel in channels.items()
        if name in ledger and ledger[name]["failing"]
    ]


def keep_newest(settings: Settings, number: int) -> int:
    """Delete all but the newest messages; return how many. The ledger keeps as many events of an address.

    What still holds stays in the ledger, so that it is not sent again. Raises NjiaError while somebody sends.
    """
    if not settings.notices.is_dir():
        return 0
    with _ledger(settings) as ledger:
        removed = keep_newest_in(settings.notices, number)
        for told in (of_channel["told"] for of_channel in ledger.values()):
            for address, known in told.items():
                if len(known) > number + number // 10:
                    stand = {event.id for event in events(settings)}
                    old = sorted(known, key=known.__getitem__)[:-number]
                    told[address] = {id: time for id, time in known.items() if id in stand or id not in old}
                    _write(settings, ledger)
    return removed


def _send(
    settings: Settings,
    notify: Notify,
    name: str,
    channel: Channel,
    state: dict[str, Any],
    found: list[Event],
    now: datetime,
) -> Delivered:
    named = notify.name_partners or not channel.leaves_home
    messages, reported, why_not = 0, set(), None
    for address, roles in channel.addresses().items():
        known = state["told"].setdefault(address, {})
        due = [event for event in found if event.roles & roles and event.id not in known]
        if not due:
            continue
        try:
            channel.send(address, compose(due, address, settings.desk_url, notify.language, named))
        except Undelivered as error:
            why_not = str(error)
            if error.only_address:
                continue
            break
        known |= {event.id: now.isoformat() for event in due}
        messages += 1
        reported |= {event.id for event in due}
    state["failing"] = _failing(state["failing"], why_not, now) if why_not else None
    return Delivered(name, messages, len(reported), why_not)


def _failing(before: dict[str, Any] | None, why: str, now: datetime) -> dict[str, Any]:
    tries = (before or {}).get("tries", 0) + 1
    wait = min(FIRST_WAIT * 2 ** min(tries - 1, 12), LONGEST_WAIT)
    since = before["since"] if before else now.isoformat()
    return {"why": why, "since": since, "tries": tries, "next_try": (now + wait).isoformat()}


def _waiting(channel: Channel, state: dict[str, Any], found: list[Event]) -> int:
    return len(
        {
            event.id
            for address, roles in channel.addresses().items()
            for event in found
            if event.roles & roles and event.id not in state["told"].get(address, {})
        }
    )


@contextmanager
def _ledger(settings: Settings) -> Iterator[dict[str, Any]]:
    durable.make_folder(settings.notices, 0o700)
    settings.notices.chmod(0o700)
    try:
        with FileLock(settings.notices / ".lock", timeout=SECONDS_TO_WAIT):
            yield _read(settings)
    except Timeout:
        raise NjiaError("Another process is sending messages. Try again in a moment.") from None


def _read(settings: Settings) -> dict[str, Any]:
    path = settings.notices / LEDGER
    if not path.is_file():
        return {}
    found: dict[str, Any] = read_json(path)
    return found


def _write(settings: Settings, ledger: dict[str, Any]) -> None:
    write_json(settings.notices / LEDGER, ledger)
