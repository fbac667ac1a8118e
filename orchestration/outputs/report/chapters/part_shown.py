"""Which part of all persons stands at the places, or on the corridors, that an edition shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.outputs.printed import ENDS, NOT_KNOWN, TOTAL, Printed, Row
from orchestration.outputs.words import Sentence, Slot

Where = Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """`others`: persons of whom the edition shows neither a place nor that it is not known."""

    said: Sentence
    others: int


def part_shown(printed: Printed, of: str, given: Where, ends: str = "ends") -> Part | None:
    """`of`: origin, destination or corridor; `given`: grain and period; `ends`: the table with the whole.

    None where the whole is not printed, or the parts are of another day than the whole and exceed it.
    """
    whole = printed.rows(ends, **given, role="any", place_id=TOTAL)
    if not whole or whole[0]["person_count"] is None:
        return None
    if of == "corridor":
        table, which, known = "corridors", {**given, "is_shown": True}, dict.fromkeys(ENDS, NOT_KNOWN)
    else:
        table, which, known = ends, {**given, "role": of}, {"place_id": NOT_KNOWN}
    others = whole[0]["person_count"] - sum(_counts(printed.rows(table, **which)))
    if others < 0:
        return None
    slots: dict[str, Slot] = {
        "shown": printed.sum_of(table, "person_count", known, **which),
        "total": printed.cell(ends, whole[0], "person_count"),
        "who": printed.words(f"places.who.{ends}"),
    }
    return Part(printed.words(f"part.{of}", **slots), others)


def _counts(rows: list[Row]) -> list[int]:
    return [row["person_count"] for row in rows if row["person_count"] is not None]
