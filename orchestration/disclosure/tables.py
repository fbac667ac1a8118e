"""Tables of counts on their way out, and counting them from movements.

A cell is named by its value in each dimension; `*` is the total over a dimension. A value may stand for
several others: a country for its counties, a year for its quarters; `Groups` says which. Tables of one
universe count the same persons, so that a reader may lay them side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import duckdb
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
    names = ", ".join(f'"{one}"' for one in dimensions)
    words = {
        "names": names,
        "kept": ", ".join(f'coalesce("{one}", \'{TOTAL}\') as "{one}"' for one in dimensions),
        "groups": f"cube ({names})" if margins else names,
        "pattern": f"grouping({names})",
    }
    with _engine().cursor() as con:
        con.register("told", rows)
        of_partners = con.execute(_OF_PARTNERS.format(**words)).df().astype(dict.fromkeys(dimensions, "str"))
        con.register("of_partners", of_partners)
        cells = con.execute(_CELLS.format(**words)).df().astype(dict.fromkeys(dimensions, "str"))
    return CountTable(
        name=name,
        dimensions=dimensions,
        cells=cells,
        levels={one: levels[column] for one, column in columns.items() if column in levels},
        of_partners=of_partners.drop(columns="pattern"),
        coarser=coarser,
        **others,  # type: ignore[arg-type]
    )


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """In memory and kept: opening one costs more than counting most tables."""
    return duckdb.connect(config={"threads": 1})


# A value of a total is null in a cube, and in no row. `pattern` puts the finest cells first.
_OF_PARTNERS = """
    select
        {pattern} as pattern,
        {kept},
        cast(partner as varchar) as partner,
        cast(sum(persons) as bigint) as persons
    from told
    group by {groups}, partner
    order by all
"""
_CELLS = """
    with counted as (
        select
            {pattern} as pattern,
            {kept},
            cast(sum(own) as bigint) as persons,
            cast(sum(records) as bigint) as records
        from told
        group by {groups}
        having count(*) > 0
    ),

    ranked as (
        select *, row_number() over (partition by {names} order by persons desc, partner) as size_rank
        from of_partners
    ),

    largest as (
        select
            {names},
            count(*) as partners,
            max(case when size_rank = 1 then persons else 0 end) as top1,
            max(case when size_rank = 2 then persons else 0 end) as top2
        from ranked
        group by {names}
    )

    select {names}, persons, records, partners, top1, top2
    from counted
    inner join largest using ({names})
    order by pattern, {names}
"""
