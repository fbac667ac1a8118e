"""Records as stewards name them, and the rules for which the last refresh set them aside."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from orchestration import intake
from orchestration.core import REFERENCE_SEEDS, Settings, UsageError, record_of, say, shown_record
from orchestration.stewardship import review
from orchestration.stewardship.draft_lists import stamp_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def row_called(extract: str, sheet: str, row: str) -> str:
    """Return where a partner finds a row."""
    if sheet:
        return say("{extract}, sheet {sheet}, row {row}", extract=extract, sheet=sheet, row=row)
    return say("{extract}, row {row}", extract=extract, row=row)


def record_called(settings: Settings, given: str) -> str:
    """Return `r-…` of a record named so, or by EXTRACT_ID:ROW or EXTRACT_ID:SHEET:ROW; raises UsageError."""
    extract_id, _, where = given.partition(":")
    if not where:
        return given
    sheet, _, row = where.rpartition(":")
    if not row.isdecimal():
        raise UsageError(
            f"{given!r} names no row. Give EXTRACT_ID:ROW, or EXTRACT_ID:SHEET:ROW, as in "
            "review/quarantined_rows.csv."
        )
    import pyarrow.compute as pc

    table = intake.known_records(settings)
    at = pc.and_(pc.equal(table["extract_id"], extract_id), pc.equal(table["row_number"], int(row)))
    rows = table.filter(at).to_pylist()
    records = {(one["sheet"], one["record_id"]) for one in rows if sheet in ("", one["sheet"])}
    if len(records) == 1:
        return shown_record(records.pop()[1])
    if records:
        sheets = ", ".join(sorted(f"{extract_id}:{name}:{row}" for name, _ in records))
        raise UsageError(f"Several sheets have a record in row {row}. Say which: {sheets}.")
    raise UsageError(
        f"Extract {extract_id} has no record that begins in row {row}. A record of several rows is called by "
        "its first; rows that did not land stand in the receipt only."
    )


def rules_that_quarantine(settings: Settings, record: str) -> tuple[str, ...]:
    """Return the rules for which the last refresh set a record aside."""
    return rules_by_record(settings).get(record, ())


def rules_by_record(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """Return the same of every record; the list is read once for many decisions."""
    return _rules_by_record(settings, stamp_of(settings, review.QUARANTINED_ROWS))


@lru_cache(maxsize=1)
def _rules_by_record(settings: Settings, stamp: tuple[int, ...]) -> Mapping[str, tuple[str, ...]]:
    rules: dict[str, set[str]] = {}
    for row in review.read(settings, review.QUARANTINED_ROWS):
        rules.setdefault(row.get("record", ""), set()).add(row["rule_code"])
    return {record: tuple(sorted(codes)) for record, codes in rules.items()}


@cache
def releasable_rules() -> dict[str, str]:
    """Return the rules that a record may be let in from, with what stays unknown of it."""
    with (REFERENCE_SEEDS / "releasable_rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule_code"]: row["what_stays_unknown"] for row in csv.DictReader(file)}


def is_typed(settings: Settings, record: str) -> bool:
    """Return whether some typed extract holds a record `r-…`."""
    import numpy as np

    ids = _known_ids(settings, _stamps(settings))
    at = int(np.searchsorted(ids, wanted := record_of(record)))
    return at < len(ids) and int(ids[at]) == wanted


def _stamps(settings: Settings) -> tuple[tuple[str, int], ...]:
    """Return what changes whenever a file that `known_records` reads changes; asked for each decision."""
    folders = [settings.typed / "records", *settings.landing.glob("*/")]
    files = [file for folder in folders if folder.is_dir() for file in os.scandir(folder)]
    parquet = (file for file in files if file.name.endswith(".parquet"))
    return tuple(sorted((file.path, file.stat().st_mtime_ns) for file in parquet))


@lru_cache(maxsize=1)
def _known_ids(settings: Settings, stamps: tuple[tuple[str, int], ...]) -> npt.NDArray[np.int64]:
    """Return all record ids in order, read once for a list of decisions, whose lock is short."""
    import numpy as np

    return np.unique(intake.known_records(settings)["record_id"].to_numpy())
