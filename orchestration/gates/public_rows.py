"""Public rows that reveal more than the public counts allow, and counts that contradict each other.

A label needs a large public count; the period is closed; numbers that others published name their source, and
members have them too; every public table has a rule here. `public` and `members` are the editions of a
candidate, `counts` its public counts, `drawn` and `margins` what its labels are drawn from (`public_labels`),
`released_alerts` what stewards released (`gates.protection`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from orchestration.core import PublicationPolicy, sql_text
from orchestration.gates.public_counts import COUNTS

# Tables whose rows belong to no closed year: numbers of others, released alerts, and the list of places.
_WITHOUT_PERIOD = {"context_counts", "alerts", "areas"}
# Ids of a county, a border point, a country, or no place.
_NO_FINER_PLACE = "KE[0-9][0-9][0-9]|bp-.+|[A-Z][A-Z][A-Z](-[a-z]+)?|unknown"
_RULES = {
    "starts": """
from public.published.starts as listed left join members.published.areas as areas using (place_id)
left join members.published.periods as periods using (period_id)
where {new} and per_100000 is distinct from
    case when movement_count >= {label} and periods.is_complete
        then round(100000.0 * movement_count / areas.population, 1) end""",
    "context_counts": f"""
from (
    select * exclude (edition) from public.published.context_counts
    except all select * exclude (edition) from members.published.context_counts
    union all
    select * exclude (edition) from public.published.context_counts
    where record_grain is distinct from 'flow_count' or coalesce(publication, '') = ''
        or coalesce(publisher, '') = '' or coalesce(publication_url, '') = ''
        or coalesce(publication_licence, '') = ''
        or not (
            regexp_full_match(origin_place_id, '{_NO_FINER_PLACE}')
            and regexp_full_match(counted_at_place_id, '{_NO_FINER_PLACE}')
            and regexp_full_match(destination_place_id, '{_NO_FINER_PLACE}')
        )
)""",
    "alerts": """
from public.published.alerts as listed
left join released_alerts as released using (corridor_id, direction, first_month)
left join members.published.alerts as members using (corridor_id, direction, first_month)
where released.corridor_id is null or members.corridor_id is null
    or coalesce(listed.witness_count, listed.expected_low, listed.expected_high) is not null
    or coalesce(listed.alerted_month, listed.window_from, listed.newest_month) is not null
    or coalesce(listed.partner_count::varchar, listed.evidence) is not null""",
    "areas": """
from (
    select * exclude (edition, place) from public.published.areas
    except all select * exclude (edition, place) from members.published.areas
)""",
    "periods": """
from public.published.periods as listed
where {new} and period_kind not in ('year', 'round')""",
    "hotspots": """
from (from public.published.hotspots as listed where {new}) as listed
full join (
    select labels.period_id, labels.cell_id as place_id, role, people, low
    from (
        select *, split_part(noise_name, '|', 2) as role, split_part(noise_name, '|', 3) as people,
            exp(protected_count * {hotspot}) as low
        from drawn where noise_name like 'hotspots|%'
    ) as labels
    inner join drawn as others
        on others.noise_name = replace(labels.noise_name, 'hotspots|', 'hotspots|others|')
        and others.period_id = labels.period_id and others.cell_id = labels.cell_id
    inner join counts
        on counts.period_id = labels.period_id and counts.cell_id = labels.cell_id
        and counts.table_name = case when labels.cell_id like 'bp-%' then 'border_points'
            when role = 'origin' then 'starts' when role = 'transit' then 'passings' else 'ends' end
        and counts.column_name = case when people = 'children' and role <> 'transit' then 'child_count'
            when labels.cell_id like 'bp-%' or role = 'transit' then 'passing_count' else 'movement_count' end
    where (people = 'all' or role <> 'transit')
        and low >= 1 and others.protected_count >= {others} and counts.count >= {label}
) as drawn using (period_id, place_id, role, people)
where label is distinct from case when low >= 1.5 then 'hotspot' when low >= 1 then 'elevated' end
    or at_least_times is distinct from list_max([times for times in [2, 3, 5, 10, 20] if low >= times])
    or factor_band is distinct from case when low >= 2 then 'twice_or_more' when low >= 1.25 then 'higher' end
    or trend_category is not null or coalesce(ratio, ratio_low, ratio_high) is not null""",
    "shifts": """
