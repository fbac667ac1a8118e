"""Equal route reports of several partners: evidence for one route, kept apart and never summed as persons.

Two reports are equal if they name the same origin, the same places passed in the same order and the same
destination, for the same year. An unknown end, or an unknown year, is equal to nothing.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from orchestration.linkage.tables import ROUTE_GROUPS

_GROUPS = """
with ends as (
    select
        record_id, role, string_agg(distinct place_id, '>' order by place_id) as places,
        count(*) - count(place_id) as unknown
    from stops where role <> 'transit' group by record_id, role
),
passed as (
    select
        record_id, string_agg(place_id, '>' order by seq, number) as places,
        count(*) - count(place_id) as unknown
    from stops where role = 'transit' group by record_id
),
routes as (
    select
        reports.record_id, reports.source, reports.year, origins.places as origin,
        coalesce(passed.places, '') as passed, coalesce(exploited.places, intended.places) as destination
    from reports
    inner join ends as origins on reports.record_id = origins.record_id and origins.role = 'origin'
    left join ends as exploited
        on reports.record_id = exploited.record_id and exploited.role = 'exploitation'
    left join ends as intended
        on reports.record_id = intended.record_id and intended.role = 'intended_destination'
    left join passed on reports.record_id = passed.record_id
    where reports.year is not null and origins.unknown = 0 and coalesce(passed.unknown, 0) = 0
        and coalesce(exploited.unknown, intended.unknown) = 0
),
groups as (
    select year, origin, passed, destination, min(record_id) as route_group_id
    from routes group by year, origin, passed, destination having count(distinct source) > 1
)
select routes.record_id, groups.route_group_id
from routes
inner join groups
    on routes.year = groups.year and routes.origin = groups.origin and routes.passed = groups.passed
        and routes.destination = groups.destination
order by routes.record_id
"""


def route_groups(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """As ROUTE_GROUPS: the group of each report that another source reports too, the smallest record in it.

    The connection holds `reports` (record_id, source, year) and `stops` (record_id, role, seq, number,
    place_id): places of a role that have one seq stand in the order of their numbers; `place_id` is null
    where the place is not known.
    """
    return con.execute(_GROUPS).to_arrow_table().cast(ROUTE_GROUPS)
