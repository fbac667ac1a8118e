"""Rewrite landed extracts: their cells without some records, their link codes; find copies of submissions.

A kill is harmless: the new note waits as `.next` beside the cells and is taken or dropped depending on the
hash of the cells. Until then `.texts` opens the tokens of the old cells and of the new ones. Link codes are
made again from the sealed original, for a new link key or new rules.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contracts import Contract
from orchestration.core import (
    TEXTS_SUFFIX,
    Keys,
    Settings,
    Tombstones,
    UsageError,
    durable,
    encrypted,
    read_json,
    remove_summed,
    replacing,
    sha256_of,
    tombstones_of,
    write_json,
    write_texts,
)
from orchestration.intake.landing.hidden_texts import in_use, texts_of
from orchestration.intake.landing.landing import CELLS, parquet_path, read_register, write_cells
from orchestration.intake.landing.sealing import opened, sealed_path
from orchestration.intake.minimising.keyed_codes import SUBMISSION_KEY, codes_path
from orchestration.intake.outcomes import ExtractStopped
from orchestration.intake.reading.any_file import open_source, suffix_of
from orchestration.intake.records.records import RecordReader

_WAITING = ".next"
_COLUMNS = ["record_id", "field", "value"]


def rewrite(
    parquet: Path, keys: Keys, cells: Iterable[pa.Table], noted: Callable[[], Mapping[str, Any]]
) -> None:
    """Write an extract's cells anew, with the texts that they still use, and its note.

    `noted` returns the new note without hashes, once the cells are written.
    """
    note = parquet.with_suffix(".json")
    waiting = note.with_suffix(_WAITING)
    with replacing(parquet) as partial:
        write_cells(partial, cells)
        texts = texts_of(parquet, keys)
        hashes = {
            "parquet_sha256": sha256_of(partial),
            "texts_sha256": hashlib.sha256(encrypted(keys, in_use(partial, texts))).hexdigest(),
        }
        write_json(waiting, {**noted(), **hashes})
    _commit(parquet, keys)


def settle_landing(settings: Settings, keys: Keys) -> None:
    """Finish or undo interrupted rewriting: take a waiting note if it describes the cells, else drop it."""
    for waiting in sorted(settings.landing.glob(f"*/[!.]*{_WAITING}")):
        parquet = waiting.with_suffix(".parquet")
        note = read_json(waiting)
        if parquet.is_file() and sha256_of(parquet) == note["parquet_sha256"]:
            _commit(parquet, keys)
            continue
        _keep_texts_in_use(parquet, keys)
        durable.remove(waiting)


def row_groups(parquet: Path, columns: Sequence[str] = tuple(CELLS.names)) -> Iterator[pa.Table]:
    """Yield the row groups of an extract, or some columns of them, in the order of the file."""
    schema = pa.schema([CELLS.field(name) for name in columns])
    with pq.ParquetFile(parquet) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=list(columns)).select(list(columns)).cast(schema)


def _commit(parquet: Path, keys: Keys) -> None:
    """Put the waiting note of written cells in force, once unused texts are gone."""
    _keep_texts_in_use(parquet, keys)
    note = parquet.with_suffix(".json")
    durable.rename(note.with_suffix(_WAITING), note)


def _keep_texts_in_use(parquet: Path, keys: Keys) -> None:
    write_texts(parquet.with_suffix(TEXTS_SUFFIX), keys, in_use(parquet, texts_of(parquet, keys)))


@dataclass(frozen=True)
class Copies:
    """Records of the same submissions, by partner, without the asked ones; `codes`: of these submissions.

    `unclear`: number of asked records whose submission is not followed, because it holds other records too.
    """

    records: Mapping[str, frozenset[int]]
    codes: frozenset[str]
    unclear: int


def copies_of(settings: Settings, partner: str, records: Collection[int]) -> Copies:
    """Find what all partners sent of the submissions of some landed or withheld records of one partner.

    A submission whose code stands in more records of an extract than were asked for is not followed: it may
    be of several persons, or the id a placeholder, and whoever erases its copies cannot undo it.
    """
    asked: dict[str, set[int]] = {}
    for _, record, code in _coded(settings, partner):
        if record in records:
            asked.setdefault(code, set()).add(record)
    found: dict[str, dict[tuple[str, str], set[int]]] = {code: {} for code in asked}
    for sender in sorted(path.name for path in settings.landing.iterdir() if path.is_dir()) if asked else ():
        for extract_id, record, code in _coded(settings, sender, asked):
            found[code].setdefault((sender, extract_id), set()).add(record)
    clear = {
        code
        for code, extracts in found.items()
        if all(len(of_extract) <= len(asked[code]) for of_extract in extracts.values())
    }
    copies: dict[str, set[int]] = {}
    for code in clear:
        for (sender, _), of_extract in found[code].items():
            copies.setdefault(sender, set()).update(of_extract - set(records))
    unclear = set().union(*(asked[code] for code in asked.keys() - clear))
    by_partner = {sender: frozenset(ids) for sender, ids in sorted(copies.items()) if ids}
    return Copies(by_partner, frozenset(clear), len(unclear))


def _coded(
    settings: Settings, partner: str, codes: Collection[str] | None = None
) -> Iterator[tuple[str, int, str]]:
    """Yield extract id, record id and code of a partner's records with a code, or with one of some codes."""
    for extract_id, entry in read_register(settings.landing, partner).items():
        for record, code in (entry.get("withheld_submissions") or {}).items():
            if codes is None or code in codes:
                yield extract_id, int(record), code
        for table in row_groups(parquet_path(settings.landing, partner, extract_id), _COLUMNS):
            is_code = pc.equal(table["field"], SUBMISSION_KEY)
            if codes is not None:
                is_code = pc.and_(is_code, pc.is_in(table["value"], pa.array(sorted(codes), pa.string())))
            for row in table.filter(is_code).to_pylist():
                yield extract_id, row["record_id"], row["value"]


