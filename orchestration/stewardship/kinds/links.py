"""Rulings on two records: one person, or two. An open pair is worth the movements of both records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import model_validator

from orchestration.core import Settings, listed, record_of, say
from orchestration.linkage import REVIEWED_FROM, TAKEN_FROM, Clusters
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.decision import Decision, Entry, RecordName, already
from orchestration.stewardship.kinds.form import Form, Payload
from orchestration.stewardship.kinds.group import Change, Effect, Group, Holding, Refreshed
from orchestration.stewardship.kinds.records import is_typed, row_called
from orchestration.stewardship.open_item import OpenItem
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_LINKED = {
    "linked_records": "record_id bigint, movement_id bigint",
    "links": "record_a bigint, record_b bigint, status varchar",
}
_LIKELY = {"links": "record_a bigint, record_b bigint, status varchar, probability double, tier varchar"}
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

    def why_decided_already(self, holding: Iterable[Entry]) -> str | None:
        for other in holding:
            if isinstance(other, _Ruling) and other.pair == self.pair:
                if isinstance(other, LinkAccept):
                    return already("Decision {id} says that these records are of one person.", other)
                return already("Decision {id} says that these records are of two persons.", other)
        return None

    def why_not_now(self, settings: Settings, held: Iterable[Entry], is_override: bool = False) -> str | None:
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

    def sentence(self) -> str:
        return say("records {one} and {other} are one person", one=self.record_a, other=self.record_b)


class LinkReject(_Ruling):
    """Says that two records are of two persons."""

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


# --- preview ---------------------------------------------------------------------------------------


def effect(settings: Settings, rulings: Sequence[_Ruling], holding: Holding, now: datetime) -> Effect:
    """Count the movements of the records that are ruled on, and the links that the program made itself."""
    import pyarrow as pa

    if not has_typed(settings):
        return Effect(notes=[NOT_KEPT])
    pairs = {ruling.record_ids: isinstance(ruling, LinkAccept) for ruling in rulings}
    records = sorted({record for pair in pairs for record in pair})
    with typed_views(settings, _LINKED) as con:
        con.register("asked", pa.table({"record_id": pa.array(records, pa.int64())}))
        movements = con.execute(
            "select record_id, coalesce(movement_id, record_id) from asked left join linked_records "
            "using (record_id)"
        ).fetchall()
        linked = con.execute("select record_a, record_b from links where status = 'taken'").fetchall()
    taken = {tuple(sorted(pair)) for pair in linked}
    before = dict(movements)
    after = dict(before)
    for (a, b), is_one in pairs.items():
        if is_one:
            joined, kept = after[a], after[b]
            after = {record: kept if movement == joined else movement for record, movement in after.items()}
        elif (a, b) in taken:
            after[a], after[b] = a, b
    changes = [Change("Movements of these records", len(set(before.values())), len(set(after.values())))]
    undone = sum(not is_one and pair in taken for pair, is_one in pairs.items())
    if undone:
        changes.append(Change("Links between them made by the program", undone, 0))
    return Effect(changes, [_CLUSTERS])


def effect_of_revoking(
    settings: Settings, rulings: Sequence[_Ruling], holding: Holding, now: datetime
) -> Effect:
    """Count the same for what the program makes of the pairs by itself."""
    if not has_typed(settings):
        return Effect(notes=[NOT_KEPT])
    still_ruled = {
        frozenset((held["record_a"], held["record_b"]))
        for held in (*holding["link_accept"], *holding["link_reject"])
    }
    free = {ruling.record_ids for ruling in rulings if ruling.pair not in still_ruled}
    with typed_views(settings, _LIKELY) as con:
        links = con.execute("select record_a, record_b, status, probability, tier from links").fetchall()
    taken = {(a, b) for a, b, status, *_ in links if status == "taken"}
    likely = {(a, b): probability for a, b, _, probability, _ in links if (a, b) in free}
    linked = {(a, b) for a, b, _, chance, tier in links if (a, b) in free and chance >= TAKEN_FROM[tier]}
    asked = {pair for pair, probability in likely.items() if probability >= REVIEWED_FROM} - linked
    records = {record for pair in free for record in pair}
    before, after = (
        len({clusters.of(record) for record in records})
        for clusters in (Clusters(taken), Clusters((taken - free) | linked))
    )
    changes = [Change("Movements of these records", before, after)]
    if asked:
        changes.append(Change("Pairs of them that wait for a decision again", 0, len(asked)))
    return Effect(changes, [_BY_ITSELF])


# --- open items ------------------------------------------------------------------------------------


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
    """Return the item of a line of links.csv."""
    return items.doubtful_link(row["record_a"], row["record_b"])


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    """Yield the pair of each ruling, in both orders."""
    for held in (*holding["link_accept"], *holding["link_reject"]):
        yield items.doubtful_link(held["record_a"], held["record_b"]), held["id"]
        yield items.doubtful_link(held["record_b"], held["record_a"]), held["id"]


GROUP = Group(
    {"link_accept": LinkAccept, "link_reject": LinkReject},
    effect,
    effect_of_revoking,
    names,
    open_items,
    answers,
)
