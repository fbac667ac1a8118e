"""What `njia query` shows: a table where its columns fit, else a record below the other; CSV; JSON."""

from __future__ import annotations

import csv
import json
import math
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.cli.console import err, out
from orchestration.core import safe

# Nobody reads more on a screen, and laying out a hundred thousand rows takes minutes.
MOST_ROWS, MOST_RECORDS = 200, 20
# A longer cell may be folded; a name of a column may not.
UNFOLDED, BETWEEN = 16, 2


def show_rows(rows: Any, form: str) -> None:
    """Rows of a query: `rows.columns` names, `rows.rows` tuples."""
    if form == "json":
        named = [dict(zip(rows.columns, map(_or_null, row), strict=True)) for row in rows.rows]
        print(json.dumps(named, default=str, ensure_ascii=False, allow_nan=False))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(rows.columns)
        writer.writerows([safe(value) for value in row] for row in rows.rows)
    else:
        _show_on_screen(rows, out)


def _or_null(value: Any) -> Any:
    """JSON knows no number that is none."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _show_on_screen(rows: Any, screen: Console) -> None:
    if not rows.rows:
        err.print("No row fits what was asked.")
    shown = [["" if value is None else str(value) for value in row] for row in rows.rows[:MOST_ROWS]]
    if _fits(rows.columns, shown, screen.width):
        table = Table(box=None, header_style="bold", padding=(0, BETWEEN, 0, 0))
        for column in rows.columns:
            table.add_column(column, overflow="fold")
        for row in shown:
            table.add_row(*map(escape, row))
        screen.print(table)
    else:
        shown = shown[:MOST_RECORDS]
        for number, row in enumerate(shown, start=1):
            _show_record(number, rows.columns, row, screen)
    if len(rows.rows) > len(shown):
        err.print(
            f"{len(shown):,} of {len(rows.rows):,} rows are shown. For all: --format csv. Fewer columns fit "
            "side by side: name them in the question.",
            soft_wrap=True,
        )


def _fits(columns: list[str], rows: list[list[str]], width: int) -> bool:
    longest = [max([0, *(len(row[at]) for row in rows)]) for at, _ in enumerate(columns)]
    needed = sum(
        max(len(column), min(length, UNFOLDED)) + BETWEEN
        for column, length in zip(columns, longest, strict=True)
    )
    return needed - BETWEEN <= width


def _show_record(number: int, columns: list[str], row: list[str], screen: Console) -> None:
    screen.print(f"[dim]row {number}[/]")
    table = Table(box=None, show_header=False, padding=(0, BETWEEN, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for column, value in zip(columns, row, strict=True):
        table.add_row(escape(column), escape(value))
    screen.print(table)
