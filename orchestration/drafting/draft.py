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
        return [proposal for proposal in self.proposals if proposal.kind == "field"]

    @property
    def denied(self) -> list[Proposal]:
        return [proposal for proposal in self.proposals if proposal.kind == "deny"]

    def use(self, means: str) -> Proposal | None:
        return next(
            (proposal for proposal in self.proposals if proposal.kind == "use" and proposal.means == means),
            None,
        )

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
                    "column": proposal.column,
                    "proposed": proposal.kind,
                    "means": proposal.means,
                    "confidence": proposal.confidence,
                    "why": proposal.why,
                }
                for proposal in self.proposals
            ],
            "withheld_columns": self.withheld_columns,
        }


def draft_contract(path: Path, partner: str) -> Draft:
    """Draft a contract from a sample. Raises UsageError if the file cannot be read."""
    sample = read_sample(path, partner)
    layout = find_layout(sample)
    vocabulary, known_places = load_vocabulary(REFERENCE_SEEDS), PlaceNames()
    columns = [proposal for table in (layout.main, *layout.children) for proposal in _columns(table)]
    shown = [proposal for proposal in columns if not names_somebody(proposal.name)]
    proposals = [propose(column, vocabulary, known_places) for column in shown]
    samples = {_full(column): column for column in shown}
    proposals = [
        replace(proposal, column=_full(column)) for proposal, column in zip(proposals, shown, strict=True)
    ]
    are_persons = any(proposal.kind == "use" and proposal.means == ROLES for proposal in proposals)
    key = choose_key(layout, proposals, samples, are_persons)
    proposals = [
        _without_key(
            proposal, propose(samples[proposal.column], vocabulary, known_places, without="key"), key
        )
        if proposal.kind == "use" and proposal.means == "key" and proposal.column != key.column
        else proposal
        for proposal in proposals
    ]
    proposals = _one_each(proposals)
    dated = any(proposal.kind == "field" and proposal.means == "event_on" for proposal in proposals)
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
    for proposal in proposals:
        known = best.get((proposal.kind, proposal.means))
        if proposal.kind != "deny" and (known is None or _rank(proposal) > _rank(known)):
            best[proposal.kind, proposal.means] = proposal
    settled = []
    for proposal in proposals:
        winner = best.get((proposal.kind, proposal.means))
        if proposal.kind != "deny" and winner is not proposal and winner is not None:
            why = f"{proposal.means} is taken from {winner.column!r}"
            proposal = replace(proposal, kind="deny", means="another column fills it", why=why)
        settled.append(proposal)
    return settled


def _rank(proposal: Proposal) -> tuple[int, float]:
    return -_AGE_SOURCES.index(proposal.source) if proposal.source else 0, proposal.confidence


def _without_key(proposal: Proposal, otherwise: Proposal, key: DraftKey) -> Proposal:
    """Return the proposal for a column that looked like the key: its other meaning, else a denial."""
    if otherwise.kind == "field" or otherwise.means != NOT_UNDERSTOOD:
        return replace(otherwise, column=proposal.column)
    why = f"key is taken from {key.column!r}"
    return replace(proposal, kind="deny", means="another column fills it", why=why)


def _day_cells(proposals: list[Proposal], samples: dict[str, ColumnSample]) -> list[Cell]:
    columns = [
        samples[proposal.column]
        for proposal in proposals
        if proposal.kind == "field"
        and (proposal.means in ("event_on", "submitted_at", "embargo_until") or proposal.source)
    ]
    return [cell for column in columns for cell in column.cells if looks_like_a_day(cell)]
