"""Rulings on two records: one person, or two. An open pair is worth the movements of both records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import model_validator

from orchestration.core import Settings, listed, say
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Concerned,
    Decision,
    Form,
    Group,
    Holding,
    Payload,
    RecordName,
    Refreshed,
)
from orchestration.stewardship.kinds.subjects import is_typed, row_called

_RECORDS = 2
_REASONS = {
    "unsure": "They agree in much, but not enough to be sure.",
    "rival": "Another record of that partner fits better.",
    "cluster_too_large": "Together with others they would be more records than there are partners.",
    "rejected_pair_inside": "Together they would join a pair that a steward said is two persons.",
}


class _Ruling(Decision):
    """Two records, whichever comes first."""

    record_a: RecordName
    record_b: RecordName

    decides: ClassVar[tuple[str, ...]] = ("pair",)

    @property
    def pair(self) -> frozenset[str]:
        return frozenset((self.record_a, self.record_b))

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.record_a == self.record_b:
            raise ValueError("a pair needs two different records")
        return self

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        for pair in form.all("pair"):
            record_a, _, record_b = pair.partition(" ")
            yield {"record_a": record_a, "record_b": record_b}

    def concerns(self) -> Concerned:
        return Concerned(records=self.pair)

    def contradicts(self, other: Decision) -> bool:
        return isinstance(other, _Ruling) and other.kind != self.kind

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        for record in (self.record_a, self.record_b):
            if not is_typed(settings, record):
                return say(
                    "No extract holds a record {record}. review/links.csv names the pairs that wait for a "
                    "decision, as record_a and record_b.",
                    record=record,
                )
        return None


class LinkAccept(_Ruling):
    """Says that two records are of one person, however likely they look."""

    repeated: ClassVar[str] = "Decision {id} says that these records are of one person."

    def sentence(self) -> str:
        return say("records {one} and {other} are one person", one=self.record_a, other=self.record_b)


class LinkReject(_Ruling):
    """Says that two records are of two persons."""

    repeated: ClassVar[str] = "Decision {id} says that these records are of two persons."

    def sentence(self) -> str:
        return say("records {one} and {other} are two persons", one=self.record_a, other=self.record_b)


def names(settings: Settings, rulings: Sequence[_Ruling]) -> dict[str, str]:
    """Return where partners find the records of each pair that waits."""
    rows = {item_of_pair(row).key: row for row in review.read(settings, review.LINKS)}
    rows |= {(b, a): row for (a, b), row in rows.items()}
    return {
        ruling.id: listed([_row(row, "a"), _row(row, "b")], "; ")
        for ruling in rulings
        if (row := rows.get((ruling.record_a, ruling.record_b)))
    }


def _row(row: Mapping[str, str], side: str) -> str:
    extract = f"{row[f'partner_{side}']}/{row[f'extract_{side}']}"
    return row_called(extract, row[f"sheet_{side}"], row[f"row_{side}"])


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each pair of links.csv. How numbers change depends on where both records count."""
    for row in review.read(refreshed.settings, review.LINKS):
        yield OpenItem(
            item_of_pair(row),
            say(
                "One person, or two: a record of {one} and one of {other}",
                one=row["partner_a"],
                other=row["partner_b"],
            ),
            say(
                "{reason} As one person with probability {probability:.2f}.",
                reason=_REASONS.get(row["reason"], row["reason"]),
                probability=float(row["probability"]),
            ),
            "A person whom two partners saw is two movements until this is known.",
            "Let the partners compare their rows by sheet and number, then say whether it is one person.",
            _RECORDS,
        )


def item_of_pair(row: Mapping[str, str]) -> Item:
    return items.doubtful_link(row["record_a"], row["record_b"])


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    for held in _rulings(holding):
        yield items.doubtful_link(held["record_a"], held["record_b"]), held["id"]
        yield items.doubtful_link(held["record_b"], held["record_a"]), held["id"]


def _rulings(holding: Holding) -> list[Mapping[str, Any]]:
    return [*holding["link_accept"], *holding["link_reject"]]


GROUP = Group({"link_accept": LinkAccept, "link_reject": LinkReject}, names, open_items, answers)
