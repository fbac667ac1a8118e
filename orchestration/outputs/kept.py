"""Parts of pages that are made once while what they show is the same, and used again by later releases.

Only what names no release can be kept: a page that prints its release is put together anew, from kept parts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.core import code_of, fingerprint_of, keep

# The program that makes any of the parts, and what it reads beside the tables.
_CODE = (
    "orchestration/outputs", "orchestration/places/boundaries", "seeds/reference", "seeds/boundaries",
    "shapely==", "pandas==", "pillow==",
)  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """`work`: the folder that keeps parts between releases. Without it each is made."""

    work: Path | None = None

    def part(self, name: str, shows: Any, make: Callable[[], Any]) -> Any:
        """The part, as JSON can hold it. `shows`: all that decides it but the program, such as its tables."""
        if self.work is None:
            return make()
        path = self.work / "outputs" / f"{name}.json"

        def made() -> tuple[list[Path], dict[str, Any]]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(make(), ensure_ascii=False), encoding="utf-8")
            return [path], {}

        keep(self.work, f"outputs/{name}", fingerprint_of(shows, code_of(*_CODE)), made)
        return json.loads(path.read_text(encoding="utf-8"))


NOT_KEPT = Kept()
