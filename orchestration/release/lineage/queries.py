"""Build queries to a lineage: the records, watched months and rounds behind a row, by the row's key.

The views they read are named like the files of a lineage (`tables`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.core import UsageError, record_of

Key = Mapping[str, str]
_MONTHS = re.compile(r"(\d{4})-(\d{2})-12m")


@dataclass(frozen=True)
class Query:
    """A query to a lineage; a column `part` names the role of a record if there are several."""

    sql: str
    parameters: dict[str, Any]


BuildQuery = Callable[[Key], Query]


def movement_id(text: str) -> int:
    """Read a movement's id, a number or `r-…`."""
    try:
        return record_of(text) if text.startswith("r-") else int(text)
    except ValueError:
        raise UsageError(f"{text} is no movement_id. Give it as in fct_movements, or as `r-…`.") from None


_AT_A_LINE = """
    select *{part} from records
    where
        record_grain = $record_grain
        and ($population = 'all' or is_child)
        and (is_counted or is_prevented)
        and record in (
            select record from lines
            where counting_table = $table and ($role is null or counting_role = $role) and counting_id = $line
        )
"""
_IN_PERIOD = " and record in (select record from periods where period_id = $period_id)"
_IN_BASELINE = """(
    round = $baseline_round
    or (month_from >= $baseline_from and month_to <= $baseline_to)
    or record in (select record from periods where period_id = $baseline_window)
)"""
_IN_CURRENT = _IN_BASELINE.replace("$baseline", "$current")
# A movement is counted by the cells of its smallest record; all its counted records stand behind it.
_OF_MOVEMENTS = """
    select * from records
    where is_counted and movement in (
        select record from records
        where
            record_grain = $record_grain
            and ($population = 'all' or is_child)
            and record in (select record from periods where period_id = $period_id)
            and {cells}
    )
"""
_IN_CELL = """record in (select record from cells where table_name = '{table}' and cell_id = ${table})"""


def _movements(key: Key, **cells: str) -> Query:
    """Select movements of a period that belong to each of these cells; `cells` maps tables to cell ids."""
    sql = _OF_MOVEMENTS.format(cells=" and ".join(_IN_CELL.format(table=table) for table in cells))
    parameters = {name: key[name] for name in ("record_grain", "population", "period_id")}
    return Query(sql, parameters | cells)


def corridor(key: Key) -> Query:
    return _movements(key, corridors=f"{key['level']}|{key['corridor_id']}")


def place(key: Key) -> Query:
    return _movements(key, places=f"{key['role']}|{key['place_id']}")


def code(key: Key) -> Query:
    """Select movements with a code: all of them, those of a place in its role, or those of a corridor."""
    cells = {"codes": f"{key['domain']}|{key['code']}"}
    if key["subject"] == "place":
        cells["places"] = f"{key['role']}|{key['place_id']}"
    if key["subject"] == "corridor":
        cells["corridors"] = f"od|{key['corridor_id']}"
    return _movements(key, **cells)


def route(key: Key) -> Query:
    table = {"corridor": "corridors", "place": "places"}.get(key["line"], "codes")
    reports = {"record_grain": "route_report", "population": "all", "period_id": key["period_id"]}
    return _movements(reports, **{table: key["line_id"]})


def _line(table: str, role: str | None, line: str, key: Key, population: str) -> Query:
    parameters = {"table": table, "role": role, "line": line, "population": population}
    parameters |= {name: key[name] for name in ("record_grain", "period_id")}
    return Query(_AT_A_LINE.format(part="") + _IN_PERIOD, parameters)


def corridor_records(key: Key) -> Query:
    return _line("corridors", key["level"], key["corridor_id"], key, key["population"])


def hotspot(key: Key) -> Query:
    return _line("hotspots", key["role"], key["place_id"], key, key["population"])


def risk(key: Key) -> Query:
    return _line("hotspots", None, key["place_id"], key, "all")


def shift(key: Key) -> Query:
    parameters: dict[str, Any] = {
        "table": "corridors",
        "role": key["level"],
        "line": key["corridor_id"],
        "record_grain": key["record_grain"],
        "population": "all",
    }
    for side in ("baseline", "current"):
        window = key.get(f"{side}_window") or key[side]
        first, last = _months(window)
        parameters |= {
            f"{side}_window": window,
            f"{side}_from": first,
            f"{side}_to": last,
            f"{side}_round": window.removeprefix("round-") if window.startswith("round-") else None,
        }
    part = f", case when {_IN_BASELINE} then 'baseline' else 'current' end as part"
    windows = f" and is_counted and ({_IN_BASELINE} or {_IN_CURRENT})"
    return Query(_AT_A_LINE.format(part=part) + windows, parameters)


