"""What a lineage answered of one row, and the numbers and words that this comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """`records`: of partners, each with `part` where there are several. `watches`: a place, an extract and a
    month each. `rounds`: which partner reported in which, the asked one last.
    """

    records: Sequence[Mapping[str, Any]]
    watches: Sequence[Mapping[str, Any]] = field(default_factory=list)
    rounds: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def counted(self) -> list[Mapping[str, Any]]:
        return [record for record in self.records if record["is_counted"]]

    @property
    def persons(self) -> int:
        """Once a movement, of the record that tells most."""
        return persons(self.counted)

    @property
    def prevented(self) -> int:
        return sum(bool(record["is_prevented"]) for record in self.records)

    @property
    def months(self) -> int:
        """Months that partners watched: one of each partner, whatever it sent of it."""
        return len({(watch["partner"], watch["month"]) for watch in self.watches if watch["month"]})

    def part(self, name: str) -> list[Mapping[str, Any]]:
        return [record for record in self.records if record.get("part") == name]

    @property
    def same_coverage(self) -> set[str]:
        """Partners of the asked round that reported in one before and declared the same coverage in both."""
        last = max((one["round_number"] for one in self.rounds), default=0)
        now = {one["partner"]: one["coverage"] for one in self.rounds if one["round_number"] == last}
        return {
            one["partner"]
            for one in self.rounds
            if one["round_number"] < last and one["coverage"] and now.get(one["partner"]) == one["coverage"]
        }

    # --- what a row must say, by its table ------------------------------------------------------------

    def counts(self, told: Told) -> dict[str, Any]:
        return {
            "record_count": len(self.counted),
            "prevented_count": self.prevented,
            "person_count": self.persons,
        }

    def counts_and_partners(self, told: Told) -> dict[str, Any]:
        return {**self.counts(told), "partner_count": _partners(self.counted)}

    def of_place(self, told: Told) -> dict[str, Any]:
        return {**self.counts_and_partners(told), "effort_months": self.months}

    def of_movement(self, told: Told) -> dict[str, Any]:
        """A movement is published whether it counts or not."""
        return {"record_count": len(self.records), "partner_count": _partners(self.records)}

    def coverage(self, told: Told) -> dict[str, Any]:
        band = told.get("partners_band")
        is_watched = bool(self.months)
        return {
            "effort_months": self.months,
            "partner_count": _partners(self.watches),
            "partners_band": band if is_watched != (band == "none") else "none" if band != "none" else "some",
        }

    def completeness(self, told: Told) -> dict[str, Any]:
        return {
            "is_told": bool(self.records),
            "record_count": len(self.records),
            "known_count": len(self.part("stated")),
        }

    def novelty(self, told: Told) -> dict[str, Any]:
        now = {record["partner"] for record in self.part("now")}
        is_first = len({one["round_number"] for one in self.rounds}) == 1
        known = "baseline" if is_first else "seen_before" if self.part("before") else None
        is_new = told.get("evidence_class") not in ("baseline", "seen_before")
        return {
            "is_told": bool(now),
            "partner_count": len(now),
            "panel_partner_count": len(now & self.same_coverage),
            "evidence_class": known or (told.get("evidence_class") if is_new else "new"),
        }

    def absence(self, told: Told) -> dict[str, Any]:
        before = self.part("before")
        return {"is_told": bool(before) and not self.part("now"), "earlier_partner_count": _partners(before)}


def persons(records: Sequence[Mapping[str, Any]]) -> int:
    largest: dict[int, int] = {}
    for record in records:
        largest[record["movement"]] = max(largest.get(record["movement"], 0), record["person_count"])
    return sum(largest.values())


def _partners(of: Sequence[Mapping[str, Any]]) -> int:
    return len({one["partner"] for one in of})
