"""Public counts of new years, made again from the members' marts and the noise key without the project's SQL.

Cells are those of `int_protected_cells`. Attributes and codes come from the members' marts, places from the
stops in the work file: legs of the marts lack unordered stops, and their places lack the country that a
partner named (Somaliland, Somalia)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import duckdb
import numpy as np
import pandas as pd

from orchestration.core import Keys, PublicationPolicy, noise_table

# The columns in which the public tables of counts show cells.
COUNTS = {
    "directions": ["movement_count"],
    "starts": ["movement_count", "child_count"],
    "ends": ["movement_count", "exploited_count", "intended_count", "last_known_count", "child_count"],
    "corridors": ["movement_count"],
    "passings": ["passing_count"],
    "border_points": ["passing_count", "first_known_count"],
    "traits": ["trait_count"],
}
CELL = ["table_name", "column_name", "period_id", "cell_id"]
_LEAF = ["start_place_id", "end_place_id", "direction"]
_GROUP_OF_BAND = {"a00_08": "child", "a09_17": "child", "child": "child", "unknown": "unknown"}
_BASES = ["exploited_count", "intended_count", "last_known_count"]
# One row per cell: true count and sum of protection keys.
_CELLS = """
with movements as (
    select * from members.marts.fct_movements inner join keys using (movement_id)
),

stops as (
    select movement_id, place_role, stop_number, country_place_id, counting_place_id, border_point_id,
        place_role = 'origin' and place_basis <> 'home' and is_border_point as is_first_known
    from warehouse.intermediate.int_movement_stops inner join keys using (movement_id)
    where is_known
),

sides as (
    select
        movement_id,
        max(counting_place_id) filter (place_role = 'origin') as origin,
        bool_or(is_first_known) as is_first_known,
        coalesce(
            max(counting_place_id) filter (place_role = 'exploitation'),
            max(counting_place_id) filter (place_role = 'intended_destination'),
        ) as destination
    from stops where stop_number = 1
    group by movement_id
),

cases as (
    select
        movement_id, direction, is_child, sex, age_band, event_kind, first_known_place_id,
        case
            when is_first_known then start_country_place_id else coalesce(origin, 'unknown')
        end as start_place_id,
        coalesce(destination, 'unknown') as end_place_id,
        case end_basis when 'identified' then 'last_known' else end_basis end as end_basis
    from movements left join sides using (movement_id)
),

passed as (from stops where place_role = 'transit'),

traits as (
    select movement_id, unnest(['sex', 'age_band', 'dated_by']) as trait,
        unnest([coalesce(sex, 'unknown'), coalesce(age_band, 'unknown'), event_kind]) as code
    from cases
    union all
    select movement_id, domain, code
    from members.marts.bridge_movement_codes inner join keys using (movement_id)
    where domain in ('exploitation_type', 'transport_mode', 'recruitment_method')
        and code not in ('unknown', 'not_specified', 'not_applicable')
),

cells as (
    select movement_id, 'total' as table_name, 'movement_count' as column_name from cases
    union all by name
    select movement_id, 'directions' as table_name, 'movement_count' as column_name, direction from cases
    union all by name
    select movement_id, 'starts' as table_name, start_place_id,
        unnest(['movement_count', if(is_child, 'child_count', null)]) as column_name
    from cases
    union all by name
    select movement_id, 'ends' as table_name, end_place_id,
        unnest(['movement_count', if(is_child, 'child_count', null), end_basis || '_count']) as column_name
    from cases
    union all by name
    select movement_id, 'corridors' as table_name, 'movement_count' as column_name, start_place_id,
        end_place_id, direction
    from cases
    union all by name
    select distinct movement_id, 'passings' as table_name, 'passing_count' as column_name,
        unnest([counting_place_id, country_place_id]) as place_id
    from passed
    union all by name
    select distinct movement_id, 'border_points' as table_name, 'passing_count' as column_name,
        border_point_id as place_id
    from passed where border_point_id is not null
    union all by name
    select movement_id, 'border_points' as table_name, 'first_known_count' as column_name,
        first_known_place_id as place_id
    from cases where first_known_place_id is not null
    union all by name
    select movement_id, 'traits' as table_name, 'trait_count' as column_name, trait || '|' || code as code
    from traits
)

