"""Command `open`: report and map in the browser."""

from __future__ import annotations

import webbrowser

import click

from orchestration.cli import console
from orchestration.cli.options import installation
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError, has_display


@cli.command("open")
@click.option("--edition", type=click.Choice(["members", "public"]), default="members", show_default=True)
@click.option("--print-path", is_flag=True, help="Only print their paths.")
@installation
def open_pages(settings: Settings, edition: str, print_path: bool) -> None:
    """Open report and map of the current release in the browser.

    They are files: nothing is served, and they ask for nothing. Without a display, their paths are printed.
    """
    from orchestration.outputs import pages_of
    from orchestration.release import current_release, why_not_signed

    current = current_release(settings)
    if current is None:
        raise UsageError("There is no release yet: njia refresh")
    if fault := why_not_signed(settings, current):
        console.warn(f"{fault} Until then, do not rely on what it says.")
    pages = pages_of(current.edition(edition))
    if not pages:
        raise UsageError(
            f"Release {current.release_id} has no pages of the {edition} edition: the next "
            "`njia refresh` that publishes writes them."
        )
    for page in pages:
        click.echo(page)
    if not print_path and has_display():
        for page in pages:
            webbrowser.open(page.as_uri())
