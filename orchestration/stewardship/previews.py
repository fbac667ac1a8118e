"""What decisions would change, found without writing anything.

They are checked as `record_decision` and `batches` check them. What would change is read from what the last
refresh left: the typed records, the review lists and the links. Only a refresh knows the whole of it, so each
preview says what it cannot foresee; `njia diff --without` is exact, and comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from orchestration.settings import Settings
from orchestration.stewardship.batches import Wanted, faults_in
from orchestration.stewardship.decision_kinds import Decision, what_it_says
from orchestration.stewardship.foreseen import Change, Foreseen, Preview
from orchestration.stewardship.foreseen_of_agreements import of_agreements
from orchestration.stewardship.foreseen_of_checks import of_checks
from orchestration.stewardship.foreseen_of_extracts import of_extracts
from orchestration.stewardship.foreseen_of_links import of_links
from orchestration.stewardship.foreseen_of_places import of_places
from orchestration.stewardship.foreseen_of_rows import of_rows
from orchestration.stewardship.new_decisions import NewEntries

__all__ = ["Change", "Preview", "try_decisions"]

_Foresee = Callable[[Settings, Sequence[Decision], datetime], Foreseen]
_FORESEE: tuple[_Foresee, ...] = (of_rows, of_extracts, of_places, of_links, of_checks, of_agreements)
_ALWAYS = (
    "Numbers are as of the last refresh. Which published cells come out otherwise, and whether the release "
    "gate lets them through, is known only after the next one."
)
_WAITS = "{} of them change nothing until somebody else has confirmed them."


def try_decisions(
    settings: Settings, wanted: Sequence[Wanted], author: str, reason: str, now: datetime
) -> Preview:
    """What would be recorded of a list, what would not and why, and what that would change.

    `wanted` as `batches.record_decisions` takes it. Never raises for what a steward asks: faults are told.
    """
    entries = NewEntries(settings, author, reason, now)
    faults = [
        fault if len(wanted) == 1 else f"Number {at}: {fault}" for at, fault in faults_in(entries, wanted)
    ]
    made = [entry for entry in entries.made if isinstance(entry, Decision)]
    found = [foresee(settings, made, now) for foresee in _FORESEE]
    unforeseen = _once(said for one in found for said in one.unforeseen)
    if waiting := sum(entry.needs_second for entry in made):
        unforeseen.insert(
            0,
            _WAITS.format(waiting)
            if len(made) > 1
            else "It changes nothing until somebody else has confirmed it.",
        )
    return Preview(
        recorded=[what_it_says(entry) for entry in made],
        faults=faults,
        changes=[change for one in found for change in one.changes],
        unforeseen=[*unforeseen, _ALWAYS] if made else [],
    )


def _once(said: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(said))
