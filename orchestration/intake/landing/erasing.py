"""Erase forgotten records from the landing: their cells and texts, their link codes, their ids in the notes.

A kill is harmless (`rewriting`): the next attempt erases the rest.
"""

from __future__ import annotations

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
    mark_erased,
    read_json,
    summed,
)
from orchestration.intake.landing.landing import parquet_path, read_register, register_path, with_dictionaries
from orchestration.intake.landing.resealing import reseal
from orchestration.intake.landing.rewriting import cells_of, rewrite, settle_landing
from orchestration.intake.landing.sealing import opened, sealed_path
from orchestration.intake.minimising.link_codes import codes_path

_WITHHELD_LISTS = ("withheld_records", "withheld_persons")


@dataclass(frozen=True)
class HeldOfForgotten:
    """A landed extract that holds forgotten records.

    `rows`: shown sheet and row number, child rows included. `cells_sha256`: hash of its cells before erasing.
    """

    partner: str
    extract_id: str
    cells_sha256: str
    records: frozenset[int]
    rows: frozenset[tuple[str, int]]


def held_of_forgotten(settings: Settings, tombstones: Tombstones) -> list[HeldOfForgotten]:
    """List the landed extracts of one partner that hold forgotten records."""
    extracts = []
    for extract_id, entry in read_register(settings.landing, tombstones.partner).items():
        path = parquet_path(settings.landing, tombstones.partner, extract_id)
        records: set[int] = set()
        rows: set[tuple[str, int]] = set()
        for table in cells_of(path, ["record_id", "sheet", "row_number"]):
            forgotten = table.filter(_among(table, tombstones)).to_pylist()
            records |= {row["record_id"] for row in forgotten}
            rows |= {(row["sheet"], row["row_number"]) for row in forgotten}
        records |= {record_id for record_id in _withheld(entry) if tombstones.has(record_id)}
        if records:
            about = (tombstones.partner, extract_id, entry["parquet_sha256"])
            extracts.append(HeldOfForgotten(*about, frozenset(records), frozenset(rows)))
    return extracts


def records_in_row(
    settings: Settings, partner: str, extract_id: str, sheet: str, row_number: int
) -> set[int]:
    """Return the ids of the records in a row of a sheet; `sheet` may be empty if only one sheet has the row.

    Raises UsageError if several sheets have it, because erasing cannot be undone.
    """
    by_sheet: dict[str, set[int]] = {}
    for table in cells_of(
        parquet_path(settings.landing, partner, extract_id), ["record_id", "sheet", "row_number"]
    ):
        for row in table.filter(pc.equal(table["row_number"], row_number)).to_pylist():
            if sheet in ("", row["sheet"]):
                by_sheet.setdefault(row["sheet"], set()).add(row["record_id"])
    if len(by_sheet) > 1:
        named = ", ".join(f"{extract_id}:{name}:{row_number}" for name in sorted(by_sheet))
        raise UsageError(f"Several sheets have a record in row {row_number}. Choose one: {named}.")
    return set().union(*by_sheet.values())


def erase_in_originals(settings: Settings, tombstones: Tombstones, private_key: str) -> dict[str, Original]:
    """Rewrite the sealed originals without the forgotten records; return what was done to each.

    This comes before the tombstones are set, because a refresh that resumes the work has no private key, and
    after `refuse_shut_originals`.
    """
    return {
        held.extract_id: _erase_in_original(settings, tombstones, held, private_key)
        for held in held_of_forgotten(settings, tombstones)
    }


def erase_forgotten(
    settings: Settings, tombstones: Tombstones
) -> tuple[list[HeldOfForgotten], dict[str, str]]:
    """Erase the forgotten records of one partner from the landing, after finishing an interrupted erasure.

    An original that holds one is destroyed unless the tombstones list it as `done`. Returns the extracts that
    held them, and by extract id what was done to its original.
    """
    settle_landing(settings, tombstones.keys)
    extracts, originals = held_of_forgotten(settings, tombstones), {}
    for held in extracts:
        original = tombstones.done.get(held.extract_id) or _erase_in_original(settings, tombstones, held)
        _erase_codes(settings, tombstones, held)
        _erase_cells(settings, tombstones, held, original)
        originals[held.extract_id] = original.what
    mark_erased(settings, tombstones.partner)
    return extracts, originals


def refuse_shut_originals(settings: Settings, tombstones: Tombstones, private_key: str) -> None:
    """Raise UsageError if the given keys do not open an original that holds forgotten records.

    Call it before erasing: an original that is sealed to an earlier key need not be destroyed.
    """
    shut = []
    for held in held_of_forgotten(settings, tombstones):
        sealed = sealed_path(settings.sealed, held.partner, held.extract_id)
        try:
            if sealed.is_file():
                with opened(sealed, private_key):
                    pass
        except UsageError:
            shut.append(held.extract_id)
    if shut:
        raise UsageError(
            f"{tombstones.partner}: the keys given with --key do not open the originals of the extracts "
            f"{', '.join(shut)}, which hold the record: they are sealed to an earlier key, or damaged. "
            "Nothing was erased. Repeat --key for each earlier key, restore the originals from a backup, or "
            "omit --key: then the originals that hold the record are destroyed."
        )


