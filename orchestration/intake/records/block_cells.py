"""Turn the slots of a block into its landed cells, row by row, as one Arrow table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.intake.landing.landing import DICTIONARY_SCHEMA
from orchestration.intake.reading.block import Flags
from orchestration.intake.records.block_slots import KINDS, Slot

_Numbers = npt.NDArray[np.integer[Any]]


def cells_of(
    slots: list[Slot], rows: npt.NDArray[np.int64], ids: npt.NDArray[np.int64], first_row: int, sheet: str
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Return the cells of some rows of a block, with record `ids`, and the running count of cells after each.

    The table's dictionaries hold only texts that land.
    """
    shape = (len(rows), len(slots))
    stands, codes = np.zeros(shape, bool), np.zeros(shape, np.int32)
    per_row = np.zeros(len(rows), np.int64)
    are_all = len(rows) > 0 and len(rows) == len(slots[0].stands) if slots else False
    chosen: Any = slice(None) if are_all else rows
    sizes = [len(slot.values) for slot in slots]
    for at, (slot, before) in enumerate(zip(slots, np.cumsum([0, *sizes]).tolist(), strict=False)):
        stands[:, at] = slot.stands[chosen]
        per_row += slot.stands[chosen]
        np.add(slot.codes[chosen], before, out=codes[:, at], casting="unsafe")
    names, numbers = _numbered([slot.field for slot in slots])
    fields = np.broadcast_to(numbers, shape)
    if stands.all():
        used, fields = codes.ravel(), fields.ravel()
    else:
        used, fields = codes[stands], fields[stands]
    total = len(used)
    kinds = np.concatenate([np.zeros(0, np.int8), *(slot.kinds for slot in slots)])
    columns = {
        "record_id": pa.array(np.repeat(ids, per_row)),
        "sheet": _constant(sheet, total),
        "row_number": pa.array(np.repeat((rows + first_row).astype(np.int32), per_row)),
        "part": _constant("", total),
        "field": _named(names, fields),
        "seq": pa.array(np.zeros(total, np.int32)),
        "value": _texts([slot.values for slot in slots], used),
        "kind": _named(KINDS, kinds[used].astype(np.int32)) if kinds.any() else _constant(KINDS[0], total),
        "number_format": _none(total),
    }
    arrays = [columns[name] for name in DICTIONARY_SCHEMA.names]
    table = pa.Table.from_arrays(arrays, schema=DICTIONARY_SCHEMA)
    return table, np.cumsum(per_row)


def _none(total: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.nulls(total, pa.int32()), pa.array([], pa.string()))


def _constant(text: str, total: int) -> pa.DictionaryArray:
    return _named([text], np.zeros(total, np.int32))


def _numbered(names: list[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return the distinct names, and for each name its number among them."""
    distinct = list(dict.fromkeys(names))
    return distinct, np.array([distinct.index(name) for name in names], np.int32)


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
