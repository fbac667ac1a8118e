"""Recompute the protected counts of public years from movements and the noise key, without the project's SQL.

Cells are those of `int_cell_members` and `int_protected_cells`. Attributes and codes come from the members'
marts, places from the stops in the work file: legs of the marts lack unordered stops, and their places lack
the country that a partner named (Somaliland, Somalia).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import duckdb
import numpy as np
import pandas as pd

from orchestration.core import Keys, PublicationPolicy, noise_table

COLUMNS = ["table_name", "period_id", "population", "cell", "true_count", "protected_count"]
# One row per cell: true count and sum of protection keys.
_CELLS = """
with movements as (
    select movement_id, period_id, protection_key, coalesce(is_child, false) as is_child,
        direction, sex, age_band
    from members.marts.fct_movements inner join keys using (movement_id)
),

stops as (
    select movement_id, place_role, stop_number, country_place_id, counting_place_id, border_point_id
    from warehouse.intermediate.int_movement_stops inner join keys using (movement_id)
    where is_known
),

ends as (
    select
        movement_id,
        unnest(['origin', 'destination']) as role,
        unnest([
            max(case when place_role = 'origin' then place end),
            coalesce(
                max(case when place_role = 'exploitation' then place end),
                max(case when place_role = 'intended_destination' then place end)
            )
        ]) as place
    from (
        select *, {'counting': counting_place_id, 'country': country_place_id} as place
        from stops where stop_number = 1 and place_role <> 'transit'
    )
    group by movement_id
),

pairs as (
    select movement_id, origin.place as origin, destination.place as destination
    from (from ends where role = 'origin') as origin
    inner join (from ends where role = 'destination') as destination using (movement_id)
    where origin.place.counting <> 'unknown' and destination.place.counting <> 'unknown'
),

visits as (
    select movement_id, role, unnest([place.counting, place.country]) as place_id from ends
    union
    select movement_id, 'transit', unnest([counting_place_id, country_place_id])
    from stops where place_role = 'transit'
    union
    select movement_id, 'any', border_point_id from stops where border_point_id is not null
),

codes as (
    select movement_id, 'total' as domain, 'total' as code from movements
    union all select movement_id, 'direction', direction from movements
    union all select movement_id, 'sex', sex from movements
    union all select movement_id, 'age_band', age_band from movements
    union all
    select movement_id, domain, code from members.marts.bridge_movement_codes
    where domain in ('exploitation_type', 'transport_mode', 'recruitment_method')
),

cells as (
    select movement_id, 'corridors' as table_name, false as counts_children,
        'od|' || origin.counting || '>' || destination.counting as cell
    from pairs
    union all
    select movement_id, 'corridors', false, 'country|' || origin.country || '>' || destination.country
    from pairs inner join movements using (movement_id) where direction in ('into', 'out_of')
    union
    select movement_id, 'corridors', false,
        'odv|' || origin.counting || '>' || border_point_id || '>' || destination.counting
    from pairs inner join stops using (movement_id)
    where place_role = 'transit' and border_point_id is not null
    union all
    select movement_id, 'places', role in ('origin', 'destination'), role || '|' || place_id
    from visits where place_id <> 'unknown' and (role <> 'transit' or place_id <> 'KEN')
    union all
    select movement_id, 'codes', domain = 'total', domain || '|' || code
    from codes
    where domain in ('total', 'direction') or code not in ('unknown', 'not_specified', 'not_applicable')
)

select table_name, period_id, population, cell, count(*) as true_count, sum(protection_key) as key_sum
from cells inner join movements using (movement_id)
inner join (values ('all', false), ('children', true)) as populations (population, of_children)
    on not of_children or (is_child and counts_children)
group by table_name, period_id, population, cell
"""
_MOVEMENTS = """
select movement_id, 'year-' || departed_year as period_id from members.marts.fct_movements
where record_grain = 'case' and is_counted and list_contains(?, 'year-' || departed_year)
"""


def protected_counts(
    con: duckdb.DuckDBPyConnection, keys: Keys, policy: PublicationPolicy, epochs: Mapping[str, int]
) -> pd.DataFrame:
    """Return every cell of these years (period id → epoch of its noise), shown or not.

    `con` has the candidate's members' file attached as `members` and the work file as `warehouse`.
    """
    movements = con.execute(_MOVEMENTS, [list(epochs)]).to_arrow_table()
    numbers = keys.protection_keys(movements["movement_id"].combine_chunks())
    con.register("keys", movements.append_column("protection_key", numbers))
    cells = con.execute(_CELLS).df()
    con.unregister("keys")
    cells["key_sum"] = cells["key_sum"].astype("int64")
    noise = _noise(cells, policy, epochs)
    return cells.assign(protected_count=cells["true_count"] + noise)[COLUMNS]


def _noise(cells: pd.DataFrame, policy: PublicationPolicy, epochs: Mapping[str, int]) -> np.ndarray:
    """Look up the noise of each cell by its hash, in the noise table's row for its true count."""
    hashes = np.array(
        [
            hashlib.md5(f"{table}|{population}|{period}|{cell}|{keys}|{epochs[period]}".encode()).hexdigest()[:8]  # noqa: S324
            for table, population, period, cell, keys in zip(
                cells["table_name"], cells["population"], cells["period_id"], cells["cell"], cells["key_sum"],
                strict=True,
            )
        ],
        dtype="U8",
    )  # fmt: skip
    row = 1 + np.digitize(cells["true_count"], [policy["noise_row_2_from"], policy["noise_row_3_from"]])
    noise = np.zeros(len(cells), dtype="int64")
    for number, ranges in noise_table().items():
        at = np.searchsorted(np.array([first for _, first, _ in ranges]), hashes[row == number], "right") - 1
        noise[row == number] = np.array([value for value, _, _ in ranges])[at]
    return noise
