"""Replace the cells of a landed extract, to erase records.

A kill is harmless: the new note waits as `.next` beside the cells and is taken or dropped depending on the
hash of the cells. Until then `.texts` opens the tokens of the old cells and of the new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import (
    Keys,
    Settings,
    durable,
    encrypted,
    read_json,
    replacing,
    sha256_of,
    write_json,
    write_texts,
)
from orchestration.intake.landing.hidden_texts import in_use, texts_of, texts_path
from orchestration.intake.landing.landing import CELLS, write_cells

_WAITING = ".next"


def rewrite(
    parquet: Path,
    keys: Keys,
    cells: Iterable[pa.Table],
    noted: Callable[[], Mapping[str, Any]],
) -> None:
    """Write an extract's cells anew, with the texts that they still use, and its note.

    `cells`: with dictionaries. `noted` returns the new note without hashes, once the cells are written.
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


def cells_of(parquet: Path, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Yield the row groups of an extract, or some columns of them."""
    with pq.ParquetFile(parquet) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=columns)
            yield table.cast(pa.schema([CELLS.field(name) for name in table.column_names]))


def _commit(parquet: Path, keys: Keys) -> None:
    """Put the waiting note of written cells in force, once unused texts are gone."""
    _keep_texts_in_use(parquet, keys)
    note = parquet.with_suffix(".json")
    durable.rename(note.with_suffix(_WAITING), note)


def _keep_texts_in_use(parquet: Path, keys: Keys) -> None:
    write_texts(texts_path(parquet), keys, in_use(parquet, texts_of(parquet, keys)))
