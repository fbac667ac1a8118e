"""Map the partner's columns to canonical fields, by the contract alone; child sheets become child rows.

Not here: what may be kept of a cell (`minimising`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestration.contracts import SHEET, Cell, Contract, FieldSpec, same, tidy
from orchestration.intake.drift.columns import ALIKE_ENOUGH, name_likeness
from orchestration.intake.outcomes import ExtractHeld
from orchestration.intake.records.header import Header, Sought
from orchestration.intake.shown_names import is_known_heading

FLAG_SET = {"1", "1.0", "true", "yes", "x"}
# Marks a field whose columns (several names of one) disagree; holds no value.
DISAGREES = "disagrees"
_SUBMISSION, _SUBMISSION_OF_CHILD = "_id", "_submission__id"


class NamedCell(NamedTuple):
    field: str
    spec: FieldSpec
    cell: Cell


@dataclass(frozen=True)
class ItemPlan:
    """Positions of a row's kind and code, and the fields that each kind feeds."""

    kind: int | None
    code: int | None
    fields: dict[str, list[tuple[str, FieldSpec]]]


@dataclass
class ColumnPlan:
    """The use of each column of one sheet; numbers are column positions."""

    part: str
    fields: list[tuple[str, FieldSpec, list[int]]] = field(default_factory=list)
    flags: list[tuple[str, FieldSpec, list[tuple[str, int]]]] = field(default_factory=list)
    longitudes: dict[str, int] = field(default_factory=dict)  # of fields whose columns hold latitudes
    key: list[int | None] = field(default_factory=list)
    consent: int | None = None
    withdrawn: int | None = None
    marks: set[int] = field(default_factory=set)  # where a filled cell alone may take a record back
    accept: list[int | None] = field(default_factory=list)
    parent: int | None = None
    submission: int | None = None  # KoboToolbox's number of one submission, also in its child sheets
    matches: dict[str, int] = field(default_factory=dict)
    items: ItemPlan | None = None
    link: dict[str, int] = field(default_factory=dict)  # never among the fields: only codes of it are kept
    submission_ids: list[int] = field(default_factory=list)  # likewise
    denied: dict[int, str] = field(default_factory=dict)  # with the names in the contract
    unmapped: list[int] = field(default_factory=list)
    missing_optional: list[str] = field(default_factory=list)

    @property
    def meaningful(self) -> set[int]:
        flags = {index for _, _, choices in self.flags for _, index in choices}
        items = {self.items.code} if self.items and self.items.code is not None else set()
        status = {index for index in self.accept if index is not None}
        fields = {index for _, _, indexes in self.fields for index in indexes}
        fields |= set(self.longitudes.values())
        return fields | flags | items | status | self.marks


def required_columns(contract: Contract, part: str = "") -> list[str]:
    """Return the columns without which a file is held."""
    columns: list[str | None] = [
        contract.part_of(spec)[1]
        for name, spec in contract.fields.items()
        if contract.part_of(spec)[0] == part and spec.columns and contract.must_have_column(name)
    ]
    if part:
        columns.append(contract.repeats[part].parent)
    else:
        consent, withdrawn, items = contract.consent, contract.withdrawn, contract.items
        columns += [column for column in contract.delivery.key_parts if column != SHEET]
        columns += [repeat.matches for repeat in contract.repeats.values()]
        columns.append(consent.column if consent else None)
        columns.append(withdrawn.column if withdrawn and not withdrawn.optional_column else None)
        columns += [state.column for state in contract.accept_if if contract.must_have_state(state)]
        columns += [items.type, items.code] if items else []
    return list(dict.fromkeys(column for column in columns if column))


def mapped_columns(contract: Contract, part: str = "") -> list[str]:
    """Return every column of a part that the contract maps to a field, by its first name."""
    return [
        column
        for spec in contract.fields.values()
        if contract.names_of(spec)
        for owner, column in [contract.part_of(spec)]
        if owner == part
    ]


def sought_in(contract: Contract, part: str) -> Sought:
    """Return how the header of a sheet is found; `part` is "" or the name of a repeat."""
    required, mapped = required_columns(contract, part), mapped_columns(contract, part)
    if not part:  # the tabs' columns stand in their own sheets
        required, mapped = contract.without_tabs(required), contract.without_tabs(mapped)
    return Sought(contract.layout_of(is_main=not part), required, mapped, contract.other_names(part))


