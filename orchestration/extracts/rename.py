"""The partner's columns → canonical fields, by the contract alone; child sheets become child rows.

Belongs here: which column of a sheet feeds which field. Not: what may be kept of a cell (`minimise`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from orchestration.extracts.cells import Cell, same, tidy
from orchestration.extracts.contract import Contract
from orchestration.extracts.contract_fields import FieldSpec
from orchestration.extracts.contract_terms import SHEET
from orchestration.extracts.header import Header
from orchestration.extracts.outcomes import ExtractHeld
from orchestration.extracts.shown_names import names_somebody

FLAG_SET = {"1", "1.0", "true", "yes", "x"}


class NamedCell(NamedTuple):
    """A cell under its canonical field."""

    field: str
    spec: FieldSpec
    cell: Cell


@dataclass
class ColumnPlan:
    """Where the columns of one sheet go."""

    part: str
    fields: list[tuple[str, FieldSpec, int]] = field(default_factory=list)
    flags: list[tuple[str, FieldSpec, list[tuple[str, int]]]] = field(default_factory=list)
    key: list[int | None] = field(default_factory=list)
    consent: int | None = None
    withdrawn: int | None = None
    marks: set[int] = field(default_factory=set)  # where a filled cell alone may take a record back
    accept: list[int | None] = field(default_factory=list)
    parent: int | None = None
    matches: dict[str, int] = field(default_factory=dict)
    denied: list[int] = field(default_factory=list)
    unmapped: list[int] = field(default_factory=list)
    missing_optional: list[str] = field(default_factory=list)

    @property
    def meaningful(self) -> set[int]:
        flags = {index for _, _, choices in self.flags for _, index in choices}
        return {index for _, _, index in self.fields} | flags | self.marks


def required_columns(contract: Contract, part: str = "") -> list[str]:
    """Columns without which a file is held."""
    columns = []
    for name, spec in contract.fields.items():
        if contract.part_of(spec)[0] == part and contract.must_have_column(name):
            columns.append(contract.part_of(spec)[1])
    if part:
        columns.append(contract.repeats[part].parent)
    else:
        columns += [column for column in contract.delivery.key_parts if column != SHEET]
        columns += [repeat.matches for repeat in contract.repeats.values() if repeat.matches]
        columns += [contract.consent.column] if contract.consent and contract.consent.column else []
        if contract.withdrawn and not contract.withdrawn.optional_column:
            columns.append(contract.withdrawn.column)
        columns += [one.column for one in contract.accept_if if not one.optional_column]
    return list(dict.fromkeys(columns))


def mapped_columns(contract: Contract, part: str = "") -> list[str]:
    """Every column of a part that the contract maps to a field."""
    return [
        column
        for spec in contract.fields.values()
        if spec.column
        for owner, column in [contract.part_of(spec)]
        if owner == part
    ]


def columns_named_by(contract: Contract, part: str = "") -> set[str]:
    """Every column of a part that the contract names, whatever for, in the form of `same`."""
    named = [*mapped_columns(contract, part), *required_columns(contract, part), *contract.deny]
    named += [column.removeprefix(f"{part}/") for column in contract.deny if part]
    named += contract.link.columns if contract.link else []
    named += [contract.delivery.newest_by] if contract.delivery.newest_by else []
    named += [condition.column for condition in contract.accept_if if not part]
    named += [contract.withdrawn.column] if contract.withdrawn and not part else []
    return {same(column) for column in named}


def plan_columns(contract: Contract, part: str, header: Header, label: str) -> ColumnPlan:
    """Match a header to the contract; raises ExtractHeld for a column that is missing or stands twice."""
    plan = ColumnPlan(part)
    _refuse_missing(contract, part, header, label)
    known: set[int] = set()
    for name, spec in contract.fields.items():
        owner, column = contract.part_of(spec)
        if owner == part and spec.column:
            known |= _place_field(plan, header, name, spec, column)
    if part:
        plan.parent = header.find(contract.repeats[part].parent)
        known |= {index for index, name in enumerate(header.names) if _is_export_bookkeeping(name)}
    else:
        _place_keys(plan, contract, header)
    known |= {
        index
        for index in (*plan.key, plan.consent, plan.withdrawn, *plan.accept, plan.parent)
        if index is not None
    }
    known |= set(plan.matches.values())
    _refuse_ambiguous(contract, part, header, label)
    link = contract.link.columns if contract.link else []
    for column in [*link, contract.delivery.newest_by or ""]:
        index = header.find(column) if column else None
        known |= {index} if index is not None else set()
    for column in contract.deny:
        index = header.find(column.removeprefix(f"{part}/") if part else column)
        if index is not None and index not in known:
            plan.denied.append(index)
    plan.unmapped = [
        index for index, name in enumerate(header.names) if name and index not in known | set(plan.denied)
    ]
    return plan


def rename_row(plan: ColumnPlan, cells: list[Cell | None]) -> list[NamedCell]:
    """The filled cells of a row under their canonical fields."""
    named = []
    for name, spec, index in plan.fields:
        cell = cell_at(cells, index)
        if cell:
            named.append(NamedCell(name, spec, cell))
    for name, spec, choices in plan.flags:
        answers = [(choice, cell) for choice, index in choices if (cell := cell_at(cells, index))]
        chosen = [choice for choice, cell in answers if same(cell.value) in FLAG_SET]
        if answers and not chosen:
            chosen = [""]  # answered, and nothing applies: not the same as unanswered
        named += [NamedCell(name, spec, Cell(choice, "flag")) for choice in chosen]
    return named


def key_of(plan: ColumnPlan, contract: Contract, sheet_name: str, cells: list[Cell | None]) -> str | None:
    """The partner's reference of a row, its parts joined by `|`; None where a part is blank."""
    parts = []
    for part, index in zip(contract.delivery.key_parts, plan.key, strict=True):
        text = sheet_name if part == SHEET else _text_at(cells, index)
        if not text:
            return None
        parts.append(tidy(text))
    return "|".join(parts) or None


