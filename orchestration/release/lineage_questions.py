"""How a lineage is asked for what stands behind a row: one question a reading of the row's key.

The views of a lineage are named as its files (`lineage_tables`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.errors import UsageError
from orchestration.keys import record_of

Key = Mapping[str, str]
TOTAL = "*"
_MONTHS = re.compile(r"(\d{4})-(\d{2})-12m")


@dataclass(frozen=True)
class Asked:
    """A question to a lineage. Where its rows stand behind a row in several ways, `part` says in which."""

    sql: str
    parameters: dict[str, Any]


Ask = Callable[[Key], list[Asked]]


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
# A movement lies where its smallest record says, and all of its counted records tell of it.
_OF_MOVEMENTS = """
    select * from records
    where is_counted and movement in (
        select movement from records
        where
            record = movement
            and is_counted
            and record_grain = $record_grain
            and ($population = 'all' or is_child)
            and record in (select record from periods where period_id = $period_id)
            and {ends}
    )
"""


def _line(table: str, role: str | None, line: str, key: Key, population: str) -> Asked:
    parameters = {"table": table, "role": role, "line": line, "population": population}
    told = {name: key[name] for name in ("record_grain", "period_id")}
    return Asked(_AT_A_LINE.format(part="") + _IN_PERIOD, parameters | told)


def corridor(key: Key) -> list[Asked]:
    return [_line("corridors", key["level"], key["corridor_id"], key, key["population"])]


def hotspot(key: Key) -> list[Asked]:
    return [_line("hotspots", key["role"], key["place_id"], key, key.get("population", "all"))]


def risk(key: Key) -> list[Asked]:
    return [_line("hotspots", None, key["place_id"], key, "all")]


def shift(key: Key) -> list[Asked]:
    parameters: dict[str, Any] = {
        "table": "corridors",
        "role": key.get("level", "od"),
        "line": key["corridor_id"],
        "record_grain": key["record_grain"],
        "population": "all",
    }
    for side in ("baseline", "current"):
        window = key[f"{side}_window"]
        first, last = _months(window)
        parameters |= {
            f"{side}_window": window,
            f"{side}_from": first,
            f"{side}_to": last,
            f"{side}_round": window.removeprefix("round-") if window.startswith("round-") else None,
        }
    part = f", case when {_IN_BASELINE} then 'baseline' else 'current' end as part"
    windows = f" and is_counted and ({_IN_BASELINE} or {_IN_CURRENT})"
    return [Asked(_AT_A_LINE.format(part=part) + windows, parameters)]


def _months(window: str) -> tuple[date | None, date | None]:
    """First and last of the twelve months that `2025-07-12m` ends."""
    found = _MONTHS.fullmatch(window)
    if found is None:
        return None, None
    last = date(int(found[1]), int(found[2]), 1)
    number = last.year * 12 + last.month - 12
    return date(number // 12, number % 12 + 1, 1), last


def counts(population: str) -> Ask:
    def ask(key: Key) -> list[Asked]:
        if "role" in key:
            is_whole = key["place_id"] == TOTAL
            ends = {} if is_whole else {key["role"]: key["place_id"]}
        else:
            ends = {end: key[f"{end}_place_id"] for end in ("origin", "destination")}
        parameters = {name: key[name] for name in ("record_grain", "period_id")} | {"population": population}
        return [
            Asked(_OF_MOVEMENTS.format(ends=" and ".join(reading) or "true"), parameters | ends)
            for reading in _readings(list(ends))
        ]

    return ask


def _readings(ends: list[str]) -> list[list[str]]:
    """Each end as the place itself, and as a country told whole."""
    readings: list[list[str]] = [[]]
    for end in ends:
        as_said = f"{end}_place_id = ${end}"
        whole = f"(${end} in ({end}_place_id, {end}_country_place_id))"
        readings = [[*one, way] for way in (as_said, whole) for one in readings]
    return readings


def code(key: Key) -> list[Asked]:
    """Of the movements of a corridor those that tell the code, by what their smallest record tells."""
    return _some_of_a_corridor(key, "select record from codes where domain = $domain and code = $code")


def route(key: Key) -> list[Asked]:
    line = ">".join(key[f"{end}_place_id"] for end in ("origin", "via", "destination"))
    passed = (
        "select record from lines "
        "where counting_table = 'corridors' and counting_role = 'odv' and counting_id = $line"
    )
    return _some_of_a_corridor({**key, "line": line}, passed)


def _some_of_a_corridor(key: Key, some: str) -> list[Asked]:
    ends = "origin_place_id = $origin_place_id and destination_place_id = $destination_place_id"
    sql = _OF_MOVEMENTS.format(ends=f"{ends} and record in ({some})")
    parameters = {"population": "all", **key}
    return [Asked(sql, {name: value for name, value in parameters.items() if f"${name}" in sql})]


def movement(key: Key) -> list[Asked]:
    named = "select movement from records where record_id = $id and record = movement"
    return [
        Asked(
            f"select * from records where movement in ({named})", {"id": movement_named(key["movement_id"])}
        )
    ]


def completeness(key: Key) -> list[Asked]:
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
    return [Asked(sql + _IN_PERIOD, dict(key))]


def novelty(key: Key) -> list[Asked]:
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
    return [Asked(sql, dict(key))]


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
    return Asked(sql, {name: key[name] for name in ("record_grain", "round")})


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
    told = {name: key[name] for name in ("period_id", "place_id", "record_grain")}
    return Asked(f"{_WATCHED} order by all", {**told, "role": key.get("role")})


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


def month_makers(key: Key) -> list[Asked]:
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
    return [Asked(sql, asked.parameters)]


def of_round(key: Key) -> Asked:
    """Extracts that declare the round."""
    return Asked(
        "select *, null as watched_place_id, null as role, null as month from extracts "
        "where 'round-' || round = $period_id order by all",
        {"period_id": key["period_id"]},
    )