def columns_named_by(contract: Contract, part: str = "") -> set[str]:
    """Return every column of a part that the contract names for any use, in the form of `same`."""
    named = [*mapped_columns(contract, part), *required_columns(contract, part), *contract.deny]
    named += [name for names in contract.other_names(part).values() for name in names]
    named += [column.removeprefix(f"{part}/") for column in contract.deny if part]
    named += [column for spec in contract.fields.values() if (column := contract.longitude_of(spec))]
    named += contract.link.columns if contract.link else []
    named += contract.submission_id.names if contract.submission_id and not part else []
    named += [contract.delivery.newest_by] if contract.delivery.newest_by else []
    named += [condition.column for condition in contract.accept_if if not part]
    named += [contract.withdrawn.column] if contract.withdrawn and not part else []
    return {same(column) for column in named}


def plan_columns(contract: Contract, part: str, header: Header, label: str) -> ColumnPlan:
    """Match a header to the contract; raise ExtractHeld for a missing or repeated column."""
    plan = ColumnPlan(part)
    _refuse_missing(contract, part, header, label)
    known: set[int] = set()
    for name, spec in contract.fields.items():
        if contract.part_of(spec)[0] == part and spec.is_read:
            known |= _place_field(plan, header, name, spec, contract)
    if part:
        plan.parent = header.find(contract.repeats[part].parent or "")
        plan.submission = header.find(_SUBMISSION_OF_CHILD)
        # KoboToolbox or ODK Central adds these columns to every child sheet.
        added = re.compile("(_parent_|_submission__).*|_index|KEY")
        known |= {index for index, name in enumerate(header.names) if added.fullmatch(name)}
    else:
        _place_keys(plan, contract, header)
        plan.submission = header.find(_SUBMISSION)
        plan.items = _place_items(contract, header)
    items = (plan.items.kind, plan.items.code) if plan.items else ()
    placed = (*plan.key, plan.consent, plan.withdrawn, *plan.accept, plan.parent, *items)
    known |= {index for index in placed if index is not None}
    known |= set(plan.matches.values())
    _refuse_ambiguous(contract, part, header, label)
    newest_by = header.find(contract.delivery.newest_by) if contract.delivery.newest_by else None
    known |= {newest_by} if newest_by is not None else set()
    if not part:
        _place_link(plan, contract, header)
        ids = contract.submission_id.names if contract.submission_id else []
        plan.submission_ids = header.find_all(ids)
        plan.missing_optional += ids[:1] if not plan.submission_ids else []
    known |= {*plan.link.values(), *plan.submission_ids}
    for column in contract.deny:
        index = header.find(column.removeprefix(f"{part}/") if part else column)
        if index is not None and index not in known:
            plan.denied[index] = column
    plan.unmapped = [
        index for index, name in enumerate(header.names) if name and index not in known | set(plan.denied)
    ]
    return plan


def rename_row(plan: ColumnPlan, cells: list[Cell | None]) -> list[NamedCell]:
    """Return the filled cells of a row under their canonical fields."""
    named = []
    for name, spec, indexes in plan.fields:
        filled = [cell for index in indexes if (cell := cell_at(cells, index))]
        if filled and name in plan.longitudes:
            longitude = cell_at(cells, plan.longitudes[name])
            filled = [Cell(f"{filled[0].value}, {longitude.value if longitude else ''}")]
        if filled:
            named.append(NamedCell(name, spec, filled[0]))
        if any(same(cell.value) != same(filled[0].value) for cell in filled[1:]):
            named.append(NamedCell(name, spec, Cell("", DISAGREES)))
    for name, spec, choices in plan.flags:
        answers = [(choice, cell) for choice, index in choices if (cell := cell_at(cells, index))]
        chosen = [choice for choice, cell in answers if same(cell.value) in FLAG_SET]
        if answers and not chosen:
            chosen = [""]  # answered with no choice, which differs from unanswered
        named += [NamedCell(name, spec, Cell(choice, "flag")) for choice in chosen]
    return named + (_item(plan.items, cells) if plan.items else [])


def _item(items: ItemPlan, cells: list[Cell | None]) -> list[NamedCell]:
    """Return the code of a row under the fields its kind feeds."""
    code, kind = cell_at(cells, items.code), cell_at(cells, items.kind)
    if code is None:
        return []
    fed = items.fields.get(same(kind.value) if kind else "", [])
    return [NamedCell(name, spec, code) for name, spec in fed]


def cell_at(cells: list[Cell | None], index: int | None) -> Cell | None:
    return cells[index] if index is not None and index < len(cells) else None


