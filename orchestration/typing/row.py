"""One typed source row: values and problems."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from orchestration.contracts import Contract
from orchestration.typing.ages import ReadAge
from orchestration.typing.counts import ReadCount
from orchestration.typing.date_text import ReadDate
from orchestration.typing.routes import ReadRoute

CORRECTED = "corrected"  # the kind of a cell that marks a field which a steward corrected


class Problem(NamedTuple):
    """A problem of a field; row number 0 is the row of its record."""

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


def with_problems(row: Row, name: str, problems: Iterable[str]) -> Row:
    """Return a copy of the row with more problems."""
    noted = replace(row, problems=list(row.problems))
    noted.note(name, problems)
    return noted


def weighed(contract: Contract, name: str, problems: tuple[str, ...]) -> tuple[str, ...]:
    """Turn `unk:` problems of a required field into `Q:`, which sets the row aside."""
    spec = contract.fields.get(name)
    if not (spec and spec.required):
        return problems
    return tuple(problem.replace("unk:", "Q:", 1) for problem in problems)
