"""The slots of a block → its landed cells, row after row, as one Arrow table."""

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
    """The cells of some rows of a block, whose records are `ids`; and after each row, how many cells it was.

    Only texts that land are in the table, also in its dictionaries.
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
        said, fields = codes.ravel(), fields.ravel()
    else:
        said, fields = codes[stands], fields[stands]
    total = len(said)
    kinds = np.concatenate([np.zeros(0, np.int8), *(slot.kinds for slot in slots)])
    columns = {
        "record_id": pa.array(np.repeat(ids, per_row)),
        "sheet": _constant(sheet, total),
        "row_number": pa.array(np.repeat((rows + first_row).astype(np.int32), per_row)),
        "part": _constant("", total),
        "field": _named(names, fields),
        "seq": pa.array(np.zeros(total, np.int32)),
        "value": _texts([slot.values for slot in slots], said),
        "kind": _named(KINDS, kinds[said].astype(np.int32)) if kinds.any() else _constant(KINDS[0], total),
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
    """Names that may be there several times: each once, and the number of every one."""
    distinct = list(dict.fromkeys(names))
    return distinct, np.array([distinct.index(name) for name in names], np.int32)


def _named(names: list[str], numbers: npt.NDArray[np.int32]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(names, pa.string()))


def _texts(values: list[pa.StringArray], said: _Numbers) -> pa.DictionaryArray:
    """The texts that are said and no others, each once: Parquet takes a dictionary as it is."""
    every = pa.concat_arrays([pa.array([], pa.string()), *values])
    is_said: Flags = np.bincount(said, minlength=len(every)) > 0
    landing = every.filter(pa.array(is_said)).dictionary_encode()
    places = np.zeros(len(every), np.int32)
    places[is_said] = landing.indices.to_numpy()
    return pa.DictionaryArray.from_arrays(pa.array(places[said]), landing.dictionary)
