"""`njia audit`: who did what and when; `njia unseal`: open an original, which the audit log notes."""

import sys
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import mark, out
from orchestration.cli.options import (
    EXISTING_FILE,
    author_and_reason,
    day_of,
    installation,
    json_output,
    read_private_key,
)
from orchestration.core import NjiaError, Settings, UsageError, escaped

MOST_NAMED = 5


@click.command()
@click.option("--who", help="Only acts of this person or account.")
@click.option("--action", help="Only this action, such as decided, revoked, unsealed, viewed or exported.")
@click.option("--since", help="Only from this day on, such as 2027-01-31.")
@json_output
@installation
def audit_command(
    settings: Settings, who: str | None, action: str | None, since: str | None, as_json: bool
) -> None:
    """Show the audit log and check it.

    The log says who decided, unsealed, viewed or exported what and when.

    Exit code 1: the log was changed after it was written. 6: `njia.db` is damaged.
    """
    from orchestration import stewardship
    from orchestration.stewardship import audit

    if action is not None and action not in audit.ACTIONS:
        raise UsageError(f"There is no action called {action!r}. There are: {', '.join(audit.ACTIONS)}.")
    first = datetime.combine(day_of(since), time(), UTC) if since else None
    log = audit.read(settings)
    damage: NjiaError | None = None
    try:
        stewardship.active_decisions(settings, settings.as_of())
        gaps = audit.gaps(settings)
    except NjiaError as error:  # the log is shown all the same, but nothing can be compared with it
        damage, gaps = error, None
    lines = [
        line
        for line in log.lines
        if (who is None or line["who"].casefold() == who.casefold())
        and (action is None or line["action"] == action)
        and (first is None or datetime.fromisoformat(line["time"]) >= first)
    ]
    faults = [*log.faults, *([str(damage)] if damage else [])]
    if as_json:
        compared = gaps or dict.fromkeys(audit.GAPS)
        console.print_json({"lines": lines, "faults": faults, **compared, "head": log.head})
    else:
        _show(lines, log, {audit.GAPS[gap]: ids for gap, ids in (gaps or {}).items()})
        for fault in faults:
            console.complain(fault)
    if faults:
        sys.exit(damage.exit_code if damage else 1)


def _show(lines: list[dict[str, Any]], log: Any, gaps: dict[str, list[str]]) -> None:
    """Show the chosen `lines`, and where the decisions, if they can be read, differ from the log."""
    table = console.table("time", "who", "what", whole=["time"])
    for line in lines:
        details = " · ".join(
            f"{name} {', '.join(value) if isinstance(value, list) else value}"
            for name, value in line["details"].items()
            if value is not None and not name.endswith("_sha256")
        )
        table.add_row(
            f"{datetime.fromisoformat(line['time']):%Y-%m-%d %H:%M}",
            escape(line["who"]),
            escape(f"{line['action'].replace('_', ' ')} {line['what']}")
            + (f"\n[dim]{escape(details)}[/]" if details else ""),
        )
    out.print(table if lines else "The audit log has no such line.")
    if log.lines and not log.faults:
        out.print(f"\nThe log is whole: {len(log.lines):,} lines. Note the hash of the last one elsewhere:")
        out.print(log.head, soft_wrap=True)
    for what, ids in gaps.items():
        if ids:
            more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
            named = f"{', '.join(ids[-MOST_NAMED:])}{more}. Ask who changed `njia.db` with another program."
            mark("warning", f"Decisions {what}: {named}")


@click.command()
@click.argument("partner")
@click.argument("extract_id")
@click.option(
    "--key",
    "key_file",
    type=EXISTING_FILE,
    help="File with the stewards' private key. Without it, you are asked to type the key.",
)
@click.option("--row", type=click.IntRange(min=1), help="Show this row, numbered as in the lists.")
@click.option("--sheet", help="Its sheet, if the file has several.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the whole original here instead.")
@author_and_reason
@installation
def unseal_command(
    settings: Settings,
    partner: str,
    extract_id: str,
    key_file: Path | None,
    row: int | None,
    sheet: str | None,
    out: Path | None,
    author: str,
    reason: str,
) -> None:
    """Open a sealed original.

    It takes the stewards' private key. The audit log notes who opened what and why before anything is shown.
    """
    from orchestration import stewardship

    if (row is None) == (out is None) or (sheet and row is None):
        raise UsageError("Give either --row N (and --sheet, if there are several), or --out FILE.")
    key = read_private_key(key_file)
    if out is not None:
        stewardship.unseal_file(settings, partner, extract_id, key, out, author, reason)
        console.say(f"The original is in {out}. It holds everything Njia leaves out: delete it after use.")
    elif row is not None:
        show_row(stewardship.unseal_row(settings, partner, extract_id, key, row, sheet, author, reason))


def show_row(original: Any) -> None:
    """Show a row as its partner wrote it. Characters that could steer the terminal are escaped."""
    sheet = f" of sheet {escaped(original.sheet)}" if original.sheet else ""
    console.out.print(f"[bold]Row {original.row}{escape(sheet)}[/]")
    cells = console.facts(no_wrap=False, overflow="fold")
    for heading, value in original.cells:
        cells.add_row(escape(escaped(heading)), escape(escaped(value)))
    console.out.print(cells)
