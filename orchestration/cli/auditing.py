"""Who did what, and what only the stewards' private key opens: audit, unseal."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, time
from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.options import author_and_reason, day_of, installation, json_output, private_key_in
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError


@cli.command()
@click.option("--who", help="Only what this person or account did.")
@click.option("--action", help="Only this action, such as decided, revoked, unsealed or exported.")
@click.option("--since", help="Only from this day on, such as 2027-01-31.")
@json_output
@installation
def audit(settings: Settings, who: str | None, action: str | None, since: str | None, as_json: bool) -> None:
    """Who decided, unsealed or exported what and when; tells where the log was changed.

    Exit code 1: the log is not as it was written.
    """
    from orchestration import stewardship
    from orchestration.cli.console_audit import show_audit
    from orchestration.stewardship import audit as log

    if action is not None and action not in log.ACTIONS:
        raise UsageError(f"There is no action called {action!r}. There are: {', '.join(log.ACTIONS)}.")
    first = datetime.combine(day_of(since), time(), UTC) if since else None
    found = log.read(settings)
    stewardship.active_decisions(settings, settings.as_of())  # raises where their files cannot be read
    gaps = stewardship.gaps(settings, found.lines)
    lines = [
        line
        for line in found.lines
        if (who is None or line["who"].casefold() == who.casefold())
        and (action is None or line["action"] == action)
        and (first is None or datetime.fromisoformat(line["time"]) >= first)
    ]
    if as_json:
        whole = {"lines": lines, "faults": found.faults, **vars(gaps), "head": found.head}
        print(json.dumps(whole, ensure_ascii=False))
    else:
        show_audit(lines, found, gaps)
    if found.faults:
        sys.exit(1)


@cli.command()
@click.argument("partner")
@click.argument("extract_id")
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the stewards' private key; without it the key is asked for and not shown.",
)
@click.option("--row", type=click.IntRange(min=1), help="Show this row, numbered as in the lists.")
@click.option("--sheet", help="Its sheet, where there are several.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the whole original here instead.")
@author_and_reason
@installation
def unseal(
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
    """Open a sealed original with the stewards' private key: one row, or all of it.

    Who opened what and why is put in the audit log before anything is shown.
    """
    from orchestration import stewardship
    from orchestration.cli.console_audit import show_original_row

    if (row is None) == (out is None) or (sheet and row is None):
        raise UsageError("Say either --row N (and --sheet, where there are several), or --out FILE.")
    key = private_key_in(key_file)
    if out is not None:
        stewardship.unseal_file(settings, partner, extract_id, key, out, author, reason)
        console.say(f"The original is in {out}. It holds all that Njia leaves out: delete it after use.")
    elif row is not None:
        found = stewardship.unseal_row(settings, partner, extract_id, key, row, sheet, author, reason)
        show_original_row(found)
