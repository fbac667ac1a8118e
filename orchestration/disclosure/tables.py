"""Tables of counts on their way out, and counting them from movements.

A cell is named by its value in each dimension; `*` is the total over a dimension. A value may stand for
several others: a country for its counties, a year for its quarters; `Groups` says which. Tables of one
universe count the same persons, so that a reader may lay them side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from orchestration.errors import NjiaError

TOTAL = "*"
COUNTS = ("persons", "records", "partners", "top1", "top2")

# dimension → value → the finest values it stands for
Groups = Mapping[str, Mapping[str, Iterable[str]]]


@dataclass(frozen=True)
class CountTable:
    """`cells`: one row a cell, the dimensions as text, then `COUNTS` as whole numbers: persons, records, how
    many partners, and the persons of the largest and second largest of them. A cell that is not there is an
    empty one.

    `attributes`: dimensions that tell something new of a person whose other values are known; all if None.
    `levels`: dimension → level of the policy's ladders (`county`, `quarter`), held against what an edition
    may tell. `of_partners`: dimensions, `partner`, `persons`: what each partner knows of each cell by itself.
    `coarser`: the same counts one step up, taken where this table cannot be made safe.
    """

    name: str
    dimensions: tuple[str, ...]
    cells: pd.DataFrame
    universe: str = "movements"
    attributes: tuple[str, ...] | None = None
    levels: Mapping[str, str] | None = None
    of_children: bool = False
    of_partners: pd.DataFrame | None = None
    coarser: CountTable | None = None

    def __post_init__(self) -> None:
        missing = {*self.dimensions, *COUNTS} - {*self.cells.columns}
        if missing:
            raise NjiaError(f"Table {self.name} lacks the columns {', '.join(sorted(missing))}.")
        if self.cells.duplicated([*self.dimensions]).any():
            raise NjiaError(f"Table {self.name} tells a cell twice. Count each cell once.")

    @property
    def persons(self) -> int:
        """Persons of the table, each in one cell: the sum of the cells without a total."""
        parts = (self.cells[[*self.dimensions]] != TOTAL).all(axis=1)
        return int(self.cells.loc[parts, "persons"].sum())


def tabulate(
    name: str,
    told: pd.DataFrame,
    dimensions: Sequence[str],
    margins: bool = True,
    coarser: Sequence[Mapping[str, str]] = (),
    levels: Mapping[str, str] | None = None,
    **others: object,
) -> CountTable:
    """Count a table, with all its totals unless `margins` is false.

    `told`: one row a movement and partner that told of it: `movement_id`, `partner`, `persons` (of the
    movement, the same in each of its rows), `records`, and a column a dimension. A movement counts its
    persons once, however many partners tell of it. `coarser`: the steps of the roll-up, each a dimension →
    the column with its coarser value; `levels` then names the levels of the columns read (column → level).
    """
    columns = dict(zip(dimensions, dimensions, strict=True))
    ladder = []
    for step in ({}, *coarser):
        columns = {**columns, **step}
        ladder.append(dict(columns))
    made = _counted(name, told, ladder.pop(), margins, levels or {}, None, others)
    while ladder:
        made = _counted(name, told, ladder.pop(), margins, levels or {}, made, others)
    return made


def _counted(
    name: str,
    told: pd.DataFrame,
    columns: Mapping[str, str],
    margins: bool,
    levels: Mapping[str, str],
    coarser: CountTable | None,
    others: Mapping[str, object],
) -> CountTable:
    dimensions = tuple(columns)
    rows = told[["movement_id", "partner", "persons", "records"]].assign(
        **{dimension: told[column].astype(str) for dimension, column in columns.items()}
    )
    # The persons of a movement stand in the first of its rows only.
    rows["own"] = rows["persons"].where(~rows.duplicated("movement_id"), 0)
    cells, of_partners = [], []
    for is_kept in product((True, False), repeat=len(dimensions)):
        if not (margins or all(is_kept)):
            continue
        told_of = rows.assign(
            **{one: TOTAL for one, kept in zip(dimensions, is_kept, strict=True) if not kept}
        )
        partner = told_of.groupby([*dimensions, "partner"], as_index=False).agg(persons=("persons", "sum"))
        largest = partner.sort_values("persons", ascending=False).groupby([*dimensions])["persons"]
        counted = told_of.groupby([*dimensions]).agg(
            persons=("own", "sum"), records=("records", "sum"), partners=("partner", "nunique")
        )
        counted["top1"] = largest.nth(0).set_axis(_keys(partner, dimensions, largest.nth(0).index))
        counted["top2"] = largest.nth(1).set_axis(_keys(partner, dimensions, largest.nth(1).index))
        cells.append(counted.fillna({"top2": 0}).astype("int64").reset_index())
        of_partners.append(partner)
    return CountTable(
        name=name,
        dimensions=dimensions,
        cells=pd.concat(cells, ignore_index=True),
        levels={one: levels[column] for one, column in columns.items() if column in levels},
        of_partners=pd.concat(of_partners, ignore_index=True),
        coarser=coarser,
        **others,  # type: ignore[arg-type]
    )


def _keys(partner: pd.DataFrame, dimensions: Sequence[str], rows: pd.Index) -> pd.Index:
    found = partner.loc[rows, [*dimensions]]
    return pd.MultiIndex.from_frame(found) if len(dimensions) > 1 else pd.Index(found.iloc[:, 0])