select table_name, column_name, period_id,
    concat_ws('|', coalesce(nullif(concat_ws('>', start_place_id, place_id, end_place_id), ''), code,
        if(direction is null, 'total', null)), direction) as cell_id,
    start_place_id, place_id, end_place_id, direction, count(*) as true_count, sum(protection_key) as key_sum
from cells inner join keys using (movement_id)
where column_name is not null and (table_name <> 'passings' or place_id not in ('KEN', 'unknown'))
group by all
"""
_MOVEMENTS = """
select movement_id, 'year-' || event_year as period_id from members.marts.fct_movements
where record_grain = 'case' and is_counted and list_contains(?, 'year-' || event_year)
"""


def protected_cells(
    con: duckdb.DuckDBPyConnection, keys: Keys, policy: PublicationPolicy, epochs: Mapping[str, int]
) -> pd.DataFrame:
    """Return every cell of these years (period id → epoch of its noise) with true and protected count.

    `con` has the candidate's members' file attached as `members` and the work file as `warehouse`.
    """
    movements = con.execute(_MOVEMENTS, [list(epochs)]).to_arrow_table()
    numbers = keys.protection_keys(movements["movement_id"].combine_chunks())
    con.register("keys", movements.append_column("protection_key", numbers))
    cells = con.execute(_CELLS).df()
    con.unregister("keys")
    cells["key_sum"] = cells["key_sum"].astype("int64")
    parts = {"movement_count": "", "passing_count": "", "trait_count": "", "child_count": "|children"}
    named = [
        f"{table}{parts.get(column, '|' + column.removesuffix('_count'))}|{year}|{cell}|{key}|{epochs[year]}"
        for table, column, year, cell, key in cells[[*CELL, "key_sum"]].itertuples(index=False)
    ]
    cells["protected_count"] = cells["true_count"] + noise_of(named, row_of(cells["true_count"], policy))
    # Each start and end has a leaf whose other side is unknown, though nobody is counted there.
    sides = [
        cells[(cells["table_name"] == table) & (cells["column_name"] == "movement_count")].assign(
            **{other: "unknown"}
        )
        for table, other in (("starts", "end_place_id"), ("ends", "start_place_id"))
    ]
    empty = pd.concat(sides).assign(
        table_name="corridors", column_name="movement_count", direction="unknown", true_count=0, key_sum=0,
        protected_count=0,
    )  # fmt: skip
    return pd.concat([cells, empty.assign(cell_id=_corridor)]).drop_duplicates(CELL, ignore_index=True)


def row_of(counts: pd.Series, policy: PublicationPolicy) -> np.ndarray:
    """Return the row of the noise table for each true count."""
    return 1 + np.digitize(counts, [policy["noise_row_2_from"], policy["noise_row_3_from"]])


def noise_of(cells: Iterable[str], row: np.ndarray) -> np.ndarray:
    """Look up the noise of each cell (name, period, cell, key sum, epoch) in its row of the noise table."""
    hashes = np.array([hashlib.md5(cell.encode()).hexdigest()[:8] for cell in cells], dtype="U8")  # noqa: S324
    noise = np.zeros(len(hashes), dtype="int64")
    for number, ranges in noise_table().items():
        at = np.searchsorted(np.array([first for _, first, _ in ranges]), hashes[row == number], "right") - 1
        noise[row == number] = np.array([value for value, _, _ in ranges])[at]
    return noise


def public_counts(cells: pd.DataFrame, leaves: pd.DataFrame, policy: PublicationPolicy) -> pd.DataFrame:
    """Return every number that the public tables show, with the columns CELL and `count`.

    `cells`: the protected cells; `leaves`: the counts fitted to them.
    """
    least, least_children = policy["public_least_count"], policy["public_least_label_count"]
    total = leaves.groupby("period_id")["fitted_count"].sum()
    total, leaves = total[total >= least], leaves.rename(columns={"fitted_count": "count"})
    leaves = leaves[leaves["period_id"].isin(total.index)].assign(corridor=_corridor)
    cells = cells[cells["period_id"].isin(total.index)]
    size = {
        column: leaves.groupby(["period_id", column])["count"].transform("sum")
        for column in (*_LEAF, "corridor")
    }
    # A small direction is counted as unknown, what else is small as fewer.
    direction = leaves["direction"].where(size["direction"] >= least, "unknown")
    rest = {"corridor": "fewer>fewer|" + direction}
    tables = {"starts": "start_place_id", "ends": "end_place_id", "corridors": "corridor"}
    whole = _sums(leaves.assign(table_name=table, cell_id=leaves[key]) for table, key in tables.items())
    shown = [
        leaves.assign(table_name=table, cell_id=leaves[key].where(size[key] >= least, rest.get(key, "fewer")))
        for table, key in tables.items()
    ]
    fitted = _sums([*shown, leaves.assign(table_name="directions", cell_id=direction)])
    ages = _age_groups(cells, least)
    result = pd.concat(
        [
            _from(1, fitted),
            _from(least, _capped(pd.concat([cells, ages]), total)),
            _from(least_children, _children(cells, whole, ages)),
            _from(least, _bases(cells, whole, least)),
        ]
    )
    return result[[*CELL, "count"]].reset_index(drop=True)


def _from(least: int, counts: pd.DataFrame) -> pd.DataFrame:
    return counts[counts["count"] >= least]


def _corridor(leaves: pd.DataFrame) -> pd.Series:
    return leaves["start_place_id"] + ">" + leaves["end_place_id"] + "|" + leaves["direction"]


def _sums(leaves: Iterable[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(leaves).assign(column_name="movement_count").groupby(CELL)["count"].sum().reset_index()


def _capped(cells: pd.DataFrame, total: pd.Series) -> pd.DataFrame:
    """Return the counts of overlapping tables: at most the total."""
    capped = cells[cells["table_name"].isin(("passings", "border_points", "traits"))]
    capped = capped.assign(total=capped["period_id"].map(total))
    return capped.assign(count=capped[["protected_count", "total"]].min(axis=1))


def _age_groups(cells: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return children, adults and unknown ages as cells: the shown age bands in sum."""
    bands = cells[cells["cell_id"].str.startswith("age_band|") & (cells["protected_count"] >= least)]
    group = bands["cell_id"].str.removeprefix("age_band|").map(_GROUP_OF_BAND).fillna("adult")
    groups = bands.assign(cell_id="age_group|" + group).groupby(CELL)["protected_count"]
    return groups.sum().reset_index()


