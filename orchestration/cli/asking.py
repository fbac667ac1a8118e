"""Commands on published releases: `query`, `releases`, `diff`, `rollback`."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli import console
from orchestration.cli.options import author_and_reason, installation, json_output
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError

if TYPE_CHECKING:
    from orchestration.release import Answer


@cli.command()
@click.argument("sql")
@click.option("--edition", type=click.Choice(["members", "public"]), default="members", show_default=True)
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
    from orchestration.cli.console_rows import show_rows
    from orchestration.release import current_release, run_query, why_not_signed

    current = current_release(settings)
    if current and (fault := why_not_signed(settings, current)):
        console.warn(f"{fault} Until then, do not rely on what it says.")
    answer = run_query(settings, sql, edition, timeout)
    if edition == "members" and form != "table":
        _tell_of_export(settings, sql, form, answer)
    show_rows(answer, form)


def _tell_of_export(settings: Settings, sql: str, form: str, answer: Answer) -> None:
    """Microdata that leaves as a file is noted before it is shown: no log, no export."""
    from orchestration.stewardship import audit

    audit.record(
        settings,
        audit.os_user(),
        "exported",
        answer.release_id,
        edition="members",
        form=form,
        rows=len(answer.rows),
        statement_sha256=hashlib.sha256(sql.encode()).hexdigest(),
    )


@cli.command()
@json_output
@installation
def releases(settings: Settings, as_json: bool) -> None:
    """What was published, newest first."""
    from orchestration.release import current_release, list_releases

    found = list_releases(settings)
    if not found:
        current_release(settings)  # refuses where there was one
    if as_json:
        listed = [{**release.manifest, "is_current": release.is_current} for release in found]
        print(json.dumps({"releases": listed}))
    else:
        console.show_releases(found)
    current_release(settings)


@cli.command()
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option(
    "--waiver", metavar="ID", help="What a waiver did: the first release it let pass, and the last."
)
@click.option("--without", metavar="ID", help="Build the current release again without a decision.")
@json_output
@installation
def diff(
    settings: Settings, a: str | None, b: str | None, waiver: str | None, without: str | None, as_json: bool
) -> None:
    """What changed from release A to release B, or by one decision.

    --without takes as long as a refresh, and the place of a work folder and a release while it runs; nothing
    is published and it is removed again.
    """
    from orchestration.cli import console_diff

    if (a is None) != (b is None) or [a, waiver, without].count(None) != 2:
        raise UsageError("Name two releases, or give --waiver ID or --without ID.")
    found: Any
    if waiver:
        from orchestration.release import waiver_effect

        found, show = waiver_effect(settings, waiver), console_diff.show_waiver_effect
    elif without:
        from orchestration.cli.without_decision import without_decision

        with console.steps() as on_step:
            found, show = without_decision(settings, without, on_step), console_diff.show_without
    else:
        from orchestration.release import diff as compare

        found, show = compare(settings, str(a), str(b)), console_diff.show_diff
    if as_json:
        print(json.dumps(found.as_dict(), default=str))
    else:
        show(found)


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