def _place_field(
    plan: ColumnPlan, header: Header, name: str, spec: FieldSpec, contract: Contract
) -> set[int]:
    """Plan one field; return the positions it uses."""
    column = contract.part_of(spec)[1]
    indexes = header.find_all(contract.names_of(spec))
    choices = _choices(header, spec, contract)
    known = {*indexes, *(position for _, position in choices)}
    column_of_longitudes = contract.longitude_of(spec)
    longitude = header.find(column_of_longitudes) if column_of_longitudes else None
    if longitude is not None:
        plan.longitudes[name] = longitude
        known.add(longitude)
    if indexes and spec.select_multiple != "flags":
        plan.fields.append((name, spec, indexes))
    if choices and (spec.flags_with_prefix or spec.select_multiple in ("flags", "both")):
        plan.flags.append((name, spec, choices))
    if not known and not spec.optional_column and not contract.item_kinds_of(spec):
        plan.missing_optional.append(column)
    return known


def _choices(header: Header, spec: FieldSpec, contract: Contract) -> list[tuple[str, int]]:
    """Return the 1/0 columns of a choose-many question: `transport/bus` → (`bus`, position)."""
    if spec.flags_with_prefix is not None:
        return header.beginning_with(contract.part_of(spec)[1])
    if spec.select_multiple is None:
        return []
    names = contract.names_of(spec)
    return [choice for name in names for choice in header.beginning_with(f"{tidy(name)}/")]


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
    plan.missing_optional += [
        condition.column
        for condition, index in zip(contract.accept_if, plan.accept, strict=True)
        if index is None and not condition.optional_column
    ]
    for name, repeat in contract.repeats.items():
        index = header.find(repeat.matches) if repeat.matches else None
        if index is not None:
            plan.matches[name] = index


def _place_link(plan: ColumnPlan, contract: Contract, header: Header) -> None:
    for name, column in contract.link.by_name.items() if contract.link else ():
        index = header.find(column)
        if index is None:
            plan.missing_optional.append(column)
        else:
            plan.link[name] = index


def _place_items(contract: Contract, header: Header) -> ItemPlan | None:
    items = contract.items
    if items is None:
        return None
    fields: dict[str, list[tuple[str, FieldSpec]]] = {}
    for name, spec in contract.fields.items():
        for kind in contract.item_kinds_of(spec):
            fields.setdefault(same(kind), []).append((name, spec))
    return ItemPlan(header.find(items.type), header.find(items.code), fields)


def _refuse_missing(contract: Contract, part: str, header: Header, label: str) -> None:
    of_part = [spec for spec in contract.fields.values() if contract.part_of(spec)[0] == part]
    flags = {
        contract.part_of(spec)[1]
        for spec in of_part
        if spec.select_multiple in ("flags", "both") and _choices(header, spec, contract)
    }
    missing = [
        column
        for column in required_columns(contract, part)
        if header.find(column) is None and column not in flags
    ]
    missing += [
        f"{contract.part_of(spec)[1]}…"
        for spec in of_part
        if spec.flags_with_prefix and spec.required and not _choices(header, spec, contract)
    ]
    if not missing:
        return
    named = ", ".join(repr(column) for column in missing)
    known = columns_named_by(contract, part)
    new = [name for name in header.names if same(name) not in known and is_known_heading(name, known)]
    close = [
        name
        for column in missing
        for likeness, name in [max(((name_likeness(column, name), name) for name in new), default=(0.0, ""))]
        if likeness >= ALIKE_ENOUGH
    ]
    # Names are shown only if this is surely the header: cells of another row may identify a person.
    is_header = is_surely_header(contract, part, header)
    if is_header and close:
        hint = f" If it was renamed, the nearest new column is {close[0]!r}: change the contract."
    elif is_header:
        hint = " If it was renamed, change the contract; else ask the partner for the file with it."
    else:
        hint = " Hardly any expected column was found: check `format` (sheet, header rows) in the contract."
    plural = "columns" if len(missing) > 1 else "column"
    raise ExtractHeld("hold:column_missing", f"{label} has no {plural} {named}.{hint}", missing)


def is_surely_header(contract: Contract, part: str, header: Header) -> bool:
    """Return whether a row has enough of the contract's columns to be the header."""
    columns = [*mapped_columns(contract, part), *contract.deny, *required_columns(contract, part)]
    expected = set(map(same, columns))
    found = sum(same(name) in expected for name in header.names)
    return found >= max(1, len(expected) // 3)


def _refuse_ambiguous(contract: Contract, part: str, header: Header, label: str) -> None:
    others = [name for names in contract.other_names(part).values() for name in names]
    wanted: Iterable[str] = [*mapped_columns(contract, part), *required_columns(contract, part), *others]
    mentioned = {same(column) for column in [*wanted, *contract.deny]}
    for column in wanted:
        second = same(f"{tidy(column)}.2")
        if second in map(same, header.names) and second not in mentioned:
            raise ExtractHeld(
                "hold:header_ambiguous",
                f"{label} has the column {column!r} twice. Map or deny the second as "
                f"{tidy(column) + '.2'!r} in the contract, or ask the partner to rename one.",
                [column],
            )