def _children(cells: pd.DataFrame, whole: pd.DataFrame, ages: pd.DataFrame) -> pd.DataFrame:
    """Return the children of starts and ends: at most all who start or end there, and all children."""
    children = cells.merge(whole.assign(column_name="child_count"), on=CELL)
    all_children = ages[ages["cell_id"] == "age_group|child"].set_index("period_id")["protected_count"]
    children["all_children"] = children["period_id"].map(all_children).fillna(0)
    return children.assign(count=children[["protected_count", "count", "all_children"]].min(axis=1))


def _bases(cells: pd.DataFrame, whole: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return the parts of ends: three large ones, and parts that exceed their end, are scaled to it."""
    ends = whole[whole["table_name"] == "ends"].drop(columns=["table_name", "column_name"])
    parts = cells[cells["column_name"].isin(_BASES)].merge(ends, on=["period_id", "cell_id"])
    parts = parts[parts["count"] > 0].sort_values(CELL)
    parts["part"] = parts["protected_count"].clip(0)
    of_end = parts.assign(large=parts["part"] >= least).groupby(["period_id", "cell_id"])
    until, everything = of_end["part"].cumsum(), of_end["part"].transform("sum")
    is_scaled = (of_end["large"].transform("sum") == len(_BASES)) | (everything > parts["count"])
    divisor = everything.where(is_scaled, parts["count"])
    parts["until"] = (2 * parts["count"] * until + divisor) // (2 * divisor)
    before = parts.groupby(["period_id", "cell_id"])["until"].shift(fill_value=0)
    return parts.assign(count=parts["until"] - before)
