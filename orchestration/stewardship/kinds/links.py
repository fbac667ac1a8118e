"""Rulings on two records: one person, or two. An open pair is worth the movements of both records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import model_validator

from orchestration.core import Settings, listed, record_of, say
from orchestration.linkage import REVIEWED_FROM, TAKEN_FROM, clustered
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Decision,
    Effect,
    Form,
    Group,
    Holding,
    Payload,
    Previewed,
    RecordName,
    Refreshed,
)
from orchestration.stewardship.kinds.subjects import is_typed, row_called
from orchestration.typing import open_views

_CLUSTERS = (
    "A pair ruled to be two persons stays a question. Another pair of the same records may be linked instead."
)
_BY_ITSELF = (
    "Without a ruling the program decides by how likely the pair is; a pair of the same records that is "
    "likelier goes first, so it may leave this one a question."
)
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

    @property
    def record_ids(self) -> tuple[int, int]:
        """The keys of both records, the smaller first."""
        first, second = sorted((record_of(self.record_a), record_of(self.record_b)))
        return first, second

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


def effect(asked: Previewed) -> Effect:
    """Count the movements of the records that are ruled on, or left to the program, and links that change."""
    still_ruled = {frozenset((held["record_a"], held["record_b"])) for held in _rulings(asked.holding)}
    rulings = [one for one in asked.decisions if not (asked.is_revoked and one.pair in still_ruled)]
    pairs = {ruling.record_ids for ruling in rulings}
    with open_views(asked.settings, "links") as con:
        links = con.execute("select record_a, record_b, status, probability, tier from links").fetchall()
    taken = {(a, b) for a, b, status, *_ in links if status == "taken"}
    likely = [(a, b, probability, tier) for a, b, _, probability, tier in links if (a, b) in pairs]
    if asked.is_revoked:
        joined = {(a, b) for a, b, probability, tier in likely if probability >= TAKEN_FROM[tier]}
    else:
        joined = {ruling.record_ids for ruling in rulings if isinstance(ruling, LinkAccept)}
    before, after = (
        len({cluster_of.get(record, record) for pair in pairs for record in pair})
        for cluster_of in (clustered(taken), clustered((taken - pairs) | joined))
    )
    effect = Effect(notes=[_BY_ITSELF if asked.is_revoked else _CLUSTERS])
    effect.change("Movements of these records", before, after)
    if asked.is_revoked:
        asks = {(a, b) for a, b, probability, _ in likely if probability >= REVIEWED_FROM} - joined
        if asks:
            effect.change("Pairs of them that wait for a decision again", 0, len(asks))
    elif undone := (taken & pairs) - joined:
        effect.change("Links between them made by the program", len(undone), 0)
    return effect


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


GROUP = Group(
    {"link_accept": LinkAccept, "link_reject": LinkReject}, effect, True, names, open_items, answers
)
