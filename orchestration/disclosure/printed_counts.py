"""The persons that an edition prints: each grain and period of its own, by both ends, and children apart.

Of the public edition, what was printed is printed again as it was, whatever partners report later: no
difference between two releases tells of anybody.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.disclosure.audit import Audit, PrintedTable, audit
from orchestration.disclosure.carrying import small_changes
from orchestration.disclosure.printing import (
    ENDS,
    KIND_OF_GRAIN,
    NO_COUNTS,
    NO_ZEROS,
    Days,
    Printing,
    Zeros,
    day_of,
    days_of,
    overlap,
    universe_of,
)
from orchestration.disclosure.protect import protect
from orchestration.disclosure.protected import Protected, full_key
from orchestration.disclosure.suppression import PRINTED, primary
from orchestration.disclosure.system import cell_key, keys_of
from orchestration.disclosure.tables import TOTAL, CountTable, Groups, tabulate
from orchestration.disclosure.zeros import as_printed, standing, together, with_zeros

COUNTS = pa.schema(
    [
        ("edition", pa.string()),
        ("record_grain", pa.string()),
        ("period_id", pa.string()),
        ("population", pa.string()),
        ("origin_place_id", pa.string()),
        ("destination_place_id", pa.string()),
        ("person_count", pa.int64()),
    ]
)
POPULATION, CHILDREN, OTHERS = "population", "children", "others"
CELL = (POPULATION, *ENDS)
# Behind the id of a country: all of it, and not only what is known no closer.
WHOLE = "+"
# Behind the name of a table that another edition prints: this one only has to withstand it.
_IN_PUBLIC = " in public"
OF_COUNTRY = {
    "origin_place_id": "origin_country_place_id", "destination_place_id": "destination_country_place_id",
}  # fmt: skip


def protect_counts(told: pd.DataFrame, printing: Printing) -> Protected:
    """What may be printed of systems that no release has printed yet. `told`: rows of int_told."""
    tables = new_tables(told, printing)
    return protect(
        tables,
        printing.policy,
        printing.edition,
        groups=whole_countries(told),
        printed={**as_printed(standing(tables, printing.zeros)), **printing.known},
        own=_own(told, printing),
    )


def new_tables(told: pd.DataFrame, printing: Printing) -> list[CountTable]:
    """The tables of each system that is counted for the first time."""
    return [
        table
        for universe, rows in _new_systems(told, printing)
        for table in count_tables(universe, rows, printing)
    ]


def _new_systems(told: pd.DataFrame, printing: Printing) -> Iterator[tuple[str, pd.DataFrame]]:
    told = told[is_new(told, printing)]
    told = told.rename(columns={"person_count": "persons", "record_count": "records"})
    for (grain, period), rows in told.groupby(["record_grain", "period_id"], sort=True):
        yield universe_of(str(grain), printing.periods.days[str(period)]), rows


def is_new(told: pd.DataFrame, printing: Printing) -> pd.Series:
    """Rows of a system that the edition counts by and that no release has printed, under whatever name.

    Of a round whose days have changed since the public edition printed it, the partner edition counts nothing
    either: beside the old numbers its own would tell who came late.
    """
    before = [days_of(universe) for universe in systems_before(printing) | rounds_of_other_days(printing)]
    fresh = {
        (grain, period)
        for grain, periods in printing.periods.counted.items()
        for period in periods
        if not any(grain == one and overlap(printing.periods.days[period], days) for one, days in before)
    }
    systems = pd.MultiIndex.from_frame(told[["record_grain", "period_id"]].astype(str))
    return pd.Series(systems.isin(list(fresh)) if len(fresh) else False, index=told.index, dtype=bool)


def printed_counts_of(protected: Protected, printing: Printing) -> pd.DataFrame:
    """The columns of COUNTS. Who is no child is no row: it is what is left."""
    found = [pd.DataFrame(columns=COUNTS.names)]
    for table in protected.tables:
        if table.name.endswith(_IN_PUBLIC):
            continue
        grain, days = days_of(table.universe)
        shown = table.printed().rename(columns={"value": "person_count"})
        cells = shown.assign(**{one: TOTAL for one in CELL if one not in table.dimensions})
        cells[POPULATION] = cells[POPULATION].replace(TOTAL, "all")
        # A zero that words told is known, and printed in no table.
        cells = cells[(cells[POPULATION] != OTHERS) & (cells["person_count"] > 0)]
        found.append(
            cells.assign(
                edition=printing.edition, record_grain=grain, period_id=printing.periods.named(grain, days)
            )[COUNTS.names]
        )
    frames = [frame for frame in found if len(frame)] or found
    return pd.concat(frames, ignore_index=True).drop_duplicates(ignore_index=True)


def frozen_counts(printing: Printing) -> pd.DataFrame:
    """What was printed before, with its latest values, under the names that its periods have now."""
    rows = []
    for cell, persons in printing.ledger.values().items():
        universe, _, place = cell.partition(": ")
        if universe.startswith(NO_COUNTS):
            continue
        grain, days = days_of(universe)
        if period := printing.periods.named(grain, days):
            values = dict.fromkeys(ENDS, TOTAL) | {POPULATION: "all"}
            values |= dict(part.split("=", 1) for part in place.split(" & ") if "=" in part)
            rows.append(
                {
                    "edition": printing.edition, "record_grain": grain, "period_id": period, **values,
                    "person_count": persons,
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COUNTS.names)


def first_printed(printing: Printing) -> dict[tuple[str, Days], date]:
    """On which day each frozen system was printed: what was reported later is not in it."""
    found: dict[tuple[str, Days], date] = {}
    for cell, day in printing.ledger.since.items():
        universe = cell.partition(": ")[0]
        if not universe.startswith(NO_COUNTS):
            found[days_of(universe)] = min(day, found.get(days_of(universe), day))
    return found


def printed_cells(printed: pd.DataFrame) -> dict[str, int]:
    """Cells named as the ledger does, with their persons.

    `printed`: the columns of COUNTS without the edition, and period_from and period_to.
    """
    found = {}
    for row in _rows(printed):
        days = day_of(row.period_from), day_of(row.period_to)
        values = {one: str(row[one]) for one in CELL}
        values[POPULATION] = values[POPULATION].replace("all", TOTAL)
        found[full_key(universe_of(str(row.record_grain), days), cell_key(values))] = int(row.person_count)
    return found


def audit_counts(
    told: pd.DataFrame, printed: pd.DataFrame, printing: Printing, zeros: Zeros = NO_ZEROS,
    of_each_reader: bool = False,
) -> Audit:  # fmt: skip
    """Attack systems as read back from the file, knowing the counts; of the public edition those that are
    printed for the first time. Readers have what the other edition prints of the same days as well, and know
    the cells that words tell to be empty: `zeros` are told now, and contradict counts that they do not fit
    unless they were told before.
    """
    cells = printed_cells(printed)
    tables = new_tables(told, printing)
    known = together(standing(tables, printing.zeros), standing(tables, zeros))
    found = []
    for table in tables:
        shown = _shown_of(table, cells, printing)
        if table.dimensions == ENDS:
            shown = with_zeros(shown, known.get(table.universe, ()))
        found.append(PrintedTable.of(table, shown, printing.rules.least_persons))
    rules = printing.rules
    result = audit(
        found,
        rules.least_persons,
        whole_countries(told),
        insider_width=rules.insider_least_width,
        of_each_reader=of_each_reader,
        own=_own(told, printing),
    )
    wrong = {
        table.universe: " (words tell nobody to be in a cell where somebody is)"
        for table in tables
        if set(zeros.get(table.universe, ()))
        - {*printing.zeros.get(table.universe, ()), *known.get(table.universe, ())}
    }
    return replace(result, contradictions={**result.contradictions, **wrong})


def wrong_cells(told: pd.DataFrame, printed: pd.DataFrame, printing: Printing) -> int:
    """Printed cells that are not as counted, that the policy does not let stand by themselves, or that differ
    from what was printed before; of the partner edition those that differ by a few from the public one."""
    allowed = {cell: {value} for cell, value in printing.ledger.values().items()}
    for table in new_tables(told, printing):
        cells = table.cells[primary(table.cells, printing.rules) == PRINTED]
        for key, persons in zip(_keys(table, cells), cells["persons"], strict=True):
            allowed.setdefault(key, set()).add(int(persons))
    for cell, values in printing.known.items():
        allowed.setdefault(cell, set()).update(values)
    cells = printed_cells(printed)
    beside = set(small_changes(cells, printing.known, printing.rules.least_persons))
    return sum(persons not in allowed.get(cell, ()) or cell in beside for cell, persons in cells.items())


def whole_countries(told: pd.DataFrame) -> Groups:
    """The places that each country stands for where it is told whole."""
    return {
        end: {
            f"{country}{WHOLE}": sorted(set(rows[end].astype(str)))
            for country, rows in told.groupby(OF_COUNTRY[end])
        }
        for end in ENDS
    }


def count_tables(universe: str, rows: pd.DataFrame, printing: Printing) -> list[CountTable]:
    """By both ends; and children at each end, where the edition tells of them. Of the partner edition also
    the children that the public one tells by country: its readers have them, and take what they print off.
    """
    tables = [count_ends(universe, rows)]
    if printing.rules.children_tables:
        tables += count_children(universe, rows, printing)
    if printing.edition != "public" and printing.policy.public.children_tables:
        of_public = count_children(universe, rows, replace(printing, edition="public"))
        tables += [replace(table, name=f"{table.name}{_IN_PUBLIC}") for table in of_public]
    return tables


def count_ends(universe: str, rows: pd.DataFrame) -> CountTable:
    return tabulate(
        universe,
        rows,
        ENDS,
        levels=dict.fromkeys(ENDS, "county"),
        universe=universe,
        # Where a person comes from is known to many; that must not tell where to.
        attributes=("destination_place_id",),
    )


def count_children(universe: str, rows: pd.DataFrame, printing: Printing) -> list[CountTable]:
    is_whole = printing.policy.finest(printing.edition, "place", of_children=True) == "country"
    rows = _with_age(rows)
    return [
        tabulate(
            f"{universe} children by {end}",
            rows.assign(**{end: rows[OF_COUNTRY[end]] + WHOLE}) if is_whole else rows,
            (end, POPULATION),
            levels={end: "country" if is_whole else "county"},
            universe=universe,
            attributes=(POPULATION,),
            of_children=True,
        )
        for end in ENDS
    ]


def _own(told: pd.DataFrame, printing: Printing) -> dict[str, pd.DataFrame]:
    """Of each system that tells of children apart, what each partner knows by itself of both ends and age
    together: no table tells that, and it narrows what the others have."""
    if not printing.rules.children_tables:
        return {}
    return {
        universe: _with_age(rows)[["partner", *CELL, "persons"]]
        .groupby(["partner", *CELL])
        .sum()
        .reset_index()
        for universe, rows in _new_systems(told, printing)
    }


def _with_age(rows: pd.DataFrame) -> pd.DataFrame:
    is_child = rows["is_child"].eq(True).fillna(False).to_numpy(dtype=bool)
    return rows.assign(**{POPULATION: np.where(is_child, CHILDREN, OTHERS)})


def _keys(table: CountTable, cells: pd.DataFrame) -> list[str]:
    return [full_key(table.universe, key) for key in keys_of(table.dimensions, cells)]


def _shown_of(table: CountTable, cells: dict[str, int], printing: Printing) -> pd.DataFrame:
    """What a reader has of each cell of a table: the value printed here, or else in the other edition; and of
    those who are no children what printed cells leave, where that many may be told."""
    k, counted = printing.rules.least_persons, table.cells
    may_stand = primary(counted, printing.rules) == PRINTED
    values = counted[[*table.dimensions]].astype(str).to_dict("records")
    rows = []
    for cell, persons, is_large in zip(values, counted["persons"], may_stand, strict=True):
        # Of an older count that lies further off, readers learn a change large enough to be told.
        near = [value for value in printing.known.get(_key(table, cell), ()) if abs(value - int(persons)) < k]
        value = cells.get(_key(table, cell), near[-1] if near else None)
        if cell.get(POPULATION) == OTHERS and is_large:
            whole, part = (cells.get(_key(table, {**cell, POPULATION: one})) for one in (TOTAL, CHILDREN))
            value = None if whole is None or part is None else whole - part
        if value is not None:
            rows.append({**cell, "value": value, "is_carried": value != int(persons)})
    return pd.DataFrame(rows, columns=[*table.dimensions, "value", "is_carried"])


def _key(table: CountTable, cell: Mapping[Hashable, str]) -> str:
    return full_key(table.universe, cell_key({str(one): value for one, value in cell.items()}))


def rounds_of_other_days(printing: Printing) -> set[str]:
    """Rounds that the public edition printed, of days that no round has now."""
    rounds = [grain for grain, kind in KIND_OF_GRAIN.items() if kind == "round"]
    now = {
        universe_of(grain, days)
        for grain in rounds
        for days in (printing.periods.days[period] for period in printing.periods.counted.get(grain, ()))
    }
    printed = {cell.partition(": ")[0] for cell in printing.known if not cell.startswith(NO_COUNTS)}
    return {universe for universe in printed - now if days_of(universe)[0] in rounds}


def systems_before(printing: Printing) -> set[str]:
    """Systems that this edition printed in an earlier release, and prints again as they were."""
    return {cell.partition(": ")[0] for cell in printing.ledger.printed if not cell.startswith(NO_COUNTS)}


def _rows(frame: pd.DataFrame) -> Iterator[pd.Series]:
    return (row for _, row in frame.iterrows())
