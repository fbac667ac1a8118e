"""What is expected of an extract and of a release, each with its why and what the steward does when it fails.

Here are only names, columns, limits and words. How a profile is measured and judged is `orchestration.gates`;
the numbers themselves are in `thresholds`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from expectations import thresholds

Severity = Literal["hold", "refuse", "warn"]


@dataclass(frozen=True)
class Limit:
    """What one column of a profile may be, both ends included.

    An empty cell means that there was nothing to measure (no earlier extract, no codes asked). It passes,
    unless `empty_fails`: there an empty cell means that the measuring itself did not happen.
    `says` is what a person reads where the limit is broken; each `{}` is a share, from the columns `shares`.
    """

    column: str
    minimum: float | None = None
    maximum: float | None = None
    empty_fails: bool = False
    says: str = ""
    shares: tuple[str, ...] = ()

    def is_kept(self, value: float | None) -> bool:
        """As Great Expectations answers it."""
        if value is None:
            return not self.empty_fails
        is_enough = self.minimum is None or value >= self.minimum
        return is_enough and (self.maximum is None or value <= self.maximum)

    def finding(self, row: Mapping[str, Any]) -> str:
        return self.says.format(*(f"{100 * row[column]:.0f} %" for column in self.shares))

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

    def severity_of(self, row: Mapping[str, Any]) -> Severity:
        """Its severity for one row of the profile."""
        is_few = self.share_of is not None and (row[self.share_of] or 0) < thresholds.SMALL_EXTRACT
        return "warn" if is_few else self.severity

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
