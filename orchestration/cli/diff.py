"""`njia diff`: what changed between two releases."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import out
from orchestration.cli.options import installation, json_output
from orchestration.core import Settings


@click.command()
@click.argument("a")
@click.argument("b")
@json_output
@installation
def diff_command(settings: Settings, a: str, b: str, as_json: bool) -> None:
    """Compare release A with release B."""
    from orchestration.release import diff

    result = diff(settings, a, b)
    if as_json:
        console.print_json(asdict(result))
    else:
        _show(result)


def _show(diff: Any) -> None:
    out.print(f"[bold]{diff.before} → {diff.after}[/]")
    tables = console.table("table", "rows before", "after", "added", "removed", "changed", whole=["table"])
    for row in diff.tables:
        counts = (row.rows_before, row.rows_after, row.added, row.removed, row.changed)
        tables.add_row(row.table, *map(_count, counts))
    out.print(tables)
    if diff.moved:
        out.print("\nPlaces and corridors that changed most")
        moved = console.table("place or corridor", "before", "after", "grain", "counted as")
        for line in diff.moved:
            numbers = _count(line.before), _count(line.after)
            moved.add_row(escape(line.line), *numbers, line.record_grain, line.counted_as)
        out.print(moved)
        out.print()
    for label, extracts in (("added", diff.extracts_came), ("removed", diff.extracts_left)):
        names = [f"{extract['partner_code']} {extract['extract_id']}" for extract in extracts]
        out.print(f"Extracts {label}: {', '.join(names) or 'none'}", soft_wrap=True)
    for label, decisions in (("added", diff.decisions_came), ("removed", diff.decisions_left)):
        _show_decisions(label, decisions)
    out.print(f"Inputs that differ: {', '.join(diff.inputs_changed) or 'none'}")


def _show_decisions(label: str, decisions: list[dict[str, Any]]) -> None:
    if not decisions:
        out.print(f"Decisions {label}: none")
    else:
        out.print(f"Decisions {label}:")
        for decision in decisions:
            says = decision.get("says") or decision["kind"].replace("_", " ")
            out.print(f"    {decision['id']}  {escape(says)}", soft_wrap=True)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"
