"""Which records and extracts stand behind a row of each published table: SQL that the lineage is made by.

A row is named by its table and by the values of the key that its model declares. A new published table gets
an entry in BEHIND or its cells in `int_cells`, or its reason in `tests/pipeline/test_trace.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.core import quoted
from orchestration.release.published_tables import key_of


@dataclass(frozen=True)
class Behind:
    """Records behind a count of a table's rows: SQL over its columns for each column of `counts.parquet`.

    `part`: the column that counts them, or their role. `counts`: the counted `records`, the `prevented` ones,
    or `all`. `period`: null is any time. `flag`: a flag of the records (`is_child`).
    """

    cell: str
    counts: str = "records"
    part: str = ""
    period: str = "period_id"
    grain: str = "'case'"
    flag: str = "null"


WATCHED = "watched"  # a part without records: `cell` begins the cell of its extracts in `watches.parquet`
# Tables of counts: the columns of their cells (`int_cells`) count what stands in a row (`int_edition_cells`).
_OF_CELLS = (
    "directions", "starts", "ends", "corridors", "corridors_via", "passings", "border_points", "traits",
    "mentions",
)  # fmt: skip
_COUNTS = {"prevented_count": "prevented"}
# A cell of a row of its own is compared with the year before.
_KEYS_OF_CELLS = """
    with cells as (
        select
            edition, 'published.' || table_name as table_name, case table_name {row_keys} end as row_key,
            column_name, table_name || '|' || column_name || '|' || cell_id as cell, period_id,
            row_id = cell_id and comparison is not null and column_name in ('movement_count', 'passing_count')
                as is_compared
        from intermediate.int_edition_cells
        inner join (select table_name, column_name, cell_id, period_id from intermediate.int_cells)
            using (table_name, cell_id, period_id)
        left join intermediate.int_comparisons using (table_name, cell_id, period_id)
    )
    select
        edition, table_name, row_key, column_name as part,
        case column_name when 'stopped_count' then 'prevented' else 'movements' end as counts,
        cell, period_id,
        case column_name
            when 'stopped_count' then 'interception' when 'mention_count' then 'route_report' else 'case'
        end as record_grain,
        null as flag
    from cells
    union all
    select
        edition, table_name, row_key, unnest(['like_count', 'like_earlier_count']), 'movements', cell,
        unnest([period_id, 'before-' || period_id]), 'case', unnest(['is_like', 'is_like_later'])
    from cells where is_compared
"""


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


BEHIND: dict[str, tuple[Behind, ...]] = {
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
    "published.still_to_come": _reported("'case'"),
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
    "marts.mart_still_to_come": _reported("record_grain"),
    "marts.mart_reported_periods": _reported("record_grain"),
    "marts.mart_novelty": _items("'round-' || round", "record_grain"),
    "marts.mart_not_seen_again": _items("'round-' || round", "record_grain"),
    "marts.mart_context_counts": _context("partner_code"),
}

# The tables that can be traced, besides those whose key names a movement. Those of `series` are the quarters
# of the published ones.
TRACED = frozenset({*BEHIND, *(f"published.{table}" for table in _OF_CELLS)})

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


def row_key(columns: Iterable[str]) -> str:
    """Return SQL for the key of a row as one text: its values joined by `|`, a null empty."""
    values = ", ".join(f"coalesce({quoted(column)}::varchar, '')" for column in columns)
    return f"concat_ws('|', {values})"


def named_keys(manifest: Mapping[str, Any]) -> str:
    """Return SQL for the rows of `counts.parquet`, without the days of their periods."""
    row_keys = {
        table: row_key(
            "row_id" if name == "mention_id" else name for name in key_of(manifest, f"published.{table}")
        )
        for table in _OF_CELLS
        if f"published.{table}" in manifest["tables"]
    }
    selects = [
        f"""
            select
                {"edition" if table.startswith("published.") else "'members'"} as edition,
                '{table}' as table_name, {row_key(key_of(manifest, table))} as row_key,
                '{behind.part}' as part, '{behind.counts}' as counts, {behind.cell} as cell,
                ({behind.period})::varchar as period_id, ({behind.grain})::varchar as record_grain,
                ({behind.flag})::varchar as flag
            from {table}
        """
        for table in BEHIND.keys() & manifest["tables"].keys()
        for behind in BEHIND[table]
    ]
    if row_keys:
        keys = " ".join(f"when '{table}' then {key}" for table, key in row_keys.items())
        selects.append(f"({_KEYS_OF_CELLS.format(row_keys=keys)})")
    return f"select * from ({' union '.join(selects)}) where row_key is not null and cell is not null"
