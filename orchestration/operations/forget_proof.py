"""Prove that a record is forgotten: search every file under the home, decoded, for values that only it had.

Values that other records share (a county, a day, a code) prove nothing and are left out. An empty result
may mean a broken search, so each proof first finds a planted value in a file of every kind.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyrage

from orchestration.core import (
    REFERENCE_SEEDS,
    TEXTS_SUFFIX,
    Keys,
    NjiaError,
    Settings,
    decoded,
    open_duckdb,
    pattern_of,
    read_texts,
    shown_record,
)
from orchestration.intake import identities_of, shown_file, texts_of
from orchestration.places import name_token, norm

SHORTEST = 4
_IDENTIFYING = re.compile(r"[^\W\d_]|\d{9}")  # a letter or a long number; a date identifies no person
_PLANTED = "planted-Testperson-4711"


@dataclass(frozen=True)
class Needles:
    """What must be found nowhere. `left_out`: number of references too short to search for."""

    values: frozenset[str]
    ids: frozenset[str]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.values) + len(self.ids)


@dataclass(frozen=True)
class Proof:
    """The result of a search. `found`: paths below the home of files that still hold a needle.

    `not_decoded`: paths of damaged files, of which only the bytes as they are were searched.
    """

    files: int
    needles: int
    found: tuple[str, ...]
    sealed_not_searched: int
    not_decoded: tuple[str, ...] = ()


def needles_of(
    settings: Settings,
    keys: Keys,
    asked: Mapping[str, Collection[int]],
    submissions: Collection[str],
    references: Sequence[str],
) -> Needles:
    """Return values that only these records have in all landed extracts, their references, ids and codes.

    `asked`: records by partner.
    """
    records = frozenset().union(*asked.values())
    own: set[str] = set()
    for partner in asked:
        for path in sorted((settings.landing / partner).glob("[!.]*.parquet")):
            own |= _values(path, keys, records)
    others: set[str] = set()
    for path in settings.landing.glob("*/[!.]*.parquet"):
        others |= _values(path, keys, records, others=True)
    own = {value for value in own - others if len(value) >= SHORTEST and _IDENTIFYING.search(value)}
    own -= _in_reference_data(own)
    named = set(map(norm, others)) if own else set()
    tokens = {keys.token(value) for value in own}
    tokens |= {name_token(keys, value) for value in own if norm(value) not in named}
    searchable = {text for text in references if len(text) >= SHORTEST and not text.startswith("r-")}
    ids = {form for name in map(shown_record, records) for form in (name, name[2:])} | set(map(str, records))
    codes = _codes_of(settings, records) | set(submissions)
    return Needles(
        frozenset(own | tokens | searchable), frozenset(ids | codes), len(set(references)) - len(searchable)
    )


def prove(
    settings: Settings,
    keys: Keys,
    needles: Needles,
    private_key: str | None = None,
) -> Proof:
    """Search every file under the home. Raises NjiaError if the search misses a planted value."""
    _check_search()
    identities = identities_of(private_key) if private_key else []
    pattern = pattern_of(needles.values | needles.ids)
    files = [path for path in sorted(settings.home.rglob("*")) if path.is_file() and not path.is_symlink()]
    files = [path for path in files if not path.is_relative_to(settings.keys)]
    found, not_decoded, unopened = [], [], 0
    for path in files:
        place = path.relative_to(settings.home)
        shown = (place.parent / shown_file(path.name)).as_posix()
        try:
            is_found = any(pattern.search(text) for text in _texts(path, keys, identities))
        except pyrage.DecryptError:  # sealed to another key
            unopened += 1
            continue
        except Exception:  # a damaged file, by whatever library; its text may quote a value
            not_decoded.append(shown)
            is_found = bool(pattern.search(path.read_bytes()))
        if is_found:
            found.append(shown)
    return Proof(len(files) - unopened, len(needles), tuple(found), unopened, tuple(not_decoded))


def _texts(path: Path, keys: Keys, identities: Sequence[pyrage.x25519.Identity]) -> Iterator[bytes]:
    if path.suffix == TEXTS_SUFFIX:
        return iter([json.dumps(read_texts(path, keys), ensure_ascii=False).encode()])
    if path.suffix == ".age":
        return decoded(path, pyrage.decrypt(path.read_bytes(), identities))
    return decoded(path)


def _values(path: Path, keys: Keys, records: Collection[int], others: bool = False) -> set[str]:
    """Return the values of these records, or of all others, with texts for their tokens."""
    ids = pa.array(sorted(records), pa.int64())
    values: set[str] = set()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["record_id", "value"]):
            is_own = pc.is_in(batch["record_id"], ids)
            rows = batch.filter(pc.invert(is_own) if others else is_own)
            values |= set(pc.unique(rows["value"].cast(pa.string())).to_pylist())
    texts = texts_of(path, keys)
    return {texts.get(value, value) for value in values}


def _in_reference_data(values: Iterable[str]) -> set[str]:
    """Return the values that reference data has too, such as names of places."""
    folded = {value.casefold(): value for value in values}
    found = set()
    for path in sorted(REFERENCE_SEEDS.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                found |= {folded[cell.casefold()] for cell in row if cell.casefold() in folded}
    return found


def _codes_of(settings: Settings, records: Collection[int]) -> set[str]:
    """Return the keyed codes of these persons that no other record has."""
    ids = pa.array(sorted(records), pa.int64())
    own: set[str] = set()
    others: set[str] = set()
    for path in sorted(settings.link_codes.glob("*/[!.]*.parquet")):
        table = pq.read_table(path)
        is_own = pc.is_in(table["record_id"], ids)
        for name in (column for column in table.column_names if column.endswith("_code")):
            own |= set(table.filter(is_own)[name].drop_null().unique().to_pylist())
            others |= set(table.filter(pc.invert(is_own))[name].drop_null().unique().to_pylist())
    return {code for code in own - others if len(code) >= SHORTEST}


def _check_search() -> None:
    """Raise NjiaError if the search misses a value planted in a file of every decoded kind."""
    with tempfile.TemporaryDirectory() as folder:
        planted = [Path(folder) / kind for kind in ("parquet", "duckdb", "sqlite", "zip", "text")]
        pq.write_table(pa.table({"a": [_PLANTED] * 500}), planted[0], compression="zstd")
        with open_duckdb(planted[1], writes=True) as con:
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
            "The search proves nothing: it missed a value planted in a file of the kind "
            f"{', '.join(missed)}. Tell the maintainers of Njia."
        )
