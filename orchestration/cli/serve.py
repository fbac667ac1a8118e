"""`njia serve`: desk, members' files and Dagster UI behind one login."""

from __future__ import annotations

import os

import click

from orchestration.cli import console
from orchestration.cli.options import written_installation
from orchestration.core import LOOPBACK, Settings


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=3030,
    show_default=True,
    help="Port of this machine to listen on.",
)
@written_installation
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
    from orchestration.operations import next_run, read_status
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
        status=read_status,
        differences=gates.differences,
        next_run=next_run.read_next_run,
    )

    def say_where(first_path: str | None) -> None:
        address = f"http://{LOOPBACK}:{port}"
        click.echo(f"Njia: {address}   (Ctrl-C stops it)")
        if first_path:
            click.echo(f"There is no account yet. This link opens it once:\n  {address}{first_path}")

    desk.serve(settings, port, elsewhere, services.running(), on_ready=say_where)
