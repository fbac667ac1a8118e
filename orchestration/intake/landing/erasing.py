"""Erase forgotten records: their cells and texts, link codes and ids in the notes, their rows in originals.

A kill is harmless (`rewriting`): the next attempt erases the rest. CSV files and workbooks are sealed again
with those rows blank, so that the other rows keep their numbers (a CSV row of several lines leaves as many
blank ones). The result is searched for texts that only those rows held. If one is found, or for any other
format, the original is destroyed.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, filterfalse
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contracts import Contract, CsvFormat, XlsxFormat
from orchestration.core import (
    FORGOTTEN,
    Original,
    Settings,
    Tombstones,
    UsageError,
    mark_erased,
    read_json,
    remove_summed,
    sha256_of,
    summed,
)
from orchestration.intake.landing.landing import parquet_path, read_register, register_path
from orchestration.intake.landing.rewriting import original_of, rewrite, row_groups, settle_landing
from orchestration.intake.landing.sealing import in_memory, opened, seal, sealed_path
from orchestration.intake.minimising.keyed_codes import codes_path
from orchestration.intake.outcomes import ExtractStopped
from orchestration.intake.reading.any_file import open_source, suffix_of
from orchestration.intake.reading.block import rows_in
from orchestration.intake.shown_names import shown_sheet

Rows = Collection[tuple[str, int]]
RESEALED, NOT_REWRITABLE, STILL_THERE, WITHOUT_KEY, GONE = (
    "sealed again without rows of forgotten records",
    "destroyed: it held a forgotten record, and a file of this form cannot be written without it",
    "destroyed: it held a forgotten record in other places than its rows",
    "destroyed: it held a forgotten record, and no key was given to write it without",
    "destroyed: it held a forgotten record",
)
_SHORTEST_TEXT = 4
_IDENTIFYING = re.compile(r"[^\W\d]|\d{6}")  # a word, or a long number
_WITHHELD_LISTS = ("withheld_records", "withheld_persons")


def seal_without(
    settings: Settings, contract: Contract, extract_id: str, original: Path, rows: Rows, recipient: str
) -> Original:
    """Seal a file without some rows, or keep nothing sealed if that fails; return what was done."""
    partner = contract.partner.code
    with in_memory(f"rewritten{suffix_of(contract)}") as rewritten:
        what = _rewrite(original, contract, rows, rewritten)
        if what == RESEALED:
            seal(rewritten, settings.sealed, partner, extract_id, recipient)
            return Original(what, sha256_of(rewritten))
    remove_summed(sealed_path(settings.sealed, partner, extract_id))
    return Original(what)


def _rewrite(original: Path, contract: Contract, rows: Rows, rewritten: Path) -> str:
    layout = contract.format
    try:
        own_texts = _texts_only_in(rows, original, contract)
        if isinstance(layout, CsvFormat):
            _rewrite_csv(original, layout, {row for _, row in rows}, rewritten)
        elif isinstance(layout, XlsxFormat):
            _rewrite_workbook(original, rows, rewritten)
        else:
            return NOT_REWRITABLE
    except (ExtractStopped, OSError, ValueError, KeyError, csv.Error):
        return NOT_REWRITABLE
    return STILL_THERE if _holds(rewritten, own_texts) else RESEALED


def _texts_only_in(rows: Rows, original: Path, contract: Contract) -> set[str]:
    """Return texts that only these rows hold: names, numbers, stories."""
    own: set[str] = set()
    others: set[str] = set()
    with open_source(original, contract) as source:
        children = filter(None, map(source.repeat_sheet, contract.repeats))
        for sheet in chain(source.main_sheets(), children):
            for row in rows_in(sheet.blocks):
                texts = {cell.value for cell in row.cells if cell}
                (own if (sheet.shown, row.number) in rows else others).update(texts)
    return {text for text in own - others if len(text) >= _SHORTEST_TEXT and _IDENTIFYING.search(text)}


def _holds(file: Path, texts: Collection[str]) -> bool:
    """Whether a CSV file or any part of a workbook (hidden sheets, properties) holds one of the texts."""
    parts = [file.read_bytes()]
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as workbook:
            parts += map(workbook.read, workbook.namelist())
    return any(map(pattern_of(texts).search, parts))


def pattern_of(values: Iterable[str]) -> re.Pattern[bytes]:
    """Compile a pattern for whole values, in UTF-8, UTF-16 and as XML, JSON and Python escape them."""
    forms: set[bytes] = set()
    for value in values:
        escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for text in (value, escaped, repr(value)[1:-1], value.encode("unicode_escape").decode()):
            forms.add(text.encode())
            forms.add(text.encode("utf-16-le"))
    if not forms:
        return re.compile(rb"(?!)")
    longest_first = b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.compile(rb"(?<![\w-])(?:" + longest_first + rb")(?![\w-])")


def _rewrite_csv(original: Path, layout: CsvFormat, rows: Collection[int], rewritten: Path) -> None:
    with (
        original.open(encoding=layout.encoding, newline="") as before,
        rewritten.open("w", encoding=layout.encoding, newline="") as after,
    ):
        writer = csv.writer(after, delimiter=layout.delimiter)
        reader, line = csv.reader(before, delimiter=layout.delimiter), 1
        for record in reader:
            lines = reader.line_num + 1 - line
            writer.writerows([[]] * lines if line in rows else [record])
            line += lines


def _rewrite_workbook(original: Path, rows: Rows, rewritten: Path) -> None:
    from openpyxl import load_workbook  # slow to import, and every refresh reads this module
    from openpyxl.cell import MergedCell

    workbook = load_workbook(original)
    visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    for position, sheet in enumerate(visible, start=1):
        shown = shown_sheet(sheet.title, position)
        for name, number in rows:
            if name == shown:
                for column in range(1, sheet.max_column + 1):
                    cell = sheet.cell(row=number, column=column)
                    if not isinstance(cell, MergedCell):
                        cell.value = cell.comment = cell.hyperlink = None
    workbook.save(rewritten)


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
    extracts = []
    for extract_id, entry in read_register(settings.landing, tombstones.partner).items():
        path = parquet_path(settings.landing, tombstones.partner, extract_id)
        records: set[int] = set()
        rows: set[tuple[str, int]] = set()
        for table in row_groups(path, ["record_id", "sheet", "row_number"]):
            forgotten = table.filter(_among(table, tombstones)).to_pylist()
            records |= {row["record_id"] for row in forgotten}
            rows |= {(row["sheet"], row["row_number"]) for row in forgotten}
        withheld = (ids for name in _WITHHELD_LISTS for ids in entry[name].values())
        records |= set(filter(tombstones.has, chain.from_iterable(withheld)))
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
    path = parquet_path(settings.landing, partner, extract_id)
    for row in pq.read_table(path, filters=pc.field("row_number") == row_number).to_pylist():
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
    """Rewrite an original without forgotten records, or destroy it, which needs no private key.

    Returns what was done. An original that is gone counts as destroyed: a killed attempt may have done it,
    and the extract's note must say so before the file is sent again. The original is read again, so that
    rows that never landed are removed too. Raises UsageError if the given key does not open it.
    """
    sealed = sealed_path(settings.sealed, held.partner, held.extract_id)
    if not sealed.is_file():
        return Original(GONE)
    if private_key is None:
        remove_summed(sealed)
        return Original(WITHOUT_KEY)
    note = read_register(settings.landing, held.partner)[held.extract_id]
    contract, recipient = Contract.of_content(note["contract_content"]), tombstones.keys.stewards_recipient
    try:
        with original_of(settings, note, tombstones, private_key) as (original, reader, cells):
            deque(cells, maxlen=0)
            rows = reader.tally.forgotten
            return seal_without(settings, contract, held.extract_id, original, rows, recipient)
    except ExtractStopped:  # its contract no longer reads it
        remove_summed(sealed)
        return Original(NOT_REWRITABLE)


def _erase_cells(
    settings: Settings, tombstones: Tombstones, held: HeldOfForgotten, original: Original
) -> None:
    path = parquet_path(settings.landing, held.partner, held.extract_id)
    note = register_path(settings.landing, held.partner, held.extract_id)
    entry = read_json(note)
    entry |= {"original": original.what, "original_sha256": original.sha256}
    erased: Counter[tuple[str, str]] = Counter()
    rewrite(
        path, tombstones.keys, _kept(path, tombstones, erased), lambda: _accounted(entry, erased, tombstones)
    )


def _kept(path: Path, tombstones: Tombstones, erased: Counter[tuple[str, str]]) -> Iterator[pa.Table]:
    """Yield the cells of the other records; count the `erased` rows by part and sheet."""
    counted: set[tuple[str, str, int]] = set()
    for table in row_groups(path):
        forgotten = _among(table, tombstones)
        for row in table.filter(forgotten).select(["part", "sheet", "row_number"]).to_pylist():
            key = (row["part"], row["sheet"], row["row_number"])
            if key not in counted:
                counted.add(key)
                erased[key[:2]] += 1
        yield table.filter(pc.invert(forgotten))


def _accounted(
    entry: dict[str, Any], erased: Counter[tuple[str, str]], tombstones: Tombstones
) -> dict[str, Any]:
    """Return the note after erasing, with erased rows as refused: read = refused + landed still holds."""
    main, by_sheet, child_rows = Counter[str](), Counter[str](), dict(entry["child_rows"])
    for (part, sheet), rows in erased.items():
        (by_sheet if part else main)[sheet] += rows
        if part:
            child_rows[part] -= rows
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
    others = [row for row in refusals if row["reason"] != FORGOTTEN]
    rows = Counter({row["sheet"]: row["rows"] for row in refusals if row["reason"] == FORGOTTEN}) + erased
    same = {"reason": FORGOTTEN, "row_numbers": ""}
    added = [{"sheet": sheet, "rows": count, **same} for sheet, count in rows.items()]
    return sorted([*others, *added], key=lambda row: (row["sheet"], row["reason"]))


def _without(withheld: dict[str, list[int]], tombstones: Tombstones) -> dict[str, list[int]]:
    left = {reason: list(filterfalse(tombstones.has, ids)) for reason, ids in withheld.items()}
    return {reason: ids for reason, ids in left.items() if ids}


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
