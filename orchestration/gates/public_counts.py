"""Public rows that reveal more than the public counts allow; and the public counts made again.

A label needs a large public count; shares and ranks follow from public counts; the period is closed; numbers
that others published name their source, and members have them too; every public table has a rule here.
`public` and `members` are the editions of a candidate, `counts` its public counts, `released_alerts` what
stewards released (`gates.protection`).

The protected counts of public years are recomputed from movements and the noise key, without the project's
SQL. Cells are those of `int_cell_members` and `int_protected_cells`. Attributes and codes come from the
members' marts, places from the stops in the work file: legs of the marts lack unordered stops, and their
places lack the country that a partner named (Somaliland, Somalia)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import duckdb
import numpy as np
import pandas as pd

from orchestration.core import Keys, PublicationPolicy, noise_table, sql_text
from orchestration.release import period_of

# Ranks and shares must follow from public counts, not from true ones.
_COUNTED = """
from (
    select period_id, share, {partner_count} as partner_count, {rank} as rank, {right_rank} as right_rank,
        round(listed.movement_count::double / total.movement_count, 4) as right_share
    from public.published.{table} as listed
    left join (from counts where table_name = 'codes' and cell = 'total|total') as total
        using (period_id, population, record_grain)
) as listed
where {new} and (
    partner_count is not null or share is distinct from right_share or rank is distinct from right_rank
)
"""
_RANK = (
    "rank() over (partition by period_id, population, record_grain, {} order by listed.movement_count desc)"
)
_RANKED_WITHIN = {"corridors": "level", "places": "role, place_level", "codes": None}
# Ids of a county, a border point, a country, or no place.
_NO_FINER_PLACE = "KE[0-9]{3}|bp-.+|[A-Z]{3}(-[a-z]+)?|unknown"
# Rows that belong to no closed year: numbers that others published, and alerts that stewards released.
_WITHOUT_PERIOD = {
    "context_counts": """
from (
    select * exclude (edition) from public.published.context_counts
    except all select * exclude (edition) from members.published.context_counts
    union all
    select * exclude (edition) from public.published.context_counts
    where record_grain is distinct from 'flow_count' or coalesce(publication, '') = ''
        or coalesce(publisher, '') = '' or coalesce(publication_url, '') = ''
        or coalesce(publication_licence, '') = ''
        or not (
            regexp_full_match(start_place_id, '{place}')
            and regexp_full_match(counted_at_place_id, '{place}')
            and regexp_full_match(end_place_id, '{place}')
        )
)""",
    "alerts": """
from public.published.alerts as listed
left join released_alerts as released using (corridor_id, direction, first_month)
left join members.published.alerts as known using (corridor_id, direction, first_month)
where released.corridor_id is null or known.corridor_id is null
    or listed.record_count is not null or listed.record_count_text is not null
    or listed.expected_low is not null or listed.expected_high is not null
    or listed.partner_count is not null or listed.evidence is not null
    or listed.alerted_month is not null or listed.newest_month is not null""",
}
_OTHERS = {
    "hotspots": """
from public.published.hotspots as listed
left join counts as beside
    on beside.table_name = 'places' and beside.record_grain = 'case'
    and beside.period_id = listed.period_id and beside.population = listed.population
    and beside.cell = case when place_id like 'bp-%' then 'any'
        when role in ('exploitation', 'intended_destination') then 'destination'
        else role end || '|' || place_id
where {new} and (
    listed.record_grain <> 'case' or trend_category is not null
    or coalesce(ratio, ratio_low, ratio_high) is not null
    or coalesce(beside.movement_count, 0) < {least}
    or listed.movement_count is distinct from
        case when role in ('origin', 'transit') and place_id not like 'bp-%' then beside.movement_count end
)""",
    "shifts": """
from public.published.shifts as listed
left join (from counts where table_name = 'corridors' and population = 'all' and record_grain = 'case')
    as first on first.period_id = baseline and first.cell = level || '|' || corridor_id
left join (from counts where table_name = 'corridors' and population = 'all' and record_grain = 'case')
    as second on second.period_id = current and second.cell = level || '|' || corridor_id
