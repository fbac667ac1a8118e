"""Profile columns without their values: share of filled cells, kinds of cells, number of distinct values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from orchestration.contracts import same
from orchestration.intake.reading.block import Block

ROWS_LOOKED_AT = 1000
_SHARES = 4


class ColumnProfiles:
    """Profiles the first rows of each sheet while they stream. Memory: hashes of ROWS_LOOKED_AT rows."""

    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._kinds: dict[str, Counter[str]] = {}
        self._distinct: dict[str, set[int]] = {}

    def watch(self, names: list[str], blocks: Iterator[Block]) -> Iterator[Block]:
        """Yield blocks unchanged while profiling their rows; `names` are the shown names of the columns."""
        seen = 0
        for block in blocks:
            if seen < ROWS_LOOKED_AT:
                self._look_at(names, block.slice(0, ROWS_LOOKED_AT - seen))
            seen += len(block)
            yield block

    def content(self) -> dict[str, dict[str, Any]]:
        """Return for each column `filled` and `kinds` (shares) and `distinct` (a number)."""
        return {
            name: {
                "filled": round(sum(kinds.values()) / self._rows[name], _SHARES),
                "kinds": {
                    kind: round(count / sum(kinds.values()), _SHARES) for kind, count in sorted(kinds.items())
                },
                "distinct": len(self._distinct[name]),
            }
            for name, kinds in self._kinds.items()
        }

    def _look_at(self, names: list[str], block: Block) -> None:
        for name, column in zip(names, block.columns, strict=False):
            codes, counts = np.unique(column.codes[column.filled], return_counts=True)
            if not name or not len(codes):
                continue
            kinds, distinct = self._kinds.setdefault(name, Counter()), self._distinct.setdefault(name, set())
            for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
                kinds[column.kinds[code] if column.kinds else "text"] += count
                distinct.add(hash(same(column.text(code))))
        rows = int(block.filled.sum())
        self._rows.update({name: rows for name in names if name and rows})


def likeness(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> float | None:
    """Return how alike two profiles are, 0 to 1; None if one is missing."""
    if not one or not other:
        return None
    kinds = {*one["kinds"], *other["kinds"]}
    alike = sum(min(one["kinds"].get(kind, 0.0), other["kinds"].get(kind, 0.0)) for kind in kinds)
    filled = 1 - abs(one["filled"] - other["filled"])
    distinct = min(one["distinct"], other["distinct"]) / max(one["distinct"], other["distinct"], 1)
    return float(round((2 * alike + filled + distinct) / 4, _SHARES))