def _erase_in_original(
    settings: Settings, tombstones: Tombstones, held: HeldOfForgotten, private_key: str | None = None
) -> Original:
    entry = read_register(settings.landing, held.partner)[held.extract_id]
    contract = Contract.of_content(entry["contract_content"])
    return reseal(settings, contract, entry, tombstones, private_key)


def _erase_cells(
    settings: Settings, tombstones: Tombstones, held: HeldOfForgotten, original: Original
) -> None:
    path = parquet_path(settings.landing, held.partner, held.extract_id)
    note = register_path(settings.landing, held.partner, held.extract_id)
    entry = read_json(note)
    entry |= {"original": original.what, "original_sha256": original.sha256}
    erased: Counter[tuple[str, str]] = Counter()
    rewrite(
        path,
        tombstones.keys,
        _kept(path, tombstones, erased),
        lambda: _accounted(entry, erased, tombstones),
    )


def _kept(path: Path, tombstones: Tombstones, erased: Counter[tuple[str, str]]) -> Iterator[pa.Table]:
    """Yield the cells of the other records; count the `erased` rows by part and sheet."""
    counted: set[tuple[str, str, int]] = set()
    for table in cells_of(path):
        forgotten = _among(table, tombstones)
        for row in table.filter(forgotten).select(["part", "sheet", "row_number"]).to_pylist():
            key = (row["part"], row["sheet"], row["row_number"])
            if key not in counted:
                counted.add(key)
                erased[key[:2]] += 1
        kept = table.filter(pc.invert(forgotten))
        if len(kept):
            yield with_dictionaries(kept)


def _accounted(
    entry: dict[str, Any], erased: Counter[tuple[str, str]], tombstones: Tombstones
) -> dict[str, Any]:
    """Return the note after erasing, with erased rows as refused: read = refused + landed still holds."""
    main = Counter({sheet: rows for (part, sheet), rows in erased.items() if not part})
    children = [(part, sheet, rows) for (part, sheet), rows in erased.items() if part]
    child_rows = dict(entry["child_rows"])
    for part, _, rows in children:
        child_rows[part] -= rows
    by_sheet: Counter[str] = Counter()
    for _, sheet, rows in children:
        by_sheet[sheet] += rows
    return entry | {
        "rows_landed": entry["rows_landed"] - main.total(),
        "rows_refused": entry["rows_refused"] + main.total(),
        "refusals": _add_refusals(entry["refusals"], main),
        "child_rows": child_rows,
        "emptied": [],  # it names rows of forgotten records, and the receipt has long been written
        "child_refusals": _add_refusals(entry["child_refusals"], by_sheet),
        **{name: _without(entry[name], tombstones) for name in _WITHHELD_LISTS},
        "withheld_submissions": {
            record: code
            for record, code in (entry.get("withheld_submissions") or {}).items()
            if not tombstones.has(int(record))
        },
    }


def _add_refusals(refusals: list[dict[str, Any]], erased: Counter[str]) -> list[dict[str, Any]]:
    kept = [one for one in refusals if one["reason"] != FORGOTTEN]
    rows = Counter({one["sheet"]: one["rows"] for one in refusals if one["reason"] == FORGOTTEN}) + erased
    same = {"reason": FORGOTTEN, "row_numbers": ""}
    added = [{"sheet": sheet, "rows": count, **same} for sheet, count in rows.items()]
    return sorted([*kept, *added], key=lambda one: (one["sheet"], one["reason"]))


def _without(withheld: dict[str, list[int]], tombstones: Tombstones) -> dict[str, list[int]]:
    left = {reason: [one for one in ids if not tombstones.has(one)] for reason, ids in withheld.items()}
    return {reason: ids for reason, ids in left.items() if ids}


def _withheld(entry: dict[str, Any]) -> Iterable[int]:
    return (one for name in _WITHHELD_LISTS for ids in entry[name].values() for one in ids)


def _erase_codes(settings: Settings, tombstones: Tombstones, held: HeldOfForgotten) -> None:
    path = codes_path(settings.link_codes, held.partner, held.extract_id)
    if not path.is_file():
        return
    table = pq.read_table(path)
    forgotten = _among(table, tombstones)
    if pc.any(forgotten).as_py():
        with summed(path) as partial:
            pq.write_table(table.filter(pc.invert(forgotten)), partial, compression="zstd")


def _among(table: pa.Table, tombstones: Tombstones) -> pa.BooleanArray:
    ids = table["record_id"].to_numpy().astype(np.int64)
    return pa.array(tombstones.among(ids))
