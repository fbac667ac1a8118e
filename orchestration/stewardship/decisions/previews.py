"""Previews: what decisions would change, without writing anything.

They are checked as `recording` checks them. What they change is found by a trial, one way for all kinds.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orchestration.core import Settings, read_artifact, read_json, say
from orchestration.stewardship.decisions.active import Decisions, active_decisions
from orchestration.stewardship.decisions.recording import Fault, NewEntries, Wanted, faults_in, faults_of
from orchestration.stewardship.decisions.trial import Trial, try_out
from orchestration.stewardship.kinds.decision import Change, Concerned, Decision, Entry
from orchestration.stewardship.kinds.registry import GROUPS
from orchestration.stewardship.kinds.releases import Rollback
from orchestration.stewardship.running import refresh_since
from orchestration.typing import NOT_KEPT, has_typed
from orchestration.warehouse import is_rebuildable

__all__ = ["Change", "Preview", "try_confirmations", "try_decisions", "try_revocations"]

_WAITS = "{number} of them change nothing until somebody else has confirmed them."
_WAITS_ALONE = "It changes nothing until somebody else has confirmed it."
_IDLE = "Decision {id} has no effect now, so taking it back changes nothing."
_ON_SPARK = "Where Spark builds the tables, only the refresh counts what it changes."
_OTHERS_WAIT = (
    "Other decisions wait for the next refresh. They are counted here where they concern the same records."
)
_RUNNING = "A refresh is making the tables anew, so nothing is counted now: look again when it has ended."
_AFTER_ROLLBACK = "The next refresh may publish again what the rollback left behind."


@dataclass(frozen=True)
class Preview:
    """`recorded`: the sentence of each decision that can be made; `faults`: why the others cannot be made.

    `made`: those decisions themselves, complete; or those that would be confirmed or revoked. One fault keeps
    the whole list out. `says`, `changes` and `numbers` as a trial finds them; `notes`: what else they do, and
    what only a refresh finds out. `field`: what the fault of a single decision is about.
    """

    made: Sequence[Decision] = ()
    recorded: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    says: Sequence[str] = ()
    changes: Sequence[Change] = ()
    numbers: Sequence[Change] = ()
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
    notes = []
    if waiting := sum(entry.needs_second for entry in made):
        notes.append(say(_WAITS, number=waiting) if len(made) > 1 else _WAITS_ALONE)
    return _preview(settings, made, faults, len(wanted), now, added=made, notes=notes)


def try_confirmations(
    settings: Settings, ids: Sequence[str], author: str, reason: str, now: datetime
) -> Preview:
    """Return what decisions that wait for a second person change once confirmed."""
    entries = NewEntries(settings, author, reason, now)
    made, faults = _about(entries, entries.confirm, ids)
    return _preview(settings, made, faults, len(ids), now, added=made)


def try_revocations(
    settings: Settings, ids: Sequence[str], author: str, reason: str, now: datetime
) -> Preview:
    """Return what taking decisions back changes: what they overruled holds again."""
    entries = NewEntries(settings, author, reason, now)
    made, faults = _about(entries, entries.revoke, ids)
    acting = {str(line["id"]) for line in active_decisions(settings, now)}
    notes: list[str] = [say(_IDLE, id=one.id) for one in made if one.id not in acting]
    notes += [_AFTER_ROLLBACK for one in made if isinstance(one, Rollback)]
    return _preview(settings, made, faults, len(ids), now, left_out={one.id for one in made}, notes=notes)


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


def _preview(
    settings: Settings,
    made: Sequence[Decision],
    faults: Sequence[Fault],
    wanted: int,
    now: datetime,
    added: Sequence[Decision] = (),
    left_out: Collection[str] = (),
    notes: Sequence[str] = (),
) -> Preview:
    """Preview decisions that would be `added` to those that hold, or `left_out` of them."""
    names: dict[str, str] = {}  # behind the codes of sentences
    for group in GROUPS:
        if own := [decision for decision in made if decision.kind in group.kinds]:
            names |= group.names(settings, own)
    trial, further = Trial(), [*notes, *(note for one in made for note in one.notes(settings))]
    if Concerned.of(made) != Concerned():
        if not (has_typed(settings) and is_rebuildable(settings)):
            further.append(NOT_KEPT if settings.engine == "duckdb" else _ON_SPARK)
        elif refresh_since(settings):
            further.append(_RUNNING)
        else:
            before = active_decisions(settings, now)
            after = active_decisions(settings, now, left_out, added)
            is_last = _is_last(settings, before)
            trial = try_out(settings, made, (before.by_kind, after.by_kind), is_last, now)
            further += [*trial.notes, *([] if is_last else [_OTHERS_WAIT])]
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
        trial.says,
        trial.changes,
        trial.numbers,
        list(dict.fromkeys(further)),
        faults[0].field if wanted == 1 and faults else None,
    )


def _is_last(settings: Settings, decisions: Decisions) -> bool:
    """Whether the tables of the last build are made from what is in force now, and from these decisions."""
    settled, tables = (read_artifact(settings.work, name) for name in ("in_force", "publishable"))
    noted = read_json(settings.work / "gates" / "in_force.json")["parts"]["decisions"] if settled else []
    is_whole = settled and tables and tables.facts["in_force"] == settled.fingerprint
    return bool(is_whole and noted == [decisions.content_hash()])
