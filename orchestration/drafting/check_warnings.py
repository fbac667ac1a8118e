"""What a contract lets a file do that hardly anybody can have meant: said loudly by `njia contract check`.

Sentences name columns and count rows; they never hold a value.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.contracts import MANY_CODES, SHEET, SINGLE_CODES, Cell, Contract, place_parts
from orchestration.drafting.key_columns import said_of_a_person, shown_of_a_person
from orchestration.intake import AFTER_END, ColumnPlan, Tally, cell_at, denial_in, readings

_REFERENCES_LOOKED_AT = 5_000


class KeyColumns:
    """Watches the key's columns go by; remembers the first rows' values, and tells none."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._values: dict[str, list[str]] = {
            part: [] for part in contract.delivery.key_parts if part != SHEET
        }

    def watch(self, plan: ColumnPlan, cells: list[Cell | None]) -> None:
        for part, index in zip(self._contract.delivery.key_parts, plan.key, strict=True):
            cell = cell_at(cells, index)
            if part != SHEET and cell and len(self._values[part]) < _REFERENCES_LOOKED_AT:
                self._values[part].append(cell.value)

    def warnings(self) -> Iterator[str]:
        for column, values in self._values.items():
            by_heading, by_values = said_of_a_person(column), shown_of_a_person(values)
            if by_heading or by_values:
                told = f"{by_heading}, by its heading" if by_heading else f"{by_values}, by its values"
                yield (
                    f"`delivery.key`: column {column!r} is no reference ({told}). Persons share, change and "
                    "lack such things: records melt into one or count twice. Name the partner's own number "
                    "of a record, or `content` where there is none, and deny this column."
                )


def warnings_of(contract: Contract, tally: Tally, keys: KeyColumns) -> list[str]:
    """Every warning for a contract and the file it has just read."""
    return [*_rows_after_the_end(tally), *keys.warnings(), *_mapped_names(contract)]


def _rows_after_the_end(tally: Tally) -> Iterator[str]:
    for problem in tally.problems:
        if problem["code"] == AFTER_END:
            detail = problem["detail"]
            yield (
                f"{detail[:1].upper()}{detail[1:]}; they are not read. If they are records, take that word "
                "out of `format.stop_at`: rows that begin with Total or Jumla are no records without it."
            )


def _mapped_names(contract: Contract) -> Iterator[str]:
    """A draft denies such a heading; a detector removes only the names that it knows."""
    for field, spec in contract.fields.items():
        if not place_parts(field) and field not in (*SINGLE_CODES, *MANY_CODES):
            continue
        for column in contract.names_of(spec):
            said = readings(column)
            denied = denial_in(said)
            if denied and denied.means in _HOLDS and not any(one.kind == "part" for one in said):
                yield (
                    f"`fields.{field}`: column {column!r} holds {_HOLDS[denied.means]} by its heading. None "
                    "of them may land, and only those that a detector knows are removed. Deny the column, "
                    "unless its heading misleads."
                )


_HOLDS = {"name of a person": "names", "phone or address": "phones or addresses", "ID number": "ID numbers"}
