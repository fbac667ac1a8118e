"""The content of a partner's receipt: what was taken and what was not, in its own columns and rows.

It holds the partner's own counts and no value of a cell, except new answers that identify no person
(`intake.may_be_shown`). Columns appear under names that may be shown (`shown_names`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from expectations.checks import unexplained_checks
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
from orchestration.outputs.receipts.explanations import Explanation, columns_of, own_column
from orchestration.outputs.receipts.rows import (
    ProblemGroup,
    RowProblem,
    Used,
    group_problems,
    read_standing,
    row_problems,
)

Note = Mapping[str, Any]  # of a landed extract
Change = tuple[str, Explanation, str]  # the column, what changed, and a detail, which may be empty
Listed = tuple["FileRows", RowProblem, str]  # a problem with its file and the partner's columns
VALUE_CORRECTED = "value_corrected"
_RESULTS = {
    "landed": "read",
    "already_landed": "we have it already; nothing to do",
    "held": "waits",
    "unreadable": "could not be read",
}


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
    def result(self) -> str:
        return "read, but held: nothing of it is in use" if self.is_held else _RESULTS[self.taken.outcome]


@dataclass(frozen=True)
class FileRows:
    """One landed file of the partner: its counts, and the fates of its rows."""

    note: Note
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
class Receipt:
    """The content of a receipt. `problems`: the lines of `rows.csv`. `newest`: what came last, by contract.

    `corrected`: problems, each with the decision that corrects the value. `rows_known`: False where an
    earlier refresh judged the rows and its work folder was deleted.
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
    corrected: list[tuple[*Listed, Mapping[str, Any]]] = field(default_factory=list)


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
    standing, fates = read_standing(settings), read_fates(settings)
    held = {key for key, fate in fates.items() if fate.fate == "held"}
    verdicts = read_verdicts(settings).verdicts if held else ()
    found = {(one.partner, one.extract_id, one.check_name): one.finding for one in verdicts if one.holds}
    held_by = {
        key: [
            *explanations.cause(of_text(fate.cause), fate.question),
            *(
                explanations.check(name, found.get((*key, name), ""))
                for name in unexplained_checks(fate.held_by, fate.cause_key)
            ),
        ]
        for key, fate in fates.items()
    }
    # The reason of a held file says once what is wrong with such a column.
    explained = {
        one
        for one in unread_columns(settings)
        if one[:2] in fates and "columns_are_readable" in fates[one[:2]].held_by
    }
    decided: dict[tuple[int | None, str], Mapping[str, Any]] = {
        (record_of(one["record"]), one["field"]): one for one in corrections
    }
    newest, landed = deliveries(settings), landed_extracts(settings)
    problems = groupby(row_problems(settings), key=lambda problem: problem.partner)
    pending = next(problems, None)
    for partner in contracts.partners:
        own_problems: list[RowProblem] = []
        if pending and pending[0] == partner:
            own_problems = [
                one for one in pending[1] if (partner, one.extract_id, one.field) not in explained
            ]
            pending = next(problems, None)
        own = {contract.contract: contract for contract in contracts.valid.get(partner, [])}
        delivered = delivered_files(taken, partner, own, drift, held)
        notes = [one.content for one in landed if one.partner == partner]  # in the order of arrival
        if not delivered and (not notes or outcome.kind == "unchanged"):
            continue
        new = {file.taken.extract_id for file in delivered if file.taken.outcome == "landed"}
        files: dict[str, FileRows] = {}
        good: set[str] = set()
        for note in notes:
            key, contract = (partner, note["extract_id"]), note["contract"]
            files[key[1]] = FileRows(
                note, standing.rows.get(key, Counter()), key[1] in new, held_by.get(key, []), contract in good
            )
            if key in fates and fates[key].fate == "in_force":
                good.add(contract)
        listed: list[Listed] = []
        for problem in own_problems:
            if file := files.get(problem.extract_id):
                of = own.get(file.note["contract"])
                listed.append((file, problem, columns_of(of, problem.field, problem.sheet) if of else ""))
        arrived = [note for note in notes if note["extract_id"] in new]
        first = next(iter(own.values()), None)
        yield Receipt(
            partner=partner,
            name=(first and first.partner.name) or partner,
            finest_place=first.agreement.finest_place if first else "county",
            as_of=as_of,
            run=f"{as_of:%Y%m%dT%H%M%SZ}-{run_id[:8]}",
            outcome=outcome,
            delivered=delivered,
            files=list(files.values()),
            not_kept=list(_not_kept(arrived, own, "refusals", "child_refusals")),
            stripped=list(_not_kept(arrived, own, "emptied")),
            unmapped={
                note["file"]: [own_column(own.get(note["contract"]), name) for name in unmapped]
                for note in arrived
                if (unmapped := note["unmapped_columns"])
            },
            groups=group_problems(listed),
            problems=listed,
            newest=[one for one in newest if one.partner == partner],
            used=standing.used.get(partner, []),
            rows_known=standing.is_known,
            corrected=[
                (file, problem, columns, decision)
                for file, problem, columns in listed
                if problem.rule_code == VALUE_CORRECTED
                and (decision := decided.get((problem.record_id, problem.field)))
            ],
        )


