"""How easily records of microdata are singled out, and the coarsening that makes it harder.

Pure functions over frames: which columns somebody may know, and what level they may have, is the policy's
to say. Counted here instead of with pycanon: three numbers of one grouping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from orchestration.disclosure.policy import DisclosurePolicy
from orchestration.errors import NjiaError

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Uniqueness:
    """Records alike on all quasi-identifiers are one class; `least_class` is what fewer of counts as at risk.

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

    def for_manifest(self) -> dict[str, Any]:
        return asdict(self)


def uniqueness(records: pd.DataFrame, quasi_identifiers: Sequence[str], least_class: int) -> Uniqueness:
    """Uniqueness of records on these columns; an unknown value is alike only to another unknown one.

    Raises NjiaError for a column that is not there.
    """
    if missing := [one for one in quasi_identifiers if one not in records]:
        raise NjiaError(f"The records have no column {missing[0]}: correct microdata_quasi_identifiers.")
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


def uniqueness_of_file(parquet: Path, policy: DisclosurePolicy) -> Uniqueness:
    """Uniqueness of a Parquet file of microdata on the policy's quasi-identifiers."""
    columns = list(policy.microdata_quasi_identifiers)
    present = set(pq.read_schema(parquet).names)
    table = pq.read_table(parquet, columns=[one for one in columns if one in present])
    return uniqueness(table.to_pandas(), columns, policy.microdata_least_class)


@dataclass(frozen=True)
class Ladder:
    """How a column is coarsened: its values' level, and each value one level up.

    `kind` is `place` or `period`, which names the policy's ladder; `level_of` value → level; `up` value → the
    value one level coarser.
    """

    kind: str
    level_of: Mapping[str, str]
    up: Mapping[str, str]


def coarsen(
    records: pd.DataFrame, ladders: Mapping[str, Ladder], policy: DisclosurePolicy, edition: str = "partner",
    children: str = "is_child",
) -> pd.DataFrame:  # fmt: skip
    """Records with each column of `ladders` no finer than the edition may tell; those of children are
    `children_coarser_steps` coarser, and so are those of whom it is not known.

    Values that have no level (`unknown`, places outside the ladder) stay as they are. Raises NjiaError
    where a value is too fine and `up` does not know a coarser one.
    """
    is_adult = records[children].eq(False).fillna(False).astype(bool)
    coarser = records.copy()
    for column, ladder in ladders.items():
        parts = [
            records.loc[rows, column].map(_raising(column, ladder, policy, edition, of_children))
            for rows, of_children in ((is_adult, False), (~is_adult, True))
        ]
        coarser[column] = pd.concat(parts).reindex(records.index)
    return coarser


def _raising(
    column: str, ladder: Ladder, policy: DisclosurePolicy, edition: str, of_children: bool
) -> Any:  # fmt: skip
    def raised(value: Any) -> Any:
        while pd.notna(value) and (level := ladder.level_of.get(value)):
            if not policy.is_too_fine(edition, ladder.kind, level, of_children):
                break
            if value not in ladder.up:
                raise NjiaError(
                    f"Column {column} has a value by {level}, finer than the {edition} edition may tell, and "
                    "nothing says what it lies in. Give its parent in the reference."
                )
            value = ladder.up[value]
        return value

    return raised


def months_ladder(months: Sequence[str]) -> Ladder:
    """The ladder of months written 2026-03: quarter 2026-Q1, year 2026."""
    level_of: dict[str, str] = {}
    up: dict[str, str] = {}
    for month in {str(one) for one in months if pd.notna(one)}:
        year, number = month[:4], int(month[5:7])
        quarter = f"{year}-Q{(number + 2) // 3}"
        level_of |= {month: "month", quarter: "quarter", year: "year"}
        up |= {month: quarter, quarter: year}
    return Ladder("period", level_of, up)
