"""Events that need a person, each with an id that stays until it changes, and the message about them.

The id of a refusal is made of what was given, the release in force and the checks that refused: the same
refusal night after night is one event. A held extract is new when other checks hold it; a file when it or the
reason changed; an overdue partner once for each day it was due; a crash is its run; a pull that fails is new
when it fails in another way or has worked since; an alert by corridor, direction and first month.

A message is in English or Swahili. It holds kinds, counts and links without names; with
`named`, also partners, what the gate found in their extracts, and the corridors of alerts.
"""

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
    return [*_of_refresh(settings, end), *_of_lists(settings), *_of_operation(settings, end)]


def compose(events: Sequence[Event], desk_url: str, language: str, named: bool) -> Message:
    """Return one message about all events, of which there is at least one."""
    words = _words(language)
    subjects, parts = [], []
    for kind in ORDER:
        own = [event for event in events if event.kind == kind]
        if not own:
            continue
        number = "one" if len(own) == 1 else "more"
        subjects.append(words(f"subject.{kind}.{number}").format(n=len(own)))
        lines = list(filter(None, dict.fromkeys(_line(event, desk_url, named, language) for event in own)))
        if len(lines) > MOST_LISTED:
            lines[MOST_LISTED:] = [f"  {words('more').format(n=len(lines) - MOST_LISTED)}"]
        parts.append("\n".join([f"{subjects[-1].capitalize()}.", words(f"meaning.{kind}"), *lines]))
    text = "\n\n".join([*parts, f"{words('desk')}: {desk_url}/", words("once")]) + "\n"
    key = _digest(*(event.id for event in events))
    return Message(f"Njia: {', '.join(subjects)}", text, tuple(events), key)


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


def _of_refresh(settings: Settings, end: refreshes.End) -> Iterator[Event]:
    """Yield a refused or waiting release, held extracts and overdue partners."""
    if end.outcome == refreshes.REFUSED:
        by = sorted(set(end.refused_by))
        id = _digest(end.given_hash or "", end.release_id or "", *(by or [end.reason or ""]))
        is_whole = len(by) == 1 and by[0] not in PART_CHECKS
        path = items.release_check(by[0]).path if is_whole else None
        yield Event(f"refused#{id}", "refused", path=path, detail=", ".join(by))
    candidate = review.standing_candidate(settings)
    if candidate and candidate["outcome"] == "waits":
        yield Event(f"waits#{candidate['content_hash'][:16]}", "waits", path="/release")
    # Nothing of a check that names another partner.
    findings = {
        (row["partner"], row["extract_id"], row["check_name"]): review.finding_of(row)
        for row in review.read(settings, review.FAILED_CHECKS)
        if row["check_name"] in EXTRACT_CHECKS and not EXTRACT_CHECKS[row["check_name"]].names_others
    }
    for held in end.held:
        partner, extract_id, by = held["partner"], held["extract_id"], sorted(held["held_by"])
        found = {name: findings.get((partner, extract_id, name)) or name for name in by}
        detail = listed(review.why_held(review.held_one(settings, (partner, extract_id)), found), "; ")
        yield _of_item(items.held_extract(partner, extract_id), _digest(*by), "held", partner, detail)
    for late in end.overdue:
        partner, due = late["partner"], late["due"]
        yield _of_item(items.overdue(partner), f"{late['contract']}/{due}", "overdue", partner, due)


def _of_lists(settings: Settings) -> Iterator[Event]:
    """Yield files not taken, and alerts without a count; those of a candidate wait until it is published."""
    for row in review.standing(settings, review.FILES_NOT_TAKEN):
        item = items.file_not_taken(row["partner"], row["file"])
        yield _of_item(item, _digest(row["outcome"], row["reason"]), "file", row["partner"])
    for row in review.read(settings, review.ALERTS):
        if row["in_current_release"] == "True":
            sign = "▲" if row["direction"] == "rise" else "▼"
            detail = f"{sign} {corridor_name(row['corridor_id'])}, {row['first_month'][:7]}"
            yield Event(f"alert/{'/'.join(key_of(row))}", "alert", EVERYBODY, detail=detail)


def _of_operation(settings: Settings, end: refreshes.End) -> Iterator[Event]:
    """Yield crashes, damaged files and sources that could not be fetched."""
    for crash in end.crashes:
        detail = f"{crash['ended']} {crash['run_id'][:8]}"
        yield Event(f"crashed#{crash['run_id']}", "crashed", OPERATORS, detail=detail)
    for fault in review.damaged_files(settings):
        id = f"damage#{_digest(fault['path'], fault['found'])}"
        yield Event(id, "damage", OPERATORS, detail=f"{fault['kind']}: {fault['path']}")
    for source in failed_pulls(settings):
        id = f"pull/{source.partner}/{source.contract}#{_digest(source.reason or '', source.fetched or '')}"
        yield Event(id, "pull", OPERATORS, source.partner)


def _of_item(item: items.Item, change: str, kind: Kind, partner: str, detail: str = "") -> Event:
    return Event(f"{item}#{change}", kind, partner=partner, path=item.path, detail=detail)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
