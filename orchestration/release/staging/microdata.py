"""Measure how easily single records stand out in microdata, by quasi-identifiers.

The publication policy names the quasi-identifiers and the least class size. One grouping gives all numbers,
so no library such as pycanon is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from orchestration.core import NjiaError

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


def uniqueness(records: pd.DataFrame, quasi_identifiers: Sequence[str], least_class: int) -> Uniqueness:
    """Measure uniqueness on these columns; an unknown value equals only another unknown one.

    Raises NjiaError for a missing column.
    """
    if missing := [name for name in quasi_identifiers if name not in records]:
        raise NjiaError(f"The records have no column {missing[0]}. Correct microdata_quasi_identifiers.")
    known = records[[*quasi_identifiers]].astype("object").fillna(_UNKNOWN).astype(str)
    sizes = known.value_counts()
    total = int(sizes.sum())
    bins = {"1": (1, 1), "2": (2, 2), "3-4": (3, 4), "5-9": (5, 9), "10+": (10, total)}
    return Uniqueness(
        records=total,
        classes=len(sizes),
        smallest_class=int(sizes.min()) if total else 0,
        unique_share=round(float(sizes[sizes == 1].sum() / total), 4) if total else 0.0,
        at_risk_share=round(float(sizes[sizes < least_class].sum() / total), 4) if total else 0.0,
        least_class=least_class,
        by_class_size={
            name: int(sizes[(sizes >= first) & (sizes <= last)].sum()) for name, (first, last) in bins.items()
        },
        quasi_identifiers=tuple(quasi_identifiers),
    )
