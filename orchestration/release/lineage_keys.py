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
    """Records behind a count of a table's rows: SQL over its columns for each column of `counts.parquet`.

    `part`: the column that counts them, or their role. `counts`: the counted records of these `movements`,
    the counted `records`, the `prevented` ones, or `all`. `period`: null is any time. `flag`: a flag of the
    records (`is_child`, `is_like`, `is_like_later`). `source`: replaces the table.
    """

    cell: str
    counts: str = "records"
    part: str = ""
    period: str = "period_id"
    grain: str = "'case'"
    flag: str = "null"
    source: str = ""


WATCHED = "watched"  # a part without records: `cell` begins the cell of its extracts in `watches.parquet`
# The tables that count cells: the cell of a row, the column that counts it, and columns of its parts.
_CELLS = {
    "directions": ("direction", "movement_count", "child_count"),
    "starts": ("place_id", "movement_count", "home_count", "child_count"),
    "ends": (
        "place_id", "movement_count", "exploited_count", "last_known_count", "intended_count", "child_count",
    ),
    "corridors": (
        "start_place_id || '>' || end_place_id || '|' || direction", "movement_count", "intended_count",
    ),
    "corridors_via": ("start_place_id || '>' || via_place_id || '>' || end_place_id", "passing_count"),
    "passings": ("place_id", "passing_count"),
    "border_points": ("place_id", "passing_count", "first_known_count", "stopped_count"),
    "traits": ("trait || '|' || code", "trait_count"),
    "mentions": ("mention_id", "mention_count"),
}  # fmt: skip
_NOT_COMPARED = ("corridors_via", "traits", "mentions")
_COUNTS = {"stopped_count": "prevented", "prevented_count": "prevented"}
_GRAINS = {"stopped_count": "'interception'", "mention_count": "'route_report'"}


def _rows_with_cells(table: str, cell: str) -> str:
    """Return SQL for the rows of a table with their cells: a row `fewer` has all that no other row shows.

    Public directions without a row of their own are part of the row `unknown` of directions, and of its row
    `fewer` of corridors: `shown_id` names their cells so.
    """
    is_shown = f"{{}} in (select (edition, period_id, {cell}) from published.{table})"
    shown_id = "cell_id"
    if table in ("directions", "corridors"):
        shown_id = f"""case
            when edition = 'members' or (edition, period_id, direction) in (
                select (edition, period_id, direction) from published.{table}
            ) then cell_id
            else replace(cell_id, direction, 'unknown')
        end"""
    return f"""(
        with named as (select *, {cell} as cell_id from published.{table}),
        cells as (
            select distinct cell_id, period_id, edition, {shown_id} as shown_id
            from intermediate.int_cells
            cross join (values ('members'), ('public')) as editions (edition)
            where (table_name = '{table}' or starts_with(table_name, '{table}|'))
                and not {is_shown.format("(edition, period_id, cell_id)")}
        )
        select *, false as is_fewer from named where not contains(cell_id, 'fewer')
        union all by name
        select named.* replace (cells.cell_id as cell_id), true as is_fewer
        from named
        inner join cells
            on named.edition = cells.edition
                and named.period_id = cells.period_id
                and cells.shown_id like replace(named.cell_id, 'fewer', '%')
        where contains(named.cell_id, 'fewer') or '{table}' = 'directions'
    )"""


def _of_cells(table: str, cell: str, whole: str, *parts: str) -> Iterator[Behind]:
    """Yield what each count of a row counts, and the cases like for like, now and a year before."""
    rows = _rows_with_cells(table, cell)
    for column in (whole, *parts):
        part = "children" if column == "child_count" else column.removesuffix("_count")
        of_cell = f"'{table}|' || cell_id" if column == whole else f"'{table}|{part}|' || cell_id"
        counts, grain = _COUNTS.get(column, "movements"), _GRAINS.get(column, "'case'")
        yield Behind(of_cell, counts, column, grain=grain, source=rows)
    if table not in _NOT_COMPARED:
        own = f"case when not is_fewer then '{table}|' || cell_id end"
        yield Behind(own, "movements", "like_count", flag="'is_like'", source=rows)
        before = "'before-' || period_id"
        yield Behind(own, "movements", "like_earlier_count", before, flag="'is_like_later'", source=rows)


def _records_of(
    cell: str, *columns: str, grain: str = "record_grain", flag: str = "null"
) -> tuple[Behind, ...]:
    """Return the counted records of a cell, and for `prevented_count` those that were prevented."""
    return tuple(
        Behind(cell, _COUNTS.get(column, "records"), column, grain=grain, flag=flag) for column in columns
    )


def _hotspot(people: str, *columns: str, grain: str = "record_grain") -> tuple[Behind, ...]:
    flag = f"case when {people} = 'children' then 'is_child' end"
    return (
        *_records_of("'records of hotspots|' || role || '|' || place_id", *columns, grain=grain, flag=flag),
        Behind(f"'watched|' || {grain} || '|' || place_id || '|' || role || '|'", part=WATCHED, grain=grain),
    )


_ROLES = (
    "(select list(distinct counting_role) from intermediate.int_counting_keys "
    "where counting_table = 'hotspots')"
)
_RISK = f"'records of hotspots|' || unnest({_ROLES}) || '|' || place_id"


