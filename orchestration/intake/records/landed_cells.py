"""Turn the slots of a block into its landed cells, row by row, as one Arrow table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.intake.landing.landing import DICTIONARY_SCHEMA
from orchestration.intake.reading.block import Flags
from orchestration.intake.records.slots import Slot

_Numbers = npt.NDArray[np.integer[Any]]


def cells_of(
    slots: list[Slot],
    rows: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int64],
    numbers: npt.NDArray[np.int64],
    sheet: str,
    part: str = "",
    orders: npt.NDArray[np.int32] | None = None,
) -> pa.Table:
    """Return the cells of some rows of a block; `ids`, `numbers` and `orders` are of these rows.

    The table's dictionaries hold only texts that land.
    """
    shape = (len(rows), len(slots))
    stands, codes = np.zeros(shape, bool), np.zeros(shape, np.int32)
    are_all = len(rows) > 0 and len(rows) == len(slots[0].stands) if slots else False
    chosen: Any = slice(None) if are_all else rows
    sizes = [len(slot.values) for slot in slots]
    for at, (slot, before) in enumerate(zip(slots, np.cumsum([0, *sizes]).tolist(), strict=False)):
        stands[:, at] = slot.stands[chosen]
        np.add(slot.codes[chosen], before, out=codes[:, at], casting="unsafe")
    per_row = stands.sum(axis=1)
    names, fields = _numbered([slot.field for slot in slots])
    used = codes[stands]
    total = len(used)
    columns = {
        "record_id": pa.array(np.repeat(ids, per_row)),
        "sheet": _constant(sheet, total),
        "row_number": pa.array(np.repeat(numbers.astype(np.int32), per_row)),
        "part": _constant(part, total),
        "field": _named(names, np.broadcast_to(fields, shape)[stands]),
        "seq": pa.array(np.zeros(total, np.int32) if orders is None else np.repeat(orders, per_row)),
        "value": _texts([slot.values for slot in slots], used),
        "kind": _kinds(slots, sizes, used),
        "number_format": _formats(slots, sizes, used),
    }
    arrays = [columns[name] for name in DICTIONARY_SCHEMA.names]
    return pa.Table.from_arrays(arrays, schema=DICTIONARY_SCHEMA)


def _kinds(slots: list[Slot], sizes: list[int], used: _Numbers) -> pa.DictionaryArray:
    if all(slot.kinds is None for slot in slots):
        return _constant("text", len(used))
    kinds = [slot.kinds or ["text"] * size for slot, size in zip(slots, sizes, strict=True)]
    names, numbers = _numbered([kind for of_slot in kinds for kind in of_slot])
    return _named(names, numbers[used])


def _formats(slots: list[Slot], sizes: list[int], used: _Numbers) -> pa.DictionaryArray:
    if all(slot.formats is None for slot in slots):
        return pa.DictionaryArray.from_arrays(pa.nulls(len(used), pa.int32()), pa.array([], pa.string()))
    formats = [slot.formats or [None] * size for slot, size in zip(slots, sizes, strict=True)]
    return (
        pa.array([one for of_slot in formats for one in of_slot], pa.string())
        .take(pa.array(used))
        .dictionary_encode()
    )


def _constant(text: str, total: int) -> pa.DictionaryArray:
    return _named([text], np.zeros(total, np.int32))


def _numbered(names: list[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return the distinct names, and for each name its number among them."""
    known: dict[str, int] = {}
    numbers = np.array([known.setdefault(name, len(known)) for name in names], np.int32)
    return list(known), numbers


def _named(names: list[str], numbers: npt.NDArray[np.int32]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(names, pa.string()))


def _texts(values: list[pa.StringArray], used: _Numbers) -> pa.DictionaryArray:
    """Return the used texts with a dictionary of these alone, because Parquet writes it as it is."""
    every = pa.concat_arrays([pa.array([], pa.string()), *values])
    is_used: Flags = np.bincount(used, minlength=len(every)) > 0
    landing = every.filter(pa.array(is_used)).dictionary_encode()
    places = np.zeros(len(every), np.int32)
    places[is_used] = landing.indices.to_numpy()
    return pa.DictionaryArray.from_arrays(pa.array(places[used]), landing.dictionary)
