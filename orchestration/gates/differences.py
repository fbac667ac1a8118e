"""What differs between an extract and what its partner sent before: months and values, counted on request.

The extract gate stores only its measures. These counts are made anew from the typed tables, for stewards, who
hold the records; nothing of them is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from expectations.checks import EXTRACT_CHECKS
from orchestration.core import Settings
from orchestration.gates.extract_comparison import (
    LABELS,
    UNKNOWN,
    AllRecords,
    History,
    Records,
    month_name,
    read_records,
)
from orchestration.gates.in_force import read_fates
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.gates.parquet_views import add_typed_records, open_views
from orchestration.gates.submissions import in_order_of_receipt
from orchestration.places import place_names

# These measures compare the records that state the field.
_OF_STATED = ("moved_beyond_usual", "values_gone")
MOST_VALUES, MOST_MONTHS, NEWEST_MONTHS = 12, 24, 12


@dataclass(frozen=True)
class Count:
    """Records that have a value, before and now."""

    value: str
    before: int
    now: int


@dataclass(frozen=True)
class FieldDifference:
    """The values of one field, largest difference first. `of_new`: of new records beside all earlier ones,
    else of records that were sent again. `before`, `now`: how many records these are.
    """

    field: str
    of_new: bool
    before: int
    now: int
    values: tuple[Count, ...]

    @property
    def label(self) -> str:
        return LABELS[self.field][0]


@dataclass(frozen=True)
class Differences:
    """Rows and months of an extract beside the one before it, and the fields that failed a check.

    `rows_before`: of the last extract that came in the same way; None where there is none. `is_full`:
    `months` are beside those of the extract that it replaces, else beside all that was sent before.
    """

    rows_now: int
    rows_before: int | None
    is_full: bool
    months: tuple[Count, ...]
    fields: tuple[FieldDifference, ...]


def differences(settings: Settings, partner: str, extract_id: str) -> Differences | None:
    """Compare an extract with those in force that came before it; None where it is not typed."""
    profile = _profile(settings, partner, extract_id)
    register = [one for one in landed_extracts(settings) if one.partner == partner]
    ordered = [register[at] for at in in_order_of_receipt(register)]
    asked = next((one for one in ordered if one.extract_id == extract_id), None)
    if profile is None or asked is None:
        return None
    earlier = list(_earlier(settings, ordered, asked))
    everything = _records(settings, [*earlier, asked])
    history = History(everything.values)
    for one in earlier:
        if one.key in everything.of_extracts:
            history.add(everything.of_extracts[one.key], {})
    now = everything.of_extracts.get(asked.key)
    months: tuple[Count, ...] = ()
    fields: tuple[FieldDifference, ...] = ()
    if now is not None and any(one.key in everything.of_extracts for one in earlier):
        months = _months(_compared_with(history, everything, earlier, asked, now), now)
        fields = tuple(_fields(history, everything, now, profile))
    before = profile["rows_last_time"]
    return Differences(
        int(profile["rows_landed"]), None if before is None else int(before), asked.is_full, months, fields
    )


def _profile(settings: Settings, partner: str, extract_id: str) -> Mapping[str, Any] | None:
    path = settings.work / "gates" / "profiles.parquet"
    wanted = [("partner", "=", partner), ("extract_id", "=", extract_id)]
    rows = pq.read_table(path, filters=wanted).to_pylist() if path.is_file() else []
    return rows[0] if rows else None


def _earlier(settings: Settings, ordered: list[Landed], asked: Landed) -> Iterator[Landed]:
    fates = read_fates(settings)
    for one in ordered[: ordered.index(asked)]:
        fate = fates.get(one.key)
        if one.contract == asked.contract and fate and fate.fate == "in_force":
            yield one


def _records(settings: Settings, extracts: list[Landed]) -> AllRecords:
    with open_views(settings) as con:
        add_typed_records(con, settings, (one.key for one in extracts))
        return read_records(con, place_names())


def _compared_with(
    history: History, everything: AllRecords, earlier: list[Landed], asked: Landed, now: Records
) -> Records:
    """Return the records of the extract that a full one replaces, else all that were sent before."""
    replaced = [one for one in earlier if one.is_full and one.declared_period == asked.declared_period]
    if asked.is_full and replaced and replaced[-1].key in everything.of_extracts:
        return everything.of_extracts[replaced[-1].key]
    return history.beside(now)[0]


def _months(before: Records, now: Records) -> tuple[Count, ...]:
    """Return the newest months and those that differ, newest first."""
    months = np.union1d(before.months[before.months > 0], now.months[now.months > 0])[::-1]
    counts = [
        Count(month_name(month), int((before.months == month).sum()), int((now.months == month).sum()))
        for month in months.tolist()
    ]
    shown = [one for at, one in enumerate(counts) if at < NEWEST_MONTHS or one.before != one.now]
    return tuple(shown[:MOST_MONTHS])


def _fields(
    history: History, everything: AllRecords, now: Records, profile: Mapping[str, Any]
) -> Iterator[FieldDifference]:
    old, before, again, new = history.beside(now)
    named: set[tuple[str, bool]] = set()
    for column, field, of_new in (
        ("changed_share", profile.get("changed_field"), False),
        ("stated_beyond_usual", profile.get("stated_field"), True),
        ("moved_beyond_usual", profile.get("moved_field"), True),
        ("values_gone", profile.get("gone_field"), True),
    ):
        if field and (field, of_new) not in named and not _is_kept(column, profile):
            named.add((field, of_new))
            was, is_now = (old, new) if of_new else (before, again)
            if column in _OF_STATED:
                was, is_now = (part.only(part.of_field(field) != UNKNOWN) for part in (was, is_now))
            yield _field(field, of_new, was, is_now, everything.values[field])


def _is_kept(column: str, profile: Mapping[str, Any]) -> bool:
    return all(
        limit.is_kept(profile[column])
        for check in EXTRACT_CHECKS.values()
        for limit in check.limits
        if limit.column == column
    )


def _field(name: str, of_new: bool, before: Records, now: Records, values: Sequence[str]) -> FieldDifference:
    counts = [np.bincount(part.of_field(name), minlength=len(values)).tolist() for part in (before, now)]
    listed = [Count(value, *both) for value, *both in zip(values, *counts, strict=True) if any(both)]

    def by_difference(one: Count) -> tuple[float, str]:
        return -round(abs(one.now / max(len(now), 1) - one.before / max(len(before), 1)), 9), one.value

    shown = tuple(sorted(listed, key=by_difference)[:MOST_VALUES])
    return FieldDifference(name, of_new, len(before), len(now), shown)
