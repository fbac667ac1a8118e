"""`njia rollback`: put an earlier release in force again."""

from __future__ import annotations

import click

from orchestration.cli import console
from orchestration.cli.options import author_and_reason, written_installation
from orchestration.core import Settings


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
