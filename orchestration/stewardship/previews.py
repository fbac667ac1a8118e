"""What decisions would change, found without writing anything.

They are checked as `record_decision` and `batches` check them. What would change is read from what the last
refresh left: the typed records, the review lists and the links. Only a refresh knows the whole of it, so each
preview says what it cannot foresee; `njia diff --without` is exact, and comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import cast

from orchestration.core import Settings, refreshes
from orchestration.stewardship.batches import Wanted, faults_in, faults_of
from orchestration.stewardship.decision_files import read_kind
from orchestration.stewardship.decision_kinds import Assignment, Decision, Entry, PolicySignOff, Rollback
from orchestration.stewardship.decisions import Decisions, active_decisions
from orchestration.stewardship.foreseen import Change, Foreseen, Preview
from orchestration.stewardship.foreseen_of_agreements import agreements_without, of_agreements
from orchestration.stewardship.foreseen_of_checks import of_checks, release_checks_without
from orchestration.stewardship.foreseen_of_extracts import extracts_without, of_extracts
from orchestration.stewardship.foreseen_of_links import links_without, of_links
from orchestration.stewardship.foreseen_of_places import of_places, places_without
from orchestration.stewardship.foreseen_of_rows import of_rows, rows_without
from orchestration.stewardship.holding import confirmations, holding
from orchestration.stewardship.new_decisions import NewEntries
from orchestration.stewardship.running import refresh_since
from orchestration.stewardship.said import say
from orchestration.stewardship.told_in_full import told_in_full

__all__ = ["Change", "Preview", "try_confirmations", "try_decisions", "try_revocations"]

_Foresee = Callable[[Settings, Sequence[Decision], datetime], Foreseen]
_FORESEE: tuple[_Foresee, ...] = (of_rows, of_extracts, of_places, of_links, of_checks, of_agreements)
_ForeseeWithout = Callable[[Settings, Sequence[Decision], Decisions, datetime], Foreseen]
_WITHOUT: tuple[_ForeseeWithout, ...] = (
    rows_without, extracts_without, places_without, links_without, release_checks_without, agreements_without,
)  # fmt: skip
_ALWAYS = (
    "Numbers are as of the last refresh. Which published cells come out otherwise, and whether the release "
    "gate lets them through, is known only after the next one."
)
_WAITS = "{number} of them change nothing until somebody else has confirmed them."
_WAITS_ALONE = "It changes nothing until somebody else has confirmed it."
_IDLE = "Decision {id} changes nothing now, so taking it back changes nothing."
_NOT_TAKEN_IN = "No refresh has taken decision {id} in yet: what it would have brought stands first."
_TAKEN_IN = (
    "Decision {id} is part of the numbers in force. What comes back without it is counted here from what the "
    "last refresh left. Every published number without it, exactly: `njia diff --without {id}`, in the time "
    "of a refresh."
)
_POLICY = (
    "No number is otherwise by it. A release whose public edition needs a signed policy waits until it is "
    "signed again."
)
_RUNNING = "A refresh is running, so some of these counts are its own already: look again when it has ended."
_AFTER_ROLLBACK = "The next refresh may publish again what the rollback left behind."


def try_decisions(
    settings: Settings, wanted: Sequence[Wanted], author: str, reason: str, now: datetime
) -> Preview:
    """What would be recorded of a list, what would not and why, and what that would change.

    `wanted` as `batches.record_decisions` takes it. Never raises for what a steward asks: faults are told.
    """
    entries = NewEntries(settings, author, reason, now)
    faults = faults_in(entries, wanted)
    made = [entry for entry in entries.made if isinstance(entry, Decision)]
    found = _foreseen(settings, made, now)
    if waiting := sum(entry.needs_second for entry in made):
        sentence = say(_WAITS, number=waiting) if len(made) > 1 else _WAITS_ALONE
        found = Foreseen(found.changes, [sentence, *found.unforeseen])
    return _preview(settings, made, faults, len(wanted), found)


def try_confirmations(
    settings: Settings, ids: Sequence[str], author: str, reason: str, now: datetime
) -> Preview:
    """The same for standing behind decisions that wait for a second person: what they then change."""
    entries = NewEntries(settings, author, reason, now)
    made, faults = _about(entries, entries.confirm, ids)
    return _preview(settings, made, faults, len(ids), _foreseen(settings, made, now))


def try_revocations(
    settings: Settings, ids: Sequence[str], author: str, reason: str, now: datetime
) -> Preview:
    """The same for taking decisions back.

    Of those that no refresh has taken in yet, what they would have brought falls away. Of the others, what
    stood before them comes back, as far as what the last refresh left tells it.
    """
    entries = NewEntries(settings, author, reason, now)
    made, faults = _about(entries, entries.revoke, ids)
    acting = {entry.id for _, entry in holding(settings, now)}
    last = refreshes.last(settings)
    seen_until = datetime.fromisoformat(last.as_of) if last and last.as_of else None
    fresh: list[Decision] = []
    used: list[Decision] = []
    unforeseen: list[str] = []
    for one in made:
        if isinstance(one, Assignment):
            continue
        if one.id not in acting:
            unforeseen.append(say(_IDLE, id=one.id))
        elif isinstance(one, Rollback):
            unforeseen.append(_AFTER_ROLLBACK)
        elif seen_until is not None and _acts_since(settings, one) <= seen_until:
            used.append(one)
            unforeseen.append(_POLICY if isinstance(one, PolicySignOff) else say(_TAKEN_IN, id=one.id))
        else:
            fresh.append(one)
            unforeseen.append(say(_NOT_TAKEN_IN, id=one.id))
    changes = [Change(one.what, one.after, one.before) for one in _foreseen(settings, fresh, now).changes]
    if used:
        left = active_decisions(settings, now, left_out={one.id for one in used})
        found = [foresee(settings, used, left, now) for foresee in _WITHOUT]
        changes += [change for one in found for change in one.changes]
        unforeseen += [said for one in found for said in one.unforeseen]
        unforeseen += [_RUNNING] if refresh_since(settings) else []
    return _preview(settings, made, faults, len(ids), Foreseen(changes, unforeseen))


def _about(
    entries: NewEntries, make: Callable[[str], Entry], ids: Sequence[str]
) -> tuple[list[Decision], list[tuple[int, str]]]:
    """The decisions about which an entry can be made, and the faults of the others."""
    made: list[Decision] = []

    def make_one(decision_id: str) -> Entry:
        _, decision = entries.active(decision_id)
        entry = make(decision_id)
        made.append(cast(Decision, decision))
        return entry

    faults = faults_of(make_one, ((one,) for one in ids))
    return made, faults


def _acts_since(settings: Settings, decision: Decision) -> datetime:
    second = confirmations(read_kind(settings, decision.kind)).get(decision.id)
    return second.time if second else decision.time


def _foreseen(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    found = [foresee(settings, made, now) for foresee in _FORESEE]
    return Foreseen(
        [change for one in found for change in one.changes],
        [said for one in found for said in one.unforeseen],
    )


def _preview(
    settings: Settings,
    made: Sequence[Decision],
    faults: Sequence[tuple[int, str]],
    wanted: int,
    found: Foreseen,
) -> Preview:
    return Preview(
        made=made,
        recorded=told_in_full(settings, made),
        faults=[
            fault if wanted == 1 else say("Number {number}: {fault}", number=at, fault=fault)
            for at, fault in faults
        ],
        changes=list(found.changes),
        unforeseen=[*_once(found.unforeseen), _ALWAYS] if made else [],
    )


def _once(said: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(said))
