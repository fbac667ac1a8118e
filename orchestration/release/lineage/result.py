"""The records, watched months and rounds behind a published row, and the numbers that follow from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class LineageResult:
    """The lineage of one published row.

    `records`: records of partners, with a `part` if they stand behind the row in several roles. `watches`: a
    place, an extract and a month each. `rounds`: the sources that reported in each round, up to the row's.
    The methods give the row's numbers by kind of table; `row` is the published row.
    """

    records: Sequence[Mapping[str, Any]]
    watches: Sequence[Mapping[str, Any]] = field(default_factory=list)
    rounds: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def counted(self) -> list[Mapping[str, Any]]:
        return [record for record in self.records if record["is_counted"]]

    @property
    def persons(self) -> int:
        """Persons, counted once per movement by its largest record."""
        return persons(self.counted)

    @property
    def prevented(self) -> int:
        return sum(bool(record["is_prevented"]) for record in self.records)

    @property
    def months(self) -> int:
        """Distinct months watched, per source."""
        return len({(source_of(watch), watch["month"]) for watch in self.watches if watch["month"]})

    def part(self, name: str) -> list[Mapping[str, Any]]:
        return [record for record in self.records if record.get("part") == name]

    @property
    def same_coverage(self) -> set[str]:
        """Sources of the last round that reported in an earlier one with the same declared coverage."""
        last = max((one["round_number"] for one in self.rounds), default=0)
        now = {source_of(one): one["coverage"] for one in self.rounds if one["round_number"] == last}
        return {
            source_of(one)
            for one in self.rounds
            if one["round_number"] < last and one["coverage"] and now.get(source_of(one)) == one["coverage"]
        }

    # --- numbers of mart rows -----------------------------------------------

    def counts(self, row: Row) -> dict[str, Any]:
        return {
            "record_count": len(self.counted),
            "prevented_count": self.prevented,
            "person_count": self.persons,
        }

    def counts_and_partners(self, row: Row) -> dict[str, Any]:
        return {**self.counts(row), "partner_count": _sources(self.counted)}

    def of_place(self, row: Row) -> dict[str, Any]:
        return {**self.counts_and_partners(row), "effort_months": self.months}

    def of_movement(self, row: Row) -> dict[str, Any]:
        """All records count, because a movement is published even if it is not counted."""
        return {"record_count": len(self.records), "partner_count": _sources(self.records)}

    def coverage(self, row: Row) -> dict[str, Any]:
        return {"effort_months": self.months, "partner_count": _sources(self.watches)}

    def watched(self, row: Row) -> dict[str, Any]:
        return {"is_reported": bool(self.watches)}

    def absence(self, row: Row) -> dict[str, Any]:
        before = self.part("before")
        return {
            "is_reported": bool(before) and not self.part("now"),
            "earlier_partner_count": _sources(before),
        }

    # --- numbers of mart and published rows ---------------------------------------------------------

    def named(self, row: Row) -> dict[str, Any]:
        """A row without a number states that a record reports it."""
        return {"is_reported": bool(self.records)}

    def completeness(self, row: Row) -> dict[str, Any]:
        known = len(self.part("stated"))
        return {
            "record_count": len(self.records),
            "known_count": known,
            "known_share": round(known / max(len(self.records), 1), 6),
        }

    def novelty(self, row: Row) -> dict[str, Any]:
        now = {source_of(record) for record in self.part("now")}
        is_first = len({one["round_number"] for one in self.rounds}) == 1
        known = "baseline" if is_first else "seen_before" if self.part("before") else None
        is_new = row.get("evidence_class") not in ("baseline", "seen_before")
        return {
            "is_reported": bool(now),
            "partner_count": len(now),
            "panel_partner_count": len(now & self.same_coverage),
            "evidence_class": known or (row.get("evidence_class") if is_new else "new"),
        }

    # --- numbers of published rows --------------------------------------------------------------------------

    @property
    def movements(self) -> int:
        return len({record["movement"] for record in self.counted})

    def movement_counts(self, row: Row) -> dict[str, Any]:
        return {"movement_count": self.movements, "partner_count": _sources(self.counted)}

    def shift_counts(self, row: Row) -> dict[str, Any]:
        return {f"{side}_count": len(self.part(side)) for side in ("baseline", "current")}

    def hotspot_count(self, row: Row) -> dict[str, Any]:
        return {"movement_count": len(self.counted)}

    def report_count(self, row: Row) -> dict[str, Any]:
        return {"report_count": self.movements}

    def watching_partners(self, row: Row) -> dict[str, Any]:
        return {"partner_count": _sources(self.watches)}

    def nothing(self, row: Row) -> dict[str, Any]:
        return {}


def persons(records: Sequence[Mapping[str, Any]]) -> int:
    """Sum each movement's largest person count."""
    largest: dict[int, int] = {}
    for record in records:
        largest[record["movement"]] = max(largest.get(record["movement"], 0), record["person_count"])
    return sum(largest.values())


def source_of(row: Mapping[str, Any]) -> str:
    """Return the source of a row: its partner where the table has no source."""
    return str(row.get("source") or row["partner"])


def _sources(rows: Sequence[Mapping[str, Any]]) -> int:
    return len({source_of(row) for row in rows})
