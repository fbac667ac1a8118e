"""Cache of resolved mentions, valid while gazetteer, rules and decisions stay the same.

It lies in `work/places` and holds tokens of mentions, no text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import Keys, code_of, fingerprint_of, replacing
from orchestration.places.outcome import Mention, Outcome

_RULES = b"njia.rules"
READ_BY = ("orchestration/places", "seeds/reference", "rapidfuzz==")
_TYPES = {
    "str": pa.string(),
    "str | None": pa.string(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "tuple[str, ...]": pa.list_(pa.string()),
}
_SCHEMA = pa.schema(
    [("sent", pa.string()), *((part.name, _TYPES[str(part.type)]) for part in fields(Outcome))]
)


def rules_hash(decisions: Iterable[Mapping[str, Any]]) -> str:
    """Hash everything that decides how a mention is resolved: gazetteer, code, decisions."""
    return fingerprint_of(code_of(*READ_BY), [dict(decision) for decision in decisions])


def sent_token(mention: Mention, keys: Keys) -> str:
    return keys.token(json.dumps(astuple(mention), ensure_ascii=False))


def remembered(path: Path, rules: str) -> dict[str, Outcome]:
    """Read outcomes by token of the mention; none where `rules` have changed."""
    if not path.is_file():
        return {}
    with pq.ParquetFile(path) as file:
        if file.schema_arrow.metadata.get(_RULES, b"").decode() != rules:
            return {}
        table = file.read()
    columns = [column.to_pylist() for column in table.columns]
    rows = zip(*columns, strict=True)
    return {sent: Outcome(*map(_without_lists, values)) for sent, *values in rows}


def _without_lists(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def remember(path: Path, rules: str, outcomes: Mapping[str, Outcome]) -> None:
    rows = [{"sent": sent, **vars(outcome)} for sent, outcome in sorted(outcomes.items())]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA.with_metadata({_RULES: rules.encode()}))
    with replacing(path) as partial:
        pq.write_table(table, partial)
