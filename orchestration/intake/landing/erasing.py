"""Taking forgotten records out of what has landed: their cells, their link codes, their ids in the notes.

Nothing is read again from the partner's file. A kill in between is harmless: the new note waits beside the
new cells as `.next` and is taken or dropped by what the cells are; the next try erases what is left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contracts import Contract
from orchestration.core import (
    FORGOTTEN,
    Original,
    Settings,
    Tombstones,
    UsageError,
    all_erased,
    replacing,
    sync,
    write_json,
)
from orchestration.intake.landing.landing import (
    SCHEMA,
    parquet_path,
    read_register,
    register_path,
    sha256_of,
    with_dictionaries,
    write_cells,
)
from orchestration.intake.landing.resealing import reseal
from orchestration.intake.landing.sealing import opened, sealed_path
from orchestration.intake.minimising.link_codes import LINK_CODES, codes_path

_WITHHELD_LISTS = ("withheld_records", "withheld_persons")


@dataclass(frozen=True)
class HeldOfForgotten:
    """One landed extract that holds something of forgotten records.

    `rows`: sheets (as shown) and row numbers, child rows too. `cells_sha256`: of its cells as they were.
    """

    partner: str
    extract_id: str
    cells_sha256: str
    records: frozenset[int]
    rows: frozenset[tuple[str, int]]


def held_of_forgotten(settings: Settings, tombstones: Tombstones) -> list[HeldOfForgotten]:
    """What landed of the forgotten records of one partner, extract by extract."""
    found = []
    for extract_id, entry in read_register(settings.landing, tombstones.partner).items():
        path = parquet_path(settings.landing, tombstones.partner, extract_id)
        records: set[int] = set()
        rows: set[tuple[str, int]] = set()
        for table in _cells(path, ["record_id", "sheet", "row_number"]):
            own = table.filter(_among(table, tombstones)).to_pylist()
            records |= {one["record_id"] for one in own}
            rows |= {(one["sheet"], one["row_number"]) for one in own}
        records |= {one for one in _withheld(entry) if tombstones.has(one)}
        if records:
            about = (tombstones.partner, extract_id, entry["parquet_sha256"])
            found.append(HeldOfForgotten(*about, frozenset(records), frozenset(rows)))
    return found


def records_in_row(
    settings: Settings, partner: str, extract_id: str, sheet: str, row_number: int
) -> set[int]:
    """Ids of the records with cells in a row of a sheet; `sheet` may be empty where one sheet alone has it.

    Raises UsageError where several have: what is erased does not come back.
    """
    found: dict[str, set[int]] = {}
    for table in _cells(
        parquet_path(settings.landing, partner, extract_id), ["record_id", "sheet", "row_number"]
    ):
        for one in table.filter(pc.equal(table["row_number"], row_number)).to_pylist():
            if sheet in ("", one["sheet"]):
                found.setdefault(one["sheet"], set()).add(one["record_id"])
    if len(found) > 1:
        named = ", ".join(f"{extract_id}:{name}:{row_number}" for name in sorted(found))
        raise UsageError(f"Several sheets have a record in row {row_number}. Say which: {named}.")
    return set().union(*found.values())


def erase_in_originals(settings: Settings, tombstones: Tombstones, private_key: str) -> dict[str, Original]:
    """Seal the originals that hold records of these tombstones anew without them; what became of each.

    Done before the tombstones are set: what a stop leaves to a refresh, which has no key, needs none. Raises
    UsageError, and nothing was erased, where one of them is not opened by the key or keys given.
    """
    refuse_shut_originals(settings, tombstones, private_key)
    found = {
        one.extract_id: _erase_in_original(settings, tombstones, one, private_key)
        for one in held_of_forgotten(settings, tombstones)
    }
    return {extract_id: original for extract_id, original in found.items() if original}


def erase_forgotten(
    settings: Settings, tombstones: Tombstones
) -> tuple[list[HeldOfForgotten], dict[str, str]]:
    """Take the forgotten records of one partner out of all that landed.

    An original that holds one is destroyed, unless it is `done`. Returns what held them, and by extract id
    what became of its original. What a kill interrupted is ended first.
    """
    finish_erasing(settings.landing, tombstones.partner)
    found, originals = held_of_forgotten(settings, tombstones), {}
    for one in found:
        original = tombstones.done.get(one.extract_id) or _erase_in_original(settings, tombstones, one)
        _erase_codes(settings, tombstones, one)
        _erase_cells(settings, tombstones, one, original)
        if original:
            originals[one.extract_id] = original.what
    all_erased(settings, tombstones.partner)
    return found, originals


def refuse_shut_originals(settings: Settings, tombstones: Tombstones, private_key: str) -> None:
    """Raise UsageError where an original that holds forgotten records is not opened by the key or keys given.

    Asked before anything is erased: an original left sealed to an earlier key is no reason to destroy it.
    """
    shut = []
    for one in held_of_forgotten(settings, tombstones):
        sealed = sealed_path(settings.sealed, one.partner, one.extract_id)
        try:
            if sealed.is_file():
                with opened(sealed, private_key):
                    pass
        except UsageError:
            shut.append(one.extract_id)
    if shut:
        raise UsageError(
            f"{tombstones.partner}: what is given with --key does not open the originals of the extracts "
            f"{', '.join(shut)}, which hold the record: they are sealed to an earlier key, or damaged. "
            "Nothing was erased. Give --key once more for each earlier key, put the originals back from a "
            "backup, or give no --key: then the originals that hold the record are destroyed."
        )


def finish_erasing(landing: Path, partner: str) -> None:
    """End what a kill interrupted: a note that waits is taken if its cells are there, and dropped if not."""
    for waiting in sorted((landing / partner).glob("*.next")):
        note = json.loads(waiting.read_text(encoding="utf-8"))
        cells = parquet_path(landing, partner, waiting.stem)
        if cells.is_file() and sha256_of(cells) == note["parquet_sha256"]:
            waiting.replace(register_path(landing, partner, waiting.stem))
        else:
            waiting.unlink()
        sync(waiting.parent)


def _erase_in_original(
    settings: Settings, tombstones: Tombstones, one: HeldOfForgotten, private_key: str | None = None
) -> Original | None:
    entry = read_register(settings.landing, one.partner)[one.extract_id]
    contract = Contract.of_content(entry["contract_content"])
    return reseal(settings, contract, one.extract_id, entry["file"], tombstones, private_key)


def _erase_cells(
    settings: Settings, tombstones: Tombstones, one: HeldOfForgotten, original: Original | None
) -> None:
    path = parquet_path(settings.landing, one.partner, one.extract_id)
    note = register_path(settings.landing, one.partner, one.extract_id)
    waiting = note.with_suffix(".next")
    entry = json.loads(note.read_text(encoding="utf-8"))
    if original:
        entry |= {"original": original.what, "original_sha256": original.sha256}
    gone: Counter[tuple[str, str]] = Counter()
    with replacing(path) as partial:
        write_cells(partial, _kept(path, tombstones, gone))
        entry = _accounted(entry, gone, tombstones) | {"parquet_sha256": sha256_of(partial)}
        write_json(waiting, entry)
    waiting.replace(note)
    sync(note.parent)


def _kept(path: Path, tombstones: Tombstones, gone: Counter[tuple[str, str]]) -> Iterator[pa.Table]:
    """The other records' cells; counts the rows that are `gone` by part and sheet."""
    counted: set[tuple[str, str, int]] = set()
    for table in _cells(path):
        forgotten = _among(table, tombstones)
        for row in table.filter(forgotten).select(["part", "sheet", "row_number"]).to_pylist():
            key = (row["part"], row["sheet"], row["row_number"])
            if key not in counted:
                counted.add(key)
                gone[key[:2]] += 1
        kept = table.filter(pc.invert(forgotten))
        if len(kept):
            yield with_dictionaries(kept)


