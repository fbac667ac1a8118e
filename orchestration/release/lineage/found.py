"""Result of a lineage query for one row: records, watched months, rounds, and what these come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Words = Mapping[str, Any]


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
        """Once a movement, of the record that states most."""
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

    # --- what a row of the marts must say, by its table -----------------------------------------------

    def counts(self, words: Words) -> dict[str, Any]:
        return {
            "record_count": len(self.counted),
            "prevented_count": self.prevented,
            "person_count": self.persons,
        }

    def counts_and_partners(self, words: Words) -> dict[str, Any]:
        return {**self.counts(words), "partner_count": _partners(self.counted)}

    def of_place(self, words: Words) -> dict[str, Any]:
        return {**self.counts_and_partners(words), "effort_months": self.months}

    def of_movement(self, words: Words) -> dict[str, Any]:
        """A movement is published whether it counts or not."""
        return {"record_count": len(self.records), "partner_count": _partners(self.records)}

    def coverage(self, words: Words) -> dict[str, Any]:
        return {"effort_months": self.months, "partner_count": _partners(self.watches)}

    def watched(self, words: Words) -> dict[str, Any]:
        return {"is_reported": bool(self.watches)}

    def absence(self, words: Words) -> dict[str, Any]:
        before = self.part("before")
        return {
            "is_reported": bool(before) and not self.part("now"),
            "earlier_partner_count": _partners(before),
        }

    # --- of the marts and of published tables ---------------------------------------------------------

    def named(self, words: Words) -> dict[str, Any]:
        """A row without a number says that a record reports it."""
        return {"is_reported": bool(self.records)}

    def completeness(self, words: Words) -> dict[str, Any]:
        known = len(self.part("stated"))
        return {
            "record_count": len(self.records),
            "known_count": known,
            "known_share": round(known / max(len(self.records), 1), 6),
        }

    def novelty(self, words: Words) -> dict[str, Any]:
        now = {record["partner"] for record in self.part("now")}
        is_first = len({one["round_number"] for one in self.rounds}) == 1
        known = "baseline" if is_first else "seen_before" if self.part("before") else None
        is_new = words.get("evidence_class") not in ("baseline", "seen_before")
        return {
            "is_reported": bool(now),
            "partner_count": len(now),
            "panel_partner_count": len(now & self.same_coverage),
            "evidence_class": known or (words.get("evidence_class") if is_new else "new"),
        }

    # --- of published tables --------------------------------------------------------------------------

    @property
    def movements(self) -> int:
        return len({record["movement"] for record in self.counted})

    def movement_counts(self, words: Words) -> dict[str, Any]:
        """A movement is the partner's whose record is its smallest."""
        smallest = [record for record in self.counted if record["record"] == record["movement"]]
        return {"movement_count": self.movements, "partner_count": _partners(smallest)}

    def shift_counts(self, words: Words) -> dict[str, Any]:
        return {f"{side}_count": len(self.part(side)) for side in ("baseline", "current")}

    def hotspot_count(self, words: Words) -> dict[str, Any]:
        return {"movement_count": len(self.counted)}

    def report_count(self, words: Words) -> dict[str, Any]:
        return {"report_count": self.movements}

    def watching_partners(self, words: Words) -> dict[str, Any]:
        return {"partner_count": _partners(self.watches)}

    def nothing(self, words: Words) -> dict[str, Any]:
        return {}


def persons(records: Sequence[Mapping[str, Any]]) -> int:
    largest: dict[int, int] = {}
    for record in records:
        largest[record["movement"]] = max(largest.get(record["movement"], 0), record["person_count"])
    return sum(largest.values())


def _partners(of: Sequence[Mapping[str, Any]]) -> int:
    return len({one["partner"] for one in of})
