"""The text of a message about all new events, in English or Swahili (`words.yml`).

It holds kinds, counts and links without names; with `named`, also partners, what the gate found in their
extracts, and the corridors of alerts without their records. It goes by mail: never more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.stewardship.messages.events import Event, Kind
from orchestration.stewardship.sentences import in_language

ORDER: tuple[Kind, ...] = (
    "refused",
    "waits",
    "crashed",
    "damage",
    "pull",
    "held",
    "file",
    "overdue",
    "alert",
)
MOST_LISTED = 20


@dataclass(frozen=True)
class Message:
    """`key` is the same for the same events to the same address, so that a mail server can drop a repeat."""

    subject: str
    text: str
    events: tuple[Event, ...]
    key: str


def compose(found: Sequence[Event], address: str, desk_url: str, language: str, named: bool) -> Message:
    """Return one message about all events, of which there is at least one."""
    words = _words()[language]
    subjects, parts = [], []
    for kind in ORDER:
        own = [event for event in found if event.kind == kind]
        if own:
            one, many = words["subject"][kind]
            subject = one if len(own) == 1 else many.format(n=len(own))
            subjects.append(subject)
            listed = [_line(event, desk_url, named, language) for event in own]
            lines = [line for line in dict.fromkeys(listed) if line]
            more = (
                [f"  {words['more'].format(n=len(lines) - MOST_LISTED)}"] if len(lines) > MOST_LISTED else []
            )
            parts.append(
                "\n".join([f"{subject.capitalize()}.", words["told"][kind], *lines[:MOST_LISTED], *more])
            )
    parts += [f"{words['desk']}: {desk_url}/", words["once"]]
    return Message(
        f"Njia: {', '.join(subjects)}",
        "\n\n".join(parts) + "\n",
        tuple(found),
        _key(address, *(event.id for event in found)),
    )


def compose_test(address: str, language: str, now: str) -> Message:
    words = _words()[language]
    return Message(words["test"], words["test_text"] + "\n", (), _key(address, now))


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return found


def _line(event: Event, desk_url: str, named: bool, language: str) -> str:
    """Return the line of one event; empty where its count says all."""
    words, detail = _words()[language], in_language(event.detail, language)
    if event.kind == "crashed":
        return f"  {detail}"
    if event.kind in ("refused", "waits"):
        checks = f"  {words['checks']}: {detail}" if detail else ""
        return "\n".join(filter(None, (checks, f"  {desk_url}{event.path}" if event.path else "")))
    if not named:
        return ""
    if event.partner is None:
        return f"  {detail}"
    about = f"  {event.partner}{f' ({detail})' if detail else ''}"
    return f"{about}\n    {desk_url}{event.path}" if event.path else about


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
