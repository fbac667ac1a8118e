"""What stewards are told of a pair that is not sure: where the records stand, and in what they agree.

Never what either says: no code, no year of birth, no day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.core import shown_record
from orchestration.linkage.tables import NAME_CODES

COMPARED = {
    "phone": "phone_code",
    "nationality": "nationality", "origin": "origin", "destination": "destination",
    "exploitation": "exploitation",
    "subcounty": "subcounty_code", "recruitment": "recruited_code", "schooling": "schooling_code",
    "children": "children_code",
}  # fmt: skip
QUESTION_COLUMNS = (
    "record_a", "record_b", "partner_a", "extract_a", "sheet_a", "row_a", "partner_b", "extract_b", "sheet_b",
    "row_b", "reason", "tier", "probability_low", "probability", "probability_high", "names", *COMPARED,
    "birth_years", "days",
)  # fmt: skip


def questions(
    links: Iterable[Mapping[str, Any]], records: pa.Table, source_rows: pa.Table
) -> list[dict[str, Any]]:
    """A row of QUESTION_COLUMNS a pair."""
    links = list(links)
    asked = {link[end] for link in links for end in ("record_a", "record_b")}
    told = {row["record_id"]: row for row in _of(records, asked)}
    places = {(row["partner"], row["record_id"]): row for row in _of(source_rows, asked)}
    return [
        _question(link, told, places) for link in links if {link["record_a"], link["record_b"]} <= set(told)
    ]


def _of(table: pa.Table, asked: set[int]) -> list[dict[str, Any]]:
    wanted = pa.array(sorted(asked), type=pa.int64())
    found: list[dict[str, Any]] = table.filter(pc.is_in(table["record_id"], value_set=wanted)).to_pylist()
    return found


def _question(
    link: Mapping[str, Any],
    told: Mapping[int, Mapping[str, Any]],
    places: Mapping[tuple[str, int], Mapping[str, Any]],
) -> dict[str, Any]:
    row = {**link, **{end: shown_record(link[end]) for end in ("record_a", "record_b")}}
    ends = [told[link["record_a"]], told[link["record_b"]]]
    for letter, end in zip("ab", ends, strict=True):
        place = places.get((end["partner"], end["record_id"]), {})
        row[f"partner_{letter}"] = end["partner"]
        row[f"extract_{letter}"] = place.get("extract_id")
        row[f"sheet_{letter}"] = place.get("sheet")
        row[f"row_{letter}"] = place.get("row_number")
    row["names"] = _names(*ends)
    for name, column in COMPARED.items():
        row[name] = _compared(*(end[column] for end in ends))
    row["birth_years"] = _apart(*(end["birth_year"] for end in ends))
    row["days"] = _apart(*(end["day"] for end in ends))
    return row


def _names(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """How many words of the shorter name the other has too."""
    first, second = ({end[name] for name in NAME_CODES if end[name]} for end in (one, other))
    if not first or not second or one["names_version"] != other["names_version"]:
        return "not known"
    return f"{len(first & second)} of {min(len(first), len(second))} shared"


def _compared(one: Any, other: Any) -> str:
    return "not known" if one is None or other is None else "same" if one == other else "differs"


def _apart(one: int | None, other: int | None) -> str:
    return "not known" if one is None or other is None else f"{abs(one - other)} apart"
