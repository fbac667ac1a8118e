"""Several source rows of one record → the row that stands for it.

Copies of one reference are told apart by content and time; the rows of an intercepted group are its
persons. What a later extract says of the same record is judged by the dbt project.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from orchestration.extracts.cells import same
from orchestration.extracts.contract import Contract
from orchestration.extracts.typed.ages import ReadAge
from orchestration.extracts.typed.counts import ReadCount
from orchestration.extracts.typed.row import Row

_NEVER = datetime.min.replace(tzinfo=UTC)


def one_of(rows: list[Row], contract: Contract) -> Row:
    """The row that stands for a record which has several."""
    first = rows[0]
    if len(rows) == 1:
        return first
    if contract.grain == "interception":
        return _persons_of_incident(rows, "person_count" in contract.fields)
    if len({_content_of_row(row) for row in rows}) == 1:
        return _with_problems(first, "record", ("flag:duplicate_rows",))
    sent = [row.submitted_at for row in rows]
    known = [moment for moment in sent if moment is not None]
    if len(known) == len(rows) and known.count(max(known)) == 1:
        newest = max(rows, key=lambda row: row.submitted_at or _NEVER)
        lists = newest.lists if newest is first else {**_child_lists(first, newest), **newest.lists}
        return _with_problems(replace(newest, lists=lists), "record", ("flag:older_copy_in_file",))
    return _with_problems(first, "record", ("Q:duplicate_key_conflict",))


def _child_lists(first: Row, newest: Row) -> dict[str, tuple[str, ...]]:
    """Codes that only child rows brought stand on the first row."""
    return {name: codes for name, codes in first.lists.items() if name not in newest.lists}


def _persons_of_incident(rows: list[Row], has_count: bool) -> Row:
    """An intercepted group comes as one row a person, the incident's own columns repeated."""
    first = rows[0]
    incidents = {(row.when.first, row.when.precision, row.route, _texts(row), row.count) for row in rows}
    problems = [problem for row in rows for problem in row.problems]
    merged = replace(first, problems=list(dict.fromkeys(problems)))
    if len(incidents) > 1:
        return _with_problems(merged, "record", ("Q:incident_conflict",))
    persons, stated = len(rows), first.count.count
    merged.count = ReadCount(persons, persons, persons, "stated")
    if has_count and stated is not None and stated != persons:
        low, high = sorted((persons, stated))
        merged.count = ReadCount(low, low, high, "range")
        merged.note("person_count", ("flag:victim_count_mismatch",))
    merged.codes = {name: _agreed(row.codes.get(name) for row in rows) for name in first.codes}
    sexes = {row.codes.get("sex") for row in rows}
    if {"female", "male"} <= sexes:
        merged.codes["sex"] = "mixed"
    merged.age = _agreed_age([row.age for row in rows])
    names = dict.fromkeys(name for row in rows for name in row.lists)
    merged.lists = {
        name: tuple(dict.fromkeys(code for row in rows for code in row.lists.get(name, ()))) for name in names
    }
    return merged


def _agreed(codes: Iterable[str | None]) -> str | None:
    found = set(codes)
    return found.pop() if len(found) == 1 else "unknown"


def _agreed_age(ages: list[ReadAge]) -> ReadAge:
    if len({age.band for age in ages}) == 1:
        return ages[0]
    sides = {age.is_child for age in ages}
    side = sides.pop() if len(sides) == 1 else None
    return ReadAge("unknown" if side is None else "child" if side else "adult", side)


def _content_of_row(row: Row) -> str:
    """What a row says, for telling identical copies."""
    places = {role: (sorted(place.texts.items()), place.transport) for role, place in row.places.items()}
    parts = (row.when, row.embargo_until, row.count, row.age, sorted(row.codes.items(), key=str))
    return repr((parts, sorted(row.lists.items()), row.route, sorted(places.items())))


def _texts(row: Row) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        sorted(
            (role, part, same(text))
            for role, place in row.places.items()
            for part, text in place.texts.items()
        )
    )


def _with_problems(row: Row, name: str, problems: tuple[str, ...]) -> Row:
    noted = replace(row, problems=list(row.problems))
    noted.note(name, problems)
    return noted
