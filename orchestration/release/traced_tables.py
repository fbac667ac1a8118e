"""Which published tables can be traced, by which key, and how a lineage is asked for what is behind a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.errors import UsageError
from orchestration.keys import record_of

Key = Mapping[str, str]
SEPARATOR, TOTAL = "|", "*"
# What a printed table's schema is, and the edition it belongs to.
EDITIONS = {"public": "public", "report": "partner"}
_LEVELS = ("county", "border_point", "country")
_MONTHS = re.compile(r"(\d{4})-(\d{2})-12m")


@dataclass(frozen=True)
class Asked:
    """A question to a lineage: its views are records, lines and periods."""

    sql: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Traced:
    """A table that can be traced. `ask` gives the readings of a key, the likeliest first."""

    key: tuple[str, ...]
    ask: Callable[[Key], list[Asked]]
    is_printed: bool = False
    of_movement: bool = False
    note: str = ""


def table_and_key(words: Sequence[str]) -> tuple[str, dict[str, str], str | None]:
    """The table's name, its key and, where the name says so, the edition.

    `words` are apart or joined by `|`, as the report marks its numbers. Raises UsageError for what is none.
    """
    named, *values = [word.strip() for word in SEPARATOR.join(words).split(SEPARATOR)]
    schema, _, name = named.rpartition(".")
    prefix, _, short = name.partition("_")
    edition = EDITIONS.get(prefix) if short in TRACED else None
    table = short if edition else name
    if table not in TRACED or (schema and schema not in ("marts", *EDITIONS)):
        raise UsageError(f"{named or 'Nothing'} is not traced. What is: {', '.join(sorted(TRACED))}.")
    key = TRACED[table].key
    if table == "hotspots" and len(values) == len(key) + 1 and values[1] in _LEVELS:
        del values[1]  # the report names it, too
    if len(values) != len(key) or not all(values):
        raise UsageError(
            f"A row of {table} is named by {len(key)} value(s), in this order: {SEPARATOR.join(key)}. Given: "
            f"{SEPARATOR.join(values) or 'none'}."
        )
    return table, dict(zip(key, values, strict=True)), edition


def movement_named(word: str) -> int:
    """A movement's id as a number or as `r-…`."""
    try:
        return record_of(word) if word.startswith("r-") else int(word)
    except ValueError:
        raise UsageError(f"{word} is no movement_id. Give it as fct_movements has it, or as `r-…`.") from None


_AT_A_LINE = """
    select * from records
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
_IN_WINDOWS = """ and is_counted and (
    round in ($baseline_round, $current_round)
    or (month_from >= $baseline_from and month_to <= $baseline_to)
    or (month_from >= $current_from and month_to <= $current_to)
    or record in (select record from periods where period_id in ($baseline_window, $current_window))
)"""
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
    return Asked(_AT_A_LINE + _IN_PERIOD, parameters | told)


def _corridor(key: Key) -> list[Asked]:
    return [_line("corridors", key["level"], key["corridor_id"], key, key["population"])]


def _hotspot(key: Key) -> list[Asked]:
    return [_line("hotspots", key["role"], key["place_id"], key, key.get("population", "all"))]


def _risk(key: Key) -> list[Asked]:
    return [_line("hotspots", None, key["place_id"], key, "all")]


def _route(key: Key) -> list[Asked]:
    line = ">".join(key[f"{end}_place_id"] for end in ("origin", "via", "destination"))
    return [_line("corridors", "odv", line, key, "all")]


def _shift(key: Key) -> list[Asked]:
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
    return [Asked(_AT_A_LINE + _IN_WINDOWS, parameters)]


def _months(window: str) -> tuple[date | None, date | None]:
    """First and last of the twelve months that `2025-07-12m` ends."""
    found = _MONTHS.fullmatch(window)
    if found is None:
        return None, None
    last = date(int(found[1]), int(found[2]), 1)
    number = last.year * 12 + last.month - 12
    return date(number // 12, number % 12 + 1, 1), last


def _counts(population: str) -> Callable[[Key], list[Asked]]:
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


def _movement(key: Key) -> list[Asked]:
    named = "select movement from records where record_id = $id and record = movement"
    return [
        Asked(
            f"select * from records where movement in ({named})", {"id": movement_named(key["movement_id"])}
        )
    ]


_GRAIN_AND_PERIOD = ("record_grain", "period_id")
_ENDS = ("origin_place_id", "destination_place_id")
_WINDOWS = ("corridor_id", "record_grain", "baseline_window", "current_window")
_MEASURED = "A measure compares them with what the same partners report elsewhere and earlier."
TRACED = {
    "mart_corridors": Traced(("level", "corridor_id", "period_id", "record_grain", "population"), _corridor),
    "mart_hotspots": Traced(
        ("place_id", "role", "period_id", "record_grain", "population"), _hotspot, note=_MEASURED
    ),
    "mart_corridor_shifts": Traced(("level", *_WINDOWS), _shift, note=_MEASURED),
    "mart_regional_risk": Traced(("place_id", "period_id", "record_grain"), _risk, note=_MEASURED),
    "fct_movements": Traced(("movement_id",), _movement, of_movement=True),
    "corridors": Traced((*_GRAIN_AND_PERIOD, *_ENDS), _counts("all"), is_printed=True),
    "ends": Traced((*_GRAIN_AND_PERIOD, "role", "place_id"), _counts("all"), is_printed=True),
    "children": Traced((*_GRAIN_AND_PERIOD, "role", "place_id"), _counts("children"), is_printed=True),
    "routes": Traced(
        (*_GRAIN_AND_PERIOD, "origin_place_id", "via_place_id", "destination_place_id"),
        _route,
        is_printed=True,
    ),
    "corridor_codes": Traced(
        (*_GRAIN_AND_PERIOD, *_ENDS, "domain", "code"),
        _counts("all"),
        is_printed=True,
        note="These are all records of the corridor; which of them tell the code, their rows say.",
    ),
    "hotspots": Traced(
        ("place_id", "role", "period_id", "record_grain"), _hotspot, is_printed=True, note=_MEASURED
    ),
    "corridor_shifts": Traced(_WINDOWS, _shift, is_printed=True, note=_MEASURED),
    "regional_risk": Traced(
        ("place_id", "period_id", "record_grain"), _risk, is_printed=True, note=_MEASURED
    ),
}
