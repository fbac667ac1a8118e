"""One typed source row, and several source rows of one record combined into one.

Several rows are the persons of an intercepted group, the codes of one case, or copies of one reference.
Persons and codes must agree in the fields that the contract names; copies are ordered by time. dbt judges
copies in later extracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from orchestration.contracts import Contract, clean, is_blank, norm, place_parts, same
from orchestration.intake import (
    COPY,
    NEAR_A_LINE,
    SWAPPED,
    SYSTEM,
    SYSTEM_NEAR_A_LINE,
    ZERO,
    LandedCell,
    copy_name,
)
from orchestration.typing.ages import ReadAge
from orchestration.typing.counts import ReadCount
from orchestration.typing.dates import ReadDate
from orchestration.typing.routes import ReadRoute

CORRECTED = "corrected"  # the kind of a cell that marks a field which a steward corrected


class Problem(NamedTuple):
    sheet: str
    row_number: int
    field: str
    outcome: str
    problem_code: str


@dataclass
class Place:
    """The texts that name one place, and the transport to it; `child` is its row on a child sheet."""

    texts: dict[str, str] = field(default_factory=dict)
    transport: tuple[str, ...] = ()
    child: tuple[str, int] | None = None

    @property
    def is_named(self) -> bool:
        return bool(self.texts)

    def add_text(self, part: str, value: str, code_system: str | None = None) -> None:
        text = clean(value)
        # `NA` in a country column may be Namibia's code: `places` decides by the other texts.
        may_be_namibia = text == "NA" and part in ("country_text", "place_code")
        if not is_blank(norm(text)) or may_be_namibia:
            self.texts[part] = text
            if code_system:
                self.texts["code_system"] = code_system

    def add_point(self, cell: LandedCell) -> tuple[str, ...]:
        """Add the code of the place at a position, unless the partner gave a code; return problems."""
        kinds = cell.kind.split()
        if ZERO in kinds:
            return ("unk:geo_null_island",)
        if not cell.value:
            return ("unk:geo_unread",)
        if "place_code" not in self.texts:
            self.texts["place_code"] = cell.value
            self.texts["code_system"] = SYSTEM_NEAR_A_LINE if NEAR_A_LINE in kinds else SYSTEM
        return ("flag:geo_from_point", *(["flag:geo_swapped"] if SWAPPED in kinds else []))


@dataclass
class Row:
    """One typed source row. `codes` holds single codes, `lists` several codes a field."""

    record_id: int
    sheet: str
    row_number: int
    when: ReadDate = field(default_factory=ReadDate)
    submitted_at: datetime | None = None
    embargo_until: date | None = None
    count: ReadCount = field(default_factory=ReadCount)
    age: ReadAge = field(default_factory=ReadAge)
    codes: dict[str, str | None] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    route: ReadRoute = field(default_factory=ReadRoute)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    child_word: bool | None = None

    def note(self, name: str, problems: Iterable[str]) -> None:
        for problem in problems:
            outcome, _, code = problem.partition(":")
            self.problems.append(Problem(self.sheet, self.row_number, name, outcome, code))


def with_problem(row: Row, problem: str) -> Row:
    """Return a copy of the row with one more problem, of no single field."""
    noted = replace(row, problems=list(row.problems))
    noted.note("record", (problem,))
    return noted


def weighed(contract: Contract, name: str, problems: tuple[str, ...]) -> tuple[str, ...]:
    """Turn `unk:` problems of a required field into `Q:`, which sets the row aside."""
    spec = contract.fields.get(name)
    if not (spec and spec.required):
        return problems
    return tuple(problem.replace("unk:", "Q:", 1) for problem in problems)


def one_of(rows: list[Row], contract: Contract) -> Row:
    first = rows[0]
    if contract.delivery.person_rows:
        return persons_of(rows, contract)
    if len(rows) == 1:
        return first
    if contract.items:
        return record_of_items(rows, contract)
    if len({_content_of_row(row) for row in rows}) == 1:
        return with_problem(first, "flag:duplicate_rows")
    newest = _newest_of(rows)
    if newest is not None:
        lists = {**first.lists, **newest.lists}  # codes from child rows are on the first row
        return with_problem(replace(newest, lists=lists), "flag:older_copy_in_file")
    return with_problem(first, "Q:duplicate_key_conflict")


def children_of_valid_copy(rows: list[Row], children: list[list[LandedCell]]) -> list[list[LandedCell]]:
    """Select the child rows (lists of cells) of the valid copy, and those without a copy.

    Copies whose child rows differ and that have no order in time get a problem.
    """
    of_copy: dict[str, list[list[LandedCell]]] = {}
    for cells in children:
        of_copy.setdefault(next((cell.value for cell in cells if cell.kind == COPY), ""), []).append(cells)
    if set(of_copy) <= {""}:
        return children
    names = [copy_name(row.sheet, row.row_number) for row in rows]
    newest = _newest_of(rows)
    contents = {
        name: [[(cell.field, cell.value) for cell in cells if cell.kind != COPY] for cells in copies]
        for name, copies in of_copy.items()
    }
    if len({repr(contents.get(name, [])) for name in names}) > 1:
        rows[0].note("record", ("flag:older_copy_in_file" if newest else "Q:duplicate_key_conflict",))
    name = copy_name(newest.sheet, newest.row_number) if newest else names[0]
    return [*of_copy.get(name, ()), *of_copy.get("", ())]


def _newest_of(rows: list[Row]) -> Row | None:
    """Return the row that was submitted last; None where a time is missing or shared."""
    times = [row.submitted_at for row in rows if row.submitted_at is not None]
    if len(times) < len(rows) or times.count(max(times)) > 1:
        return None
    return rows[times.index(max(times))]


def _content_of_row(row: Row) -> str:
    """Return the content of a row as text, to recognise identical copies."""
    places = {role: (sorted(place.texts.items()), place.transport) for role, place in row.places.items()}
    parts = (row.when, row.embargo_until, row.count, row.age, sorted(row.codes.items(), key=str))
    return repr((parts, sorted(row.lists.items()), row.route, sorted(places.items())))


def persons_of(rows: list[Row], contract: Contract) -> Row:
    """Combine rows that are persons and repeat the incident's columns; the number of rows is the count."""
    merged, do_agree = _merged(rows, contract)
    if not do_agree:
        return with_problem(merged, "Q:incident_conflict")
    merged.count = _counted(len(rows), rows[0].count)
    if merged.count.basis == "range":
        merged.note("person_count", ("flag:victim_count_mismatch",))
    merged.codes = {}
    for name in _coded(rows):
        codes = {row.codes.get(name) for row in rows}
        merged.codes[name] = codes.pop() if len(codes) == 1 else "unknown"
    if {"female", "male"} <= {row.codes.get("sex") for row in rows}:
        merged.codes["sex"] = "mixed"
    merged.age = _agreed_age([row.age for row in rows])
    merged.lists = _union(rows)
    return merged


