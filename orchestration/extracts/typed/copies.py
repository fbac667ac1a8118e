"""Several source rows of one record → the row that stands for it.

Copies of one reference are told apart by content and time, unless the contract says that a record's rows
are its persons or its codes (`pieces`). What a later extract says of the same record is judged by the dbt
project.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from orchestration.extracts.contract import Contract
from orchestration.extracts.typed.pieces import persons_of, record_of_items
from orchestration.extracts.typed.row import Row, with_problems

_NEVER = datetime.min.replace(tzinfo=UTC)


def one_of(rows: list[Row], contract: Contract) -> Row:
    """The row that stands for a record which has several."""
    first = rows[0]
    if contract.delivery.person_rows:
        return persons_of(rows, contract)
    if len(rows) == 1:
        return first
    if contract.format.items:
        return record_of_items(rows, contract)
    if len({_content_of_row(row) for row in rows}) == 1:
        return with_problems(first, "record", ("flag:duplicate_rows",))
    sent = [row.submitted_at for row in rows]
    known = [moment for moment in sent if moment is not None]
    if len(known) == len(rows) and known.count(max(known)) == 1:
        newest = max(rows, key=lambda row: row.submitted_at or _NEVER)
        lists = newest.lists if newest is first else {**_child_lists(first, newest), **newest.lists}
        return with_problems(replace(newest, lists=lists), "record", ("flag:older_copy_in_file",))
    return with_problems(first, "record", ("Q:duplicate_key_conflict",))


def _child_lists(first: Row, newest: Row) -> dict[str, tuple[str, ...]]:
    """Codes that only child rows brought stand on the first row."""
    return {name: codes for name, codes in first.lists.items() if name not in newest.lists}


def _content_of_row(row: Row) -> str:
    """What a row says, for telling identical copies."""
    places = {role: (sorted(place.texts.items()), place.transport) for role, place in row.places.items()}
    parts = (row.when, row.embargo_until, row.count, row.age, sorted(row.codes.items(), key=str))
    return repr((parts, sorted(row.lists.items()), row.route, sorted(places.items())))
