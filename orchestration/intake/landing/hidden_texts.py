"""Which texts land as tokens: texts of places, and answers that are in no code list.

Either may be a person's name. The texts of an extract stand by token in its encrypted `.texts` file; `typing`
and the search for new codes read them from there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contracts import Contract, is_text_of_a_place, load_vocabulary
from orchestration.core import REFERENCE_SEEDS, TEXTS_SUFFIX, Keys, read_texts
from orchestration.intake.drift.codes import is_unlisted, readers_of

Texts = dict[str, str]  # token → text as sent


class HiddenTexts:
    """Replaces the texts of one extract by tokens; `texts` collects them."""

    def __init__(self, contract: Contract, keys: Keys) -> None:
        self.texts: Texts = {}
        self._keys = keys
        self._places = set(filter(is_text_of_a_place, contract.fields))
        self._readers = readers_of(contract, load_vocabulary(REFERENCE_SEEDS))
        self._unlisted: dict[tuple[str, str, str], bool] = {}

    def hide(self, cells: pa.Table) -> pa.Table:
        """Return cells (DICTIONARY_SCHEMA) with tokens in place of texts, which stay in no dictionary."""
        fields, kinds, values = (_dictionary(cells, name) for name in ("field", "kind", "value"))
        is_place = np.array([name in self._places for name in fields.names], bool)
        is_text = is_place[fields.codes] | self._are_unlisted(fields, kinds, values)
        is_text &= np.array([bool(text) for text in values.names], bool)[values.codes]
        hidden = _used(values.codes[is_text])
        if not len(hidden):
            return cells
        tokens = [self._keys.token(values.names[code]) for code in hidden.tolist()]
        self.texts |= {token: values.names[code] for token, code in zip(tokens, hidden.tolist(), strict=True)}
        places = np.zeros(len(values.names), np.int64)
        places[hidden] = np.arange(len(hidden)) + len(values.names)
        codes = np.where(is_text, places[values.codes], values.codes)
        used, every = _used(codes), [*values.names, *tokens]
        landed = pa.array([every[code] for code in used.tolist()], pa.string())
        numbers = np.zeros(len(every), np.int32)
        numbers[used] = np.arange(len(used))
        column = pa.DictionaryArray.from_arrays(pa.array(numbers[codes]), landed)
        return cells.set_column(cells.schema.get_field_index("value"), cells.schema.field("value"), column)

    def _are_unlisted(self, fields: _Codes, kinds: _Codes, values: _Codes) -> npt.NDArray[np.bool_]:
        """Return for each cell whether it is an answer that is in no code list."""
        is_coded = np.array([name in self._readers for name in fields.names], bool)[fields.codes]
        found = np.zeros(len(is_coded), bool)
        which = fields.codes[is_coded].astype(np.int64) * len(kinds.names) + kinds.codes[is_coded]
        answers, by_cell = np.unique(which * len(values.names) + values.codes[is_coded], return_inverse=True)
        unlisted = np.zeros(len(answers), bool)
        for number, answer in enumerate(answers.tolist()):
            which_one, value = divmod(answer, len(values.names))
            name, kind = (
                fields.names[which_one // len(kinds.names)],
                kinds.names[which_one % len(kinds.names)],
            )
            said = (name, kind, values.names[value])
            if said not in self._unlisted:
                self._unlisted[said] = is_unlisted(name, self._readers[name], said[2], kind)
            unlisted[number] = self._unlisted[said]
        found[is_coded] = unlisted[by_cell]
        return found


class _Codes(NamedTuple):
    """A column of texts: each row's number of one of the distinct names."""

    codes: npt.NDArray[np.int32]
    names: list[str]


def _used(codes: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """Return the distinct codes in order; they are small numbers, so counting is faster than sorting."""
    return np.flatnonzero(np.bincount(codes))


def _dictionary(cells: pa.Table, name: str) -> _Codes:
    array = cells[name].unify_dictionaries().combine_chunks()
    return _Codes(array.indices.to_numpy(), array.dictionary.to_pylist())


def texts_path(parquet: Path) -> Path:
    """Return the file with the texts of an extract, beside its cells."""
    return parquet.with_suffix(TEXTS_SUFFIX)


def texts_of(parquet: Path, keys: Keys) -> Texts:
    """Return the texts of an extract by token; none where their file is lost."""
    path = texts_path(parquet)
    found: Texts = read_texts(path, keys) if path.is_file() else {}
    return found


def in_use(parquet: Path, texts: Texts) -> Texts:
    """Return those texts whose tokens stand in the cells."""
    tokens: set[str] = set()
    with pq.ParquetFile(parquet) as file:
        for batch in file.iter_batches(columns=["value"]):
            tokens |= texts.keys() & set(pc.unique(batch["value"].cast(pa.string())).to_pylist())
    return {token: texts[token] for token in tokens}
