"""Accepting a held extract, and withdrawing one.

A held extract is worth the records that wait in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar, Literal, Protocol, TypeVar

from expectations.checks import is_waivable
from orchestration.core import Settings, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Concerned,
    Decision,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    Refreshed,
)
from orchestration.stewardship.kinds.subjects import ExtractId, Landed

_WHY = "What it brings stays out of the release; the partner's last good extract, if there is one, serves."
_TO_DO = (
    "Read what each check found and ask the partner. If the delivery is as it should be, accept the extract; "
    "if one check alone is wrong about it, waive that check; if our contract misreads it, mend the contract."
)


class _Verdict(Protocol):
    """A check that holds an extract, and its outcome: failed, or not judged."""

    @property
    def check_name(self) -> str: ...

    @property
    def outcome(self) -> str: ...


Judged = TypeVar("Judged", bound=_Verdict)


class _OnExtract(Decision):
    """A decision on one landed extract. Of two about the same extract the later holds."""

    partner: Name
    extract_id: ExtractId

    decides: ClassVar[tuple[str, ...]] = ("kind", "partner", "extract_id")

    @property
    def subject(self) -> tuple[str, str]:
        return self.partner, self.extract_id

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        for name in form.all("extract"):
            partner, _, extract_id = name.partition("/")
            yield {"partner": partner, "extract_id": extract_id}

    def concerns(self) -> Concerned:
        return Concerned(extracts=frozenset([self.subject]))

    def why_no_effect(self, settings: Settings) -> str | None:
        return Landed.read(settings).why_unknown(self.partner, self.extract_id)


class ExtractAccept(_OnExtract):
    """Puts an extract in force although the extract gate would hold it."""

    repeated: ClassVar[str] = "Decision {id} of {day} has accepted this extract already."

    def sentence(self) -> str:
        name = "/".join(self.subject)
        return say("{extract} is put in force, whatever its checks found", extract=name)


class ExtractWithdraw(_OnExtract):
    """Takes an extract out of force; the partner's earlier one stands again."""

    repeated: ClassVar[str] = "Decision {id} of {day} has withdrawn this extract already."

    def sentence(self) -> str:
        return say("{extract} is withdrawn", extract="/".join(self.subject))


def fate_by(
    key: tuple[str, str],
    holding: Sequence[Judged],
    accepted: Collection[tuple[str, str]],
    withdrawn: Collection[tuple[str, str]],
) -> tuple[Literal["in_force", "held", "withdrawn"], tuple[Judged, ...]]:
    """Return the fate of a judged extract, and which of the checks that hold it hold it still.

    A steward accepts failed checks; a check without an answer still holds.
    """
    if key in withdrawn:
        return "withdrawn", ()
    left = tuple(
        one
        for one in holding
        if key not in accepted or one.outcome != "failed" or not is_waivable(one.check_name)
    )
    return ("held" if left else "in_force"), left


def holding_checks(settings: Settings, key: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield the failed checks that hold one extract, waived or not."""
    for row in review.read(settings, review.FAILED_CHECKS):
        is_its = row["stage"] == "extract_gate" and (row["partner"], row["extract_id"]) == key
        if is_its and row["severity"] == "hold":
            yield row


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    for held in refreshed.end.held:
        partner, extract_id = str(held["partner"]), str(held["extract_id"])
        found = _found(refreshed.settings, (partner, extract_id))
        yield OpenItem(
            items.held_extract(partner, extract_id),
            say("Extract {extract_id} of {partner} is held", extract_id=extract_id, partner=partner),
            found or say("Held by {checks}.", checks=", ".join(held["held_by"])),
            _WHY,
            _TO_DO,
            refreshed.worths.of_extract(partner, extract_id),
        )


def _found(settings: Settings, key: tuple[str, str]) -> str:
    """Return why an extract is held, as one paragraph."""
    rows = (row for row in holding_checks(settings, key) if row["waived"] != "True")
    findings = {row["check_name"]: review.finding_of(row) for row in rows}
    why = review.why_held(review.held_one(settings, key), findings)
    return together(*(say("{finding}.", finding=finding) for finding in why))


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    for decision in (*holding["extract_accept"], *holding["extract_withdraw"]):
        yield items.held_extract(decision["partner"], decision["extract_id"]), decision["id"]


GROUP = Group(
    {"extract_accept": ExtractAccept, "extract_withdraw": ExtractWithdraw},
    open_items=open_items,
    answers=answers,
)
