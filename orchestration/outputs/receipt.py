"""What one partner is told after a refresh: what was taken and what was not, in its own columns and rows.

Only the partner's own figures; never a value of a cell, save new answers of a list that identify nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal

from orchestration.extracts import Contract, Contracts, TakenExtract
from orchestration.gates import Verdict, landed_extracts, read_verdicts
from orchestration.outputs import receipt_words
from orchestration.outputs.receipt_delivery import Delivered, delivery
from orchestration.outputs.receipt_past import Measures, Past, columns_of, measure_past, own_past
from orchestration.outputs.receipt_rows import (
    RowProblem,
    Standing,
    Used,
    read_standing,
    row_problems,
)
from orchestration.outputs.receipt_words import Words
from orchestration.settings import Settings

ROWS_SHOWN, SHEETS_SHOWN = 20, 12


@dataclass(frozen=True)
class Outcome:
    """How the refresh ended. `release_id` is the release that holds the rows now, if there is one."""

    kind: Literal["published", "refused", "unchanged"]
    release_id: str | None


@dataclass(frozen=True)
class FileRows:
    """One file the partner has sent: what was read of it and where its rows stand."""

    extract_id: str
    file: str
    contract: str
    received_on: date
    read: int
    refused: int
    landed: int
    fates: Counter[str]
    is_new: bool
    held_by: list[Words] = field(default_factory=list)


@dataclass(frozen=True)
class NotKept:
    """Rows or cells of one file that did not land, for one reason."""

    file: str
    sheet: str
    words: Words
    count: int
    row_numbers: str


@dataclass
class Noted:
    """One rule in one of the partner's columns, and where it was met: row numbers by file and sheet."""

    words: Words
    columns: str
    is_set_aside: bool
    count: int = 0
    found: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    @property
    def where(self) -> list[str]:
        """`Register 2024.xlsx, Apr 24: rows 5, 9 and 3 more`, a line a sheet."""
        lines = []
        for (file, sheet), numbers in self.found.items():
            numbers = sorted(set(numbers))
            shown = ", ".join(str(number) for number in numbers[:ROWS_SHOWN])
            more = f" and {len(numbers) - ROWS_SHOWN:,} more" if len(numbers) > ROWS_SHOWN else ""
            rows = "row" if len(numbers) == 1 else "rows"
            lines.append(f"{file}{', ' if sheet else ''}{sheet}: {rows} {shown}{more}")
        hidden = len(lines) - SHEETS_SHOWN
        return lines if hidden <= 0 else [*lines[:SHEETS_SHOWN], f"and on {hidden} more sheets"]


@dataclass(frozen=True)
class Receipt:
    """Everything a receipt says. `problems` are all its rows for the table beside the page."""

    partner: str
    name: str
    finest_place: str
    as_of: datetime
    run: str
    outcome: Outcome
    delivered: list[Delivered]
    files: list[FileRows]
    not_kept: list[NotKept]
    stripped: list[NotKept]
    unmapped: dict[str, list[str]]
    noted: list[Noted]
    problems: list[tuple[FileRows, RowProblem, str]]
    past: Past
    used: list[Used]

    @property
    def set_aside(self) -> list[Noted]:
        return [noted for noted in self.noted if noted.is_set_aside]

    @property
    def not_understood(self) -> list[Noted]:
        return [noted for noted in self.noted if not noted.is_set_aside]


def gather_receipts(
    settings: Settings,
    contracts: Contracts,
    taken: Collection[TakenExtract],
    as_of: datetime,
    run_id: str,
    outcome: Outcome,
    drift: Collection[Mapping[str, Any]] = (),
) -> Iterator[Receipt]:
    """One receipt for each partner; after an unchanged refresh only for those who had sent a file.

    `drift`: the items of this refresh, as for the steward.
    """
    standing = read_standing(settings)
    holding = read_verdicts(settings).holding
    measures = measure_past(settings)
    notes: dict[str, list[Mapping[str, Any]]] = {}
    for extract in landed_extracts(settings):  # by partner, in the order in which the files came
        notes.setdefault(extract.partner, []).append(extract.content)
    problems = _by_partner(row_problems(settings))
    due = next(problems, None)
    for partner in contracts.partners:
        own_problems: list[RowProblem] = []
        if due and due[0] == partner:
            own_problems = due[1]
            due = next(problems, None)
        delivered = delivery(taken, partner, drift)
        landed = notes.get(partner, [])
        if delivered or (landed and outcome.kind != "unchanged"):
            yield _receipt(
                measures, contracts.valid.get(partner, []), partner, delivered, landed, standing, holding,
                own_problems, as_of, f"{as_of:%Y%m%dT%H%M%SZ}-{run_id[:8]}", outcome,
            )  # fmt: skip


