"""A cache of slow parts of pages: a part is made again only when its tables or the program change.

A cached part may not name its release; a page that does is put together anew from cached parts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import code_of, fingerprint_of, keep

# Code and seeds that decide the parts, beside the tables.
_CODE = (
    "orchestration/outputs", "orchestration/places/boundaries.py", "seeds/reference", "seeds/boundaries",
    "shapely==", "pandas==", "pillow==",
)  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """`work`: the folder of the cache; None makes every part anew."""

    work: Path | None = None

    def part(self, name: str, inputs: Any, make: Callable[[], Any]) -> Any:
        """Return the part, as JSON can hold it. `inputs`: what decides it beside the code, such as tables."""
        if self.work is None:
            return make()
        path = self.work / "outputs" / f"{name}.json"

        def write() -> tuple[list[Path], dict[str, Any]]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(make(), ensure_ascii=False), encoding="utf-8")
            return [path], {}

        keep(self.work, f"outputs/{name}", fingerprint_of(inputs, code_of(*_CODE)), write)
        return json.loads(path.read_text(encoding="utf-8"))


NOT_KEPT = Kept()