def cell_at(cells: list[Cell | None], index: int | None) -> Cell | None:
    return cells[index] if index is not None and index < len(cells) else None


def _text_at(cells: list[Cell | None], index: int | None) -> str:
    cell = cell_at(cells, index)
    return tidy(cell.value) if cell else ""


def _place_field(plan: ColumnPlan, header: Header, name: str, spec: FieldSpec, column: str) -> set[int]:
    """Plan one field; returns the positions that this field makes known."""
    index = header.find(column)
    choices = header.choices_of(column) if spec.select_multiple else []
    known = {position for _, position in choices}
    if index is not None and spec.select_multiple != "flags":
        plan.fields.append((name, spec, index))
    if index is not None:
        known.add(index)
    if choices and spec.select_multiple in ("flags", "both"):
        plan.flags.append((name, spec, choices))
    if index is None and not choices and not spec.optional_column:
        plan.missing_optional.append(column)
    return known


def _place_keys(plan: ColumnPlan, contract: Contract, header: Header) -> None:
    plan.key = [None if part == SHEET else header.find(part) for part in contract.delivery.key_parts]
    if contract.consent and contract.consent.column:
        plan.consent = header.find(contract.consent.column)
    if contract.withdrawn:
        plan.withdrawn = header.find(contract.withdrawn.column)
    takes_back = contract.consent is not None and "withdrawn" in contract.consent.values.values()
    marks = (plan.withdrawn, plan.consent if takes_back else None)
    plan.marks = {index for index in marks if index is not None}
    plan.accept = [header.find(condition.column) for condition in contract.accept_if]
    for name, repeat in contract.repeats.items():
        index = header.find(repeat.matches) if repeat.matches else None
        if index is not None:
            plan.matches[name] = index


def _refuse_missing(contract: Contract, part: str, header: Header, label: str) -> None:
    flags = {
        contract.part_of(spec)[1]
        for spec in contract.fields.values()
        if spec.select_multiple in ("flags", "both")
    }
    missing = [
        column
        for column in required_columns(contract, part)
        if header.find(column) is None and not (column in flags and header.choices_of(column))
    ]
    if not missing:
        return
    expected = {same(column) for column in [*mapped_columns(contract, part), *contract.deny]}
    expected |= {same(column) for column in required_columns(contract, part)}
    new = [name for name in header.names if name and same(name) not in expected]
    is_header = len(header.names) - len(new) >= max(1, len(expected) // 3)
    named = ", ".join(repr(column) for column in missing)
    may_be_shown = [name for name in new if not names_somebody(name)]
    close = [match for one in missing for match in get_close_matches(one, may_be_shown, n=1, cutoff=0.4)]
    # The names are shown only when this surely is the header: another row's cells may identify a person.
    if is_header and close:
        hint = f" If it was renamed, the nearest new column is {close[0]!r}: change the contract."
    elif is_header:
        hint = " If it was renamed, change the contract; else ask the partner for the file with it."
    else:
        hint = " Hardly any expected column was found: check `format` (sheet, header rows) in the contract."
    plural = "columns" if len(missing) > 1 else "column"
    raise ExtractHeld("hold:column_missing", f"{label} has no {plural} {named}.{hint}")


def _refuse_ambiguous(contract: Contract, part: str, header: Header, label: str) -> None:
    wanted: Iterable[str] = [*mapped_columns(contract, part), *required_columns(contract, part)]
    mentioned = {same(column) for column in [*wanted, *contract.deny]}
    for column in wanted:
        if header.is_twice(column) and same(f"{tidy(column)}.2") not in mentioned:
            raise ExtractHeld(
                "hold:header_ambiguous",
                f"{label} has the column {column!r} twice. Map or deny the second as "
                f"{tidy(column) + '.2'!r} in the contract, or ask the partner to rename one.",
            )


def _is_export_bookkeeping(name: str) -> bool:
    """KoboToolbox writes these into every child sheet."""
    return name.startswith(("_parent_", "_submission__")) or name == "_index"
