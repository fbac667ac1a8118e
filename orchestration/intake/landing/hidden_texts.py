"""Which texts land as tokens: texts of places, and answers that are in no code list.

Either may be a person's name. The texts of an extract stand by token in its encrypted `.texts` file; `typing`
and the search for new codes read them from there.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.contracts import Contract, is_text_of_a_place, load_vocabulary
from orchestration.core import REFERENCE_SEEDS, TEXTS_SUFFIX, Keys, read_texts
from orchestration.intake.drift.codes import is_unlisted, readers_of
from orchestration.intake.landing.landing import SCHEMA, with_dictionaries

Texts = dict[str, str]  # token → text as sent


class HiddenTexts:
    """Replaces the texts of one extract by tokens; `texts` collects them."""

    def __init__(self, contract: Contract, keys: Keys) -> None:
        self.texts: Texts = {}
        self._keys = keys
        self._places = _names(filter(is_text_of_a_place, contract.fields))
        self._readers = readers_of(contract, load_vocabulary(REFERENCE_SEEDS))
        self._unlisted: dict[tuple[str, str, str], bool] = {}

    def hide(self, cells: pa.Table) -> pa.Table:
        """Return cells with tokens in place of texts, in the form that `write_cells` takes."""
        plain = cells.cast(SCHEMA)
        values = plain["value"]
        is_text = pc.or_(pc.is_in(plain["field"], self._places), self._is_unlisted(plain))
        is_text = pc.and_(is_text, pc.not_equal(values, ""))
        texts = pc.unique(values.filter(is_text))
        if not len(texts):
            return cells
        found = {self._keys.token(text): text for text in texts.to_pylist()}
        self.texts |= found
        tokens = pc.take(_names(found), pc.index_in(values, texts))
        hidden = pc.if_else(is_text, tokens, values)
        return with_dictionaries(
            plain.set_column(SCHEMA.get_field_index("value"), SCHEMA.field("value"), hidden)
        )

    def _is_unlisted(self, cells: pa.Table) -> pa.ChunkedArray:
        """Return for each cell whether it is an answer that is in no code list."""
        coded = cells.filter(pc.is_in(cells["field"], _names(self._readers)))
        answers = coded.select(["field", "kind", "value"]).group_by(["field", "kind", "value"]).aggregate([])
        unlisted: dict[tuple[str, str], list[str]] = defaultdict(list)
        for answer in zip(*(answers[name].to_pylist() for name in ("field", "kind", "value")), strict=True):
            if answer not in self._unlisted:
                name, kind, value = answer
                self._unlisted[answer] = is_unlisted(name, self._readers[name], value, kind)
            if self._unlisted[answer]:
                unlisted[answer[:2]].append(answer[2])
        found = pa.chunked_array([pa.repeat(pa.scalar(False), len(cells))])
        for (name, kind), texts in unlisted.items():
            own = pc.and_(pc.equal(cells["field"], name), pc.equal(cells["kind"], kind))
            found = pc.or_(found, pc.and_(own, pc.is_in(cells["value"], _names(texts))))
        return found


def texts_path(parquet: Path) -> Path:
    """Return the file with the texts of an extract, beside its cells."""
    return parquet.with_suffix(TEXTS_SUFFIX)


def texts_of(parquet: Path, keys: Keys) -> Texts:
    """Return the texts of an extract by token; none for one that landed before there were tokens."""
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


def _names(names: Any) -> pa.Array:
    return pa.array(list(names), pa.string())
