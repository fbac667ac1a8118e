"""A receipt as files: a page to read, and a table of every row that was noted, for a spreadsheet."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from orchestration.core import Settings, durable, safe
from orchestration.outputs.receipts import words as receipt_words
from orchestration.outputs.receipts.receipt import Receipt
from orchestration.outputs.receipts.rows import RowProblem

PAGE, ROWS = "receipt.html", "rows.csv"
NAIROBI = timezone(timedelta(hours=3))
_OUTCOMES = {
    "Q": "set aside",
    "unk": "taken, this value unknown",
    "released": "taken, let in by your data steward",
    "flag": "taken, noted",
}
_COLUMNS = ("file", "sheet", "row", "column", "what_became_of_it", "rule", "meaning", "what_to_do")


def write_receipts(settings: Settings, receipts: Iterable[Receipt]) -> list[Path]:
    """Write `receipts/<partner>/<run>/` for each; returns the folders."""
    pages = Environment(
        loader=PackageLoader("orchestration.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"number": lambda value: f"{value:,}", "share": lambda value: f"{value:.0%}"}
    template = pages.get_template("receipt.html.j2")
    folders = []
    for receipt in receipts:
        folder = settings.receipts / receipt.partner / receipt.run
        folder.mkdir(parents=True, exist_ok=True)
        durable.write_text(folder / ROWS, _rows(receipt))
        page = template.render(
            receipt=receipt,
            rows_file=ROWS,
            made=receipt.as_of.astimezone(NAIROBI),
        )
        durable.write_text(folder / PAGE, page)
        folders.append(folder)
    return folders


def forget_receipts(settings: Settings, partner: str) -> None:
    """Remove what a partner was told: it names rows of records that are forgotten."""
    shutil.rmtree(settings.receipts / partner, ignore_errors=True)


def _rows(receipt: Receipt) -> str:
    text = io.StringIO()
    text.write("\ufeff")  # spreadsheet programs take a CSV without the mark for their own old encoding
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([safe(value) for value in line] for line in _lines(receipt))
    return text.getvalue()


def _became(problem: RowProblem) -> str:
    if problem.fate == "held":
        return "not in use: the file is held"
    if problem.is_along:
        return "set aside with another row of its record"
    if problem.fate == "quarantined" and problem.outcome == "unk":
        return "in a row that is set aside, this value unknown"
    return _OUTCOMES.get(problem.outcome, problem.outcome)


def told_at(settings: Settings) -> dict[str, datetime]:
    """When each partner's newest whole receipt was made, to the second; partners without one are left out."""
    return {
        partner.name: max(made)
        for partner in sorted(settings.receipts.glob("*/"))
        if (made := [_made(page.parent.name) for page in partner.glob(f"????????T??????Z-*/{PAGE}")])
    }


def _made(run: str) -> datetime:
    return datetime.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _lines(receipt: Receipt) -> Iterator[tuple[object, ...]]:
    """What is to tell of whole files, then rows that were noted, then rows that were not taken."""
    for delivered in receipt.delivered:
        if words := delivered.why:
            yield (delivered.file, "", "", delivered.columns, delivered.became, *astuple(words))
        for change in delivered.changes:
            title, meaning, to_do = astuple(change.words)
            meaning = f"{change.detail}. {meaning}" if change.detail else meaning
            yield (delivered.file, "", "", change.column, "changed", title, meaning, to_do)
    for file, problem, columns in receipt.problems:
        became = _became(problem)
        words = receipt_words.rule(problem.rule_code)
        yield (file.file, problem.sheet, problem.row_number, columns, became, *astuple(words))
    for refused in receipt.not_kept:
        where = (refused.file, refused.sheet, refused.row_numbers)
        yield (*where, "", "not taken", *astuple(refused.words))
