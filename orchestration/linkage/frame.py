"""The records to link as numbers: a number a value, -1 where a field is empty.

Their order is that of their values, and how common these are, so that nothing drawn or summed later hangs on
keys or on the order in which rows come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.linkage.tables import NAME_CODES

Ints = npt.NDArray[np.int64]
_NUMBERS = ("birth_year", "day")


@dataclass(frozen=True)
class Frame:
    """`columns` holds each compared column and `partner`; `words` the name codes of a record by their kind.

    A code is `baptismal` if at least half of its uses come first in a name, else `other`; of each kind up to
    four columns, the rarest first. `signature` is drawn from a record's values, whatever the keys are.
    """

    columns: dict[str, Ints]
    words: dict[str, Ints]
    signature: npt.NDArray[np.uint64]

    @property
    def size(self) -> int:
        return len(self.signature)

    @property
    def filled(self) -> set[str]:
        """The columns and kinds of words that hold something."""
        return {name for name, values in (self.columns | self.words).items() if (values >= 0).any()}

    def take(self, rows: Ints) -> Frame:
        return Frame(
            {name: column[rows] for name, column in self.columns.items()},
            {kind: words[rows] for kind, words in self.words.items()},
            self.signature[rows],
        )

    def without_kinds(self) -> Frame:
        """The same, every word of a name being of the kind `other`."""
        both = -np.sort(-np.concatenate(list(self.words.values()), axis=1), axis=1)[:, : len(NAME_CODES)]
        return replace(self, words={"baptismal": np.full((self.size, 1), -1), "other": both})


def frame_of(records: pa.Table) -> tuple[Frame, Ints]:
    """The frame of a table with `partner`, and where in the table each of its records stands."""
    columns = {
        name: _numbered(records[name], name in _NUMBERS)
        for name in records.column_names
        if name not in ("record_id", *NAME_CODES)
    }
    words = _words(records) if set(NAME_CODES) <= set(records.column_names) else {}
    signature = _signature(columns, words)
    order = np.argsort(signature, kind="stable")
    return Frame(columns, words, signature).take(order), order


def together(frames: Sequence[Frame]) -> Frame:
    """The records of frames with the same columns, one after another."""
    return Frame(
        {name: np.concatenate([frame.columns[name] for frame in frames]) for name in frames[0].columns},
        {kind: np.concatenate([frame.words[kind] for frame in frames]) for kind in frames[0].words},
        np.concatenate([frame.signature for frame in frames]),
    )


def mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Each number's bits mixed (splitmix64): equal numbers stay equal, all others look drawn."""
    with np.errstate(over="ignore"):
        numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
        numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return numbers ^ (numbers >> np.uint64(31))


def _numbered(column: pa.ChunkedArray, is_number: bool = False) -> Ints:
    if is_number:
        values = np.asarray(pc.fill_null(pc.cast(column, pa.int64()), -1).to_numpy())
        filled = np.asarray(pc.is_valid(column).to_numpy())
        return np.where(filled, values - values[filled].min(initial=0), -1)
    coded = pc.dictionary_encode(column).combine_chunks()
    place = np.argsort(pc.array_sort_indices(coded.dictionary).to_numpy())
    numbers = np.asarray(pc.fill_null(coded.indices, -1).to_numpy(), dtype=np.int64)
    return np.where(numbers >= 0, place[numbers], -1) if len(place) else numbers


def _words(records: pa.Table) -> dict[str, Ints]:
    coded = pa.chunked_array([records[name].combine_chunks() for name in NAME_CODES])
    named = _numbered(coded).reshape(len(NAME_CODES), -1).T
    uses = np.bincount(named[named >= 0], minlength=1)
    first = np.bincount(named[:, 0][named[:, 0] >= 0], minlength=len(uses))
    is_baptismal = 2 * first >= uses
    rank = np.empty(len(uses), dtype=np.int64)  # a word's number is its place among all, the rarest first
    rank[np.lexsort((np.arange(len(uses)), uses))] = np.arange(len(uses))
    ranked = np.where(named >= 0, rank[named], -1)
    of_kind = {"baptismal": is_baptismal, "other": ~is_baptismal}
    return {kind: _tidied(np.where(chosen[named], ranked, -1)) for kind, chosen in of_kind.items()}


def _tidied(words: Ints) -> Ints:
    """Each word of a row once, the rarest first, nothing at the end."""
    last = np.iinfo(np.int64).max
    words = np.sort(np.where(words < 0, last, words), axis=1)
    words[:, 1:][words[:, 1:] == words[:, :-1]] = last
    words = np.sort(words, axis=1)
    return np.where(words == last, -1, words)


def _signature(columns: dict[str, Ints], words: dict[str, Ints]) -> npt.NDArray[np.uint64]:
    """Of plain values the value, of codes, whose numbers hang on the keys, how many records have the same."""
    parts = [_uses(column) if name.endswith("_code") else column for name, column in columns.items()]
    for named in words.values():
        parts += list(_uses(named).T)
    found = np.zeros(len(parts[0]), dtype=np.uint64)
    for part in parts:
        found = mixed(found ^ part.astype(np.uint64))
    return found


def _uses(values: Ints) -> Ints:
    counts = np.bincount(values[values >= 0], minlength=1)
    return np.where(values >= 0, counts[values], -1)
