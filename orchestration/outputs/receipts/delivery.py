"""What became of the files of one delivery, and what changed in their columns, in the partner's words.

Columns by the names they may be shown by (`shown_names`), answers only where they identify nobody
(`intake.may_be_shown`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.contracts import Contract
from orchestration.intake import TakenExtract
from orchestration.outputs.receipts import words as receipt_words
from orchestration.outputs.receipts.columns import own_column
from orchestration.outputs.receipts.words import Words

_BECAME = {
    "landed": "read",
    "already_landed": "we have it already: nothing to do",
    "held": "waits",
    "unreadable": "could not be read",
}


@dataclass(frozen=True)
class Change:
    """One change in a file's columns or in their answers; `detail` may be empty."""

    column: str
    words: Words
    detail: str = ""


@dataclass(frozen=True)
class Delivered:
    """One file of this refresh; `why` and `columns` say why it was not taken.

    `has_earlier`: the changes are those since the last file; else beside what the contract names.
    `is_held`: it was read, and a check of the whole file keeps all of it out.
    """

    taken: TakenExtract
    why: Words | None
    columns: str
    changes: list[Change]
    has_earlier: bool
    is_held: bool = False

    @property
    def file(self) -> str:
        return self.taken.file

    @property
    def became(self) -> str:
        return "read, but held: nothing of it is in use" if self.is_held else _BECAME[self.taken.outcome]


def delivery(
    taken: Iterable[TakenExtract],
    partner: str,
    contracts: Mapping[str, Contract],
    drift: Iterable[Mapping[str, Any]],
    held: Container[str | None] = (),
) -> list[Delivered]:
    """The partner's files, in the order in which they were taken in; `held` are extract ids.

    `drift` are the items of all files after typing, which alone knows of new answers (`drift_items`).
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
    # Of a first file that was read, the receipt lists the columns nobody named in any case.
    is_added_told = has_earlier or extract.outcome != "landed"
    changes = list(_of_columns(extract.drift, contract, is_added_told)) if extract.drift else []
    if extract.outcome == "landed":
        changes += [_of_answers(codes, contract) for codes in new_codes]
    why = receipt_words.file_reason(extract.code) if extract.code else None
    columns = ", ".join(own_column(contract, column) for column in extract.columns)
    is_held = extract.outcome == "landed" and extract.extract_id in held
    return Delivered(extract, why, columns, changes, has_earlier, is_held)


def _of_columns(drift: Mapping[str, Any], contract: Contract | None, is_added_told: bool) -> Iterator[Change]:
    def own(column: str) -> str:
        return own_column(contract, column)

    for one in drift["renamed"]:
        kind = "column_renamed" if _is_read(one) else "unread_column_renamed"
        yield Change(f"{own(one['before'])} → {own(one['now'])}", _words(kind))
    for use in drift["gone"]:
        yield Change(own(use["column"]), _words("column_gone" if _is_read(use) else "unread_column_gone"))
    for column in drift["added"] if is_added_told else ():
        yield Change(own(column), _words("column_added"))


def _of_answers(codes: Mapping[str, Any], contract: Contract | None) -> Change:
    shown, hidden = codes["shown"], codes["not_shown"]
    answers = [f"“{answer}”" for answer in shown]
    if hidden:
        answers.append(f"{hidden:,} {'more ' if shown else ''}that we do not repeat here")
    counts = f"{codes['records']:,} of the {codes['answered']:,} records that answer"
    return Change(
        own_column(contract, codes["column"]), _words("new_codes"), f"{', '.join(answers)}: in {counts}"
    )


def _is_read(use: Mapping[str, Any]) -> bool:
    return bool(set(use["feeds"]) - {"deny"})


def _words(change: str) -> Words:
    return receipt_words.file_reason(f"drift:{change}")
