"""`njia serve`: desk, members' files and Dagster UI behind one login; `njia open`: report and map."""

import os
import webbrowser

import click

from orchestration.cli import console, options
from orchestration.core import LOOPBACK, Settings, UsageError, has_display


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=3030,
    show_default=True,
    help="Port of this machine to listen on.",
)
@options.written_installation
def serve_command(settings: Settings, port: int) -> None:
    """Serve desk, files and Dagster UI.

    The desk, the members' files and the Dagster UI behind one login at http://127.0.0.1:3030 until Ctrl-C.
    While it runs, it starts the refresh every night and when files, decisions or a request wait, and sends
    messages. It listens on this machine only: to reach it from elsewhere, use a tunnel, or a TLS proxy and
    NJIA_DESK_URL.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # read while gRPC is imported; notes at Ctrl-C otherwise
    from orchestration import gates, release
    from orchestration.defs import services
    from orchestration.defs.killed_runs import end_killed_runs
    from orchestration.operations import next_run, read_partners
    from orchestration.stewardship import desk
    from orchestration.warehouse import manifest_path

    end_killed_runs(settings)
    console.make_missing_keys(settings)
    manifest_path(settings)
    # For Dagster's code server, which is another process.
    os.environ.update(
        NJIA_HOME=str(settings.home),
        NJIA_PARTNERS=str(settings.partners),
        NJIA_KEYS=str(settings.keys),
        DAGSTER_HOME=str(settings.dagster_home),
    )
    os.environ.setdefault("NJIA_DESK_URL", f"http://{LOOPBACK}:{port}")
    elsewhere = desk.Elsewhere(
        current=release.current_release,
        releases=release.list_releases,
        fit_to_return=release.fit_to_return,
        roll_back=release.rollback,
        partners=read_partners,
        differences=gates.differences,
        next_run=next_run.read_next_run,
    )

    def say_where(first_path: str | None) -> None:
        address = f"http://{LOOPBACK}:{port}"
        click.echo(f"Njia: {address}   (Ctrl-C stops it)")
        if first_path:
            click.echo(f"There is no account yet. This link opens it once:\n  {address}{first_path}")

    desk.serve(settings, port, elsewhere, services.running(), on_ready=say_where)


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
