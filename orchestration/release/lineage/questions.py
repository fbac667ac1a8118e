"""Questions to a lineage: which records, watched months and rounds stand behind a row, by the row's key.

The views of a lineage are named as its files (`lineage_tables`).
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
class Asked:
    """A question to a lineage. Where its rows stand behind a row in several ways, `part` says in which."""

    sql: str
    parameters: dict[str, Any]


Ask = Callable[[Key], Asked]


def movement_named(word: str) -> int:
    """A movement's id as a number or as `r-…`."""
    try:
        return record_of(word) if word.startswith("r-") else int(word)
    except ValueError:
        raise UsageError(f"{word} is no movement_id. Give it as fct_movements has it, or as `r-…`.") from None


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
# A movement is counted as its smallest record says; all of its counted records stand behind it.
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


def _movements(key: Key, **cells: str) -> Asked:
    """Movements of a period that stand in each of these cells, a cell of a table."""
    sql = _OF_MOVEMENTS.format(cells=" and ".join(_IN_CELL.format(table=table) for table in cells))
    asked = {name: key[name] for name in ("record_grain", "population", "period_id")}
    return Asked(sql, asked | cells)


def corridor(key: Key) -> Asked:
    return _movements(key, corridors=f"{key['level']}|{key['corridor_id']}")


def place(key: Key) -> Asked:
    return _movements(key, places=f"{key['role']}|{key['place_id']}")


def code(key: Key) -> Asked:
    """Of all movements, or of those of a place in its role or of a corridor."""
    cells = {"codes": f"{key['domain']}|{key['code']}"}
    if key["subject"] == "place":
        cells["places"] = f"{key['role']}|{key['place_id']}"
    if key["subject"] == "corridor":
        cells["corridors"] = f"od|{key['corridor_id']}"
    return _movements(key, **cells)


def route(key: Key) -> Asked:
    table = {"corridor": "corridors", "place": "places"}.get(key["line"], "codes")
    reports = {"record_grain": "route_report", "population": "all", "period_id": key["period_id"]}
    return _movements(reports, **{table: key["line_id"]})


def _line(table: str, role: str | None, line: str, key: Key, population: str) -> Asked:
    parameters = {"table": table, "role": role, "line": line, "population": population}
    asked = {name: key[name] for name in ("record_grain", "period_id")}
    return Asked(_AT_A_LINE.format(part="") + _IN_PERIOD, parameters | asked)


def corridor_records(key: Key) -> Asked:
    return _line("corridors", key["level"], key["corridor_id"], key, key["population"])


def hotspot(key: Key) -> Asked:
    return _line("hotspots", key["role"], key["place_id"], key, key["population"])


def risk(key: Key) -> Asked:
    return _line("hotspots", None, key["place_id"], key, "all")


def shift(key: Key) -> Asked:
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
    return Asked(_AT_A_LINE.format(part=part) + windows, parameters)


def _months(window: str) -> tuple[date | None, date | None]:
    """First and last of the twelve months that `2025-07-12m` ends."""
    found = _MONTHS.fullmatch(window)
    if found is None:
        return None, None
    last = date(int(found[1]), int(found[2]), 1)
    number = last.year * 12 + last.month - 12
    return date(number // 12, number % 12 + 1, 1), last


def movement(key: Key) -> Asked:
    named = "select movement from records where record_id = $id and record = movement"
    return Asked(
        f"select * from records where movement in ({named})", {"id": movement_named(key["movement_id"])}
    )


def completeness(key: Key) -> Asked:
    """All records of the base, counted or not, apart by whether they state the field."""
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
    return Asked(sql + _IN_PERIOD, dict(key))


def novelty(key: Key) -> Asked:
    """Who named the item in this round, and in any round before: of what is new the second is empty."""
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
    asked = {name: key[name] for name in ("item_kind", "item", "role", "record_grain")}
    return Asked(sql, asked | {"round": _round(key)})


def _round(key: Key) -> str:
    return key.get("round") or key["period_id"].removeprefix("round-")


def reporting(key: Key) -> Asked:
    """Who reported in the round or before, with the coverage declared then; an empty report counts."""
    sql = """
        select round, round_number, partner, coverage
        from rounds
        where
            record_grain = $record_grain
            and round_number <= (select max(round_number) from rounds where round = $round)
        order by all
    """
    return Asked(sql, {"record_grain": key["record_grain"], "round": _round(key)})


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


def watched(key: Key) -> Asked:
    """Which extracts report of the place, by which declared coverage, in which months of the period."""
    asked = {name: key[name] for name in ("period_id", "place_id", "record_grain")}
    return Asked(f"{_WATCHED} order by all", {**asked, "role": key.get("role")})


def watched_anywhere(key: Key) -> Asked:
    """Which extracts report of any place in which months of the period."""
    sql = """
        select distinct extracts.*, null as watched_place_id, null as role, watches.month
        from watches
        inner join extracts on watches.partner = extracts.partner and watches.extract_id = extracts.extract_id
        inner join calendar on watches.month >= calendar.first_month and watches.month <= calendar.last_day
        where calendar.period_id = $period_id and watches.record_grain = $record_grain
        order by all
    """
    return Asked(sql, {name: key[name] for name in ("period_id", "record_grain")})


def month_makers(key: Key) -> Asked:
    """Records that make a month known of an extract that declares no period."""
    asked = watched(key)
    sql = f"""
        select records.*, 'month' as part
        from records
        inner join (
            select distinct partner, extract_id, month from ({_WATCHED}) where period_from is null
        ) as months
            on records.partner = months.partner and records.extract_id = months.extract_id
        where records.month_from = months.month and records.month_to = months.month
    """
    return Asked(sql, asked.parameters)


def of_round(key: Key) -> Asked:
    """Extracts that declare the round."""
    return Asked(
        "select *, null as watched_place_id, null as role, null as month from extracts "
        "where 'round-' || round = $period_id order by all",
        {"period_id": key["period_id"]},
    )