def extracts_with_codes(settings: Settings) -> list[tuple[str, str]]:
    return [(path.parent.name, path.stem) for path in sorted(settings.link_codes.glob("*/[!.]*.parquet"))]


def remake_codes(
    settings: Settings, keys: Keys, partner: str, extract_id: str, private_key: str, folder: Path
) -> bool:
    """Write an extract's codes by `keys` into another folder; return whether they cover its records.

    Otherwise nothing stays there: the original is missing, sealed to another key, or no longer read by its
    contract. Destroyed codes do not return, because only extracts with codes are passed.
    """
    note = read_register(settings.landing, partner).get(extract_id)
    if note is None or not sealed_path(settings.sealed, partner, extract_id).is_file():
        return False
    path, earlier = (codes_path(at, partner, extract_id) for at in (folder, settings.link_codes))
    try:
        with (
            original_of(settings, note, tombstones_of(settings, keys, partner), private_key) as (
                _,
                reader,
                cells,
            ),
            reader.link_codes.written_to(folder, partner, extract_id),
        ):
            deque(cells, maxlen=0)
        is_same = path.is_file() and _records(path) >= _records(earlier)
    except (UsageError, ExtractStopped):
        is_same = False
    if not is_same:
        remove_summed(path)
    return is_same


@contextmanager
def original_of(
    settings: Settings, note: Mapping[str, Any], tombstones: Tombstones, private_key: str
) -> Iterator[tuple[Path, RecordReader, Iterator[pa.Table]]]:
    """Open the sealed original of an extract: its path, and its cells as they land now, with their reader.

    Raises UsageError if the key does not open it, ExtractStopped if its contract no longer reads it.
    """
    contract = Contract.of_content(note["contract_content"])
    file, period = note["file"], note["period"]
    reader = RecordReader(contract, tombstones.keys, file, tombstones=tombstones, period=period)
    sealed = sealed_path(settings.sealed, note["partner"], note["extract_id"])
    with (
        opened(sealed, private_key, suffix_of(contract)) as original,
        open_source(original, contract) as source,
    ):
        yield original, reader, reader.landed_tables(source)


def _records(path: Path) -> set[int]:
    return set(pq.read_table(path, columns=["record_id"])["record_id"].to_pylist())
