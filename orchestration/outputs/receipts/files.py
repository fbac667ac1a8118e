"""Receipts as files: a page to read, and a table of all problems for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from orchestration.core import NAIROBI, Settings, durable, note_sums, safe
from orchestration.outputs.pages import template
from orchestration.outputs.receipts import explanations
from orchestration.outputs.receipts.receipt import VALUE_CORRECTED, Receipt
from orchestration.outputs.receipts.rows import RowProblem

PAGE, ROWS = "receipt.html", "rows.csv"
_OUTCOMES = {
    "Q": "set aside",
    "unk": "taken, this value unknown",
    "released": "taken, accepted by your data steward",
    "flag": "taken, noted",
}
_COLUMNS = ("file", "sheet", "row", "column", "what_became_of_it", "rule", "meaning", "what_to_do")


def write_receipts(settings: Settings, receipts: Iterable[Receipt]) -> list[Path]:
    """Write `receipts/<partner>/<run>/` for each receipt and return the folders."""
    folders = []
    for receipt in receipts:
        folder = settings.receipts / receipt.partner / receipt.run
        durable.write_text(folder / ROWS, _rows(receipt))
        made = receipt.as_of.astimezone(NAIROBI)
        page = template("receipt.html.j2").render(receipt=receipt, rows_file=ROWS, made=made)
        durable.write_text(folder / PAGE, page)
        note_sums(folder)
        folders.append(folder)
    return folders


def forget_receipts(settings: Settings, partner: str) -> None:
    """Delete the receipts of a partner: they list rows of forgotten records."""
    durable.remove_folder(settings.receipts / partner)


def old_receipts(settings: Settings, number: int) -> list[Path]:
    """Return the receipts that are older than the newest complete ones of their partner.

    None until a tenth more stand there.
    """
    old: list[Path] = []
    for partner in settings.receipts.glob("*/"):
        complete = sorted(page.parent for page in partner.glob(f"????????T??????Z-*/{PAGE}"))
        if len(complete) > number + number // 10:
            old += [receipt for receipt in partner.glob("????????T??????Z-*/") if receipt < complete[-number]]
    return old


def receipt_times(settings: Settings) -> dict[str, datetime]:
    """Return the time of each partner's newest complete receipt; partners without one are left out."""
    return {
        partner.name: max(made)
        for partner in sorted(settings.receipts.glob("*/"))
        if (made := [_made(page.parent.name) for page in partner.glob(f"????????T??????Z-*/{PAGE}")])
    }


def _made(run: str) -> datetime:
    return datetime.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _rows(receipt: Receipt) -> str:
    text = io.StringIO()
    text.write("\ufeff")  # without this mark, spreadsheet programs read a CSV in their old encoding
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([safe(value) for value in line] for line in _lines(receipt))
    return text.getvalue()


def _lines(receipt: Receipt) -> Iterator[tuple[object, ...]]:
    """Return lines on files, corrected values, rows with a problem, rows not taken and emptied cells."""
    for delivered in receipt.delivered:
        if delivered.why:
            yield delivered.taken.file, "", "", delivered.columns, delivered.result, *delivered.why
        for column, (title, meaning, to_do), detail in delivered.changes:
            meaning = f"{detail}. {meaning}" if detail else meaning
            yield delivered.taken.file, "", "", column, "changed", title, meaning, to_do
    title, meaning, to_do = explanations.explain(VALUE_CORRECTED)
    for file, problem, columns, decision in receipt.corrected:
        where = (file.note["file"], problem.sheet, problem.row_number, columns)
        yield *where, "corrected by your data steward", title, f"{meaning} {decision['reason']}", to_do
    for file, problem, columns in receipt.problems:
        if problem.rule_code != VALUE_CORRECTED:
            where = (file.note["file"], problem.sheet, problem.row_number, columns)
            yield *where, _result(problem), *explanations.explain(problem.rule_code)
    for became, kept_out in (("not taken", receipt.not_kept), ("emptied", receipt.stripped)):
        for one in kept_out:
            yield one.file, one.sheet, one.row_numbers, one.column, became, *one.explanation


def _result(problem: RowProblem) -> str:
    if problem.fate == "held":
        return "not in use: the file is held"
    if problem.is_along:
        return "set aside with another row of its record"
    if problem.fate == "quarantined" and problem.outcome == "unk":
        return "in a row that is set aside, this value unknown"
    return _OUTCOMES.get(problem.outcome, problem.outcome)
