"""Events that need a person, each with an id that stays until it changes, and the message about them.

The id of a refusal is made of what was given, the release in force and the checks that refused: the same
refusal night after night is one event. A held extract is new when other checks hold it; a file when it or the
reason changed; an overdue partner once for each day it was due; a crash is its run; a pull that fails is new
when it fails in another way or has worked since; an alert by corridor, direction and first month.

A message is in English or Swahili. It holds kinds, counts and links without names; with
`named`, also partners, what the gate found in their extracts, and the corridors of alerts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from expectations.checks import EXTRACT_CHECKS, PART_CHECKS
from orchestration.core import Settings, in_language, listed, refreshes, text_of
from orchestration.intake import failed_pulls
from orchestration.stewardship import items, review
from orchestration.stewardship.kinds.alert_release import corridor_name, key_of

Role = Literal["steward", "operator", "member"]
ROLES: tuple[Role, ...] = ("steward", "operator", "member")
Kind = Literal["refused", "waits", "crashed", "damage", "pull", "held", "file", "overdue", "alert"]
ORDER: tuple[Kind, ...] = get_args(Kind)
MOST_LISTED = 20
BOTH: frozenset[Role] = frozenset({"steward", "operator"})
OPERATORS: frozenset[Role] = frozenset({"operator"})
EVERYBODY: frozenset[Role] = frozenset(ROLES)


@dataclass(frozen=True)
class Event:
    """`path` is its address at the desk, None where it has none; `detail` names no partner. It may be a
    sentence in several languages.
    """

    id: str
    kind: Kind
    roles: frozenset[Role] = BOTH
    partner: str | None = None
    path: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Message:
    """`key` is the same for the same events."""

    subject: str
    text: str
    events: tuple[Event, ...]
    key: str


def current_events(settings: Settings) -> list[Event]:
    """Return all current events, sent already or not; none before the first refresh."""
    end = refreshes.last(settings)
    if end is None:
        return []
    return [
        *_refused(end),
        *_waits(settings),
        *_held(settings, end),
        *_files(settings),
        *_overdue(end),
        *_crashed(end),
        *_damage(settings),
        *_pulls(settings),
        *_alerts(settings),
    ]


def compose(events: Sequence[Event], desk_url: str, language: str, named: bool) -> Message:
    """Return one message about all events, of which there is at least one."""
    words = _words(language)
    subjects, parts = [], []
    for kind in ORDER:
        own = [event for event in events if event.kind == kind]
        if own:
            number = "one" if len(own) == 1 else "more"
            subjects.append(words(f"subject.{kind}.{number}").format(n=len(own)))
            all_lines = dict.fromkeys(_line(event, desk_url, named, language) for event in own)
            lines = [line for line in all_lines if line]
            more = (
                [f"  {words('more').format(n=len(lines) - MOST_LISTED)}"] if len(lines) > MOST_LISTED else []
            )
            heading = f"{subjects[-1].capitalize()}."
            parts.append("\n".join([heading, words(f"meaning.{kind}"), *lines[:MOST_LISTED], *more]))
    parts += [f"{words('desk')}: {desk_url}/", words("once")]
    return Message(
        f"Njia: {', '.join(subjects)}",
        "\n\n".join(parts) + "\n",
        tuple(events),
        _digest(*(event.id for event in events)),
    )


def compose_test(language: str, now: str) -> Message:
    words = _words(language)
    return Message(words("test"), words("test_text") + "\n", (), _digest(now))


def _words(language: str) -> Callable[[str], str]:
    return lambda key: text_of(f"message.{key}", language)


def _line(event: Event, desk_url: str, named: bool, language: str) -> str:
    """Return the line of one event; empty where its count says all."""
    words, detail = _words(language), in_language(event.detail, language)
    if event.kind == "crashed":
        return f"  {detail}"
    if event.kind in ("refused", "waits"):
        checks = f"  {words('checks')}: {detail}" if detail else ""
        return "\n".join(filter(None, (checks, f"  {desk_url}{event.path}" if event.path else "")))
    if not named:
        return ""
    if event.partner is None:
        return f"  {detail}"
    about = f"  {event.partner}{f' ({detail})' if detail else ''}"
    return f"{about}\n    {desk_url}{event.path}" if event.path else about


def _refused(end: refreshes.End) -> Iterator[Event]:
    if end.outcome != refreshes.REFUSED:
        return
    by = sorted(set(end.refused_by))
    made_new = _digest(end.given_hash or "", end.release_id or "", *(by or [end.reason or ""]))
    is_whole = len(by) == 1 and by[0] not in PART_CHECKS
    path = items.release_check(by[0]).path if is_whole else None
    yield Event(f"refused#{made_new}", "refused", path=path, detail=", ".join(by))


def _waits(settings: Settings) -> Iterator[Event]:
    standing = review.standing_candidate(settings)
    if standing and standing["outcome"] == "waits":
        yield Event(f"waits#{standing['content_hash'][:16]}", "waits", path="/release")


def _held(settings: Settings, end: refreshes.End) -> Iterator[Event]:
    found = _findings(settings)
    for one in end.held:
        item = items.held_extract(one["partner"], one["extract_id"])
        by = sorted(one["held_by"])
        detail = listed([found.get((one["partner"], one["extract_id"], name)) or name for name in by], "; ")
        yield Event(f"{item}#{_digest(*by)}", "held", partner=one["partner"], path=item.path, detail=detail)


def _findings(settings: Settings) -> dict[tuple[str, str, str], str]:
    """Return what each check found in an extract; nothing of a check that names another partner."""
    return {
        (row["partner"], row["extract_id"], row["check_name"]): review.finding_of(row)
        for row in review.read(settings, review.FAILED_CHECKS)
        if row["check_name"] in EXTRACT_CHECKS and not EXTRACT_CHECKS[row["check_name"]].names_others
    }


def _files(settings: Settings) -> Iterator[Event]:
    for row in review.standing(settings, review.FILES_NOT_TAKEN):
        item = items.file_not_taken(row["partner"], row["file"])
        made_new = _digest(row["outcome"], row["reason"])
        yield Event(f"{item}#{made_new}", "file", partner=row["partner"], path=item.path)


def _overdue(end: refreshes.End) -> Iterator[Event]:
    for one in end.overdue:
        item = items.overdue(one["partner"])
        made_new = f"{one['contract']}/{one['due']}"
        yield Event(
            f"{item}#{made_new}", "overdue", partner=one["partner"], path=item.path, detail=one["due"]
        )


def _crashed(end: refreshes.End) -> Iterator[Event]:
    for one in end.crashes:
        yield Event(
            f"crashed#{one['run_id']}", "crashed", OPERATORS, detail=f"{one['ended']} {one['run_id'][:8]}"
        )


def _damage(settings: Settings) -> Iterator[Event]:
    for fault in review.damaged_files(settings):
        made_new = _digest(fault["path"], fault["found"])
        yield Event(f"damage#{made_new}", "damage", OPERATORS, detail=f"{fault['kind']}: {fault['path']}")


def _pulls(settings: Settings) -> Iterator[Event]:
    for source in failed_pulls(settings):
        made_new = _digest(source.reason or "", source.fetched or "")
        yield Event(f"pull/{source.partner}/{source.contract}#{made_new}", "pull", OPERATORS, source.partner)


def _alerts(settings: Settings) -> Iterator[Event]:
    """Yield the alerts of the current release, without a count. A candidate's wait until it is published."""
    for row in review.read(settings, review.ALERTS):
        if row["in_current_release"] == "True":
            sign = "▲" if row["direction"] == "rise" else "▼"
            detail = f"{sign} {corridor_name(row['corridor_id'])}, {row['first_month'][:7]}"
            yield Event(f"alert/{'/'.join(key_of(row))}", "alert", EVERYBODY, detail=detail)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
