"""Measure how easily single records stand out in microdata, by quasi-identifiers.

The publication policy names the quasi-identifiers and the least class size. One grouping gives all numbers,
so no library such as pycanon is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import duckdb

from orchestration.release.sql import quoted

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Uniqueness:
    """Records alike on all quasi-identifiers form a class; classes under `least_class` are at risk.

    Shares are of records. `by_class_size`: records in classes of 1, 2, 3 to 4, 5 to 9, 10 or more.
    """

    records: int
    classes: int
    smallest_class: int
    unique_share: float
    at_risk_share: float
    least_class: int
    by_class_size: dict[str, int]
    quasi_identifiers: tuple[str, ...]


def uniqueness(
    con: duckdb.DuckDBPyConnection, records: str, quasi_identifiers: Sequence[str], least_class: int
) -> Uniqueness:
    """Measure uniqueness in a table on these columns; an unknown value equals only another unknown one."""
    alike = ", ".join(
        f"coalesce(cast({quoted(name)} as varchar), '{_UNKNOWN}')" for name in quasi_identifiers
    )
    sizes = con.execute(
        "select size, count(*) from "
        f"(select count(*) as size from {records} group by {alike}) group by size order by size"
    ).fetchall()

    def in_classes(first: int, last: float) -> int:
        return sum(size * classes for size, classes in sizes if first <= size <= last)

    total = in_classes(1, inf)
    bins = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-9": (5, 9), "10+": (10, inf)}
    return Uniqueness(
        records=total,
        classes=sum(classes for _, classes in sizes),
        smallest_class=min((size for size, _ in sizes), default=0),
        unique_share=round(in_classes(1, 1) / total, 4) if total else 0.0,
        at_risk_share=round(in_classes(1, least_class - 1) / total, 4) if total else 0.0,
        least_class=least_class,
        by_class_size={name: in_classes(*ends) for name, ends in bins.items()},
        quasi_identifiers=tuple(quasi_identifiers),
    )
