"""Columns as the partner knows them: by name and, where a file has several sheets, by the sheet.

A contract writes a column of a further sheet `part/column`; `part` is the contract's word and nobody else's.
"""

from __future__ import annotations

from orchestration.contracts import Contract

_NOT_A_PLACE = ".transport_mode"


def own_column(contract: Contract | None, column: str, on_sheet: str = "") -> str:
    """`legs/Stop` → `Stop (sheet Journey)`, or `Stop` where `on_sheet` is said beside it anyway."""
    part, slash, rest = column.partition("/")
    sheet = _sheets(contract).get(part) if contract and slash else None
    if sheet is None:
        return column
    return rest if sheet == on_sheet else f"{rest} (sheet {sheet})"


def columns_of(contract: Contract, field: str, on_sheet: str = "") -> str:
    """The partner's own columns behind one of our fields, as the contract names them.

    Behind a place stand the columns that name it; how people travelled there does not.
    """
    if field == "record" or not field:
        return ""
    names = [
        own_column(contract, str(spec.column), on_sheet)
        for name, spec in contract.fields.items()
        if spec.column
        and (name == field or (name.startswith(f"{field}.") and not name.endswith(_NOT_A_PLACE)))
    ]
    return ", ".join(dict.fromkeys(names))


def _sheets(contract: Contract) -> dict[str, str]:
    return {part: one.sheet or part for part, one in [*contract.repeats.items(), *contract.tabs.items()]}