def alert(key: Key) -> Query:
    """Select the records of a corridor since the alert's first month, and those of its baseline."""
    parameters: dict[str, Any] = {
        "table": "corridors", "role": "od", "line": key["corridor_id"], "population": "all",
        "record_grain": "case", "first": key["first_month"],
    }  # fmt: skip
    first = "cast($first as date)"
    # The twelve months that ended three months before (`statistics/alerts`).
    baseline = f"(month_from >= {first} - to_months(14) and month_from <= {first} - to_months(3))"
    part = f", case when month_from >= {first} then 'current' else 'baseline' end as part"
    months = f" and is_counted and month_from = month_to and (month_from >= {first} or {baseline})"
    return Query(_AT_A_LINE.format(part=part) + months, parameters)


def _months(window: str) -> tuple[date | None, date | None]:
    """Return the first and last of the twelve months up to `2025-07-12m`; None for other windows."""
    match = _MONTHS.fullmatch(window)
    if match is None:
        return None, None
    last = date(int(match[1]), int(match[2]), 1)
    number = last.year * 12 + last.month - 12
    return date(number // 12, number % 12 + 1, 1), last


def movement(key: Key) -> Query:
    named = "select movement from records where record_id = $id and record = movement"
    return Query(
        f"select * from records where movement in ({named})", {"id": movement_id(key["movement_id"])}
    )


def completeness(key: Key) -> Query:
    """Select all records, counted or not, marked by whether they state the field."""
    sql = """
        select
            *,
            case
                when record in (select record from fields where field = $field) then 'stated'
                else 'not_stated'
            end as part
        from records
        where record_grain = $record_grain
    """
    return Query(sql + _IN_PERIOD, dict(key))


def novelty(key: Key) -> Query:
    """Select records that name the item in this round (`now`) or in an earlier one (`before`)."""
    sql = """
        with this_round as (select max(round_number) as round_number from rounds where round = $round)

        select
            records.*,
            case when items.round_number = this_round.round_number then 'now' else 'before' end as part
        from items
        cross join this_round
        inner join records on items.record = records.record
        where
            items.item_kind = $item_kind
            and items.item = $item
            and items.item_role = $role
            and records.record_grain = $record_grain
            and items.round_number <= this_round.round_number
    """
    parameters = {name: key[name] for name in ("item_kind", "item", "role", "record_grain")}
    return Query(sql, parameters | {"round": _round(key)})


def _round(key: Key) -> str:
    return key.get("round") or key["period_id"].removeprefix("round-")


def reporting(key: Key) -> Query:
    """Select sources that reported up to this round, with their declared coverage; empty reports count."""
    sql = """
        select *
        from rounds
        where
            record_grain = $record_grain
            and round_number <= (select max(round_number) from rounds where round = $round)
        order by all
    """
    return Query(sql, {"record_grain": key["record_grain"], "round": _round(key)})


_WATCHED = """
    select distinct
        extracts.*,
        watches.watched_place_id,
        watches.role,
        watches.month
    from watches
    inner join extracts on watches.partner = extracts.partner and watches.extract_id = extracts.extract_id
    inner join calendar on watches.month >= calendar.first_month and watches.month <= calendar.last_day
    where
        calendar.period_id = $period_id
        and watches.place_id = $place_id
        and watches.record_grain = $record_grain
        and ($role is null or watches.role = $role)
"""


def watched(key: Key) -> Query:
    """Select the extracts that cover the place, with declared coverage and months of the period."""
    parameters = {name: key[name] for name in ("period_id", "place_id", "record_grain")}
    return Query(f"{_WATCHED} order by all", {**parameters, "role": key.get("role")})


def watched_anywhere(key: Key) -> Query:
    """Select the extracts that cover any place, with months of the period."""
    sql = """
        select distinct extracts.*, null as watched_place_id, null as role, watches.month
        from watches
        inner join extracts on watches.partner = extracts.partner and watches.extract_id = extracts.extract_id
        inner join calendar on watches.month >= calendar.first_month and watches.month <= calendar.last_day
        where calendar.period_id = $period_id and watches.record_grain = $record_grain
        order by all
    """
    return Query(sql, {name: key[name] for name in ("period_id", "record_grain")})


def month_makers(key: Key) -> Query:
    """Select the records that show which months an extract without declared period covers."""
    sql = f"""
        select records.*, 'month' as part
        from records
        inner join (
            select distinct partner, extract_id, month from ({_WATCHED}) where period_from is null
        ) as months
            on records.partner = months.partner and records.extract_id = months.extract_id
        where records.month_from = months.month and records.month_to = months.month
    """
    return Query(sql, watched(key).parameters)


def of_round(key: Key) -> Query:
    """Select the extracts that declare the round."""
    return Query(
        "select *, null as watched_place_id, null as role, null as month from extracts "
        "where 'round-' || round = $period_id order by all",
        {"period_id": key["period_id"]},
    )


def of_context(key: Key) -> Query:
    """Select the extracts that hold a table of others, or the flow counts of a partner."""
    return Query(
        "select *, null as watched_place_id, null as role, null as month from extracts "
        "where record_grain = 'flow_count' and coalesce(publication, '') = $publication "
        "and ($partner_code is null or partner_code = $partner_code) order by all",
        {"publication": key["publication"], "partner_code": key.get("partner_code")},
    )