def record_of_items(rows: list[Row], contract: Contract) -> Row:
    """Combine rows that are codes and repeat the record's columns: the codes of all rows together."""
    merged, do_agree = _merged(rows, contract)
    if not do_agree:
        return with_problem(merged, "Q:rows_disagree")
    merged.lists = _union(rows)
    for name in _coded(rows):
        codes = {code for row in rows if (code := row.codes.get(name))}
        known = sorted(codes - {"unknown"} or codes)
        merged.codes = merged.codes | {name: known[0] if known else None}
        if len(known) > 1:
            merged.codes[name] = "unknown"
            merged.note(name, ("unk:codes_disagree",))
    merged.submitted_at = max((row.submitted_at for row in rows if row.submitted_at), default=None)
    return merged


def _counted(persons: int, stated: ReadCount) -> ReadCount:
    """Count the rows; where the stated number contradicts them, return the range of both."""
    bounds = [bound for bound in (stated.low, stated.high) if bound is not None]
    is_below = stated.low is not None and persons < stated.low
    is_above = stated.high is not None and persons > stated.high
    if not (is_below or is_above):
        return ReadCount(persons, persons, persons, "stated")
    low, high = min(persons, *bounds), max(persons, *bounds)
    return ReadCount(low, low, high, "range")


def _merged(rows: list[Row], contract: Contract) -> tuple[Row, bool]:
    """Return the first row with the problems of all, and whether they agree in the fields that they repeat.

    Problems of a repeated field count once.
    """
    first, constant = rows[0], contract.constant_fields
    further = [problem for row in rows[1:] for problem in row.problems if problem.field not in constant]
    merged = replace(first, problems=list(dict.fromkeys([*first.problems, *further])))
    return merged, all(
        _comparable(row, name) == _comparable(first, name) for name in constant for row in rows
    )


def _comparable(row: Row, name: str) -> Any:
    """Return a row's value of a field in a form in which two spellings are equal."""
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


def _coded(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.codes))


def _union(rows: list[Row]) -> dict[str, tuple[str, ...]]:
    union: dict[str, dict[str, None]] = {}
    for row in rows:
        for name, codes in row.lists.items():
            union.setdefault(name, {}).update(dict.fromkeys(codes))
    return {name: tuple(codes) for name, codes in union.items()}


def _agreed_age(ages: list[ReadAge]) -> ReadAge:
    if len({age.band for age in ages}) == 1:
        return ages[0]
    sides = {age.is_child for age in ages}
    side = sides.pop() if len(sides) == 1 else None
    return ReadAge("unknown" if side is None else "child" if side else "adult", side)