from (from public.published.shifts as listed where {new}) as listed
full join (
    select margins.period_id, margins.earlier_period_id, item_id as corridor_id, later.count as later,
        min(case when margins.label = 'stable' then 'stable' else status end) as status,
        later.count / totals.total / nullif(earlier.count / totals_earlier.total, 0) as ratio_of_shares
    from margins
    inner join drawn
        on drawn.noise_name = 'shifts|' || margins.label
        and drawn.period_id = margins.period_id and cell_id = item_id
    left join drawn as others
        on others.noise_name = 'shifts|others'
        and others.period_id = margins.period_id and others.cell_id = item_id
    left join corridor_sums as later on later.period_id = margins.period_id and later.corridor_id = item_id
    left join corridor_sums as earlier
        on earlier.period_id = earlier_period_id and earlier.corridor_id = item_id
    left join totals on totals.period_id = margins.period_id
    left join totals as totals_earlier on totals_earlier.period_id = earlier_period_id
    where drawn.protected_count > 0
        and greatest(coalesce(earlier.count, 0), coalesce(later.count, 0)) >= {label}
        and case when margins.label = 'stable'
            then earlier.count < 2 * later.count and later.count < 2 * earlier.count
            else others.protected_count >= {others} end
    group by all
) as drawn using (period_id, earlier_period_id, corridor_id)
where listed.status is distinct from drawn.status or later_count is distinct from later
    or factor_band is distinct from case
        when ratio_of_shares is null then null
        when ratio_of_shares <= 0.5 then 'half_or_less' when ratio_of_shares <= 0.8 then 'lower'
        when ratio_of_shares < 1.25 then 'about_the_same' when ratio_of_shares < 2 then 'higher'
        else 'twice_or_more' end
    or compared is distinct from 'years' or coalesce(ratio, ratio_low, ratio_high, earlier_count) is not null
    or (displaced_from is not null and (listed.status <> 'growing' or displaced_from not in (
        select corridor_id from public.published.shifts as fallen
        where fallen.period_id = listed.period_id and fallen.status = 'fading'
    )))""",
    "mentions": """
from (from public.published.mentions as listed where {new}) as listed
full join (
    from drawn where noise_name = 'mentions' and protected_count >= {reports}
        and (cell_id not like '%>%>%' or cell_id like '%>bp-%>%')
) as drawn on drawn.period_id = listed.period_id and cell_id = mention_id
where cell_id is distinct from mention_id or via_place_id not like 'bp-%'
    or mention_count is distinct from case when cell_id = 'round' then protected_count end""",
    "novelty": """
from public.published.novelty as listed
left join drawn
    on noise_name = 'novelty|' || item_kind || '|' || role and drawn.period_id = listed.period_id
    and cell_id = item
where {new} and (
    evidence_class is distinct from 'panel_confirmed' or coalesce(protected_count, 0) < {reports}
)""",
    "coverage": """
from public.published.coverage as listed
where {new} and abs(one_partner_share * 20 % 1 - 0.5) < 0.499""",
    "completeness": """
from public.published.completeness as listed
left join (
    select period_id, sum(count) as total from counts where table_name = 'directions' group by all
) as years using (period_id)
left join drawn
    on noise_name = 'completeness' and drawn.period_id = listed.period_id and cell_id = field
