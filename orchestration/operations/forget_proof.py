"""The proof that a record is forgotten: what only it said is searched in everything under the home, decoded.

What others say too proves nothing, and is left out: a county, a day, a code. A search that finds nothing may
be one that does not work, so each proof first finds a planted value in a file of every kind.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyrage

from orchestration.core import (
    REFERENCE_SEEDS,
    NjiaError,
    Settings,
    Tombstones,
    decoded,
    pattern_of,
    shown_record,
)
from orchestration.intake import identities_of

SHORTEST = 4
_TELLING = re.compile(r"[^\W\d_]|\d{9}")  # a word or a long number: a day says nothing of a person
_PLANTED = "planted-Testperson-4711"


@dataclass(frozen=True)
class Needles:
    """What must be found nowhere. `left_out`: references too short to be told from other text."""

    values: frozenset[str]
    ids: frozenset[str]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.values) + len(self.ids)


@dataclass(frozen=True)
class Proof:
    """`found`: files, by path below the home, in which something is still said."""

    files: int
    needles: int
    found: tuple[str, ...]
    sealed_not_searched: int


def needles_of(
    settings: Settings, asked: Tombstones, records: Collection[int], references: Sequence[str]
) -> Needles:
    """What only these records say in all that has landed, their ids in every form, and their references."""
    own: set[str] = set()
    for path in sorted((settings.landing / asked.partner).glob("[!.]*.parquet")):
        own |= _values(path, records)
    own -= set().union(*(_values(path, records, others=True) for path in _landed(settings)))
    own = {value for value in own if len(value) >= SHORTEST and _TELLING.search(value)}
    own -= _said_by_reference_data(own)
    told = {one for one in references if len(one) >= SHORTEST and not one.startswith("r-")}
    ids = {form for one in records for form in (str(one), shown_record(one), shown_record(one)[2:])}
    codes = _codes_of(settings, asked.partner, records)
    return Needles(frozenset(own | told), frozenset(ids | codes), len(set(references)) - len(told))


def prove(
    settings: Settings,
    needles: Needles,
    private_key: str | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Proof:
    """Search every file under the home. Raises NjiaError where the search does not find what was planted."""
    _control()
    identities = identities_of(private_key) if private_key else []
    pattern = pattern_of(needles.values | needles.ids)
    files = [path for path in sorted(settings.home.rglob("*")) if path.is_file() and not path.is_symlink()]
    files = [path for path in files if not path.is_relative_to(settings.keys)]
    found, shut = [], 0
    for number, path in enumerate(files, start=1):
        progress(number, len(files))
        try:
            texts = _texts(path, identities)
        except pyrage.DecryptError:  # to another key, or to none of those given
            shut += 1
            continue
        if any(pattern.search(text) for text in texts):
            found.append(path.relative_to(settings.home).as_posix())
    return Proof(len(files) - shut, len(needles), tuple(found), shut)


def _texts(path: Path, identities: Sequence[pyrage.x25519.Identity]) -> Iterator[bytes]:
    if path.suffix == ".age":
        return decoded(path, pyrage.decrypt(path.read_bytes(), identities))
    return decoded(path)


def _landed(settings: Settings) -> list[Path]:
    return sorted(settings.landing.glob("*/[!.]*.parquet"))


def _values(path: Path, records: Collection[int], others: bool = False) -> set[str]:
    """Values of these records, or of all `others`."""
    ids = pa.array(sorted(records), pa.int64())
    found: set[str] = set()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["record_id", "value"]):
            is_own = pc.is_in(batch["record_id"], ids)
            rows = batch.filter(pc.invert(is_own) if others else is_own)
            found |= set(pc.unique(rows["value"].cast(pa.string())).to_pylist())
    return found


def _said_by_reference_data(values: Iterable[str]) -> set[str]:
    """Values that stand in the reference data: the name of a place is nobody's."""
    folded = {value.casefold(): value for value in values}
    found = set()
    for path in sorted(REFERENCE_SEEDS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                found |= {folded[cell.casefold()] for cell in row if cell.casefold() in folded}
    return found


def _codes_of(settings: Settings, partner: str, records: Collection[int]) -> set[str]:
    """Keyed codes of the persons, as far as no other record has the same."""
    ids = pa.array(sorted(records), pa.int64())
    own: set[str] = set()
    others: set[str] = set()
    for path in sorted(settings.link_codes.glob("*/[!.]*.parquet")):
        table = pq.read_table(path)
        is_own = pc.is_in(table["record_id"], ids)
        for name in (column for column in table.column_names if column.endswith("_code")):
            mine = table.filter(is_own)[name].drop_null().unique().to_pylist()
            own |= set(mine) if path.parent.name == partner else set()
            others |= set(table.filter(pc.invert(is_own))[name].drop_null().unique().to_pylist())
    return {code for code in own - others if len(code) >= SHORTEST}


def _control() -> None:
    """Find a planted value in a file of every kind that is decoded."""
    with tempfile.TemporaryDirectory() as folder:
        planted = [Path(folder) / kind for kind in ("parquet", "duckdb", "sqlite", "zip", "text")]
        pq.write_table(pa.table({"a": [_PLANTED] * 500}), planted[0], compression="zstd")
        with duckdb.connect(str(planted[1])) as con:
            con.execute(f"create table t as select '{_PLANTED}' as a from range(5000)")
        with closing(sqlite3.connect(planted[2])) as store:
            store.execute("create table t (a text)")
            store.execute("insert into t values (?)", [_PLANTED])
            store.commit()
        with zipfile.ZipFile(planted[3], "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sheet.xml", f"<v>{_PLANTED}</v>" * 100)
        planted[4].write_text(f"call {_PLANTED} today", encoding="utf-8")
        pattern = pattern_of([_PLANTED])
        missed = [path.name for path in planted if not any(pattern.search(text) for text in decoded(path))]
    if missed:
        raise NjiaError(
            f"The search proves nothing: a value planted in a file of the kind {', '.join(missed)} was not "
            "found. Tell whoever maintains Njia."
        )
