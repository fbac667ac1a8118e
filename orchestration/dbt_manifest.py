"""What dbt wrote of its project when it parsed it: megabytes, asked a dozen times a refresh and read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any


def manifest_nodes(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The `nodes` of a manifest.json by their ids; to be read, not changed.

    Raises OSError where there is no such file, ValueError and KeyError where it is none of dbt's.
    """
    found = path.stat()
    return _nodes(path, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=1)
def _nodes(path: Path, *_which_file: int) -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType(json.loads(path.read_text(encoding="utf-8"))["nodes"])
