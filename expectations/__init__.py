"""Expectations of an extract and of a release, each with its reason and what the steward does when it fails.

Numbers are in `thresholds`; `orchestration.gates` measures and judges profiles.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Literal

from expectations import thresholds

Severity = Literal["hold", "refuse", "warn"]


@dataclass(frozen=True)
class Limit:
    """The allowed range of one column of a profile, bounds included.

    An empty cell (nothing to measure, such as no earlier extract) passes, unless `empty_fails`: there it
    means that the measurement failed. `message` describes a broken limit; each `{name}` is a column: a share
    where it is one of `shares`, else a whole number or a text. `names_others`: it names another partner.
    `holds_small`: broken, it does not only warn where the check's share is over too few.
    """

    column: str
    minimum: float | None = None
    maximum: float | None = None
    empty_fails: bool = False
    message: str = ""
    shares: tuple[str, ...] = ()
    names_others: bool = False
    holds_small: bool = False

    def given(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Return what fills the braces of `message` for one row of the profile."""
        names = [name for _, name, _, _ in Formatter().parse(self.message) if name]
        return {name: _shown(row[name], name in self.shares) for name in names}

    def __str__(self) -> str:
        if self.minimum is not None and self.minimum == self.maximum:
            return f"{self.column} = {self.minimum:g}"
        low = f"{self.minimum:g} ≤ " if self.minimum is not None else ""
        high = f" ≤ {self.maximum:g}" if self.maximum is not None else ""
        return f"{low}{self.column}{high}"


def _shown(value: Any, is_share: bool) -> str:
    if value is None:
        return "none"
    if is_share:
        return f"{100 * value:.0f} %"
    return f"{value:.0f}" if isinstance(value, int | float) else value


@dataclass(frozen=True)
class Expectation:
    """One named check; it passes when every limit holds.

    `share_of`: the column with the denominator of its share; over too few, the check only warns.
    `says_its_cause`: what it finds in an extract is the cause itself, so that none is looked for.
    """

    name: str
    limits: tuple[Limit, ...]
    severity: Severity
    why: str
    steward_action: str
    waivable: bool = True
    share_of: str | None = None
    says_its_cause: bool = False

    def severity_of(self, row: Mapping[str, Any], broken: Iterable[Limit]) -> Severity:
        """Return the severity for one row of the profile and the limits that it breaks."""
        is_few = self.share_of is not None and (row[self.share_of] or 0) < thresholds.SMALL_EXTRACT
        return "warn" if is_few and not any(limit.holds_small for limit in broken) else self.severity

    def numbers(self, row: Mapping[str, Any]) -> dict[str, float]:
        """Return what was measured and the limits beside it, by names that stay the same, for a plot."""
        found: dict[str, float] = {}
        for limit in self.limits:
            if row.get(limit.column) is not None:
                bounds = {"": row[limit.column], "_min": limit.minimum, "_max": limit.maximum}
                found |= {f"{limit.column}{end}": float(at) for end, at in bounds.items() if at is not None}
        return found

    @property
    def names_others(self) -> bool:
        """Whether what it finds names another partner, so that only stewards may read it."""
        return any(limit.names_others for limit in self.limits)

    @property
    def expected(self) -> str:
        return " and ".join(str(limit) for limit in self.limits)

    @property
    def definition(self) -> str:
        """16 hex digits over everything that decides the verdict, without the wording.

        A waiver holds only for the definition that it was given for.
        """
        decides = [
            self.name,
            [(limit.column, limit.minimum, limit.maximum, limit.empty_fails) for limit in self.limits],
            self.severity,
            self.share_of,
        ]
        return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:16]
