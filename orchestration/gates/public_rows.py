"""Find public rows that reveal more than the public counts allow.

A label needs a large public count; shares and ranks follow from public counts; the period is closed; numbers
that others published name their source, and members have them too; every public table has a rule here.
`public` and `members` are the editions of a candidate, `counts` its public counts, `released_alerts` what
stewards released (`gates.protection`).
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestration.core import PublicationPolicy

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
            regexp_full_match(origin_place_id, '{place}')
            and regexp_full_match(counted_at_place_id, '{place}')
            and regexp_full_match(destination_place_id, '{place}')
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
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values) or "''"


def has_public_periods(table: str) -> bool:
    """Whether rows of a table belong to closed years or rounds, which are published once."""
    return table not in _WITHOUT_PERIOD


def period_of(table: str) -> str:
    """Return the column of a row's period: a shift belongs to its later year."""
    return "current" if table == "shifts" else "period_id"


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
