"""All tables of one universe as one linear system: each different cell once, over the finest cells.

The unknowns are the finest cross of all dimensions that any table tells. A cell of a table, a total, the same
total in another table, a year beside its quarters: each is a sum of unknowns. Tables that are attacked one by
one, or tied by their shared totals only, model a weaker reader than there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from orchestration.disclosure.tables import TOTAL, Groups
from orchestration.errors import NjiaError

Places = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
# 11,000 unknowns with all totals take a quarter of a minute of processor; of 53,000, crossed by three linked
# tables, the first program did not end in a minute.
MOST_UNKNOWNS = 100_000


class Told(NamedTuple):
    """The cells of one table: `cells` has a column a dimension. `is_whole` if all others of it are empty."""

    name: str
    dimensions: tuple[str, ...]
    cells: pd.DataFrame
    is_whole: bool = True


class Line(NamedTuple):
    """A cell that is the sum of others."""

    dimension: str
    parent: int
    parts: Places


@dataclass(frozen=True)
class System:
    """`members` (cells × unknowns) says which unknowns a cell adds up; `keys` names each cell in words, and
    `named` finds it by any of the names that tables give it.

    `rows[table]` leads from each row of `cells[table]`, which holds the empty cells too, to its cell here;
    `unknowns` from each finest value of each dimension, in the order of `finest`, to an unknown.
    """

    members: csr_array
    keys: list[str]
    named: dict[str, int]
    cells: dict[str, pd.DataFrame]
    rows: dict[str, Places]
    lines: list[Line]
    lines_of: dict[int, list[int]]
    finest: dict[str, list[str]]
    unknowns: Places

    @property
    def size(self) -> int:
        return len(self.keys)


def build(tables: Sequence[Told], groups: Groups | None = None) -> System:
    """The system of these tables; raises NjiaError where their cross is too large to attack."""
    axes = _Axes(tables, groups or {})
    if axes.size > MOST_UNKNOWNS:
        raise NjiaError(
            f"The tables {', '.join(one.name for one in tables)} cross to {axes.size:,} finest cells; at "
            f"most {MOST_UNKNOWNS:,} can be attacked together. Publish fewer dimensions or coarser ones."
        )
    numbers: dict[tuple[int, ...], int] = {}
    keys: list[str] = []
    named: dict[str, int] = {}
    cells, rows = {}, {}
    for table in tables:
        whole = _with_empty_cells(table, axes)
        ids = axes.ids(table.dimensions, whole)
        found = []
        for values, one in zip(whole[[*table.dimensions]].itertuples(index=False), ids, strict=True):
            key = cell_key(dict(zip(table.dimensions, values, strict=True)))
            if one not in numbers:
                numbers[one] = len(keys)
                keys.append(key)
            named[key] = numbers[one]
            found.append(numbers[one])
        cells[table.name], rows[table.name] = whole, np.array(found, dtype=np.int64)
    lines = _lines(tables, cells, axes, numbers)
    lines_of: dict[int, list[int]] = {}
    for number, line in enumerate(lines):
        for cell in (line.parent, *line.parts.tolist()):
            lines_of.setdefault(cell, []).append(number)
    members, unknowns = _merged(axes.members(list(numbers)))
    shape = tuple(len(one) for one in axes.finest.values())
    return System(
        members, keys, named, cells, rows, lines, lines_of, axes.finest, unknowns.reshape(shape)
    )  # fmt: skip


def cell_key(values: Mapping[str, str]) -> str:
    """A cell in words, the same in every release: its dimensions in order, totals left out."""
    told = sorted((one, str(value)) for one, value in values.items() if value != TOTAL)
    return " & ".join(f"{one}={value}" for one, value in told) or "all"


def keys_of(dimensions: Sequence[str], cells: pd.DataFrame) -> list[str]:
    """The cells of a frame in words."""
    rows = cells[[*dimensions]].astype(str).itertuples(index=False)
    return [cell_key(dict(zip(dimensions, row, strict=True))) for row in rows]


def own_counts(
    system: System, told: Iterable[tuple[Sequence[str], pd.DataFrame | None]]
) -> dict[str, Floats]:
    """What each partner knows by itself: partner → its persons in each cell.

    `told`: of each table the dimensions, and `CountTable.of_partners`.
    """
    own: dict[str, Floats] = {}
    for dimensions, rows in told:
        if rows is None:
            continue
        for key, partner, persons in zip(
            keys_of(dimensions, rows), rows["partner"], rows["persons"], strict=True
        ):
            own.setdefault(str(partner), np.zeros(system.size))[system.named[key]] = persons
    return own


def own_unknowns(system: System, told: pd.DataFrame) -> dict[str, Floats]:
    """The same of the finest cross, which a partner knows of its own though no table tells it: partner → its
    persons in each unknown. `told`: `partner`, `persons` and a column a dimension, with finest values."""
    places = []
    for dimension, finest in system.finest.items():
        place = {value: at for at, value in enumerate(finest)}
        places.append(told[dimension].astype(str).map(place).to_numpy(dtype=np.int64))
    at = system.unknowns[tuple(places)]
    own: dict[str, Floats] = {}
    for partner, unknown, persons in zip(told["partner"].astype(str), at, told["persons"], strict=True):
        own.setdefault(partner, np.zeros(system.members.shape[1]))[unknown] += persons
    return own


class _Axes:
    """The finest values of each dimension, and every value told as a set of them."""

    def __init__(self, tables: Sequence[Told], groups: Groups) -> None:
        self.dimensions = sorted({one for table in tables for one in table.dimensions})
        self.sets: dict[str, list[tuple[int, ...]]] = {}  # id → places of the finest values
        self._ids: dict[str, dict[str, int]] = {}
        self.finest: dict[str, list[str]] = {}
        for dimension in self.dimensions:
            told = {
                str(value)
                for table in tables
                if dimension in table.dimensions
                for value in table.cells[dimension].unique()
            } - {TOTAL}
            group = {value: {str(one) for one in parts} for value, parts in groups.get(dimension, {}).items()}
            parts_of = {value: group.get(value, {value}) for value in sorted(told)}
            finest = sorted(set().union(*parts_of.values())) or [TOTAL]
            place = {value: number for number, value in enumerate(finest)}
            known: dict[tuple[int, ...], int] = {}
            ids = {}
            for value, parts in [*parts_of.items(), (TOTAL, finest)]:
                among = tuple(sorted(place[one] for one in parts))
                ids[value] = known.setdefault(among, len(known))
            self.sets[dimension], self._ids[dimension] = list(known), ids
            self.finest[dimension] = finest

    @property
    def size(self) -> int:
        return int(np.prod([float(len(one)) for one in self.finest.values()]))

    def is_group(self, dimension: str, value: str) -> bool:
        return len(self.sets[dimension][self._ids[dimension][value]]) > 1

    def ids(self, dimensions: Sequence[str], cells: pd.DataFrame) -> list[tuple[int, ...]]:
        columns = [
            cells[one].map(self._ids[one]).to_numpy()
            if one in dimensions
            else np.full(len(cells), self._ids[one][TOTAL])
            for one in self.dimensions
        ]
        return (
            list(zip(*(column.tolist() for column in columns), strict=True)) if columns else [()] * len(cells)
        )

    def members(self, cells: Iterable[tuple[int, ...]]) -> csr_array:
        shape = tuple(len(one) for one in self.finest.values())
        strides = [int(np.prod(shape[at + 1 :])) for at in range(len(shape))]
        offsets = [
            [np.array(among) * stride for among in self.sets[one]]
            for one, stride in zip(self.dimensions, strides, strict=True)
        ]
        columns = []
        for ids in cells:
            found = np.zeros(1, dtype=np.int64)
            for at, one in enumerate(ids):
                found = (found[:, None] + offsets[at][one][None, :]).ravel()
            columns.append(found)
        ends = np.cumsum([0, *(len(one) for one in columns)])
        ones = np.ones(ends[-1])
        return csr_array((ones, np.concatenate(columns), ends), shape=(len(columns), int(np.prod(shape))))


def _with_empty_cells(table: Told, axes: _Axes) -> pd.DataFrame:
    """Every cell that a table could have told: a reader cannot know which of those not printed are empty.

    Values of one kind cross (finest values, groups, totals), if the table has any cell of that kind.
    """
    dimensions = [*table.dimensions]
    if not dimensions or not table.is_whole:
        return table.cells.reset_index(drop=True)
    told = table.cells[dimensions].astype(str)
    kinds = pd.DataFrame(
        {
            one: told[one].map({
                value: "total" if value == TOTAL else "group" if axes.is_group(one, value) else "finest"
                for value in told[one].unique()
            })
            for one in dimensions
        }
    )  # fmt: skip
    crossed = []
    for kind in kinds.drop_duplicates().itertuples(index=False):
        values = [
            sorted(told.loc[kinds[one] == which, one].unique())
            for one, which in zip(dimensions, kind, strict=True)
        ]
        crossed.append(pd.DataFrame(product(*values), columns=dimensions))
    every = pd.concat(crossed, ignore_index=True)
    cells = table.cells.assign(**{one: told[one] for one in dimensions})
    return every.merge(cells, on=dimensions, how="left")


def _lines(
    tables: Sequence[Told],
    cells: Mapping[str, pd.DataFrame],
    axes: _Axes,
    numbers: Mapping[tuple[int, ...], int],
) -> list[Line]:
    """Along each dimension: a value and the values it is made of, in the same table or in another one."""
    ids = {table.name: axes.ids(table.dimensions, cells[table.name]) for table in tables}
    lines: dict[tuple[int, tuple[int, ...]], Line] = {}
    for at, dimension in enumerate(axes.dimensions):
        of_tables = {name: {one[at] for one in found} for name, found in ids.items()}
        everywhere = _parts(sorted(set().union(*of_tables.values())), axes.sets[dimension])
        for name, values in of_tables.items():
            inside = _parts(sorted(values), axes.sets[dimension])
            for one in ids[name]:
                for parts_of in (inside, everywhere):
                    parts = [
                        numbers.get((*one[:at], part, *one[at + 1 :])) for part in parts_of.get(one[at], ())
                    ]
                    if parts and None not in parts:
                        found = np.array(sorted(int(part) for part in parts if part is not None))
                        lines[(numbers[one], tuple(found))] = Line(dimension, numbers[one], found)
    return list(lines.values())


def _parts(ids: Sequence[int], sets: Sequence[tuple[int, ...]]) -> dict[int, list[int]]:
    """Each value → the largest values inside it, where those share nothing and leave nothing over."""
    found = {}
    among = {one: frozenset(sets[one]) for one in ids}
    for one, whole in among.items():
        inside = [other for other, parts in among.items() if parts < whole]
        largest = [other for other in inside if not any(among[other] < among[third] for third in inside)]
        covered = sorted(place for other in largest for place in among[other])
        if covered == sorted(whole):
            found[one] = largest
    return found


def _merged(members: csr_array) -> tuple[csr_array, Places]:
    """Unknowns that the same cells add up count as one: no published number tells them apart. And which of
    these each of the others is."""
    columns = members.tocsc()
    if columns.shape[1] == 0:
        return members, np.zeros(0, dtype=np.int64)
    salt = np.random.default_rng(7).integers(1, 2**62, (2, members.shape[0]), dtype=np.int64)
    marks = np.zeros((2, columns.shape[1]), dtype=np.int64)
    for at in (0, 1):
        np.add.at(
            marks[at],
            np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr)),
            salt[at][columns.indices],
        )
    _, first, alike = np.unique(marks, axis=1, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int64)
    rank[order] = np.arange(len(first))
    return csr_array(columns[:, first[order]].tocsr()), rank[alike.ravel()]