def _not_kept(notes: Iterable[Note], contracts: Mapping[str, Contract], *kinds: str) -> Iterator[NotKept]:
    for note in notes:
        for kind in kinds:
            for one in note[kind]:
                column, count = "", one.get("rows")
                if kind == "emptied":
                    contract, count = contracts.get(note["contract"]), one["cells"]
                    column = own_column(contract, one["column"], one["sheet"])
                about = (note["file"], one["sheet"], explanations.explain(one["reason"]), count)
                yield NotKept(*about, one.get("row_numbers", ""), kind == "child_refusals", column)


def delivered_files(
    taken: Iterable[TakenExtract],
    partner: str,
    contracts: Mapping[str, Contract],
    drift: Iterable[Mapping[str, Any]],
    held: Container[tuple[str, str | None]] = (),
) -> list[Delivered]:
    """Return the partner's files in the order of intake.

    `drift`: items of all files after typing, which finds new answers (`drift_items`). `held`: partner and
    extract id.
    """
    new_codes = {(item["partner"], item["extract_id"]): item["new_codes"] for item in drift}
    delivered = []
    for extract in taken:
        if extract.partner != partner:
            continue
        key = (partner, extract.extract_id)
        contract = contracts.get(extract.drift["contract"]) if extract.drift else None
        if contract is None and len(contracts) == 1:
            [contract] = contracts.values()
        delivered.append(
            Delivered(
                extract,
                explanations.explain(extract.code) if extract.code else None,
                ", ".join(own_column(contract, column) for column in extract.columns),
                [
                    (column, explanations.explain(f"drift:{kind}"), detail)
                    for column, kind, detail in _changes(extract, contract, new_codes.get(key, []))
                ],
                bool(extract.drift and extract.drift["compared_with"]),
                extract.outcome == "landed" and key in held,
            )
        )
    return delivered


def _changes(
    extract: TakenExtract, contract: Contract | None, new_codes: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, str, str]]:
    """Return column, kind and detail of each change in a file's columns or in their answers."""
    has_landed = extract.outcome == "landed"
    if drift := extract.drift:
        for renamed in drift["renamed"]:
            before, now = (own_column(contract, renamed[name]) for name in ("before", "now"))
            kind = "column_renamed" if _is_read(renamed) else "unread_column_renamed"
            yield f"{before} → {now}", kind, ""
        for gone in drift["gone"]:
            kind = "column_gone" if _is_read(gone) else "unread_column_gone"
            yield own_column(contract, gone["column"]), kind, ""
        # The receipt of a first file that was read lists unmapped columns anyway.
        for column in drift["added"] if drift["compared_with"] or not has_landed else ():
            yield own_column(contract, column), "column_added", ""
    for codes in new_codes if has_landed else ():
        shown, hidden = codes["shown"], codes["not_shown"]
        answers = [f"“{answer}”" for answer in shown]
        if hidden:
            answers.append(f"{hidden:,} {'more ' if shown else ''}that we do not repeat here")
        counts = f"{codes['records']:,} of the {codes['answered']:,} records that answer"
        yield own_column(contract, codes["column"]), "new_codes", f"{', '.join(answers)}: in {counts}"


def _is_read(use: Mapping[str, Any]) -> bool:
    return bool(set(use["feeds"]) - {"deny"})
