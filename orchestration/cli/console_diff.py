"""What `njia diff` shows: tables, the rows that moved most, extracts, decisions and other inputs."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from orchestration.cli.console import out


def show_diff(found: Any) -> None:
    out.print(f"[bold]{found.before} → {found.after}[/]")
    table = _table("table", "rows before", "after", "added", "removed", "changed")
    for row in found.tables:
        counts = (row.rows_before, row.rows_after, row.added, row.removed, row.changed)
        table.add_row(row.table, *("–" if count is None else f"{count:,}" for count in counts))
    out.print(table)
    _show_moved(found.moved)
    for label, extracts in (("came", found.extracts_came), ("left", found.extracts_left)):
        names = [f"{extract['partner_code']} {extract['extract_id']}" for extract in extracts]
        out.print(f"Extracts that {label}: {', '.join(names) or 'none'}", soft_wrap=True)
    for label, decisions in (("came", found.decisions_came), ("left", found.decisions_left)):
        if decisions is None:
            out.print(f"Decisions that {label}: not told by the manifest of the older release")
            continue
        out.print(f"Decisions that {label}: {'none' if not decisions else ''}".rstrip())
        for decision in decisions:
            says = decision.get("says") or decision["kind"].replace("_", " ")
            out.print(f"    {decision['id']}  {escape(says)}", soft_wrap=True)
    if found.inputs_changed is not None:
        out.print(f"Inputs that differ: {', '.join(found.inputs_changed) or 'none'}")


def show_waiver_effect(found: Any) -> None:
    decision = found.decision
    out.print(f"[bold]Waiver {decision['id']}[/]: {escape(decision['says'])}", soft_wrap=True)
    out.print(f"[dim]{escape(decision['author'])}: {escape(decision['reason'])}[/]", soft_wrap=True)
    out.print(f"It first let pass {found.first}: {', '.join(found.let_pass)}", soft_wrap=True)
    out.print(escape(found.meaning), soft_wrap=True)
    for also in found.also_changed:
        out.print(f"    also: {escape(also)}", soft_wrap=True)
    if found.diff:
        out.print()
        show_diff(found.diff)


def show_without(found: Any) -> None:
    out.print(f"What decision {found.decision_id} does to the current release, built again without it:")
    if found.also_differs:
        out.print(
            f"[bold yellow]warning[/] Since that release was made there also changed: "
            f"{', '.join(found.also_differs)}. The difference is not the decision's alone.",
            soft_wrap=True,
        )
    else:
        out.print("Nothing else differs: the difference is the decision's.")
    out.print()
    show_diff(found.diff)


def _show_moved(moved: list[Any]) -> None:
    if not moved:
        return
    out.print("\nRecords that moved most")
    table = _table("table", "before", "after", "row")
    for one in moved:
        row = " · ".join(str(value) for value in one.key.values())
        counts = ("–" if count is None else f"{count:,}" for count in (one.before, one.after))
        table.add_row(one.table, *counts, escape(row))
    out.print(table)
    out.print()


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "table")
    return table
