"""Asking what was published, and going back: query, releases, diff, rollback."""

from __future__ import annotations

import json

import click

from orchestration import console
from orchestration.cli.options import author_and_reason, installation, json_output
from orchestration.cli.root import cli
from orchestration.settings import Settings


@cli.command()
@click.argument("sql")
@click.option("--edition", type=click.Choice(["partner", "public"]), default="partner", show_default=True)
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Stop a query that takes longer.",
)
@installation
def query(settings: Settings, sql: str, edition: str, form: str, timeout: float) -> None:
    """Ask the current release one SELECT, read-only."""
    from orchestration.console_rows import show_rows
    from orchestration.release import run_query

    show_rows(run_query(settings, sql, edition, timeout), form)


@cli.command()
@json_output
@installation
def releases(settings: Settings, as_json: bool) -> None:
    """What was published, newest first."""
    from orchestration.release import list_releases

    found = list_releases(settings)
    if as_json:
        listed = [{**release.manifest, "is_current": release.is_current} for release in found]
        print(json.dumps({"releases": listed}))
    else:
        console.show_releases(found)


@cli.command()
@click.argument("a")
@click.argument("b")
@json_output
@installation
def diff(settings: Settings, a: str, b: str, as_json: bool) -> None:
    """What changed from release A to release B."""
    from orchestration.release import diff as compare

    found = compare(settings, a, b)
    if as_json:
        print(json.dumps(found.as_dict(), default=str))
    else:
        console.show_diff(found)


@cli.command()
@click.argument("release_id")
@author_and_reason
@installation
def rollback(settings: Settings, release_id: str, author: str, reason: str) -> None:
    """Go back to an earlier release; recorded as a decision."""
    from orchestration.release import rollback as go_back

    target = go_back(settings, release_id, author, reason, settings.as_of())
    console.say(
        f"Release {target.release_id} is in force again. The next refresh publishes only if its inputs "
        "differ from the release left behind."
    )