def _receipt(
    measures: Measures,
    contracts: list[Contract],
    partner: str,
    delivered: list[Delivered],
    landed: list[Mapping[str, Any]],
    standing: Standing,
    holding: dict[tuple[str, str], tuple[Verdict, ...]],
    problems: list[RowProblem],
    as_of: datetime,
    run: str,
    outcome: Outcome,
) -> Receipt:
    by_name = {contract.contract: contract for contract in contracts}
    new = {file.taken.extract_id for file in delivered if file.taken.outcome == "landed"}
    files = [_file(note, standing, holding, new) for note in landed]
    of_extract = {file.extract_id: file for file in files}
    told = [
        (
            of_extract[problem.extract_id],
            problem,
            _columns(by_name.get(of_extract[problem.extract_id].contract), problem),
        )
        for problem in problems
        if problem.extract_id in of_extract
    ]
    notes = [note for note in landed if note["extract_id"] in new]
    any_contract = contracts[0] if contracts else None
    return Receipt(
        partner=partner,
        name=(any_contract.partner.name if any_contract else None) or partner,
        finest_place=any_contract.agreement.finest_place if any_contract else "county",
        as_of=as_of,
        run=run,
        outcome=outcome,
        delivered=delivered,
        files=files,
        not_kept=[
            NotKept(
                note["file"],
                refusal["sheet"],
                receipt_words.refusal(refusal["reason"]),
                refusal["rows"],
                refusal.get("row_numbers", ""),
            )
            for note in notes
            for refusal in [*note["refusals"], *note["child_refusals"]]
        ],
        stripped=[
            NotKept(note["file"], "", receipt_words.refusal(reason), cells, "")
            for note in notes
            for reason, cells in note["stripped"].items()
        ],
        unmapped={note["file"]: note["unmapped_columns"] for note in notes if note["unmapped_columns"]},
        noted=_noted(told),
        problems=told,
        past=own_past(measures, partner, contracts) if landed else Past([], []),
        used=standing.used.get(partner, []),
    )


def _file(
    note: Mapping[str, Any],
    standing: Standing,
    holding: dict[tuple[str, str], tuple[Verdict, ...]],
    new: set[str | None],
) -> FileRows:
    key = (note["partner"], note["extract_id"])
    return FileRows(
        extract_id=note["extract_id"],
        file=note["file"],
        contract=note["contract"],
        received_on=date.fromisoformat(note["received_on"]),
        read=note["rows_read"],
        refused=note["rows_refused"],
        landed=note["rows_landed"],
        fates=standing.rows.get(key, Counter()),
        is_new=note["extract_id"] in new,
        held_by=[receipt_words.check(verdict.check_name) for verdict in holding.get(key, ())],
    )


def _noted(told: list[tuple[FileRows, RowProblem, str]]) -> list[Noted]:
    """Rows by rule and column; what sets a row aside first, then what concerns most rows."""
    found: dict[tuple[str, str, bool], Noted] = {}
    for file, problem, columns in told:
        if problem.outcome == "flag":
            continue
        key = (problem.rule_code, columns, problem.is_set_aside)
        noted = found.setdefault(
            key, Noted(receipt_words.rule(problem.rule_code), columns, problem.is_set_aside)
        )
        noted.count += 1
        noted.found.setdefault((file.file, problem.sheet), []).append(problem.row_number)
    return sorted(found.values(), key=lambda noted: (not noted.is_set_aside, -noted.count))


def _columns(contract: Contract | None, problem: RowProblem) -> str:
    return columns_of(contract, problem.field) if contract else ""


def _by_partner(problems: Iterator[RowProblem]) -> Iterator[tuple[str, list[RowProblem]]]:
    for partner, own in groupby(problems, key=lambda problem: problem.partner):
        yield partner, list(own)
