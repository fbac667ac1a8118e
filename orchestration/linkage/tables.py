"""The tables that linkage takes and makes; dbt reads those it makes, stewards the questions.

A question shows where the records of an unsure pair stand, and in what they agree. Never what either says: no
code, no year of birth, no day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.core import schemas_of, shown_record

# The words of a name in the order in which they are written.
NAME_CODES = ("name_1_code", "name_2_code", "name_3_code", "name_4_code")
RICH_CODES = ("subcounty_code", "recruited_code", "schooling_code", "children_code")

PAIR = ("record_a", "record_b")  # the smaller record first


def _of(kind: pa.DataType, *names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, kind) for name in names]


# A row a case record of one person, codes and coarse facts only. `day` counts from 1970.
LINK_INPUT = pa.schema(
    [
        ("record_id", pa.int64()),
        *_of(pa.string(), "partner", *NAME_CODES, "phone_code", "sex"),
        ("birth_year", pa.int32()),
        *_of(pa.string(), "nationality", "origin", "destination", "exploitation"),
        ("day", pa.int32()),
        *_of(pa.string(), *RICH_CODES),
    ]
)
# Pairs that were compared: by which tier, how likely they are one person with the range of that, and the
# evidence itself, which tells the likeliest apart.
PAIRS = pa.schema(
    [
        *_of(pa.int64(), *PAIR),
        ("tier", pa.string()),
        *_of(pa.float64(), "low", "probability", "high", "weight"),
    ]
)
# What pairs add to the records that are somebody's second, with what stewards ruled; whole numbers, so that
# sums of them do not hang on their order.
ENDS = ("low", "expected", "high")
LIKELY_PAIRS = pa.schema(_of(pa.int64(), *PAIR, *(f"{end}_millionths" for end in ENDS)))
PLACE = ("counting_table", "counting_role", "counting_id")
CELL = (*PLACE, "period_id", "population")
# What dbt reads.
SCHEMAS = schemas_of("linkage")

COMPARED = {
    "phone": "phone_code",
    "nationality": "nationality", "origin": "origin", "destination": "destination",
    "exploitation": "exploitation",
    "subcounty": "subcounty_code", "recruitment": "recruited_code", "schooling": "schooling_code",
    "children": "children_code",
}  # fmt: skip
QUESTIONS = "questions.json"
QUESTION_COLUMNS = (
    "record_a", "record_b", "partner_a", "extract_a", "sheet_a", "row_a", "partner_b", "extract_b", "sheet_b",
    "row_b", "reason", "tier", "probability_low", "probability", "probability_high", "names", *COMPARED,
    "birth_years", "days",
)  # fmt: skip

Row = Mapping[str, Any]


def questions(links: Sequence[Row], records: pa.Table, source_rows: pa.Table) -> list[dict[str, Any]]:
    """A row of QUESTION_COLUMNS a pair."""
    asked = pa.array({link[end] for link in links for end in PAIR}, type=pa.int64())
    wanted = (table.filter(pc.is_in(table["record_id"], value_set=asked)) for table in (records, source_rows))
    values, places = ({row["record_id"]: row for row in table.to_pylist()} for table in wanted)
    return [_question(link, values, places) for link in links if values.keys() >= {link[end] for end in PAIR}]


def _question(link: Row, values: Mapping[int, Row], places: Mapping[int, Row]) -> dict[str, Any]:
    row = {**link, **{end: shown_record(link[end]) for end in PAIR}}
    sides = [values[link[end]] for end in PAIR]
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
