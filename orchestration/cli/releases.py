"""`njia releases`: the kept releases; `njia rollback`: an earlier one in force again."""

from __future__ import annotations

from typing import Any

import click

from orchestration.cli import console
from orchestration.cli.options import author_and_reason, installation, json_output, written_installation
from orchestration.core import Settings


@click.command()
@json_output
@installation
def releases_command(settings: Settings, as_json: bool) -> None:
    """List the releases, newest first."""
    from orchestration.release import current_release, list_releases

    kept = list_releases(settings)
    if not kept:
        current_release(settings)  # raises where the current release is missing
    if as_json:
        listed = [{**release.manifest, "is_current": release.is_current} for release in kept]
        console.print_json({"releases": listed})
    else:
        _show(kept)
    current_release(settings)


def _show(kept: list[Any]) -> None:
    from orchestration.release import erasure_of

    if not kept:
        console.say("No release yet. `njia refresh` publishes the first one.")
        return
    table = console.table("", "release", "movements", "extracts", "content hash", whole=["release"])
    for release in kept:
        table.add_row(
            "→" if release.is_current else "erased" if erasure_of(release) else "",
            release.release_id,
            f"{release.manifest['movements'] or 0:,}",
            str(sum(extract["fate"] == "in_force" for extract in release.manifest["extracts"])),
            release.manifest["content_hash"][:12],
        )
    console.out.print(table)


@click.command()
@click.argument("release_id")
@author_and_reason
@written_installation
def rollback_command(settings: Settings, release_id: str, author: str, reason: str) -> None:
    """Return to an earlier release.

    This is recorded as a decision.
    """
    from orchestration.release import rollback

    target = rollback(settings, release_id, author, reason, settings.as_of())
    console.say(
        f"Release {target.release_id} is in force again. The next refresh publishes only if its inputs "
        "differ from those of the release you left."
    )
