"""Which texts land as tokens: places, answers in no code list, other words in dates, ages and counts.

Each may be a person's name. The texts of an extract stand by token in its encrypted `.texts` file; `typing`
and the search for new codes read them from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contracts import (
    AGE_BAND,
    AGES,
    COUNTS,
    DATES,
    MONTHS,
    Contract,
    is_missing,
    is_text_of_a_place,
    load_vocabulary,
    norm,
    number_in_words,
)
from orchestration.core import TEXTS_SUFFIX, Keys, read_texts, seed_words
from orchestration.intake.drift.codes import is_unlisted, readers_of
from orchestration.intake.reading.block import Column, combined, remembering

Texts = dict[str, str]  # token → text as sent
_OF_NUMBERS = (*DATES, *COUNTS, *AGES)
_WORD = re.compile(r"[^\W\d_]{2,}")
_KNOWN = frozenset(seed_words("beside_numbers")) | frozenset(MONTHS)


class HiddenTexts:
    """Replaces the texts of one extract by tokens; `texts` collects them."""

    def __init__(self, contract: Contract, keys: Keys) -> None:
        self.texts: Texts = {}
        self._keys = keys
        self._places = set(filter(is_text_of_a_place, contract.fields))
        vocabulary = load_vocabulary()
        readers = readers_of(contract, vocabulary)
        self._judges: dict[str, Callable[[str, str], bool]] = {
            name: remembering(partial(is_unlisted, name, reader)) for name, reader in readers.items()
        }
        ages = vocabulary.words_of(AGE_BAND, tuple(contract.locale.languages))
        for name, spec in contract.fields.items():
            if name in _OF_NUMBERS:
                own = {word for text in (*spec.missing, *ages) for word in _words(text)}
                self._judges[name] = remembering(partial(_has_other_words, own))

    def hide(self, cells: pa.Table) -> pa.Table:
        """Return cells (DICTIONARY_SCHEMA) with tokens in place of texts, which stay in no dictionary."""
        fields, kinds, values = (_column(cells, name) for name in ("field", "kind", "value"))
        is_place = np.array([name in self._places for name in fields.texts], bool)
        is_text = is_place[fields.codes] | self._are_unlisted(fields, kinds, values)
        is_text &= np.array([bool(text) for text in values.texts], bool)[values.codes]
        if not is_text.any():
            return cells
        landed = np.array(values.texts, object)
        tokens = landed.copy()
        for code in np.unique(values.codes[is_text]).tolist():
            tokens[code] = self._keys.token(landed[code])
            self.texts[tokens[code]] = landed[code]
        texts = np.where(is_text, tokens[values.codes], landed[values.codes])
        column = pa.array(texts, pa.string()).dictionary_encode()
        return cells.set_column(cells.schema.get_field_index("value"), cells.schema.field("value"), column)

    def _are_unlisted(self, fields: Column, kinds: Column, values: Column) -> npt.NDArray[np.bool_]:
        """Return for each cell whether it is an answer in no code list, or a number with other words."""
        is_coded = np.array([name in self._judges for name in fields.texts], bool)[fields.codes]
        is_number = np.array([name in _OF_NUMBERS for name in fields.texts], bool)[fields.codes]
        has_word = pc.match_substring_regex(values.values, r"\pL{2}")
        is_coded &= ~is_number | has_word.to_numpy(zero_copy_only=False)[values.codes]
        columns = (fields, kinds, values)
        answers, by_cell = combined([Column(column.values, column.codes[is_coded]) for column in columns])
        texts = [
            [column.texts[code] for column, code in zip(columns, answer, strict=True)] for answer in answers
        ]
        unlisted = np.array([self._judges[name](value, kind) for name, kind, value in texts], bool)
        is_coded[is_coded] = unlisted[by_cell]
        return is_coded


def _has_other_words(own: Collection[str], value: str, _kind: str) -> bool:
    """Return whether a date, age or count has words besides its own, months, units and numbers."""
    return not is_missing(norm(value)) and any(
        word not in _KNOWN and word not in own and number_in_words(word) is None for word in _words(value)
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(norm(text))


def _column(cells: pa.Table, name: str) -> Column:
    array = cells[name].unify_dictionaries().combine_chunks()
    return Column(array.dictionary, array.indices.to_numpy())


def texts_of(parquet: Path, keys: Keys) -> Texts:
    """Return the texts of an extract by token; none where their file is lost."""
    path = parquet.with_suffix(TEXTS_SUFFIX)
    return dict(read_texts(path, keys)) if path.is_file() else {}


def in_use(parquet: Path, texts: Texts) -> Texts:
    """Return those texts whose tokens stand in the cells."""
    tokens: set[str] = set()
    with pq.ParquetFile(parquet) as file:
        for batch in file.iter_batches(columns=["value"]):
            tokens |= texts.keys() & set(pc.unique(batch["value"].cast(pa.string())).to_pylist())
    return {token: texts[token] for token in tokens}