def _accounted(
    entry: dict[str, Any], gone: Counter[tuple[str, str]], tombstones: Tombstones
) -> dict[str, Any]:
    """The note after the rows are gone: read = refused + landed, as before."""
    main = Counter({sheet: rows for (part, sheet), rows in gone.items() if not part})
    children = [(part, sheet, rows) for (part, sheet), rows in gone.items() if part]
    child_rows = dict(entry["child_rows"])
    for part, _, rows in children:
        child_rows[part] -= rows
    by_sheet: Counter[str] = Counter()
    for _, sheet, rows in children:
        by_sheet[sheet] += rows
    return entry | {
        "rows_landed": entry["rows_landed"] - main.total(),
        "rows_refused": entry["rows_refused"] + main.total(),
        "refusals": _with(entry["refusals"], main),
        "child_rows": child_rows,
        "child_refusals": _with(entry["child_refusals"], by_sheet),
        **{name: _without(entry[name], tombstones) for name in _WITHHELD_LISTS},
    }


def _with(refusals: list[dict[str, Any]], gone: Counter[str]) -> list[dict[str, Any]]:
    kept = [one for one in refusals if one["reason"] != FORGOTTEN]
    rows = Counter({one["sheet"]: one["rows"] for one in refusals if one["reason"] == FORGOTTEN}) + gone
    same = {"reason": FORGOTTEN, "row_numbers": ""}
    told = [{"sheet": sheet, "rows": count, **same} for sheet, count in rows.items()]
    return sorted([*kept, *told], key=lambda one: (one["sheet"], one["reason"]))


def _without(withheld: dict[str, list[int]], tombstones: Tombstones) -> dict[str, list[int]]:
    left = {reason: [one for one in ids if not tombstones.has(one)] for reason, ids in withheld.items()}
    return {reason: ids for reason, ids in left.items() if ids}


def _withheld(entry: dict[str, Any]) -> Iterable[int]:
    return (one for name in _WITHHELD_LISTS for ids in entry[name].values() for one in ids)


def _erase_codes(settings: Settings, tombstones: Tombstones, one: HeldOfForgotten) -> None:
    path = codes_path(settings.link_codes, one.partner, one.extract_id)
    if not path.is_file():
        return
    table = pq.read_table(path, schema=LINK_CODES)
    forgotten = _among(table, tombstones)
    if pc.any(forgotten).as_py():
        with replacing(path) as partial:
            pq.write_table(table.filter(pc.invert(forgotten)), partial, compression="zstd")


def _cells(path: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=columns)
            yield table.cast(pa.schema([SCHEMA.field(name) for name in table.column_names]))


def _among(table: pa.Table, tombstones: Tombstones) -> pa.BooleanArray:
    ids = table["record_id"].to_numpy().astype(np.int64)
    return pa.array(tombstones.among(ids))
