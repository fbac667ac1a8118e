"""Which records and extracts stand behind a row of each published table: SQL that the lineage is made by.

A row is named by its table and by the values of the key that its model declares. A new published table gets
an entry in BEHIND, or its reason in `tests/pipeline/test_trace.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.core import quoted
from orchestration.release.published_tables import key_of


@dataclass(frozen=True)
class Behind:
    """Records behind the rows of a table: SQL over its columns for each column of `keys.parquet`.

    `counts`: the counted records of these `movements`, the counted `records`, those with `prevented`
    interceptions, or `all`. `period`: null is any time. `also`: a second cell that a record must belong to.
    """

    cell: str
    counts: str = "records"
    part: str = ""
    period: str = "period_id"
    also: str = "null"
    grain: str = "record_grain"
    children: str = "false"


WATCHED = "watched"  # a part without records: `cell` begins the cell of its extracts in `watches.parquet`
_CHILDREN = "population = 'children'"
_CORRIDOR = "'records of corridors|' || {level} || '|' || corridor_id"
_HOTSPOT = (
    Behind("'records of hotspots|' || role || '|' || place_id", "prevented", children=_CHILDREN),
    Behind("'watched|' || record_grain || '|' || place_id || '|' || role || '|'", part=WATCHED),
)
_ROLES = (
    "(select list(distinct counting_role) from intermediate.int_counting_keys "
    "where counting_table = 'hotspots')"
)
_RISK = (Behind(f"'records of hotspots|' || unnest({_ROLES}) || '|' || place_id", "prevented"),)
_COMPLETENESS = (
    Behind("'fields|' || field || '|1'", "all", "stated"),
    Behind("'fields|' || field || '|0'", "all", "not_stated"),
)
_REPORTED = (Behind("'watched|' || record_grain || '|'", part=WATCHED),)
# Two windows of one corridor.
_MONTH = "strftime(first_month, '%Y-%m')"
_ALERT = tuple(
    Behind(_CORRIDOR.format(level="'od'"), part=part, period=f"{_MONTH} || '{window}'", grain="'case'")
    for part, window in (("baseline", "-before"), ("current", "-on"))
)


def _shift(baseline: str, current: str) -> tuple[Behind, ...]:
    parts = {"baseline": baseline, "current": current}
    return tuple(
        Behind(_CORRIDOR.format(level="level"), part=name, period=column) for name, column in parts.items()
    )


def _items(period: str, *parts: str) -> tuple[Behind, ...]:
    """Records that name an item in this round and before, and extracts that declare either round."""
    cell = "'items|' || item_kind || '|' || item || '|' || role"
    sides = {"now": period, "before": f"'before-' || {period}"}
    watched = f"'reported|' || record_grain || '|' || {period} || '|'"
    return (
        *(Behind(cell, "all", part, side) for part, side in sides.items()),
        Behind(watched, part=WATCHED, period="null"),
    )


def _context(*partner: str) -> tuple[Behind, ...]:
    cell = " || '|' || ".join(("'publication'", "coalesce(publication, '')", *partner))
    return (Behind(f"{cell} || '|'", part=WATCHED, period="null"),)


# The tables that can be traced, besides those whose key names a movement.
BEHIND: dict[str, tuple[Behind, ...]] = {
    "published.corridors": (
        Behind("'corridors|' || level || '|' || corridor_id", "movements", children=_CHILDREN),
    ),
    "published.places": (Behind("'places|' || role || '|' || place_id", "movements", children=_CHILDREN),),
    "published.codes": (
        Behind(
            "'codes|' || domain || '|' || code",
            "movements",
            also="case subject when 'place' then 'places|' || role || '|' || place_id "
            "when 'corridor' then 'corridors|od|' || corridor_id end",
            children=_CHILDREN,
        ),
    ),
    "published.routes": (
        Behind(
            "case line when 'corridor' then 'corridors' when 'place' then 'places' else 'codes' end "
            "|| '|' || line_id",
            "movements",
            grain="'route_report'",
        ),
    ),
    "published.shifts": _shift("baseline", "current"),
    "published.alerts": _ALERT,
    "published.hotspots": _HOTSPOT,
    "published.risk": _RISK,
    "published.coverage": _REPORTED,
    "published.completeness": _COMPLETENESS,
    "published.novelty": _items("period_id"),
    "published.context_counts": _context(),
    "published.periods": (Behind("period_id || '|'", part=WATCHED, period="null", grain="null"),),
    "marts.mart_corridors": (Behind(_CORRIDOR.format(level="level"), "prevented", children=_CHILDREN),),
    "marts.mart_places": _HOTSPOT,
    "marts.mart_hotspots": _HOTSPOT,
    "marts.mart_corridor_shifts": _shift("baseline_window", "current_window"),
    "marts.mart_alerts": _ALERT,
    "marts.mart_regional_risk": _RISK,
    "marts.mart_coverage": (Behind("'watched|' || record_grain || '|' || place_id || '|'", part=WATCHED),),
    "marts.mart_completeness": _COMPLETENESS,
    "marts.mart_reported_periods": _REPORTED,
    "marts.mart_novelty": _items("'round-' || round"),
    "marts.mart_not_seen_again": _items("'round-' || round"),
    "marts.mart_context_counts": _context("partner_code"),
}

# Records that select a row by its cells, period and grain; `asked` are rows of `keys.parquet`. A record is
# joined by cell and period at once: thousands of rows share a cell and differ in the period.
COUNTED = """
    select distinct
        asked.table_name, asked.row_key, asked.part, asked.counts, reached.record, reached.movement
    from asked
    inner join (
        select
            cells.cell, in_periods.period_id, records.record_grain, records.record, records.movement,
            records.is_child
        from 'cells.parquet' as cells
        inner join 'records.parquet' as records on cells.record = records.record
        inner join (
            select record, period_id from 'periods.parquet'
            union all
            select record, '' as period_id from 'records.parquet'
        ) as in_periods on cells.record = in_periods.record
        where cells.cell in (select cell from asked)
    ) as reached
        on asked.cell = reached.cell
            and coalesce(asked.period_id, '') = reached.period_id
            and asked.record_grain = reached.record_grain
    left join 'cells.parquet' as also on asked.also_cell = also.cell and reached.record = also.record
    where (reached.is_child or not asked.children) and (asked.also_cell is null or also.record is not null)
"""


def row_key(columns: Collection[str]) -> str:
    """Return SQL for the key of a row as one text: its values joined by `|`, a null empty."""
    values = ", ".join(f"coalesce({quoted(column)}::varchar, '')" for column in columns)
    return f"concat_ws('|', {values})"


def named_keys(manifest: Mapping[str, Any]) -> Iterator[str]:
    for table in BEHIND.keys() & manifest["tables"].keys():
        for behind in BEHIND[table]:
            yield f"""
                select distinct '{table}' as table_name, {row_key(key_of(manifest, table))} as row_key,
                    '{behind.part}' as part, '{behind.counts}' as counts, {behind.cell} as cell,
                    ({behind.also})::varchar as also_cell, ({behind.period})::varchar as period_id,
                    ({behind.grain})::varchar as record_grain, {behind.children} as children
                from {table}
            """
