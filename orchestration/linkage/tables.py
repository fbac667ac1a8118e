"""The tables that linkage takes and makes; dbt reads those it makes, stewards the questions.

A question shows where the records of an unsure pair stand, and in what they agree. Never what either says: no
code, no year of birth, no day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.core import shown_record

# The words of a name in the order in which they are written.
NAME_CODES = ("name_1_code", "name_2_code", "name_3_code", "name_4_code")
RICH_CODES = ("subcounty_code", "recruited_code", "schooling_code", "children_code")

# A row a case record of one person, codes and coarse facts only. `day` counts from 1970.
LINK_INPUT = pa.schema(
    [
        ("record_id", pa.int64()),
        ("partner", pa.string()),
        *((code, pa.string()) for code in NAME_CODES),
        ("phone_code", pa.string()),
        ("sex", pa.string()),
        ("birth_year", pa.int32()),
        ("nationality", pa.string()),
        ("origin", pa.string()),
        ("destination", pa.string()),
        ("exploitation", pa.string()),
        ("day", pa.int32()),
        *((code, pa.string()) for code in RICH_CODES),
    ]
)
_PAIR = [("record_a", pa.int64()), ("record_b", pa.int64())]
# Pairs that were compared, the smaller record first: by which tier, how likely they are one person with the
# range of that, and the evidence itself, which tells the likeliest apart.
PAIRS = pa.schema(
    [
        *_PAIR,
        ("tier", pa.string()),
        ("low", pa.float64()),
        ("probability", pa.float64()),
        ("high", pa.float64()),
        ("weight", pa.float64()),
    ]
)
LINKS = pa.schema(
    [
        *_PAIR,
        ("tier", pa.string()),
        ("probability_low", pa.float64()),
        ("probability", pa.float64()),
        ("probability_high", pa.float64()),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)
LINKED_RECORDS = pa.schema([("record_id", pa.int64()), ("movement_id", pa.int64()), ("tier", pa.string())])
EXPECTED_PERSONS = pa.schema(
    [
        ("tier", pa.string()),
        ("record_count", pa.int64()),
        ("link_count", pa.int64()),
        ("review_count", pa.int64()),
        ("pairs_left_out", pa.int64()),
        ("pairs_within_partner", pa.float64()),
        ("persons_low", pa.float64()),
        ("persons_expected", pa.float64()),
        ("persons_high", pa.float64()),
    ]
)
ROUTE_GROUPS = pa.schema([("record_id", pa.int64()), ("route_group_id", pa.int64())])
# What pairs add to the records that are somebody's second, with what stewards ruled; whole numbers, so that
# sums of them do not hang on their order.
ENDS = ("low", "expected", "high")
LIKELY_PAIRS = pa.schema([*_PAIR, *((f"{end}_millionths", pa.int64()) for end in ENDS)])
CELL = ("counting_table", "counting_role", "counting_id", "period_id", "population")
CELL_DUPLICATES = pa.schema(
    [
        *((name, pa.string()) for name in CELL),
        *((f"duplicates_{end}", pa.float64()) for end in ENDS),
    ]
)


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
