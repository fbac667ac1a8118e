"""What `njia audit` shows: a line an act, then what is wrong with the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from orchestration.cli.console import complain, out

MOST_NAMED = 5


def show_audit(lines: list[dict[str, Any]], log: Any, gaps: Any) -> None:
    """`log` as it was read whole; `gaps` is where it and the decisions files do not agree."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("time", no_wrap=True)
    table.add_column("who", overflow="fold")
    table.add_column("what", overflow="fold")
    for line in lines:
        when = datetime.fromisoformat(line["time"])
        details = " · ".join(
            f"{name} {_shown(given)}"
            for name, given in line["details"].items()
            if given is not None and not name.endswith("_sha256")
        )
        what = f"{line['action'].replace('_', ' ')} {line['what']}"
        table.add_row(
            f"{when:%Y-%m-%d %H:%M}",
            escape(line["who"]),
            escape(what) + (f"\n[dim]{escape(details)}[/]" if details else ""),
        )
    out.print(table if lines else "The audit log has no such line.")
    if log.lines and not log.faults:
        out.print(
            f"\nThe log holds together: {len(log.lines):,} lines. The last one's hash, to be noted elsewhere:"
        )
        out.print(log.head, soft_wrap=True)
    _warn(
        "Decisions without a line",
        gaps.untold,
        "They were made before the log began, were written into their file by hand, or the log could not be "
        "written then.",
    )
    _warn("Decisions changed since the log was told of them", gaps.changed, "Ask who edited their file.")
    _warn("Decisions that are gone from their files", gaps.gone, "Ask who edited them, or restore a backup.")
    for fault in log.faults:
        complain(fault)


def _warn(what: str, ids: list[str], why: str) -> None:
    if ids:
        more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
        named = ", ".join(ids[-MOST_NAMED:])
        out.print(f"[bold yellow]warning[/] {what}: {named}{more}. {why}", soft_wrap=True)


def _shown(given: Any) -> str:
    return ", ".join(given) if isinstance(given, list) else str(given)


def show_original_row(found: Any) -> None:
    """A row as its partner wrote it. Signs that would steer the terminal are written out."""
    sheet = f" of sheet {_written_out(found.sheet)}" if found.sheet else ""
    out.print(f"[bold]Row {found.row}{escape(sheet)}[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for heading, value in found.cells:
        table.add_row(escape(_written_out(heading)), escape(_written_out(value)))
    out.print(table)


def _written_out(text: str) -> str:
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text
    )
