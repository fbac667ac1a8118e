"""`njia query`: one SELECT on the current release, as a table, CSV or JSON."""

import csv
import hashlib
import math
import sys
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from orchestration.cli import console, options
from orchestration.core import Settings, safe

# Laying out a hundred thousand rows takes minutes, and a screen shows few.
MOST_ROWS, MOST_RECORDS = 200, 20
# Cells may be folded to this width; names of columns stay whole.
UNFOLDED, BETWEEN = 16, 2


@click.command()
@click.argument("sql")
@options.edition
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Stop a query that takes longer.",
)
@options.installation
def query_command(settings: Settings, sql: str, edition: str, form: str, timeout: float) -> None:
    """Run one SELECT on the current release.

    It is read-only. An export of microdata (CSV or JSON) is noted in the audit log.
    """
    from orchestration.release import run_query
    from orchestration.stewardship import audit

    console.signed_release(settings)
    answer = run_query(settings, sql, edition, timeout)
    if edition == "members" and form != "table":  # first the log, then the rows
        audit.record(
            settings,
            audit.os_user(),
            "exported",
            answer.release_id,
            edition="members",
            form=form,
            rows=len(answer.rows),
            statement_sha256=hashlib.sha256(sql.encode()).hexdigest(),
        )
    show_rows(answer, form)


def show_rows(answer: Any, form: str, screen: Console = console.out) -> None:
    """Show the rows of a query; `answer` has `columns` (names) and `rows` (tuples)."""
    if form == "json":
        rows = (
            # JSON knows neither infinity nor NaN.
            (None if isinstance(value, float) and not math.isfinite(value) else value for value in row)
            for row in answer.rows
        )
        console.print_json([dict(zip(answer.columns, row, strict=True)) for row in rows])
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows([safe(value) for value in row] for row in answer.rows)
    else:
        _show_on_screen(answer, screen)


def _show_on_screen(answer: Any, screen: Console) -> None:
    """Show rows as a table if its columns fit, else one record below the other."""
    if not answer.rows:
        console.err.print("No row matches.")
    shown = [["" if value is None else str(value) for value in row] for row in answer.rows[:MOST_ROWS]]
    if _fits(answer.columns, shown, screen.width):
        table = console.table(*answer.columns)
        for row in shown:
            table.add_row(*map(escape, row))
        screen.print(table)
    else:
        shown = shown[:MOST_RECORDS]
        for number, row in enumerate(shown, start=1):
            screen.print(f"[dim]row {number}[/]")
            record = console.facts()
            for column, value in zip(answer.columns, row, strict=True):
                record.add_row(escape(column), escape(value))
            screen.print(record)
    if len(answer.rows) > len(shown):
        console.err.print(
            f"{len(shown):,} of {len(answer.rows):,} rows are shown. --format csv gives all. To see columns "
            "side by side, select fewer.",
            soft_wrap=True,
        )


def _fits(columns: list[str], rows: list[list[str]], width: int) -> bool:
    longest = [max([0, *(len(row[at]) for row in rows)]) for at, _ in enumerate(columns)]
    needed = [max(len(name), min(length, UNFOLDED)) for name, length in zip(columns, longest, strict=True)]
    return sum(needed) + BETWEEN * (len(needed) - 1) <= width
