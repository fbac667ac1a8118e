"""The step: tables of the work file in, `work/linkage/*.parquet` and questions for stewards out.

Codes are read, compared in memory and written nowhere. Those of an extract of which nothing counts any more,
nor may yet, are destroyed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.keys import record_of
from orchestration.linkage import policy
from orchestration.linkage.cells import cell_duplicates
from orchestration.linkage.decisions import REVIEW, Rulings
from orchestration.linkage.linking import link
from orchestration.linkage.questions import questions
from orchestration.linkage.route_groups import route_groups
from orchestration.linkage.tables import (
    CELL_DUPLICATES,
    EXPECTED_PERSONS,
    LINKED_RECORDS,
    LINKS,
    ROUTE_GROUPS,
)
from orchestration.linkage.warehouse_tables import (
    CELLS,
    COUNTING_KEYS,
    CURRENT,
    JUDGED,
    SOURCE_ROWS,
    link_codes,
    link_input,
    needed_extracts,
    route_stops,
)
from orchestration.settings import Settings

SCHEMAS = {
    "links": LINKS,
    "linked_records": LINKED_RECORDS,
    "expected_persons": EXPECTED_PERSONS,
    "cell_duplicates": CELL_DUPLICATES,
    "route_groups": ROUTE_GROUPS,
}
DESCRIPTIONS = {
    "links": "Pairs of records that may be one person: how likely, what was decided, and why.",
    "linked_records": "Which movement each case record belongs to, and by what it can be told apart.",
    "expected_persons": "Registrations and the persons to be expected behind them, by tier.",
    "cell_duplicates": "How many records of a cell of the counting tables are somebody's second, as a range.",
    "route_groups": "Route reports that several partners tell alike.",
}


@dataclass(frozen=True)
class LinkSummary:
    """Rows of each table, the pairs stewards are asked about, and how many files of codes were destroyed."""

    rows: dict[str, int]
    questions: list[dict[str, Any]] = field(default_factory=list)
    destroyed: int = 0


def link_records(settings: Settings, tables: Mapping[str, pa.Table], rulings: Rulings) -> LinkSummary:
    """Link, and write each table of SCHEMAS. `tables` holds those of `TABLES` under their names."""
    records = link_input(tables, link_codes(settings.link_codes, tables[CURRENT]))
    settings.spill.mkdir(parents=True, exist_ok=True)
    linked = link(records, rulings, settings.spill)
    groups = [
        {"record_id": record, "route_group_id": group}
        for record, group in sorted(route_groups(route_stops(tables)).items())
    ]
    written = {
        "links": linked.links,
        "linked_records": linked.records,
        "expected_persons": with_groups(linked.expected, tables[CURRENT]),
        "cell_duplicates": cell_duplicates(
            linked.likely, tables[COUNTING_KEYS], tables[CELLS], settings.spill
        ),
        "route_groups": pa.Table.from_pylist(groups, schema=ROUTE_GROUPS),
    }
    settings.linkage.mkdir(parents=True, exist_ok=True)
    for name, table in written.items():
        pq.write_table(table, settings.linkage / f"{name}.parquet")
    asked = [row for row in linked.links.to_pylist() if row["status"] == REVIEW]
    return LinkSummary(
        {name: table.num_rows for name, table in written.items()},
        questions(asked, records, tables[SOURCE_ROWS]),
        _destroy_codes(settings, needed_extracts(tables[JUDGED])),
    )


def with_groups(expected: pa.Table, current: pa.Table) -> pa.Table:
    """The tiers, and beside them the counted cases of several persons: all cases stand in some row."""
    is_case = pc.and_(pc.equal(current["record_grain"], "case"), pc.fill_null(current["is_counted"], False))
    cases = current.filter(is_case).num_rows
    groups = cases - (pc.sum(expected["record_count"]).as_py() or 0)
    if not groups:
        return expected
    row = {"tier": policy.NOT_LINKED, "record_count": groups, "link_count": 0, "review_count": 0}
    return pa.concat_tables([expected, pa.Table.from_pylist([row], schema=EXPECTED_PERSONS)])


def rulings_of(accepts: list[dict[str, Any]], rejections: list[dict[str, Any]]) -> Rulings:
    """Stewards' decisions, as `stewardship` hands them on."""
    accepted, rejected = (
        frozenset(_pair(decision) for decision in decisions) for decisions in (accepts, rejections)
    )
    return Rulings(accepted, rejected)


def _pair(decision: dict[str, Any]) -> tuple[int, int]:
    first, second = sorted(record_of(decision[end]) for end in ("record_a", "record_b"))
    return first, second


def _destroy_codes(settings: Settings, needed: set[tuple[str, str]]) -> int:
    unneeded = [
        path
        for path in sorted(settings.link_codes.glob("*/*.parquet"))
        if (path.parent.name, path.stem) not in needed
    ]
    for path in unneeded:
        path.unlink()
    return len(unneeded)
