"""What a preview is made of. What does not belong here: finding it (`foreseen_of_*`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestration.stewardship.decision_kinds import Decision


@dataclass(frozen=True)
class Change:
    """One thing that would be otherwise; both sides are counts, or words."""

    what: str
    before: int | str
    after: int | str


@dataclass(frozen=True)
class Foreseen:
    """What decisions of some kinds would change, and what of it cannot be told before a refresh."""

    changes: Sequence[Change] = ()
    unforeseen: Sequence[str] = ()


@dataclass(frozen=True)
class Preview:
    """`recorded`: what each decision that can be made says; `faults`: why the others cannot be made.

    `made`: those decisions themselves, complete; or those that would be confirmed or taken back. One fault
    keeps the whole list out. `unforeseen`: sentences on what only a refresh finds out.
    """

    made: Sequence[Decision] = ()
    recorded: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unforeseen: list[str] = field(default_factory=list)