def _completeness(grain: str) -> tuple[Behind, ...]:
    return (
        Behind("'fields|' || field || '|1'", "all", "known_count", grain=grain),
        Behind("'fields|' || field || '|' || unnest(['0', '1'])", "all", "record_count", grain=grain),
    )


def _reported(grain: str) -> tuple[Behind, ...]:
    return (Behind(f"'watched|' || {grain} || '|'", part=WATCHED, grain=grain),)


def _windows(grain: str = "'case'", level: str = "'od'", **columns: str) -> tuple[Behind, ...]:
    """Return two windows of one corridor: the period of each by its part."""
    cell = f"'records of corridors|' || {level} || '|' || corridor_id"
    return tuple(Behind(cell, part=column, period=period, grain=grain) for column, period in columns.items())


_MONTH = "strftime(first_month, '%Y-%m')"
_ALERT = _windows(before=f"{_MONTH} || '-before'", now=f"{_MONTH} || '-on'")


def _items(period: str, grain: str) -> tuple[Behind, ...]:
    """Records that name an item in this round and before, and extracts that declare either round."""
    cell = "'items|' || item_kind || '|' || item || '|' || role"
    return (
        Behind(cell, "all", "now", period, grain),
        Behind(cell, "all", "before", f"'before-' || {period}", grain),
        Behind(f"'reported|' || {grain} || '|' || {period} || '|'", part=WATCHED, period="null", grain=grain),
    )


def _context(*partner: str) -> tuple[Behind, ...]:
    cell = " || '|' || ".join(("'publication'", "coalesce(publication, '')", *partner))
    return (Behind(f"{cell} || '|'", part=WATCHED, period="null", grain="record_grain"),)


# The tables that can be traced, besides those whose key names a movement. Those of `series` are the quarters
# of the published ones.
BEHIND: dict[str, tuple[Behind, ...]] = {
    **{f"published.{table}": tuple(_of_cells(table, *counted)) for table, counted in _CELLS.items()},
    "published.shifts": _windows(
        level="case when via_place_id is null then 'od' else 'odv' end",
        earlier_count="earlier_period_id",
        later_count="period_id",
    ),
    "published.alerts": _ALERT,
    "published.hotspots": _hotspot("people", "", grain="'case'"),
    "published.risk": _records_of(_RISK, "", grain="'case'"),
    "published.coverage": _reported("'case'"),
    "published.completeness": _completeness("'case'"),
    "published.novelty": _items("period_id", "'route_report'"),
    "published.context_counts": _context(),
    "published.periods": (
        Behind(
            "case when period_kind = 'round' then period_id || '|' else 'watched|case|' end", part=WATCHED
        ),
    ),
    "marts.mart_corridors": _records_of(
        "'records of corridors|' || level || '|' || corridor_id",
        "record_count",
        "prevented_count",
        flag="case when population = 'children' then 'is_child' end",
    ),
    "marts.mart_places": _hotspot("population", "record_count", "prevented_count"),
    "marts.mart_hotspots": _hotspot("population", "record_count"),
    "marts.mart_corridor_shifts": _windows(
        "record_grain",
        "level",
        record_count_baseline="baseline_window",
        record_count_current="current_window",
    ),
    "marts.mart_alerts": _ALERT,
    "marts.mart_regional_risk": _records_of(_RISK, ""),
    "marts.mart_coverage": (
        Behind("'watched|' || record_grain || '|' || place_id || '|'", part=WATCHED, grain="record_grain"),
    ),
    "marts.mart_completeness": _completeness("record_grain"),
    "marts.mart_reported_periods": _reported("record_grain"),
    "marts.mart_novelty": _items("'round-' || round", "record_grain"),
    "marts.mart_not_seen_again": _items("'round-' || round", "record_grain"),
    "marts.mart_context_counts": _context("partner_code"),
}

# Records that select a row by its cells, period and grain; `asked` are rows of `counts.parquet`. A record is
# joined by cell and period at once: thousands of rows share a cell and differ in the period.
COUNTED = """
    select distinct
        asked.edition, asked.table_name, asked.row_key, asked.part, asked.counts, asked.cell,
        reached.record, reached.movement
    from asked
    inner join (
        select cells.cell, in_periods.period_id, records.*
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
    where case asked.flag
        when 'is_child' then reached.is_child
        when 'is_like' then reached.is_like
        when 'is_like_later' then reached.is_like_later
        else true
    end
"""


def row_key(columns: Collection[str]) -> str:
    """Return SQL for the key of a row as one text: its values joined by `|`, a null empty."""
    values = ", ".join(f"coalesce({quoted(column)}::varchar, '')" for column in columns)
    return f"concat_ws('|', {values})"


def named_keys(manifest: Mapping[str, Any]) -> str:
    """Return SQL for the rows of `counts.parquet`, without the days of their periods."""
    selects = [
        f"""
            select
                {"edition" if table.startswith("published.") else "'members'"} as edition,
                '{table}' as table_name, {row_key(key_of(manifest, table))} as row_key,
                '{behind.part}' as part, '{behind.counts}' as counts, {behind.cell} as cell,
                ({behind.period})::varchar as period_id, ({behind.grain})::varchar as record_grain,
                ({behind.flag})::varchar as flag
            from {behind.source or table}
        """
        for table in BEHIND.keys() & manifest["tables"].keys()
        for behind in BEHIND[table]
    ]
    return f"select * from ({' union '.join(selects)}) where cell is not null"
