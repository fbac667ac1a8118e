"""`njia ui`: the Dagster UI of an installation."""

from __future__ import annotations

import os

import click

from orchestration.cli import console
from orchestration.cli.options import installation
from orchestration.core import LOOPBACK, PROJECT_ROOT, Settings


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of this machine to listen on.")
@installation
def ui_command(settings: Settings, port: int) -> None:
    """Open the Dagster UI.

    It shows runs, assets and checks, starts the refresh every night and when files arrive, and sends
    messages.
    """
    from orchestration.cli.ui import dagster_ui
    from orchestration.core import create_missing_keys, prepare_home
    from orchestration.defs.killed_runs import end_killed_runs
    from orchestration.warehouse import manifest_path

    prepare_home(settings)
    end_killed_runs(settings)
    console.show_new_key(
        create_missing_keys(settings.keys, settings.landing, settings.link_codes, settings.releases)
    )
    manifest_path(settings)
    os.environ.update(
        NJIA_HOME=str(settings.home),
        NJIA_PARTNERS=str(settings.partners),
        NJIA_KEYS=str(settings.keys),
        DAGSTER_HOME=str(settings.dagster_home),
    )
    # Absolute, because the UI starts in another folder.
    if settings.notify:
        os.environ["NJIA_NOTIFY"] = str(settings.notify)
    if settings.boundaries:
        os.environ["NJIA_BOUNDARIES"] = str(settings.boundaries)
    console.say(f"Dagster UI: http://{LOOPBACK}:{port}   (Ctrl-C stops it)")
    os.chdir(PROJECT_ROOT)
    dagster_ui.run(port)
