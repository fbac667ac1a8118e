"""What `njia attack` shows: which hidden cells are known, by whom, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from rich.markup import escape
from rich.table import Table

from orchestration.console import out, say

if TYPE_CHECKING:
    from orchestration.disclosure import Audit

MOST_SHOWN = 40
READERS = {
    "knows_total": "by the printed numbers alone",
    "guesses_small": "who guesses that hidden cells are small",
}


def show_attack(found: Audit) -> None:
    for universe, sentence in list(found.contradictions.items())[:MOST_SHOWN]:
        say(f"{universe}: {sentence}" if universe != "all" else sentence)
    if found.small:
        say(f"Cells printed with fewer than {found.k}: {found.small:,}. Hide them, or roll the table up.")
    failing = found.cells[~found.cells["passed"]]
    exact = int(failing["is_exact"].sum())
    say(f"{found.hidden:,} hidden cells were attacked; the smallest count that may be printed is {found.k}.")
    if len(failing):
        say(f"{exact:,} are exactly known, {len(failing) - exact:,} more to less than {found.k - 1} apart.")
        _show_cells(failing.sort_values(["width", "universe", "cell"], kind="stable"))
        say(
            "Hide a second cell in each line through these, or roll the table up; do not print a total that "
            "leaves one cell over."
        )
    empty = int((found.cells["passed"] & found.cells["is_exact"]).sum())
    if empty:
        say(f"{empty:,} hidden cells are known to be empty, which tells of nobody.")
    if found.contradictions:
        say(f"{len(found.contradictions):,} sets of tables contradict themselves and were not attacked.")
    elif found.is_safe:
        say("Safe: no hidden cell is known to less than that.")


def _show_cells(failing: pd.DataFrame) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("table", "cell", "is", "found"):
        table.add_column(column, overflow="fold")
    for row in failing.head(MOST_SHOWN).to_dict("records"):
        cell = row["cell"] if row["universe"] == "all" else f"{row['universe']}: {row['cell']}"
        span = str(row["low"]) if row["is_exact"] else f"{row['low']} to {row['high']}"
        table.add_row(escape(row["table"]), escape(cell), span, READERS[row["attacker"]])
    out.print(table)
    if len(failing) > MOST_SHOWN:
        say(f"{len(failing) - MOST_SHOWN:,} more: --json gives all.")
