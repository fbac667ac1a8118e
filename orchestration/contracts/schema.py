"""The contract as JSON Schema, with which editors complete and check contract files.

Run this module after a change of the models; a test compares the result.
"""

from __future__ import annotations

import json
from typing import Any

from orchestration.contracts.contract import Contract
from orchestration.core import SAMPLE_PARTNERS

SCHEMA_FILE = SAMPLE_PARTNERS / "contract.schema.json"


def schema_text() -> str:
    schema = Contract.model_json_schema(by_alias=True) | {"title": "Njia contract"}
    _allow_shorthand(schema)
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _allow_shorthand(schema: dict[str, Any]) -> None:
    """Allow short forms that pydantic's schema lacks: a column alone for a field, a single condition."""
    fields = schema["properties"]["fields"]
    fields["additionalProperties"] = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/FieldSpec"}]}
    accept_if = schema["properties"]["accept_if"]
    accept_if["anyOf"] = [{"$ref": "#/$defs/AcceptIf"}, {"type": "array", "items": accept_if.pop("items")}]
    del accept_if["type"]


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
