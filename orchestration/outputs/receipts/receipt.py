"""The content of a partner's receipt: what was taken and what was not, in its own columns and rows.

It holds the partner's own counts and no value of a cell, except new answers that identify no person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal

from orchestration.contracts import Contract, Contracts
from orchestration.core import Settings, of_text, record_of
from orchestration.gates import (
    Delivery,
    deliveries,
    landed_extracts,
    read_fates,
    read_verdicts,
    unread_columns,
)
from orchestration.intake import TakenExtract
from orchestration.outputs.receipts import explanations
from orchestration.outputs.receipts.delivery import Delivered, delivered_files
from orchestration.outputs.receipts.explanations import Explanation, columns_of, own_column
from orchestration.outputs.receipts.rows import (
    ProblemGroup,
    RowProblem,
    Used,
    group_problems,
    read_standing,
    row_problems,
)

Listed = tuple["FileRows", RowProblem, str]  # a problem with its file and the partner's columns
VALUE_CORRECTED = "value_corrected"


@dataclass(frozen=True)
class Outcome:
    """How the refresh ended. `release_id` is the release in force now, if there is one.

    After a refusal, a wait or a rollback it is an older release, without the rows that were judged now.
    """

    kind: Literal["published", "refused", "waits", "unchanged"]
    release_id: str | None
    is_rolled_back: bool = False

    @property
    def is_in_release(self) -> bool:
        return self.kind not in ("refused", "waits") and not self.is_rolled_back


@dataclass(frozen=True)
class FileRows:
    """One file of the partner: counts of its rows, and their fates."""

    extract_id: str
    file: str
    contract: str
    received_on: date
    read: int
    refused: int
    landed: int
    fates: Counter[str]
    is_new: bool
    held_by: list[Explanation] = field(default_factory=list)
    has_good_one_before: bool = False


@dataclass(frozen=True)
class NotKept:
    """Rows or cells of one file that did not land, for one reason. `is_child`: of a repeated group."""

    file: str
    sheet: str
    explanation: Explanation
    count: int
    row_numbers: str
    is_child: bool = False
    column: str = ""


@dataclass(frozen=True)
class Corrected:
    """A value that a steward corrected: where it stands, when and why. The value itself is not repeated."""

    file: str
    sheet: str
    row: int
    columns: str
    day: date
    reason: str


@dataclass(frozen=True)
class Receipt:
    """The content of a receipt. `problems`: the lines of `rows.csv`. `newest`: what came last, by contract.

    `rows_known`: False where an earlier refresh judged the rows and its work folder was deleted.
    """

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
    groups: list[ProblemGroup]
    problems: list[Listed]
    newest: list[Delivery]
    used: list[Used]
    rows_known: bool = True
    corrected: list[Corrected] = field(default_factory=list)

    @property
    def new_held(self) -> list[FileRows]:
        return [file for file in self.files if file.is_new and file.held_by]

    @property
    def has_landed(self) -> bool:
        return any(file.is_new for file in self.files)

    @property
    def has_children(self) -> bool:
        return any(refused.is_child for refused in self.not_kept)

    @property
    def set_aside(self) -> list[ProblemGroup]:
        return [group for group in self.groups if group.is_set_aside]

    @property
    def not_understood(self) -> list[ProblemGroup]:
        return [group for group in self.groups if not group.is_set_aside]


def gather_receipts(
    settings: Settings,
    contracts: Contracts,
    taken: Collection[TakenExtract],
    as_of: datetime,
    run_id: str,
    outcome: Outcome,
    drift: Collection[Mapping[str, Any]] = (),
    corrections: Iterable[Mapping[str, Any]] = (),
) -> Iterator[Receipt]:
    """Return a receipt for each partner; after an unchanged refresh only for those that sent a file.

    `drift`: the drift items of this refresh. `corrections`: the stewards' corrections of values that hold.
    """
    judged = _Judged(settings, as_of, run_id, outcome, corrections)
    fates = judged.fates
    # The reason of a held file says once what is wrong with such a column.
    explained = {
        one
        for one in unread_columns(settings)
        if (fate := fates.get(one[:2])) and "columns_are_readable" in fate.held_by
    }
    newest = deliveries(settings)
    notes: dict[str, list[Mapping[str, Any]]] = {}
    for extract in landed_extracts(settings):  # by partner, in the order of arrival
        notes.setdefault(extract.partner, []).append(extract.content)
    problems = groupby(row_problems(settings), key=lambda problem: problem.partner)
    pending = next(problems, None)
    for partner in contracts.partners:
        own_problems: list[RowProblem] = []
        if pending and pending[0] == partner:
            own_problems = [
                one for one in pending[1] if (partner, one.extract_id, one.field) not in explained
            ]
            pending = next(problems, None)
        contracts_of = contracts.valid.get(partner, [])
        held = {key[1] for key, fate in fates.items() if key[0] == partner and fate.fate == "held"}
        by_name = {contract.contract: contract for contract in contracts_of}
        delivered = delivered_files(taken, partner, by_name, drift, held)
        landed = notes.get(partner, [])
        if delivered or (landed and outcome.kind != "unchanged"):
            own = [one for one in newest if one.partner == partner]
            yield judged.receipt(partner, contracts_of, delivered, landed, own_problems, own)


class _Judged:
    """What a refresh judged, of which the receipts of all partners are made."""

    def __init__(
        self,
        settings: Settings,
        as_of: datetime,
        run_id: str,
        outcome: Outcome,
        corrections: Iterable[Mapping[str, Any]],
    ) -> None:
        self.as_of, self.outcome = as_of, outcome
        self.run = f"{as_of:%Y%m%dT%H%M%SZ}-{run_id[:8]}"
        self.standing, self.fates = read_standing(settings), read_fates(settings)
        has_held = any(fate.fate == "held" for fate in self.fates.values())
        self._findings = {
            (verdict.partner, verdict.extract_id, verdict.check_name): verdict.finding
            for verdict in (read_verdicts(settings).verdicts if has_held else ())
            if verdict.holds
        }
        self._decided: dict[tuple[int | None, str], Mapping[str, Any]] = {
            (record_of(one["record"]), one["field"]): one for one in corrections
        }

    def receipt(
        self,
        partner: str,
        contracts: list[Contract],
        delivered: list[Delivered],
        landed: list[Mapping[str, Any]],
        problems: list[RowProblem],
        newest: list[Delivery],
    ) -> Receipt:
        by_name = {contract.contract: contract for contract in contracts}
        new = {file.taken.extract_id for file in delivered if file.taken.outcome == "landed"}
        files = list(self._files(landed, new))
        of_extract = {file.extract_id: file for file in files}
        listed = []
        for problem in problems:
            if (file := of_extract.get(problem.extract_id)) is not None:
                contract = by_name.get(file.contract)
                columns = columns_of(contract, problem.field, problem.sheet) if contract else ""
                listed.append((file, problem, columns))
        notes = [note for note in landed if note["extract_id"] in new]
        any_contract = contracts[0] if contracts else None
        return Receipt(
            partner=partner,
            name=(any_contract.partner.name if any_contract else None) or partner,
            finest_place=any_contract.agreement.finest_place if any_contract else "county",
            as_of=self.as_of,
            run=self.run,
            outcome=self.outcome,
            delivered=delivered,
            files=files,
            not_kept=[
                _not_kept(note, refusal, refusal["rows"], is_child=kind == "child_refusals")
                for note in notes
                for kind in ("refusals", "child_refusals")
                for refusal in note[kind]
            ],
            stripped=[
                _not_kept(
                    note,
                    emptied,
                    emptied["cells"],
                    column=own_column(by_name.get(note["contract"]), emptied["column"], emptied["sheet"]),
                )
                for note in notes
                for emptied in note["emptied"]
            ],
            unmapped={
                note["file"]: [
                    own_column(by_name.get(note["contract"]), name) for name in note["unmapped_columns"]
                ]
                for note in notes
                if note["unmapped_columns"]
            },
            groups=group_problems(
                (file.file, bool(file.held_by), problem, columns) for file, problem, columns in listed
            ),
            problems=listed,
            newest=newest,
            used=self.standing.used.get(partner, []),
            corrected=list(self._corrected(listed)),
            rows_known=self.standing.is_known,
        )

    def _corrected(self, listed: Iterable[Listed]) -> Iterator[Corrected]:
        for file, problem, columns in listed:
            decision = self._decided.get((problem.record_id, problem.field))
            if problem.rule_code == VALUE_CORRECTED and decision:
                day = datetime.fromisoformat(decision["time"]).date()
                yield Corrected(
                    file.file, problem.sheet, problem.row_number, columns, day, decision["reason"]
                )

    def _files(self, landed: list[Mapping[str, Any]], new: set[str | None]) -> Iterator[FileRows]:
        good: set[str] = set()
        for note in landed:  # in the order of arrival
            key = (note["partner"], note["extract_id"])
            fate = self.fates.get(key)
            yield FileRows(
                extract_id=note["extract_id"],
                file=note["file"],
                contract=note["contract"],
                received_on=date.fromisoformat(note["received_on"]),
                read=note["rows_read"],
                refused=note["rows_refused"],
                landed=note["rows_landed"],
                fates=self.standing.rows.get(key, Counter()),
                is_new=note["extract_id"] in new,
                held_by=[
                    *explanations.cause(of_text(fate.cause), fate.question),
                    *(explanations.check(name, self._findings.get((*key, name), "")) for name in fate.held_by),
                ]
                if fate
                else [],
                has_good_one_before=note["contract"] in good,
            )
            if fate and fate.fate == "in_force":
                good.add(note["contract"])


def _not_kept(note: Mapping[str, Any], what: Mapping[str, Any], count: int, **more: Any) -> NotKept:
    explanation, rows = explanations.refusal(what["reason"]), what.get("row_numbers", "")
    return NotKept(note["file"], what["sheet"], explanation, count, rows, **more)
