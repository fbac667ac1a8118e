"""Previews: what decisions would change, without writing anything.

They are checked as `recording` checks them. The counts come from what the last refresh left: typed records,
review lists and links. Only a refresh knows everything, so each preview notes what it cannot count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestration.core import Settings, refreshes, say
from orchestration.stewardship.decisions.active import active_decisions, confirmations, holding
from orchestration.stewardship.decisions.entries import read_entries
from orchestration.stewardship.decisions.recording import Fault, NewEntries, Wanted, faults_in, faults_of
from orchestration.stewardship.kinds.decision import Change, Decision, Effect, Entry, Previewed
from orchestration.stewardship.kinds.registry import GROUPS
from orchestration.stewardship.kinds.releases import PolicySignOff, Rollback
from orchestration.stewardship.running import refresh_since
from orchestration.typing import NOT_KEPT, has_typed

__all__ = ["Change", "Preview", "try_confirmations", "try_decisions", "try_revocations"]

_ALWAYS = (
    "These numbers are from the last refresh. Only the next refresh shows which published cells change and "
    "whether the release gate passes."
)
_WAITS = "{number} of them change nothing until somebody else has confirmed them."
_WAITS_ALONE = "It changes nothing until somebody else has confirmed it."
_IDLE = "Decision {id} has no effect now, so taking it back changes nothing."
_NOT_TAKEN_IN = "No refresh has used decision {id} yet. The first number counts it, the second does not."
_TAKEN_IN = (
    "Decision {id} is part of the numbers in force. What comes back without it is counted here from what the "
    "last refresh left."
)
_POLICY = (
    "It changes no number. A release whose public edition needs a signed policy waits until it is "
    "signed again."
)
_RUNNING = "A refresh is running, so some of these counts are its own already: look again when it has ended."
_AFTER_ROLLBACK = "The next refresh may publish again what the rollback left behind."


@dataclass(frozen=True)
class Preview:
    """`recorded`: the sentence of each decision that can be made; `faults`: why the others cannot be made.

    `made`: those decisions themselves, complete; or those that would be confirmed or revoked. One fault keeps
    the whole list out. `field`: what the fault of a single decision is about. `notes`: what only a refresh
    finds out.
    """

    made: Sequence[Decision] = ()
    recorded: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    field: str | None = None


def try_decisions(
    settings: Settings, wanted: Sequence[Wanted], author: str, reason: str, now: datetime
) -> Preview:
    """Return what would be recorded of a list, what would not and why, and what that would change.

    `wanted` as `record_decisions` takes it. A decision that cannot be made is a fault, not an error.
    """
    entries = NewEntries(settings, author, reason, now)
    faults = faults_in(entries, wanted)
    made = [entry for entry in entries.made if isinstance(entry, Decision)]
    effect = _effect(settings, made, now)
    if waiting := sum(entry.needs_second for entry in made):
        note = say(_WAITS, number=waiting) if len(made) > 1 else _WAITS_ALONE
        effect = Effect(effect.changes, [note, *effect.notes])
    return _preview(settings, made, faults, len(wanted), effect)


def try_confirmations(
    settings: Settings, ids: Sequence[str], author: str, reason: str, now: datetime
) -> Preview:
    """Return what decisions that wait for a second person change once confirmed."""
    entries = NewEntries(settings, author, reason, now)
    made, faults = _about(entries, entries.confirm, ids)
    return _preview(settings, made, faults, len(ids), _effect(settings, made, now))


def try_revocations(
    settings: Settings, ids: Sequence[str], author: str, reason: str, now: datetime
) -> Preview:
    """Return what taking decisions back changes.

    Where no refresh has used a decision yet, its own effect falls away. Where one has, what stood before it
    returns, as far as the last refresh left it.
    """
    entries = NewEntries(settings, author, reason, now)
    made, faults = _about(entries, entries.revoke, ids)
    by_kind = read_entries(settings)
    acting = {decision.id for decision in holding(by_kind, now)}
    last = refreshes.last(settings)
    seen_until = datetime.fromisoformat(last.as_of) if last and last.as_of else None
    acts_since = {id: second.time for of in by_kind.values() for id, second in confirmations(of).items()}
    fresh: list[Decision] = []
    used: list[Decision] = []
    notes: list[str] = []
    for decision in made:
        if decision.id not in acting:
            notes.append(say(_IDLE, id=decision.id))
        elif isinstance(decision, Rollback):
            notes.append(_AFTER_ROLLBACK)
        elif seen_until is not None and acts_since.get(decision.id, decision.time) <= seen_until:
            used.append(decision)
            is_policy = isinstance(decision, PolicySignOff)
            notes.append(_POLICY if is_policy else say(_TAKEN_IN, id=decision.id))
        else:
            fresh.append(decision)
            notes.append(say(_NOT_TAKEN_IN, id=decision.id))
    changes = [Change(one.what, one.after, one.before) for one in _effect(settings, fresh, now).changes]
    if used:
        effect = _effect(settings, used, now, is_revoked=True)
        changes += effect.changes
        notes += effect.notes
        notes += [_RUNNING] if refresh_since(settings) else []
    return _preview(settings, made, faults, len(ids), Effect(changes, notes))


def _about(
    entries: NewEntries, make: Callable[[str], Entry], ids: Sequence[str]
) -> tuple[list[Decision], list[Fault]]:
    """Return the decisions about which an entry can be made, and the faults of the others."""
    made: list[Decision] = []

    def make_one(decision_id: str) -> None:
        decision = entries.active(decision_id)
        make(decision_id)
        made.append(decision)

    return made, faults_of(make_one, ((decision_id,) for decision_id in ids))


def _effect(
    settings: Settings, decisions: Sequence[Decision], now: datetime, is_revoked: bool = False
) -> Effect:
    """Return the effect of decisions, or of revoking them, beside the others that hold."""
    total = Effect()
    if not decisions:
        return total
    beside = active_decisions(settings, now, left_out={decision.id for decision in decisions}).by_kind
    for group in GROUPS:
        if own := [decision for decision in decisions if decision.kind in group.kinds]:
            if group.counts_records and not has_typed(settings):
                total.note(NOT_KEPT)
                continue
            total.add(group.effect(Previewed(settings, own, beside, now, is_revoked)))
    return Effect(list(dict.fromkeys(total.changes)), total.notes)


def _preview(
    settings: Settings,
    made: Sequence[Decision],
    faults: Sequence[Fault],
    wanted: int,
    effect: Effect,
) -> Preview:
    names: dict[str, str] = {}  # behind the codes of sentences
    for group in GROUPS:
        if own := [decision for decision in made if decision.kind in group.kinds]:
            names |= group.names(settings, own)
    return Preview(
        made,
        [
            say("{says} ({what})", says=one.sentence(), what=names[one.id])
            if one.id in names
            else one.sentence()
            for one in made
        ],
        [
            one.said if wanted == 1 else say("Number {number}: {fault}", number=one.number, fault=one.said)
            for one in faults
        ],
        effect.changes,
        [*dict.fromkeys(effect.notes), _ALWAYS] if made else [],
        faults[0].field if wanted == 1 and faults else None,
    )
