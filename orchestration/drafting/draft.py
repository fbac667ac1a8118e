"""`njia contract draft`: propose a contract from a sample of a partner's file. It stores nothing.

This module holds the steps and what columns decide together: one column per field, the key, the order of
dates. Writing the draft is `text`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestration.contracts import Cell, load_vocabulary, looks_like_a_day, same
from orchestration.core import REFERENCE_SEEDS
from orchestration.drafting.columns import NOT_UNDERSTOOD, ROLES, ColumnSample, Proposal, propose
from orchestration.drafting.dates import DateOrder, date_order
from orchestration.drafting.key import DraftKey, choose_key
from orchestration.drafting.layout import DraftLayout, Table, find_layout
from orchestration.drafting.places import PlaceNames
from orchestration.drafting.reading import read_sample
from orchestration.intake import FLAG_SET, names_somebody

_AGE_SOURCES = ("age_text", "birth_date", "birth_year")
_FLAG_VALUES = FLAG_SET | {"", "0", "0.0", "false", "no"}


@dataclass
class Draft:
    """A proposed contract. `proposals`: in the order of the columns, those of a child as `repeat/column`."""

    partner: str
    file: str
    layout: DraftLayout
    proposals: list[Proposal]
    dates: DateOrder
    key: str | list[str]
    key_note: str
    grain: str
    has_person_rows: bool = False
    withheld_columns: int = 0

    @property
    def fields(self) -> list[Proposal]:
        return [one for one in self.proposals if one.kind == "field"]

    @property
    def denied(self) -> list[Proposal]:
        return [one for one in self.proposals if one.kind == "deny"]

    def use(self, means: str) -> Proposal | None:
        return next((one for one in self.proposals if one.kind == "use" and one.means == means), None)

    def as_dict(self) -> dict[str, Any]:
        """Return the draft for `--json`: columns and proposals, without spellings or values."""
        return {
            "partner": self.partner,
            "file": self.file,
            "format": self.layout.format,
            "grain": self.grain,
            "key": self.key,
            "dates": self.dates.order,
            "columns": [
                {
                    "column": one.column,
                    "proposed": one.kind,
                    "means": one.means,
                    "confidence": one.confidence,
                    "why": one.why,
                }
                for one in self.proposals
            ],
            "withheld_columns": self.withheld_columns,
        }


def draft_contract(path: Path, partner: str) -> Draft:
    """Draft a contract from a sample. Raises UsageError if the file cannot be read."""
    sample = read_sample(path, partner)
    layout = find_layout(sample)
    vocabulary, known_places = load_vocabulary(REFERENCE_SEEDS), PlaceNames()
    columns = [one for table in (layout.main, *layout.children) for one in _columns(table)]
    shown = [one for one in columns if not names_somebody(one.name)]
    proposals = [propose(column, vocabulary, known_places) for column in shown]
    samples = {_full(column): column for column in shown}
    proposals = [replace(one, column=_full(column)) for one, column in zip(proposals, shown, strict=True)]
    are_persons = any(one.kind == "use" and one.means == ROLES for one in proposals)
    key = choose_key(layout, proposals, samples, are_persons)
    proposals = [
        _without_key(one, propose(samples[one.column], vocabulary, known_places, without="key"), key)
        if one.kind == "use" and one.means == "key" and one.column != key.column
        else one
        for one in proposals
    ]
    proposals = _one_each(proposals)
    dated = any(one.kind == "field" and one.means == "event_on" for one in proposals)
    is_route = not dated and not layout.has_sheet_months
    return Draft(
        partner=partner,
        file=sample.label,
        layout=layout,
        proposals=proposals,
        dates=date_order(_day_cells(proposals, samples)),
        key=key.key,
        key_note=key.note,
        grain="interception" if are_persons else "route_report" if is_route else "case",
        has_person_rows=key.is_repeated,
        withheld_columns=len(columns) - len(shown),
    )


def _columns(table: Table) -> Iterator[ColumnSample]:
    """Return the columns of a table; the 1/0 columns of a select-multiple question count as one."""
    rows = len(table.records)
    names = [name for name in table.names if name]
    by_name = {name: _cells(table, at) for at, name in enumerate(table.names) if name}
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
        yield ColumnSample(name, cells, rows, table.part, choices, has_joined)


def _cells(table: Table, at: int) -> list[Cell]:
    return [cell for _, cells in table.records if at < len(cells) and (cell := cells[at])]


def _full(column: ColumnSample) -> str:
    return f"{column.part}/{column.name}" if column.part else column.name


def _one_each(proposals: list[Proposal]) -> list[Proposal]:
    """Keep the surest column for each field or use and deny the others.

    For an age: the age itself, then a birth date, then a birth year.
    """
    best: dict[tuple[str, str], Proposal] = {}
    for one in proposals:
        known = best.get((one.kind, one.means))
        if one.kind != "deny" and (known is None or _rank(one) > _rank(known)):
            best[one.kind, one.means] = one
    settled = []
    for one in proposals:
        winner = best.get((one.kind, one.means))
        if one.kind != "deny" and winner is not one and winner is not None:
            why = f"{one.means} is taken from {winner.column!r}"
            one = replace(one, kind="deny", means="another column fills it", why=why)
        settled.append(one)
    return settled


def _rank(one: Proposal) -> tuple[int, float]:
    return -_AGE_SOURCES.index(one.source) if one.source else 0, one.confidence


def _without_key(one: Proposal, otherwise: Proposal, key: DraftKey) -> Proposal:
    """Return the proposal for a column that looked like the key: its other meaning, else a denial."""
    if otherwise.kind == "field" or otherwise.means != NOT_UNDERSTOOD:
        return replace(otherwise, column=one.column)
    why = f"key is taken from {key.column!r}"
    return replace(one, kind="deny", means="another column fills it", why=why)


def _day_cells(proposals: list[Proposal], samples: dict[str, ColumnSample]) -> list[Cell]:
    columns = [
        samples[one.column]
        for one in proposals
        if one.kind == "field" and (one.means in ("event_on", "submitted_at", "embargo_until") or one.source)
    ]
    return [cell for column in columns for cell in column.cells if looks_like_a_day(cell)]
