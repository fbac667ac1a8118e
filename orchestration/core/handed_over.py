"""Tables that Python's steps hand to dbt, with the columns that `models/staging/sources.yml` declares."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from orchestration.core.settings import DBT_PROJECT

if TYPE_CHECKING:
    import pyarrow as pa

# Arrow's type of each type that is declared.
_TYPES = {
    "string": "string", "bigint": "int64", "integer": "int32", "double": "double", "date": "date32",
    "boolean": "bool",
}  # fmt: skip


@cache
def _tables() -> dict[str, list[dict[str, Any]]]:
    """The declared tables by source."""
    import yaml

    text = (DBT_PROJECT / "models/staging/sources.yml").read_text(encoding="utf-8")
    sources = yaml.load(text, Loader=yaml.CSafeLoader)["sources"]
    return {source["name"]: source["tables"] for source in sources}


def descriptions_of(source: str) -> str:
    """What the tables of a source hold, in a sentence each."""
    return " ".join(table["description"] for table in _tables()[source])


def schemas_of(source: str) -> dict[str, pa.Schema]:
    """The schema of each table of a source such as `linkage`, by name."""
    import pyarrow as pa

    return {
        table["name"]: pa.schema(
            [(column["name"], _TYPES[column["data_type"]]) for column in table["columns"]]
        )
        for table in _tables()[source]
    }
