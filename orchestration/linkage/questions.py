"""What stewards see of a pair that is not sure: where the records stand, and in what they agree.

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


_ENDS = ("record_a", "record_b")
Row = Mapping[str, Any]


def questions(links: Iterable[Row], records: pa.Table, source_rows: pa.Table) -> list[dict[str, Any]]:
    """A row of QUESTION_COLUMNS a pair."""
    links = list(links)
    asked = pa.array({link[end] for link in links for end in _ENDS}, type=pa.int64())
    wanted = (table.filter(pc.is_in(table["record_id"], value_set=asked)) for table in (records, source_rows))
    values, places = ({row["record_id"]: row for row in table.to_pylist()} for table in wanted)
    return [
        _question(link, values, places) for link in links if values.keys() >= {link[end] for end in _ENDS}
    ]


def _question(link: Row, values: Mapping[int, Row], places: Mapping[int, Row]) -> dict[str, Any]:
    row = {**link, **{end: shown_record(link[end]) for end in _ENDS}}
    sides = [values[link[end]] for end in _ENDS]
    for letter, side in zip("ab", sides, strict=True):
        place = places.get(side["record_id"], {})
        row[f"partner_{letter}"] = side["partner"]
        row |= {f"{name}_{letter}": place.get(name) for name in ("extract", "sheet", "row")}
    row["names"] = _names(*sides)
    row |= {name: _compared(*(side[column] for side in sides)) for name, column in COMPARED.items()}
    return row | {f"{name}s": _apart(*(side[name] for side in sides)) for name in ("birth_year", "day")}


def _names(one: Row, other: Row) -> str:
    """How many words of the shorter name the other has too."""
    first, second = ({end[name] for name in NAME_CODES if end[name]} for end in (one, other))
    if not first or not second:
        return "not known"
    return f"{len(first & second)} of {min(len(first), len(second))} shared"


def _compared(one: Any, other: Any) -> str:
    return "not known" if one is None or other is None else "same" if one == other else "differs"


def _apart(one: int | None, other: int | None) -> str:
    return "not known" if one is None or other is None else f"{abs(one - other)} apart"
