"""`njia inbox add`: put partners' files where the next refresh finds them."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.options import EXISTING_FILE, WRITE, home_and_partners, open_home
from orchestration.core import UsageError


@click.group()
def inbox_command() -> None:
    """Put partners' files into the inbox."""


@inbox_command.command()
@click.argument("partner", required=False)
@click.argument("files", nargs=-1, type=EXISTING_FILE)
@click.option("--samples", is_flag=True, help="Add the synthetic sample extracts.")
@click.option("--quiet", is_flag=True, help="Print nothing when all went well.")
@home_and_partners
def add(
    home: Path | None,
    partners: Path | None,
    partner: str | None,
    files: tuple[Path, ...],
    samples: bool,
    quiet: bool,
) -> None:
    """Copy FILES of PARTNER into the inbox."""
    from orchestration import intake

    if samples == bool(partner) or (partner and not files):
        raise UsageError("Give a partner and its files, or --samples: njia inbox add PARTNER FILE…")
    settings = open_home(home, partners, WRITE, is_sample=samples)
    added = intake.add_samples(settings) if samples else intake.add_to_inbox(settings, str(partner), files)
    for name in [] if samples else intake.fitted_by_no_contract(settings, str(partner), files):
        console.warn(
            f"No contract of {partner} names a file like {name} (`files`). It waits in the inbox until one "
            "does. If it is no extract, take it out again."
        )
    if not quiet:
        console.say(f"{len(added)} file(s) in the inbox. Next: njia refresh")
