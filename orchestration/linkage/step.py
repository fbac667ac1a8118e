"""The step: tables of the work file in, `work/linkage/*.parquet` and questions for stewards out.

Codes are read, compared in memory and written nowhere. Those of an extract of which nothing counts any more,
nor may yet, are destroyed once a release without that extract is published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.core import (
    Settings,
    code_of,
    fingerprint_of,
    keep,
    open_duckdb,
    read_json,
    record_of,
    remove_summed,
    write_json,
)
from orchestration.linkage import policy
from orchestration.linkage.decisions import REVIEW, Rulings
from orchestration.linkage.linking import Linked, link
from orchestration.linkage.questions import questions
from orchestration.linkage.tables import EXPECTED_PERSONS
from orchestration.linkage.warehouse_tables import (
    cell_duplicates,
    counted_cases,
    link_input,
    needed_extracts,
    route_groups,
    source_rows,
)

CODE = ("orchestration/linkage", "seeds/reference", "jellyfish==", "numpy==", "pyarrow==")
_AT_ONCE = 100_000

DESCRIPTIONS = {
    "links": "Pairs of records that may be one person: how likely, what was decided, and why.",
    "linked_records": "Which movement each case record belongs to, and by what it can be told apart.",
    "expected_persons": "Registrations and the persons to be expected behind them, by tier.",
    "cell_duplicates": "How many records of a cell of the counting tables are somebody's second, as a range.",
    "route_groups": "Route reports of several partners that are equal.",
}


@dataclass(frozen=True)
class LinkSummary:
    """Rows of each table, the pairs stewards are asked about, and extracts (`partner/extract_id`) whose codes
    serve nothing any more; by blocking rule the pairs left out, as too many records agree so.
    """

    rows: dict[str, int]
    questions: list[dict[str, Any]]
    unneeded: list[str]
    left_out: dict[str, int]


def link_records(settings: Settings, rulings: Rulings) -> LinkSummary:
    """Link the records of the work file, and write each table of DESCRIPTIONS."""
    settings.spill.mkdir(parents=True, exist_ok=True)
    settings.linkage.mkdir(parents=True, exist_ok=True)
    with open_duckdb(settings.warehouse) as con:  # no code is written to the disk
        records = link_input(con, settings.link_codes)
        linked = _linked(settings, records, rulings)
        con.execute("set temp_directory = ?", [str(settings.spill)])
        written = {
            "links": linked.links,
            "linked_records": linked.records,
            "expected_persons": with_groups(linked.expected, counted_cases(con)),
            "cell_duplicates": cell_duplicates(con, linked.likely),
            "route_groups": route_groups(con),
        }
        asked = linked.links.filter(pc.equal(linked.links["status"], REVIEW)).to_pylist()
        ends = {link[end] for link in asked for end in ("record_a", "record_b")}
        rows, needed = source_rows(con, ends), needed_extracts(con)
    for name, table in written.items():
        pq.write_table(table, settings.linkage / f"{name}.parquet")
    return LinkSummary(
        {name: table.num_rows for name, table in written.items()},
        questions(asked, records, rows),
        _unneeded_codes(settings, needed),
        linked.left_out,
    )


def _linked(settings: Settings, records: pa.Table, rulings: Rulings) -> Linked:
    """The records linked, with parameters that are learned once: as long as records and code are the same.

    They stand in `work/linkage/parameters.json`. They are never older than the records, so that a new home
    and an old one publish the same.
    """
    path, linked = settings.linkage / "parameters.json", []

    def learn() -> tuple[list[Path], dict[str, int]]:
        linked.append(link(records, rulings))
        write_json(path, linked[0].parameters)
        return [path], {"records": records.num_rows}

    keep(settings.work, "linkage_parameters", fingerprint_of(_content_of(records), code_of(*CODE)), learn)
    return linked[0] if linked else link(records, rulings, read_json(path))


def _content_of(records: pa.Table) -> str:
    digest = hashlib.sha256()
    for batch in records.to_batches(max_chunksize=_AT_ONCE):
        digest.update(batch.serialize())
    return digest.hexdigest()


def with_groups(expected: pa.Table, cases: int) -> pa.Table:
    """The tiers, and beside them the counted cases of several persons: all cases stand in some row."""
    groups = cases - (pc.sum(expected["record_count"]).as_py() or 0)
    if not groups:
        return expected
    row = {"tier": policy.NOT_LINKED, "record_count": groups, "link_count": 0, "review_count": 0}
    return pa.concat_tables([expected, pa.Table.from_pylist([row], schema=EXPECTED_PERSONS)])


def destroy_codes(settings: Settings, extracts: Iterable[str]) -> None:
    """Destroy the link codes of extracts (`partner/extract_id`); their originals can bring them back."""
    for extract in extracts:
        remove_summed(settings.link_codes / f"{extract}.parquet")


def rulings_of(accepts: list[dict[str, Any]], rejections: list[dict[str, Any]]) -> Rulings:
    """Stewards' decisions, as `stewardship` hands them on."""
    accepted, rejected = (
        frozenset(_pair(decision) for decision in decisions) for decisions in (accepts, rejections)
    )
    return Rulings(accepted, rejected)


def _pair(decision: dict[str, Any]) -> tuple[int, int]:
    first, second = sorted(record_of(decision[end]) for end in ("record_a", "record_b"))
    return first, second


def _unneeded_codes(settings: Settings, needed: set[tuple[str, str]]) -> list[str]:
    found = ((path.parent.name, path.stem) for path in sorted(settings.link_codes.glob("*/*.parquet")))
    return ["/".join(one) for one in found if one not in needed]
