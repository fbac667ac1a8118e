"""`njia open`: report and map in the browser."""

from __future__ import annotations

import webbrowser

import click

from orchestration.cli import console, options
from orchestration.core import Settings, UsageError, has_display


@click.command()
@options.edition
@click.option("--print-path", is_flag=True, help="Print the paths only.")
@click.option("--folder", is_flag=True, help="Print the edition's folder only, to read several of its files.")
@options.installation
def open_command(settings: Settings, edition: str, print_path: bool, folder: bool) -> None:
    """Open the report and the map.

    Both are files that need no server and no network. Without a display, their paths are printed.

    --folder prints the folder of the release in force itself. `current` leads to another release once one is
    published, so a program that reads several files through it may mix two.
    """
    from orchestration.outputs import pages_of
    from orchestration.release import edition_in_force

    current = console.signed_release(settings)
    if folder:
        click.echo(edition_in_force(settings, edition)[1].parent)
        return
    if current is None:
        raise UsageError("There is no release yet: njia refresh")
    pages = pages_of(current.edition(edition))
    if not pages:
        raise UsageError(
            f"Release {current.release_id} has no pages of the {edition} edition: the next `njia refresh` "
            "that publishes writes them."
        )
    for page in pages:
        click.echo(page)
    if not print_path and has_display():
        for page in pages:
            webbrowser.open(page.as_uri())
