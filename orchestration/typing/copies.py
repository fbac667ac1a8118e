"""Several source rows of one record → the row that stands for it.

Copies of one reference are told apart by content and time, unless the contract says that a record's rows
are its persons or its codes (`pieces`). What a later extract says of the same record is judged by the dbt
project.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from orchestration.contracts import Contract
from orchestration.intake import COPY, LandedCell, copy_name
from orchestration.typing.pieces import persons_of, record_of_items
from orchestration.typing.row import Row, with_problems

_NEVER = datetime.min.replace(tzinfo=UTC)


def one_of(rows: list[Row], contract: Contract) -> Row:
    """The row that stands for a record which has several."""
    first = rows[0]
    if contract.delivery.person_rows:
        return persons_of(rows, contract)
    if len(rows) == 1:
        return first
    if contract.items:
        return record_of_items(rows, contract)
    if len({_content_of_row(row) for row in rows}) == 1:
        return with_problems(first, "record", ("flag:duplicate_rows",))
    newest = _newest_of(rows)
    if newest is not None:
        lists = newest.lists if newest is first else {**_child_lists(first, newest), **newest.lists}
        return with_problems(replace(newest, lists=lists), "record", ("flag:older_copy_in_file",))
    return with_problems(first, "record", ("Q:duplicate_key_conflict",))


def of_standing_copy(rows: list[Row], children: list[list[LandedCell]]) -> list[list[LandedCell]]:
    """Of child rows, each a list of cells, those of the copy that stands, and those of no copy in particular.

    Copies whose child rows differ and that nothing orders are noted: nobody can say which are true.
    """
    of_copy: dict[str, list[list[LandedCell]]] = {}
    for cells in children:
        of_copy.setdefault(next((cell.value for cell in cells if cell.kind == COPY), ""), []).append(cells)
    if set(of_copy) <= {""}:
        return children
    names = [copy_name(row.sheet, row.row_number) for row in rows]
    standing = _newest_of(rows)
    if len({repr([_said(cells) for cells in of_copy.get(name, ())]) for name in names}) > 1:
        rows[0].note("record", ("flag:older_copy_in_file" if standing else "Q:duplicate_key_conflict",))
    name = copy_name(standing.sheet, standing.row_number) if standing else names[0]
    return [*of_copy.get(name, ()), *of_copy.get("", ())]


def _said(cells: list[LandedCell]) -> list[tuple[str, str]]:
    return [(cell.field, cell.value) for cell in cells if cell.kind != COPY]


def _newest_of(rows: list[Row]) -> Row | None:
    """The one that was sent last; None where a time is missing or shared."""
    known = [row.submitted_at for row in rows if row.submitted_at is not None]
    if len(known) < len(rows) or known.count(max(known)) > 1:
        return None
    return max(rows, key=lambda row: row.submitted_at or _NEVER)


def _child_lists(first: Row, newest: Row) -> dict[str, tuple[str, ...]]:
    """Codes that only child rows brought stand on the first row."""
    return {name: codes for name, codes in first.lists.items() if name not in newest.lists}


def _content_of_row(row: Row) -> str:
    """What a row says, for telling identical copies."""
    places = {role: (sorted(place.texts.items()), place.transport) for role, place in row.places.items()}
    parts = (row.when, row.embargo_until, row.count, row.age, sorted(row.codes.items(), key=str))
    return repr((parts, sorted(row.lists.items()), row.route, sorted(places.items())))
