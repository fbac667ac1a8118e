"""`njia diff`: what changed between two releases."""

from __future__ import annotations

from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import out
from orchestration.cli.options import installation, json_output
from orchestration.core import Settings

LISTED = 5  # of places, and of corridors
COUNTS = ("rows_before", "rows_after", "added", "removed", "changed")


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
        console.print_json(result)
    else:
        _show(result)


def _show(found: dict[str, Any]) -> None:
    out.print(f"[bold]{found['before']} → {found['after']}[/]")
    tables = console.table("table", "rows before", "after", "added", "removed", "changed", whole=["table"])
    for row in found["tables"]:
        tables.add_row(row["table"], *("–" if row[name] is None else f"{row[name]:,}" for name in COUNTS))
    out.print(tables)
    places, corridors = (found[name]["rows"][:LISTED] for name in ("places", "corridors"))
    if places or corridors:
        out.print("\nPlaces and corridors that changed most")
        moved = console.table("place or corridor", "before", "after", "grain", "counted as")
        for line in (*places, *corridors):
            name = line.get("place") or f"{line['origin']['name']} → {line['destination']['name']}"
            numbers = f"{line['before']:,}", f"{line['now']:,}"
            moved.add_row(escape(name), *numbers, line["record_grain"], line.get("role", "corridor"))
        out.print(moved)
        out.print()
    for label, came in (("added", True), ("removed", False)):
        names = [
            f"{one['partner_code']} {one['extract_id']}" for one in found["extracts"] if one["came"] is came
        ]
        out.print(f"Extracts {label}: {', '.join(names) or 'none'}", soft_wrap=True)
    for label, came in (("added", True), ("removed", False)):
        decisions = [decision for decision in found["decisions"] if decision["came"] is came]
        out.print(f"Decisions {label}:{'' if decisions else ' none'}")
        for decision in decisions:
            says = decision["says"] or decision["kind"].replace("_", " ")
            out.print(f"    {decision['id']}  {escape(says)}", soft_wrap=True)
    out.print(f"Inputs that differ: {', '.join(found['inputs_changed']) or 'none'}")
