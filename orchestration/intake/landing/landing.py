"""The landing: for each extract an immutable Parquet of values as sent, its texts, and a JSON note.

Texts of places and answers in no code list stand in the Parquet as tokens, and encrypted in `.texts`
(`hidden_texts`). The note commits the extract, which exists once its note does; all notes are the register.
Other files without a note are left from a crash and are swept. Before the cells of an extract are replaced,
its note is set aside, so that no note ever lies beside cells it does not describe. Records are found again by
extract, sheet and row, numbered as in the partner's file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contracts import Contract
from orchestration.core import (
    NAIROBI,
    PARTIAL,
    TEXTS_SUFFIX,
    Damaged,
    Settings,
    durable,
    read_json,
    remove_summed,
    sha256_of,
)
from orchestration.intake.records.tally import LandedCell, RowRanges, Tally

_NUMBERS = {"record_id": pa.int64(), "row_number": pa.int32(), "seq": pa.int32()}
CELLS = pa.schema(
    pa.field(name, _NUMBERS.get(name, pa.string()), nullable=name == "number_format")
    for name in LandedCell._fields
)
# Texts are passed to Parquet as dictionaries, which it would make itself; in the file they are `string`.
TEXTS = pa.dictionary(pa.int32(), pa.string())
DICTIONARY_SCHEMA = pa.schema([kind.with_type(TEXTS) if kind.type == pa.string() else kind for kind in CELLS])
EXTRACT_ID_LENGTH = 16
ASIDE = ".earlier"  # a note whose cells are being replaced
_CELLS_IN_A_GROUP, _CELLS_OF_A_LARGE_TABLE = 100_000, 20_000
_LARGEST_DICTIONARY = 64 << 20
_EMPTIED = ("sheet", "column", "reason", "cells", "row_numbers")
_WITH_NOTE = (".parquet", TEXTS_SUFFIX, ".age")
RECORDS = pa.schema(
    (name, _NUMBERS.get(name, pa.string())) for name in ("extract_id", "sheet", "row_number", "record_id")
)
_PLACE = ("received_on", "sequence")


def parquet_path(folder: Path, partner: str, extract_id: str) -> Path:
    return folder / partner / f"{extract_id}.parquet"


def register_path(folder: Path, partner: str, extract_id: str, suffix: str = ".json") -> Path:
    """Return the path of an extract's note; with ASIDE where it waits while its cells are replaced."""
    return folder / partner / f"{extract_id}{suffix}"


def write_cells(
    path: Path, tables: Iterable[pa.Table], hide: Callable[[pa.Table], pa.Table] = lambda cells: cells
) -> None:
    """Stream tables of CELLS into a Parquet file at a temporary path.

    `hide` replaces the texts of each row group by tokens (`HiddenTexts.hide`).
    """
    with (
        pq.ParquetWriter(
            path,
            DICTIONARY_SCHEMA,
            compression="zstd",
            store_schema=False,
            # Numbers seldom repeat, and no query selects row groups by text.
            use_dictionary=[field.name for field in CELLS if field.type == pa.string()],
            column_encoding={"row_number": "DELTA_BINARY_PACKED"},
            dictionary_pagesize_limit=_LARGEST_DICTIONARY,
            write_statistics=False,
        ) as writer,
        ThreadPoolExecutor(1) as beside,
    ):
        writing: Future[None] = beside.submit(lambda: None)
        for group in map(hide, _groups(tables)):
            writing.result()
            writing = beside.submit(writer.write_table, group, row_group_size=max(len(group), 1))
        writing.result()


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield row groups in order: a large table alone, smaller ones together."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting += [table] if len(table) else []
        count = sum(map(len, waiting))
        if count >= (_CELLS_OF_A_LARGE_TABLE if len(waiting) == 1 else _CELLS_IN_A_GROUP):
            yield with_dictionaries(pa.concat_tables(waiting))
            waiting = []
    yield with_dictionaries(pa.concat_tables(waiting or [CELLS.empty_table()]))


