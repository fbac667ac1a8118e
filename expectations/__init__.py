"""What is expected of an extract and of a release, each with its why and what the steward does when it fails.

Here are only names, columns, limits and words. How a profile is measured and judged is `orchestration.gates`;
the numbers themselves are in `thresholds`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

Severity = Literal["hold", "refuse", "warn"]


@dataclass(frozen=True)
class Limit:
    """What one column of a profile may be, both ends included.

    An empty cell means that there was nothing to measure (no earlier extract, no codes asked). It passes,
    unless `empty_fails`: there an empty cell means that the measuring itself did not happen.
    """

    column: str
    minimum: float | None = None
    maximum: float | None = None
    empty_fails: bool = False

    def __str__(self) -> str:
        if self.minimum is not None and self.minimum == self.maximum:
            return f"{self.column} = {self.minimum:g}"
        low = f"{self.minimum:g} ≤ " if self.minimum is not None else ""
        high = f" ≤ {self.maximum:g}" if self.maximum is not None else ""
        return f"{low}{self.column}{high}"


@dataclass(frozen=True)
class Expectation:
    """One check that stewards learn by name; it passes when every limit holds.

    `share_of` names the column that counts what a share is made of; over too few, the check only warns.
    """

    name: str
    limits: tuple[Limit, ...]
    severity: Severity
    why: str
    steward_action: str
    waivable: bool = True
    share_of: str | None = None

    @property
    def expected(self) -> str:
        return " and ".join(str(limit) for limit in self.limits)

    @property
    def definition(self) -> str:
        """16 hex digits that change with anything that decides the verdict (not with the wording):
        a waiver holds only for the definition it was given for."""
        decides = [
            self.name,
            [(limit.column, limit.minimum, limit.maximum, limit.empty_fails) for limit in self.limits],
            self.severity,
            self.share_of,
        ]
        return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:16]
