"""What kinds of decision about one thing share: names in sentences, previews and open items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestration.contracts import Contracts
from orchestration.core import End, Settings
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.decision import Decision
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.worth import Worths

# The decisions that hold at one time, by kind, each as its line has it, oldest first.
Holding = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Change:
    """One thing that would change; both sides are counts or words."""

    what: str
    before: int | str
    after: int | str


@dataclass(frozen=True)
class Effect:
    """What decisions would change, and `notes` on what only a refresh can find out."""

    changes: Sequence[Change] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Refreshed:
    """What a refresh left for those who look for open items; `contracts` with the changes agreed since."""

    settings: Settings
    worths: Worths
    end: End
    contracts: Contracts


# Decisions of the group, the decisions that hold beside them (after a revocation: those left), the time.
FindEffect = Callable[[Settings, Sequence[Any], Holding, datetime], Effect]


@dataclass(frozen=True)
class Group:
    """Kinds of decision about one thing.

    `effect`: what new decisions would change. `effect_of_revoking`: what taking back decisions that the last
    refresh used would change. `names`: by decision id, the names behind the codes of its sentence.
    `open_items`: what waits for such a decision after a refresh. `answers`: each open item that a decision
    answers, with the decision's id.
    """

    kinds: Mapping[str, type[Decision]]
    effect: FindEffect = lambda *_: Effect()
    effect_of_revoking: FindEffect = lambda *_: Effect()
    names: Callable[[Settings, Sequence[Any]], Mapping[str, str]] = lambda *_: {}
    open_items: Callable[[Refreshed], Iterable[OpenItem]] = lambda _: ()
    answers: Callable[[Settings, Holding], Iterable[tuple[Item, str]]] = lambda *_: ()

    def own(self, decisions: Iterable[Decision]) -> list[Decision]:
        """Return the decisions of this group."""
        return [decision for decision in decisions if decision.kind in self.kinds]
