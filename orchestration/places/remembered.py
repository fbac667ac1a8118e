"""What was found for a mention before: nothing is worked out twice while names, rules and decisions stay.

Kept in `work/places`, by hashes of what was sent and never the text itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import code_of, fingerprint_of, replacing
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
    [("sent", pa.binary(16)), *((one.name, _TYPES[str(one.type)]) for one in fields(Outcome))]
)


def rules_hash(decisions: Iterable[Mapping[str, Any]]) -> str:
    """Of all that decides what a mention means: the gazetteer, the code, the decisions."""
    return fingerprint_of(code_of(*READ_BY), [dict(decision) for decision in decisions])


def sent_hash(mention: Mention) -> bytes:
    text = json.dumps(astuple(mention), ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def remembered(path: Path, rules: str) -> dict[bytes, Outcome]:
    """Outcomes by the hash of what was sent; none where anything that decides has changed."""
    if not path.is_file():
        return {}
    with pq.ParquetFile(path) as file:
        if file.schema_arrow.metadata.get(_RULES, b"").decode() != rules:
            return {}
        table = file.read()
    columns = [column.to_pylist() for column in table.columns]
    return {sent: _outcome(values) for sent, *values in zip(*columns, strict=True)}


def _outcome(values: list[Any]) -> Outcome:
    values = [tuple(value) if isinstance(value, list) else value for value in values]
    return Outcome(*values)


def remember(path: Path, rules: str, outcomes: Mapping[bytes, Outcome]) -> None:
    rows = [{"sent": sent, **vars(outcome)} for sent, outcome in sorted(outcomes.items())]
    table = pa.Table.from_pylist(rows, schema=_SCHEMA.with_metadata({_RULES: rules.encode()}))
    with replacing(path) as partial:
        pq.write_table(table, partial)
