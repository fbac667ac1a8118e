"""One delivery: what happened to each file, and what changed in its columns.

Columns appear under names that may be shown (`shown_names`), answers only where they identify no person
(`intake.may_be_shown`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.contracts import Contract
from orchestration.intake import TakenExtract
from orchestration.outputs.receipts import explanations
from orchestration.outputs.receipts.explanations import Explanation, own_column

_RESULTS = {
    "landed": "read",
    "already_landed": "we have it already; nothing to do",
    "held": "waits",
    "unreadable": "could not be read",
}


@dataclass(frozen=True)
class Change:
    """One change in a file's columns or in their answers; `detail` may be empty."""

    column: str
    explanation: Explanation
    detail: str = ""


@dataclass(frozen=True)
class Delivered:
    """One file of this refresh. `why` and `columns`: the reason why it was not taken.

    `has_earlier`: the changes are against the last file, else against the contract. `is_held`: the file was
    read, and a check of the whole file keeps all of it out.
    """

    taken: TakenExtract
    why: Explanation | None
    columns: str
    changes: list[Change]
    has_earlier: bool
    is_held: bool = False

    @property
    def file(self) -> str:
        return self.taken.file

    @property
    def result(self) -> str:
        return "read, but held: nothing of it is in use" if self.is_held else _RESULTS[self.taken.outcome]


def delivered_files(
    taken: Iterable[TakenExtract],
    partner: str,
    contracts: Mapping[str, Contract],
    drift: Iterable[Mapping[str, Any]],
    held: Container[str | None] = (),
) -> list[Delivered]:
    """Return the partner's files in the order of intake.

    `drift`: items of all files after typing, which finds new answers (`drift_items`). `held`: extract ids.
    """
    new_codes = {(item["partner"], item["extract_id"]): item["new_codes"] for item in drift}
    return [
        _delivered(extract, contracts, new_codes.get((partner, extract.extract_id), []), held)
        for extract in taken
        if extract.partner == partner
    ]


def _delivered(
    extract: TakenExtract,
    contracts: Mapping[str, Contract],
    new_codes: list[Mapping[str, Any]],
    held: Container[str | None],
) -> Delivered:
    contract = contracts.get(extract.drift["contract"]) if extract.drift else None
    if contract is None and len(contracts) == 1:
        [contract] = contracts.values()
    has_earlier = bool(extract.drift and extract.drift["compared_with"])
    # The receipt of a first file that was read lists unmapped columns anyway.
    with_added = has_earlier or extract.outcome != "landed"
    changes = list(_column_changes(extract.drift, contract, with_added)) if extract.drift else []
    if extract.outcome == "landed":
        changes += [_answer_change(codes, contract) for codes in new_codes]
    why = explanations.file_reason(extract.code) if extract.code else None
    columns = ", ".join(own_column(contract, column) for column in extract.columns)
    is_held = extract.outcome == "landed" and extract.extract_id in held
    return Delivered(extract, why, columns, changes, has_earlier, is_held)


def _column_changes(
    drift: Mapping[str, Any], contract: Contract | None, with_added: bool
) -> Iterator[Change]:
    def own(column: str) -> str:
        return own_column(contract, column)

    for renamed in drift["renamed"]:
        kind = "column_renamed" if _is_read(renamed) else "unread_column_renamed"
        yield Change(f"{own(renamed['before'])} → {own(renamed['now'])}", _explain(kind))
    for gone in drift["gone"]:
        yield Change(own(gone["column"]), _explain("column_gone" if _is_read(gone) else "unread_column_gone"))
    for column in drift["added"] if with_added else ():
        yield Change(own(column), _explain("column_added"))


def _answer_change(codes: Mapping[str, Any], contract: Contract | None) -> Change:
    shown, hidden = codes["shown"], codes["not_shown"]
    answers = [f"“{answer}”" for answer in shown]
    if hidden:
        answers.append(f"{hidden:,} {'more ' if shown else ''}that we do not repeat here")
    counts = f"{codes['records']:,} of the {codes['answered']:,} records that answer"
    detail = f"{', '.join(answers)}: in {counts}"
    return Change(own_column(contract, codes["column"]), _explain("new_codes"), detail)


def _is_read(use: Mapping[str, Any]) -> bool:
    return bool(set(use["feeds"]) - {"deny"})


def _explain(change: str) -> Explanation:
    return explanations.file_reason(f"drift:{change}")
