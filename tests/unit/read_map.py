"""The map page as a test reads it: the tables that it holds, unpacked."""

from __future__ import annotations

import json
import re
from typing import Any


def payload(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="payload">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def values(column: Any) -> list[Any]:
    if isinstance(column, list):
        return column
    return [column["of"][at] if at >= 0 else None for at in column["at"]]


def rows(table: dict[str, Any], *columns: str) -> list[tuple[Any, ...]]:
    return list(zip(*(values(table[column]) for column in columns), strict=True))