where {new} and (
    listed.record_grain <> 'case' or comparison <> 'years'
    or coalesce(ratio, ratio_low, ratio_high) is not null
    or greatest(coalesce(first.movement_count, 0), coalesce(second.movement_count, 0)) < {least}
    or baseline_count is distinct from first.movement_count
    or current_count is distinct from second.movement_count
    or baseline_count_text is distinct from first.movement_count::varchar
    or current_count_text is distinct from second.movement_count::varchar
)""",
    "risk": """
from public.published.risk as listed
left join (
    select period_id, split_part(cell, '|', 2) as place_id, max(movement_count) as largest
    from counts where table_name = 'places' and population = 'all' and record_grain = 'case'
    group by all
) using (period_id, place_id)
where {new} and (
    listed.record_grain <> 'case' or components is not null or coalesce(largest, 0) < {least}
)""",
    "routes": """
from public.published.routes as listed
left join members.published.routes as known using (period_id, line, line_id)
where {new} and (
    coalesce(known.report_count, 0) < {least_reports}
    or listed.report_count is distinct from case when line = 'round' then known.report_count end
)""",
    "novelty": """
from public.published.novelty as listed
where {new} and (record_grain <> 'route_report' or evidence_class is distinct from 'panel_confirmed')""",
    "coverage": """
from public.published.coverage as listed
where {new} and (
    record_grain <> 'case' or abs(one_partner_share * 20 % 1 - 0.5) < 0.499
    or coalesce(partners_started, partners_stopped) is not null
)""",
    "completeness": """
from public.published.completeness as listed
left join (from counts where cell = 'total|total' and population = 'all') as total
    using (period_id, record_grain)
where {new} and (
    coalesce(total.movement_count, 0) < {least_share} or record_grain <> 'case'
    or abs(known_share * 20 % 1 - 0.5) < 0.499
)""",
}


def texts(values: Iterable[str]) -> str:
    """Return texts as an SQL list; names of rounds are free text."""
    return ", ".join(map(sql_text, values)) or "''"


def has_public_periods(table: str) -> bool:
    """Whether rows of a table belong to closed years or rounds, which are published once."""
    return table not in _WITHOUT_PERIOD


def rows_that_say_too_much(policy: PublicationPolicy, new: dict[str, str], closed: list[str]) -> list[str]:
    """Return queries that count such rows. `new`: by public table, the SQL condition of rows to judge."""
    queries = [
        f"from public.published.{table} as listed "
        f"where {rows} and coalesce({period_of(table)}, '-') not in ({texts(closed)})"
        for table, rows in new.items()
        if has_public_periods(table)
    ]
    queries.append(
        "from duckdb_tables() where database_name = 'public' and schema_name not in ('published', 'meta')"
    )
    queries += [
        f"from public.published.{table} as listed where {rows}"
        for table, rows in new.items()
        if table not in {"periods", *_RANKED_WITHIN, *_OTHERS, *_WITHOUT_PERIOD}
    ]
    queries += [
        query.replace("{place}", _NO_FINER_PLACE) for table, query in _WITHOUT_PERIOD.items() if table in new
    ]
    for table in new.keys() & _RANKED_WITHIN.keys():
        partition = _RANKED_WITHIN[table]
        queries.append(
            _COUNTED.format(
                table=table,
                new=new[table],
                partner_count="partner_count" if partition else "null",
                rank="rank" if partition else "null",
                right_rank=_RANK.format(partition) if partition else "null",
            )
        )
    for table in new.keys() & _OTHERS.keys():
        queries.append(
            _OTHERS[table].format(
                new=new[table],
                least=policy["public_least_label_count"],
                least_reports=policy["public_round_least_reports"],
                least_share=policy["public_least_share_count"],
            )
        )
    return [f"select count(*) {query}" for query in queries]


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
select movement_id, 'year-' || event_year as period_id from members.marts.fct_movements
where record_grain = 'case' and is_counted and list_contains(?, 'year-' || event_year)
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
