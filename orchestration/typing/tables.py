"""Schemas of the typed tables: those that dbt reads, as it declares them, and the encrypted mentions."""

from __future__ import annotations

import pyarrow as pa

from orchestration.core import schemas_of

MENTIONS_TABLE = "mentions"  # written as JSON rows
_OF_DBT = schemas_of("typed")
_TEXTS = ("place_text", "admin_text", "country_text", "code_system", "place_code", "default_country")
SCHEMAS = _OF_DBT | {
    # No model reads when a record was submitted.
    "records": _OF_DBT["records"].append(pa.field("submitted_at", pa.timestamp("us", tz="UTC"))),
    MENTIONS_TABLE: pa.schema(
        [("extract_id", pa.string()), ("mention_id", pa.int64()), *((name, pa.string()) for name in _TEXTS)]
    ),
}
TYPED_TABLES = tuple(_OF_DBT)
