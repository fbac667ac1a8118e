"""The columns of a sample: filled cells under a heading, and the question of the form behind it, if any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from orchestration.contracts import Cell, is_missing, norm, same, tidy
from orchestration.drafting.form import Question
from orchestration.drafting.form_columns import FormColumn
from orchestration.drafting.layout import Table
from orchestration.intake import FLAG_SET, names_somebody

Meaning = TypeVar("Meaning")
_FLAG_VALUES = FLAG_SET | {"", "0", "0.0", "false", "no"}
# Types of questions whose answers are written out, as pyxform calls them.
WRITTEN = ("text", "string", "calculate", "select one", "select all that apply")


@dataclass
class ColumnSample:
    """The filled cells of a column.

    `choices`: a 1/0 column each. `other_names`: further headings of the question, in other exports.
    `is_absent`: the form has the question, the file no column for it. `longitude`: the column beside
    latitudes. `columns`: all columns of the file that belong to the question.
    """

    name: str
    cells: list[Cell]
    rows: int
    part: str = ""
    choices: list[str] = field(default_factory=list)
    has_joined: bool = True
    question: Question | None = None
    other_names: list[str] = field(default_factory=list)
    is_absent: bool = False
    longitude: str | None = None
    columns: list[str] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return self.inside(self.name)

    def inside(self, column: str) -> str:
        return f"{self.part}/{column}" if self.part else column

    @property
    def headings(self) -> list[str]:
        """What may say what the column holds: its heading, and the question in each language."""
        if self.question is None:
            return [self.name]
        path = "/".join(one.name for one in self.question.path)
        return list(dict.fromkeys([self.name, path, *self.question.own.labels.values()]))

    @cached_property
    def texts(self) -> Counter[str]:
        """The answers with their counts; those that the form offers, where no row is filled."""
        if not self.cells and self.question is not None:
            return Counter(choice.spellings[0] for choice in self.question.choices)
        return Counter(tidy(cell.value) for cell in self.cells if not is_missing(norm(cell.value)))

    @property
    def filled(self) -> float:
        return len(self.cells) / self.rows if self.rows else 0.0

    def share(self, holds: Callable[[Cell], bool], *kinds: str) -> float:
        """Return the share of values that hold; without values, whether the question is of such a kind."""
        cells = [cell for cell in self.cells if not is_missing(norm(cell.value))]
        if not cells and self.question is not None:
            return float(self.question.kind in kinds)
        return sum(holds(cell) for cell in cells) / len(cells) if cells else 0.0

    @property
    def is_text(self) -> bool:
        return self.share(lambda cell: cell.kind == "text" and not _is_number(cell.value), *WRITTEN) > 0.5

    def answers(self, meaning_of: Callable[[str], Meaning | None]) -> dict[str, Meaning | None]:
        """Return each spelling of an answer with its meaning; all spellings of a choice mean the same."""
        if self.question is None or not self.question.choices:
            return {text: meaning_of(text) for text in self.texts}
        found: dict[str, Meaning | None] = {}
        for choice in self.question.choices:
            meanings = (meaning_of(text) for text in choice.spellings)
            meaning = next((one for one in meanings if one is not None), None)
            found |= dict.fromkeys(choice.spellings, meaning)
        return found

    def texts_for(self, meaning_of: Callable[[str], object | None]) -> Counter[str]:
        """Return the answers with their counts; a choice of the form once, as the spelling that is known."""
        if self.question is None or not self.question.choices:
            return self.texts
        return Counter(
            next((text for text in choice.spellings if meaning_of(text) is not None), choice.name)
            for choice in self.question.choices
        )


def columns_of(table: Table, of_form: list[FormColumn]) -> Iterator[ColumnSample]:
    """Return the columns of a table; the 1/0 columns of a select-multiple question count as one."""
    taken = {name for one in of_form for name in one.columns}
    for one in of_form:
        cells = [cell for name in one.names for cell in _cells(table, name)]
        yield ColumnSample(
            one.name, cells, len(table.records), table.part, one.flags, question=one.question,
            other_names=[name for name in one.other_names if not names_somebody(name)],
            is_absent=not one.columns, longitude=one.longitude,
            columns=[name for name in one.columns if not names_somebody(name)],
        )  # fmt: skip
    names = [name for name in table.names if name and name not in taken]
    by_name = {name: _cells(table, name) for name in names}
    questions: dict[str, list[str]] = {}
    for name in names:
        question, slash, _ = name.rpartition("/")
        if slash and all(same(cell.value) in _FLAG_VALUES for cell in by_name[name]):
            questions.setdefault(question, []).append(name)
    questions = {question: found for question, found in questions.items() if len(found) > 1}
    flags = {name for found in questions.values() for name in found}
    for name in dict.fromkeys([*names, *questions]):
        if name in flags:
            continue
        choices = [flag.rpartition("/")[2] for flag in questions.get(name, ())]
        has_joined = name in by_name
        cells = by_name.get(name) or [cell for flag in questions.get(name, ()) for cell in by_name[flag]]
        yield ColumnSample(name, cells, len(table.records), table.part, choices, has_joined)


def _cells(table: Table, name: str) -> list[Cell]:
    at = table.names.index(name)
    return [cell for _, cells in table.records if at < len(cells) and (cell := cells[at])]


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()
