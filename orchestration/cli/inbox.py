"""What the next refresh finds: `njia inbox add` puts files there, `njia pull` fetches them from servers."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from orchestration.cli import console
from orchestration.cli.options import (
    EXISTING_FILE,
    WRITE,
    home_and_partners,
    json_output,
    open_home,
    written_installation,
)
from orchestration.core import Settings, UsageError


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


@click.command()
@click.argument("names", nargs=-1, metavar="[PARTNER]...")
@click.option("--again", is_flag=True, help="Fetch also what has not changed since the last pull.")
@json_output
@written_installation
def pull_command(settings: Settings, names: tuple[str, ...], again: bool, as_json: bool) -> None:
    """Fetch extracts into the inbox.

    From the servers that contracts name as their source, of each PARTNER or of all. The next refresh takes
    what is new. A source that fails stops no other.

    Exit code: 0 fetched or unchanged, 1 a source failed, 2 wrong use or settings, 4 another pull runs.
    """
    from orchestration.intake import pull

    ended = pull(settings, names, again, lambda source: console.err.print(f"· {source}", markup=False))
    for source in ended:
        show_source(source.as_dict())
    failed = sum(source.outcome == "failed" for source in ended)
    if not ended:
        console.say("No contract names a source. See `source` in the guide to contracts.")
    elif any(source.outcome == "fetched" for source in ended):
        console.say("Next: njia refresh")
    if as_json:
        console.print_json({"sources": [source.as_dict() for source in ended], "failed": failed})
    if failed:
        sys.exit(1)


def show_source(source: Mapping[str, Any]) -> None:
    name = f"{source['partner']} · {source['contract']}"
    fetched = console.minute_of(source["fetched"]) if source["fetched"] else "never"
    if source["outcome"] == "failed":
        times = source["failures_in_a_row"]
        since = f" Failed {times} times in a row." if times > 1 else ""
        console.mark("pull failed", f"{source['reason']}{since} Last fetched: {fetched}.")
        return
    records = f"{source['records']:,} records, " if source["records"] is not None else ""
    known = source["bytes"] is not None
    size = f"{records}{source['bytes'] / 1000:,.0f} kB" if known else "nothing to fetch"
    line = {
        "never": f"not fetched yet from {source['host']}",
        "fetched": f"fetched from {source['host']} {fetched}: {size}",
        "unchanged": f"unchanged on {source['host']} {fetched}: {size}",
    }[source["outcome"]]
    console.say(f"{name}: {line}")
