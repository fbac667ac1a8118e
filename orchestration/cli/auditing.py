"""Who did what, and what only the stewards' private key opens: audit, unseal."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, time

import click

from orchestration.cli.options import day_of, installation, json_output
from orchestration.cli.root import cli
from orchestration.settings import Settings


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
    from orchestration.console_audit import show_audit
    from orchestration.stewardship import audit as log

    first = datetime.combine(day_of(since), time(), UTC) if since else None
    found = log.read(settings)
    untold = stewardship.untold(found.lines, stewardship.list_decisions(settings))
    lines = [
        line
        for line in found.lines
        if (who is None or line["who"].casefold() == who.casefold())
        and (action is None or line["action"] == action)
        and (first is None or datetime.fromisoformat(line["time"]) >= first)
    ]
    if as_json:
        whole = {"lines": lines, "faults": found.faults, "untold": untold, "head": found.head}
        print(json.dumps(whole, ensure_ascii=False))
    else:
        show_audit(lines, found, untold)
    if found.faults:
        sys.exit(1)