where {new} and (
    coalesce(total, 0) < {share} or known_share is distinct from least(greatest(
        floor((true_count + (protected_count - true_count) * {completeness}) / 500 + 0.5), 0
    ), 20) / 20
)""",
}


def texts(values: Iterable[str]) -> str:
    """Return texts as an SQL list; names of rounds are free text."""
    return ", ".join(map(sql_text, values)) or "''"


def has_public_periods(table: str) -> bool:
    """Whether rows of a table belong to closed years or rounds, which are published once."""
    return table not in _WITHOUT_PERIOD


def counts_query(tables: Mapping[str, Collection[str]]) -> str:
    """Return a query of every public count, null ones left out, with the columns of `public_counts.CELL`.

    `tables`: the columns of each public table. A cell is named by the key of its row without the period.
    """
    selects = []
    for table in sorted(COUNTS.keys() & tables.keys()):
        cell = ["start_place_id || '>' || end_place_id"] * ("start_place_id" in tables[table])
        cell += [name for name in ("trait", "place_id", "code", "direction") if name in tables[table]]
        selects.append(
            f"""select '{table}' as table_name, period_id, cell_id, column_name, count from (
                select period_id, concat_ws('|', {", ".join(cell)}) as cell_id,
                    unnest({COUNTS[table]}) as column_name, unnest([{", ".join(COUNTS[table])}]) as count
                from public.published.{table}
            ) where count is not null"""
        )
    return " union all ".join(selects)


def rows_that_say_too_much(policy: PublicationPolicy, new: dict[str, str], closed: list[str]) -> list[str]:
    """Return queries that count such rows. `new`: by public table, the SQL condition of rows to judge."""
    least = {
        "label": policy["public_least_label_count"], "reports": policy["public_round_least_reports"],
        "share": policy["public_least_share_count"], "others": policy["label_least_others"],
        "hotspot": policy["hotspot_label_scale"] / 10_000, "completeness": policy["completeness_scale"],
    }  # fmt: skip
    queries = [
        "from duckdb_tables() where database_name = 'public' and schema_name not in ('published', 'meta')"
    ]
    for table, rows in new.items():
        listed = f"from public.published.{table} as listed where {rows}"
        if has_public_periods(table):
            queries.append(f"{listed} and coalesce(period_id, '-') not in ({texts(closed)})")
        if counts := COUNTS.get(table):
            queries.append(f"{listed} and coalesce({', '.join(counts)}) is null")
            queries.append(
                f"from duckdb_columns() where database_name = 'public' and table_name = '{table}' "
                f"and data_type not like '%CHAR%' and data_type not like 'ENUM%' "
                f"and column_name not in ({texts([*counts, 'per_100000'])})"
            )
            if table != "traits":
                queries.append(f"{listed} and (comparison is not null or change is not null)")
        if table in _RULES:
            queries.append(_RULES[table].format(new=rows, **least))
        elif table not in COUNTS:
            queries.append(listed)
    return [f"select count(*) {query}" for query in queries]


# A case has one start, one end, one corridor and one direction.
_DISJOINT = ("directions", "starts", "ends", "corridors")
# By table: parts of its rows, each with the whole.
_PARTS = {
    "directions": {"child_count": "movement_count"},
    "starts": {"child_count": "movement_count", "home_count": "movement_count"},
    "ends": {
        "child_count": "movement_count",
        "coalesce(exploited_count, 0) + coalesce(last_known_count, 0) + coalesce(intended_count, 0)":
            "movement_count",
    },
    "corridors": {"intended_count": "movement_count"},
    "passings": {"passing_count": "total"},
    "border_points": {"passing_count": "total", "first_known_count": "total"},
    "traits": {"trait_count": "total"},
}  # fmt: skip


def contradictions(schema: str, columns: Mapping[str, Collection[str]], new: str) -> Iterator[str]:
    """Yield queries that count the contradictions of an edition's counts.

    `schema`: `DATABASE.SCHEMA`; `columns`: of each table; `new`: the SQL condition of rows to judge.
    """

    def sums(table: str, *key: str) -> str:
        named = ", ".join(("period_id", *key))
        counted = f"sum(movement_count) as total from {schema}.{table} as listed"
        # A direction that fell to nothing need not have had a corridor of five.
        return f"select {named}, {counted} where {new} group by all having total > 0"

    differ = "or min(total) < max(total)"
    of_each = " union all ".join(sums(table) for table in _DISJOINT)
    yield f"from ({of_each}) group by period_id having count(*) < {len(_DISJOINT)} {differ}"
    by_direction = " union all ".join(sums(table, "direction") for table in ("directions", "corridors"))
    yield f"from ({by_direction}) group by period_id, direction having count(*) < 2 {differ}"
    for table, parts in _PARTS.items():
        for part, whole in parts.items():
            if part.endswith("_count") and part not in columns.get(table, ()):
                continue
            rest = "true" if whole != "total" else " and ".join(
                f"{column} <> 'fewer'" for column in ("place_id", "code") if column in columns.get(table, ())
            )  # fmt: skip
            yield (
                f"from {schema}.{table} as listed left join ({sums('directions')}) using (period_id) "
                f"where {new} and {rest} and ({part}) > coalesce({whole}, 0)"
            )
    if "corridors_via" in columns:
        yield f"""
from {schema}.corridors_via as listed
left join (
    select period_id, start_place_id, end_place_id, sum(movement_count) as count
    from {schema}.corridors group by all
) as corridors using (period_id, start_place_id, end_place_id)
left join (
    select period_id, sum(movement_count) as count
    from {schema}.corridors where start_place_id = 'fewer' group by all
) as rest using (period_id)
left join {schema}.border_points as points
    on points.period_id = listed.period_id and points.place_id = via_place_id
where {new} and via_place_id <> 'fewer' and (
    listed.passing_count > coalesce(corridors.count, 0) + coalesce(rest.count, 0)
    or (via_place_id like 'bp-%' and listed.passing_count > coalesce(points.passing_count, 0))
)"""
