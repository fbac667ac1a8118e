"""Rows that together make up one record → the row that stands for it.

Belongs here: rows that are the persons of an intercepted group, or the codes of one case. In which fields
they must agree, the contract says; where they do not, the record is set aside. Copies of a record are told
apart in `copies`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from orchestration.contracts import Contract, place_parts, same
from orchestration.typing.ages import ReadAge
from orchestration.typing.counts import ReadCount
from orchestration.typing.row import Problem, Row, with_problems


def persons_of(rows: list[Row], contract: Contract) -> Row:
    """One row a person, the incident's own columns repeated: how many rows is how many persons."""
    constant = contract.constant_fields
    merged = replace(rows[0], problems=_problems(rows, constant))
    if not _agree(rows, constant):
        return with_problems(merged, "record", ("Q:incident_conflict",))
    merged.count = _counted(len(rows), rows[0].count)
    if merged.count.basis == "range":
        merged.note("person_count", ("flag:victim_count_mismatch",))
    merged.codes = {name: _agreed(row.codes.get(name) for row in rows) for name in _names(rows, "codes")}
    if {"female", "male"} <= {row.codes.get("sex") for row in rows}:
        merged.codes["sex"] = "mixed"
    merged.age = _agreed_age([row.age for row in rows])
    merged.lists = _union(rows)
    return merged


def record_of_items(rows: list[Row], contract: Contract) -> Row:
    """One row a code, the record's own columns repeated: the codes of all rows together."""
    constant = contract.constant_fields
    merged = replace(rows[0], problems=_problems(rows, constant))
    if not _agree(rows, constant):
        return with_problems(merged, "record", ("Q:rows_disagree",))
    merged.lists = _union(rows)
    for name in _names(rows, "codes"):
        codes = {code for row in rows if (code := row.codes.get(name))}
        known = sorted(codes - {"unknown"} or codes)
        merged.codes = merged.codes | {name: known[0] if known else None}
        if len(known) > 1:
            merged.codes[name] = "unknown"
            merged.note(name, ("unk:codes_disagree",))
    merged.submitted_at = max((row.submitted_at for row in rows if row.submitted_at), default=None)
    return merged


def _counted(persons: int, stated: ReadCount) -> ReadCount:
    """The rows, unless the number stated beside them says otherwise: then the range of both."""
    bounds = [bound for bound in (stated.low, stated.high) if bound is not None]
    is_beside = (stated.low is not None and persons < stated.low) or (
        stated.high is not None and persons > stated.high
    )
    if not is_beside:
        return ReadCount(persons, persons, persons, "stated")
    low, high = min(persons, *bounds), max(persons, *bounds)
    return ReadCount(low, low, high, "range")


def _problems(rows: list[Row], constant: list[str]) -> list[Problem]:
    """What is noted of a field that all rows repeat is noted once."""
    further = [problem for row in rows[1:] for problem in row.problems if problem.field not in constant]
    return list(dict.fromkeys([*rows[0].problems, *further]))


def _agree(rows: list[Row], fields: Iterable[str]) -> bool:
    return all(_said(row, name) == _said(rows[0], name) for name in fields for row in rows[1:])


def _said(row: Row, name: str) -> Any:
    """What a row says in a field, in a form in which two spellings of one value are equal."""
    parts = place_parts(name)
    if name == "event_on":
        return row.when.first, row.when.precision
    if name == "person_count":
        return row.count.low, row.count.high
    if name == "age_band":
        return row.age.band, row.age.is_child
    if name in ("submitted_at", "embargo_until"):
        return getattr(row, name)
    if parts is None:
        return row.codes.get(name), row.lists.get(name)
    role, part = parts
    place = row.places.get(role)
    if part == "list" and role == "transit":
        return row.route
    if part == "transport_mode":
        return place.transport if place else ()
    return same(place.texts.get("place_text" if part == "list" else part, "")) if place else ""


def _names(rows: list[Row], kind: str) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in getattr(row, kind)))


def _union(rows: list[Row]) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(dict.fromkeys(code for row in rows for code in row.lists.get(name, ())))
        for name in _names(rows, "lists")
    }


def _agreed(codes: Iterable[str | None]) -> str | None:
    found = set(codes)
    return found.pop() if len(found) == 1 else "unknown"


def _agreed_age(ages: list[ReadAge]) -> ReadAge:
    if len({age.band for age in ages}) == 1:
        return ages[0]
    sides = {age.is_child for age in ages}
    side = sides.pop() if len(sides) == 1 else None
    return ReadAge("unknown" if side is None else "child" if side else "adult", side)
