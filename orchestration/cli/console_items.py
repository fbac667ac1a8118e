"""What the command line shows of what waits for a steward. What does not belong here: finding it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape

from orchestration.cli.console import out


def show_items(found: Sequence[Mapping[str, Any]]) -> None:
    """Every item with its name, which `njia decide take` wants in one piece."""
    for one in found:
        _show(one)
        out.print(f"    {one['item']}", soft_wrap=True, style="dim")
    if not found:
        out.print("Nothing waits for a steward.")


def show_most_valuable(waiting: Mapping[str, Any]) -> None:
    """How many wait, and the first of them: what `njia status` says."""
    if not waiting["number"]:
        return
    first = waiting["most_valuable"]
    out.print(f"\n[bold]{waiting['number']:,} open item(s)[/] for a steward; the most valuable:")
    for one in first:
        _show(one)
    if waiting["number"] > len(first):
        out.print("    All of them, with their names: njia decide waiting")


def _show(one: Mapping[str, Any]) -> None:
    worth = f"{one['movements']:,} movements" if one["movements"] else "no movement waits"
    worth += f", {one['numbers']:,} published cells" if one["numbers"] else ""
    taken = f"; {one['owner']} takes care of it" if one["owner"] else ""
    due = f", due {one['due']}" if one["due"] else ""
    out.print(f"  {escape(one['title'])}")
    out.print(f"    [dim]{worth}{escape(taken)}{due}[/]")
