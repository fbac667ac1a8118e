"""Rewrite originals without the rows of forgotten records.

CSV files and workbooks are written again with those rows blank, so that the other rows keep their numbers (a
CSV row of several lines leaves as many blank ones).
The result is searched for texts that only those rows held. If one is found, or for any other format, the
original is destroyed.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestration.contracts import Contract, CsvFormat, XlsxFormat
from orchestration.core import Original, Settings, Tombstones, remove_summed, says, sha256_of
from orchestration.intake.landing.sealing import in_memory, opened, seal, sealed_path
from orchestration.intake.outcomes import ExtractStopped
from orchestration.intake.reading.any_file import open_source, suffix_of
from orchestration.intake.reading.block import rows_in
from orchestration.intake.reading.sheets import Source, SourceSheet
from orchestration.intake.records.records import RecordReader
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


def reseal(
    settings: Settings,
    contract: Contract,
    note: Mapping[str, Any],
    tombstones: Tombstones,
    private_key: str | None,
) -> Original:
    """Rewrite an original without forgotten records, or destroy it, which needs no private key.

    Returns what was done. An original that is gone counts as destroyed: a killed attempt may have done it,
    and the extract's note must say so before the file is sent again. The original is read again, so that
    rows that never landed are removed too. Raises UsageError if the given key does not open it.
    """
    partner, extract_id = contract.partner.code, str(note["extract_id"])
    sealed = sealed_path(settings.sealed, partner, extract_id)
    if not sealed.is_file():
        return Original(GONE)
    if private_key is None:
        remove_summed(sealed)
        return Original(WITHOUT_KEY)
    reader = RecordReader(
        contract, tombstones.keys, note["file"], tombstones=tombstones, period=note["period"]
    )
    recipient = tombstones.keys.stewards_recipient
    try:
        with opened(sealed, private_key, suffix_of(contract)) as original:
            with open_source(original, contract) as source:
                deque(reader.landed_tables(source), maxlen=0)
            rows = reader.tally.forgotten
            return seal_without(settings, contract, extract_id, original, rows, recipient)
    except ExtractStopped:  # its contract no longer reads it
        remove_summed(sealed)
        return Original(NOT_REWRITABLE)


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
    return STILL_THERE if says(rewritten, own_texts) else RESEALED


def _texts_only_in(rows: Rows, original: Path, contract: Contract) -> set[str]:
    """Return texts that only these rows hold: names, numbers, stories."""
    own: set[str] = set()
    others: set[str] = set()
    with open_source(original, contract) as source:
        for sheet in _all_sheets(source, contract):
            for row in rows_in(sheet.blocks):
                texts = {cell.value for cell in row.cells if cell}
                (own if (sheet.shown, row.number) in rows else others).update(texts)
    return {text for text in own - others if len(text) >= _SHORTEST_TEXT and _IDENTIFYING.search(text)}


def _all_sheets(source: Source, contract: Contract) -> Iterator[SourceSheet]:
    yield from source.main_sheets()
    for name in contract.repeats:
        if (sheet := source.repeat_sheet(name)) is not None:
            yield sheet


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