def with_dictionaries(cells: pa.Table) -> pa.Table:
    """Return a table of CELLS with one dictionary for each column of texts."""
    plain = cells.combine_chunks()
    columns = [
        column.dictionary_encode() if kind.type == pa.string() else column
        for column, kind in zip(plain.columns, CELLS, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=DICTIONARY_SCHEMA)


def set_aside(folder: Path, partner: str, extract_id: str) -> None:
    """Take an extract out of the register until its new cells are committed."""
    note = register_path(folder, partner, extract_id)
    if note.exists():
        durable.rename(note, register_path(folder, partner, extract_id, ASIDE))


def has_its_cells(entry: dict[str, Any], parquet: Path) -> bool:
    """Return whether a landing note describes the cells and texts beside it."""
    files = {parquet: "parquet_sha256", parquet.with_suffix(TEXTS_SUFFIX): "texts_sha256"}
    return all(path.is_file() and sha256_of(path) == entry.get(name) for path, name in files.items())


def read_register(
    folder: Path, partner: str, but: str | None = None, suffix: str = ".json"
) -> dict[str, dict[str, Any]]:
    """Return the notes of a partner's landed extracts, by extract id; raises Damaged for a note that is.

    `but`: leave out the note of this extract if it is damaged, because its file is being read again.
    `suffix`: ASIDE for extracts whose landing anew was interrupted.
    """
    notes = {}
    for file in sorted((folder / partner).glob(f"*{suffix}")):
        if not file.name.startswith(PARTIAL):
            try:
                notes[file.stem] = read_json(file)
            except Damaged:
                if file.stem != but:
                    raise
    return notes


def account(contract: Contract, tally: Tally, date_system: int) -> dict[str, Any]:
    """Return the part of an extract's note that follows from contract and tally."""
    return {
        "contract": contract.contract,
        "contract_version": contract.version,
        "contract_hash": contract.contract_hash,
        "reading_hash": contract.reading_hash,
        "contract_content": contract.content,
        "delivery_mode": contract.delivery.mode,
        "grain": contract.grain,
        "date_system": date_system,
        "physical_rows": tally.physical,
        "rows_explained": [
            {"sheet": sheet, "why": why, "rows": rows}
            for (sheet, why), rows in sorted(tally.explained.items())
        ],
        "rows_unexplained": tally.rows_unexplained,
        "rows_after_end": tally.rows_after_end,
        "rows_read": tally.rows_read,
        "rows_landed": tally.rows_landed,
        "rows_refused": tally.rows_refused,
        "refusals": _refusals(tally.refusals, tally.refused_rows),
        "withheld_records": {reason: sorted(ids) for reason, ids in sorted(tally.withheld.items())},
        "withheld_persons": {reason: sorted(ids) for reason, ids in sorted(tally.withheld_persons.items())},
        "withheld_submissions": {str(one): code for one, code in sorted(tally.withheld_submissions.items())},
        "child_rows": dict(sorted(tally.child_landed.items())),
        "child_rows_read": dict(sorted(tally.child_read.items())),
        "child_orphans": dict(sorted(tally.child_orphans.items())),
        "filled": dict(sorted(tally.filled.items())),
        "child_refusals": _refusals(tally.child_refusals, tally.child_refused_rows),
        "stripped": dict(sorted(tally.stripped.items())),
        "emptied": [
            dict(zip(_EMPTIED, (*key, cells, str(tally.emptied_rows[key])), strict=True))
            for key, cells in sorted(tally.emptied.items())
        ],
        "unmapped_columns": [*tally.unmapped, *tally.unnamed],
        "columns_found": list(tally.columns_found),
        "problems": tally.problems,
    }


def sweep(settings: Settings, partner: str, lost: Collection[str] = ()) -> None:
    """Remove what a crash left: temporary files; cells, texts, originals and link codes without a note.

    `lost`: ids of extracts whose note is gone although they had landed; their other files stay.
    """
    landing = settings.landing
    for extract_id, entry in read_register(landing, partner, suffix=ASIDE).items():
        note = register_path(landing, partner, extract_id, ASIDE)
        committed = register_path(landing, partner, extract_id)
        if committed.exists():
            durable.remove(note)
        elif has_its_cells(entry, parquet_path(landing, partner, extract_id)):
            durable.rename(note, committed)  # the crash came before the cells were replaced
    for folder in (landing, settings.sealed, settings.link_codes):
        for file in sorted((folder / partner).glob("*")):
            is_kept = register_path(landing, partner, file.stem).exists() or file.stem in lost
            if folder != landing:
                is_kept |= register_path(landing, partner, file.stem, ASIDE).exists()
            if file.name.startswith(PARTIAL) or (file.suffix in _WITH_NOTE and not is_kept):
                remove_summed(file)


def _refusals(
    counts: dict[tuple[str, str], int], numbers: dict[tuple[str, str], RowRanges]
) -> list[dict[str, Any]]:
    return [
        {"sheet": sheet, "reason": reason, "rows": rows, "row_numbers": str(numbers[sheet, reason])}
        for (sheet, reason), rows in sorted(counts.items())
    ]


def rows_of(
    settings: Settings, partner: str, extract_id: str, records: Collection[int]
) -> set[tuple[str, int]]:
    """Return sheet and row number of these records, child rows included; none if nothing landed."""
    path = parquet_path(settings.landing, partner, extract_id)
    if not path.is_file():
        return set()
    is_asked = pc.field("record_id").isin(pa.array(sorted(records), pa.int64()))
    own = pq.read_table(path, columns=["sheet", "row_number"], filters=is_asked)
    return set(zip(own["sheet"].to_pylist(), own["row_number"].to_pylist(), strict=True))


def file_of(settings: Settings, partner: str, extract_id: str) -> str | None:
    path = register_path(settings.landing, partner, extract_id)
    return str(read_json(path)["file"]) if path.is_file() else None


def known_records(settings: Settings) -> pa.Table:
    """Return a row of RECORDS for every typed record, or landed record if the work folder was deleted."""
    typed = sorted((settings.typed / "records").glob("*.parquet"))
    tables = [pq.read_table(path, columns=RECORDS.names) for path in typed]
    tables = tables or list(map(_of_cells, sorted(settings.landing.glob("*/[!.]*.parquet"))))
    return pa.concat_tables([RECORDS.empty_table(), *(table.cast(RECORDS) for table in tables)])


def _of_cells(path: Path) -> pa.Table:
    """Return the first row of each record: its first main row, or its first child row if it has no other."""
    cells = pq.read_table(path, columns=["record_id", "sheet", "row_number", "part"])
    is_main = pc.equal(cells["part"], "")
    ordered = pa.concat_tables([cells.filter(is_main), cells.filter(pc.invert(is_main))])
    first = [(name, "first") for name in ("sheet", "row_number")]
    starts = ordered.group_by("record_id", use_threads=False).aggregate(first)
    ids = pa.array([path.stem] * len(starts), pa.string())
    columns = [ids, starts["sheet_first"], starts["row_number_first"], starts["record_id"]]
    return pa.table(columns, names=RECORDS.names)


def place_of(
    contract: Contract, earlier: Mapping[str, Any] | None, notes: Iterable[Mapping[str, Any]], as_of: datetime
) -> dict[str, Any]:
    """Return `received_on` and `sequence` of an extract that is sent now.

    `earlier`: its note, if this content came before; `notes`: those of all extracts of the partner. A content
    that came before keeps its place, also when a corrected contract reads it again. It takes the next one
    when a later full delivery replaced it: a register that returns to an earlier state stands as sent now.
    """
    notes = list(notes)
    if earlier is not None and not _is_replaced(contract, earlier, notes):
        return {name: earlier[name] for name in _PLACE}
    today = as_of.astimezone(NAIROBI).date().isoformat()
    return dict(zip(_PLACE, (today, 1 + max((note["sequence"] for note in notes), default=0)), strict=True))


def _is_replaced(contract: Contract, earlier: Mapping[str, Any], notes: Iterable[Mapping[str, Any]]) -> bool:
    if contract.delivery.mode != "full" or earlier["reading_hash"] != contract.reading_hash:
        return False
    return any(
        note["contract"] == earlier["contract"]
        and note["sequence"] > earlier["sequence"]
        and _overlap(note.get("period"), earlier.get("period"))
        for note in notes
    )


def _overlap(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> bool:
    """Return whether two declared periods share a day; an extract without one stands for all time."""
    if not one or not other:
        return True
    return one["from"] <= other["to"] and other["from"] <= one["to"]
