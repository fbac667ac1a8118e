"""Warnings of `njia contract check`: settings of a contract that are almost certainly mistakes.

They name columns and count rows, and never hold a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestration.contracts import MANY_CODES, SHEET, SINGLE_CODES, Contract, place_parts
from orchestration.core import seed_rows
from orchestration.drafting.personal_columns import personal_heading, personal_values
from orchestration.intake import (
    AFTER_END,
    LIKE_TOTALS,
    Block,
    ColumnPlan,
    LandedCell,
    Tally,
    denial_in,
    readings,
)
from orchestration.typing import read_date

_REFERENCES_LOOKED_AT = 5_000
_ADVICE = {
    AFTER_END: "; they are not read. If they are records, remove that word from `format.stop_at`: rows that "
    "say Total or Jumla are skipped without it.",
    LIKE_TOTALS: ". If they are totals, ask the partner to write Total beside the sum and nothing else.",
}
_LONGEST_CAMPAIGN = 366  # days: extra work of more than a year is the work


class KeyColumns:
    """Collect values of the key columns from the first rows, for the warnings only."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._values: dict[str, list[str]] = {
            part: [] for part in contract.delivery.key_parts if part != SHEET
        }

    def watch(self, plan: ColumnPlan, block: Block, rows: npt.NDArray[np.int64]) -> None:
        for part, at in zip(self._contract.delivery.key_parts, plan.key, strict=True):
            column = block.column(at)
            if part != SHEET and column is not None:
                cells = column.cell_of_each_row()
                values = [cell.value for row in rows.tolist() if (cell := cells[row])]
                self._values[part] += values[: _REFERENCES_LOOKED_AT - len(self._values[part])]

    def warnings(self) -> Iterator[str]:
        for column, values in self._values.items():
            by_heading, by_values = personal_heading(column), personal_values(values)
            if by_heading or by_values:
                data = f"{by_heading}, by its heading" if by_heading else f"{by_values}, by its values"
                yield (
                    f"`delivery.key`: column {column!r} is no reference ({data}). Persons share, change and "
                    "lack such data, so records would merge or count twice. Name the partner's own record "
                    "number, or `content` if there is none, and deny this column."
                )


def warnings_of(contract: Contract, tally: Tally, keys: KeyColumns, cells: Iterable[LandedCell]) -> list[str]:
    """Return all warnings for a contract and the file that it has read."""
    return [
        *_doubtful_rows(tally),
        *keys.warnings(),
        *_mapped_names(contract),
        *_campaigns(contract),
        *_times_without_zone(contract, cells),
    ]


def _times_without_zone(contract: Contract, cells: Iterable[LandedCell]) -> Iterator[str]:
    """Warn of dates that lie on another day if their times, which state no zone, are in another one."""
    locale, zone = contract.locale, contract.zone_of("event_on")
    if locale.naive_times_are:
        return
    other = locale.timezone if zone == "UTC" else "UTC"
    how: dict[str, Any] = {"order": locale.dates, "received_on": date.max, "timezone": locale.timezone}
    found = Counter((cell.value, cell.kind) for cell in cells if cell.field == "event_on")
    days = months = 0
    for (value, kind), rows in found.items():
        days_read = [read_date(value, kind, naive_times_are=name, **how).first for name in (zone, other)]
        days += rows * (len(set(days_read)) > 1)
        months += rows * (len({day and day.month for day in days_read}) > 1)
    if days:
        yield (
            f"`fields.event_on`: times without a zone are read as {zone}. As {other}, {days:,} records would "
            f"lie on another day, {months:,} of them in another month. Ask the partner which zone it writes, "
            "and state it as `locale.naive_times_are`."
        )


def _doubtful_rows(tally: Tally) -> Iterator[str]:
    for problem in tally.problems:
        if advice := _ADVICE.get(problem["code"]):
            yield f"{problem['detail'][:1].upper()}{problem['detail'][1:]}{advice}"


def _campaigns(contract: Contract) -> Iterator[str]:
    """Warn of campaigns that leave years out, name places that are not watched, or overlap."""
    if not contract.campaigns:
        return
    watched = {place for time in contract.coverage for place in time.places}
    around = {one for place in watched for one in _line(place)}
    for campaign in contract.campaigns:
        days = (campaign.to - campaign.from_).days + 1
        if days > _LONGEST_CAMPAIGN:
            yield (
                f"`campaigns`: {campaign.name!r} has {days:,} days. All are left out of shifts and alerts. "
                "Name only the time of extra work."
            )
        for place in campaign.places if watched else ():
            if place not in around and not watched.intersection(_line(place)):
                yield (
                    f"`campaigns`: {campaign.name!r} was at {place}, which no entry under `coverage` watches."
                    " Correct the place, or add it to the coverage."
                )
    for one, other in combinations(contract.campaigns, 2):
        shared = not one.places or not other.places or set(one.places) & set(other.places)
        if shared and one.from_ <= other.to and other.from_ <= one.to:
            yield (
                f"`campaigns`: {one.name!r} and {other.name!r} have days at one place in common. "
                "Correct the days, or make them one."
            )


def _line(place: str) -> Iterator[str]:
    """Yield a place and those it lies in."""
    parents = {row["place_id"]: row["parent_place_id"] for row in seed_rows("places")}
    while place in parents:
        yield place
        place = parents[place] if parents[place] not in (place, "world") else ""


def _mapped_names(contract: Contract) -> Iterator[str]:
    """Warn of mapped columns whose heading names personal data; detectors remove only what they know."""
    for field, spec in contract.fields.items():
        if not place_parts(field) and field not in (*SINGLE_CODES, *MANY_CODES):
            continue
        for column in contract.names_of(spec):
            found = readings(column)
            denied = denial_in(found)
            if denied and denied.means in _HOLDS and not any(read.kind == "part" for read in found):
                yield (
                    f"`fields.{field}`: column {column!r} holds {_HOLDS[denied.means]} by its heading. They "
                    "must not land, and detectors remove only those that they know. Deny the column, unless "
                    "its heading misleads."
                )


_HOLDS = {"name of a person": "names", "phone or address": "phones or addresses", "ID number": "ID numbers"}
