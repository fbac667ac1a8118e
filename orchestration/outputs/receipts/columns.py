"""Column names as the partner knows them, with the sheet where a file has several.

A contract names a column of a further sheet `part/column`; the partner knows the sheet, not the `part`.
"""

from __future__ import annotations

from orchestration.contracts import Contract

_NOT_A_PLACE = ".transport_mode"


def own_column(contract: Contract | None, column: str, on_sheet: str = "") -> str:
    """Return `Stop (sheet Journey)` for `legs/Stop`, or `Stop` where the text beside it names the sheet."""
    part, slash, rest = column.partition("/")
    sheet = _sheets(contract).get(part) if contract and slash else None
    if sheet is None:
        return column
    return rest if sheet == on_sheet else f"{rest} (sheet {sheet})"


def columns_of(contract: Contract, field: str, on_sheet: str = "") -> str:
    """Return the partner's columns behind a field; for a place, those that name it and not the transport."""
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
    parts = [*contract.repeats.items(), *contract.tabs.items()]
    return {part: table.sheet or part for part, table in parts}
