"""JSON that shows when it was damaged: each object holds the SHA-256 of its other content as `sum`.

Objects without a sum were written by a version before 0.2.0, or by hand; they are taken as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.core.durable import append_line, write_text
from orchestration.core.errors import Damaged

SUM = "sum"


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys: equal content gives equal bytes. An object gets its sum."""
    write_text(path, json.dumps(_summed(content), indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read what `write_json` wrote, without its sum; raises Damaged, or OSError where the file is missing."""
    return parsed(path.read_bytes(), path)


def append_json(path: Path, content: Mapping[str, Any]) -> None:
    """Append an object as one line, with its sum."""
    append_line(path, line_of(content))


def line_of(content: Mapping[str, Any]) -> str:
    """Return an object as one line of a `.jsonl` file, with its sum."""
    return json.dumps(_summed(content), sort_keys=True, ensure_ascii=False)


def parsed(written: str | bytes, path: Path, where: str = "") -> Any:
    """Return JSON without its sum. Raises Damaged for `path`; `where` is the line in it."""
    try:
        content = json.loads(written)
    except (ValueError, RecursionError):  # ValueError: also what bad UTF-8 raises
        raise Damaged(path, f"{where or 'it'} is not JSON in UTF-8") from None
    return without_sum(content, path, where)


def without_sum(content: Any, path: Path, where: str = "") -> Any:
    """Return parsed JSON without its sum; raises Damaged where the sum is another."""
    if isinstance(content, dict) and SUM in content and content.pop(SUM) != _sum(content):
        raise Damaged(path, f"{where or 'its content'} does not match its sum")
    return content


def _summed(content: Any) -> Any:
    if not isinstance(content, Mapping):
        return content
    plain = json.loads(json.dumps(content, default=str))
    return {**plain, SUM: _sum(plain)}


def _sum(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
