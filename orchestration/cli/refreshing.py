"""From the inbox to a release, who is told, and what stands: refresh, notify, ui, status."""

from __future__ import annotations

import json
import os
import sys

import click

from orchestration.cli import console
from orchestration.cli.options import installation, json_output
from orchestration.cli.root import cli
from orchestration.core import (
    LOOPBACK,
    PROJECT_ROOT,
    NjiaError,
    RefreshRunning,
    ReleaseRefused,
    Settings,
    UsageError,
)


@cli.command()
@json_output
@installation
def refresh(settings: Settings, as_json: bool) -> None:
    """Take in the inbox and publish, if both gates agree.

    Exit code: 0 published or unchanged, 3 refused by the release gate, 4 another refresh is running,
    2 wrong use or settings, 1 anything unexpected.
    """
    from orchestration.core import prepare_home
    from orchestration.defs.refresh import run_refresh
    from orchestration.intake import left_alone
    from orchestration.operations import warnings
    from orchestration.places import boundaries
    from orchestration.refresh import ending

    prepare_home(settings)
    if not (any(settings.inbox.glob("*/*")) or any(settings.landing.glob("*/*.json"))):
        raise UsageError(
            "There is nothing to refresh: the inbox is empty and nothing has landed yet. Put files in with "
            "`njia inbox add PARTNER FILE…`, or the synthetic samples with `njia inbox add --samples`."
        )
    boundaries.boundaries_in_force(settings)  # a wrong file is told before the inbox is read, not after
    console.show_new_key(_make_keys(settings))
    with console.steps() as on_step:
        ended = run_refresh(settings, on_step)
    error = ended.error
    if not isinstance(error, RefreshRunning):
        _tell_of_it(settings)
    if error is not None and not isinstance(error, ReleaseRefused):
        raise error
    summary = ending.summed_up(settings, ended.outcome, ended.seconds)
    alone = [vars(one) for one in left_alone(settings)]
    console.show_refresh(settings, summary, ended.is_rolled_back, alone, warnings(settings))
    if as_json:
        print(json.dumps(summary, default=str))
    if error is not None:
        raise error


@cli.command()
@click.option("--test", "is_test", is_flag=True, help="Send a test message through every channel instead.")
@json_output
@installation
def notify(settings: Settings, is_test: bool, as_json: bool) -> None:
    """Tell stewards and operators what they have not been told yet, by the channels of NJIA_NOTIFY.

    A refresh does this at its end, and `njia ui` each minute. Exit code 1: a channel failed.
    """
    from orchestration.core import prepare_home
    from orchestration.stewardship import messages

    prepare_home(settings)
    sent = messages.send_test(settings) if is_test else messages.send_due(settings, patient=False)
    for one in sent:
        console.say(messages.in_words(one))
    if not sent:
        console.say("Nobody waits for news.")
    if as_json:
        print(json.dumps({"sent": [vars(one) for one in sent]}))
    if failed := [one for one in sent if one.why_not]:
        console.complain(f"{len(failed)} channel(s) failed; what could not be told is tried again.")
        sys.exit(1)  # its own object is printed


@cli.command()
@click.option("--port", default=3000, show_default=True, help="The port of this machine to listen on.")
@installation
def ui(settings: Settings, port: int) -> None:
    """Open the Dagster UI: the job, its runs and checks, the nightly schedule, the inbox sensor."""
    from orchestration.cli import dagster_ui
    from orchestration.core import prepare_home
    from orchestration.defs.killed_runs import end_killed_runs
    from orchestration.warehouse import manifest_path

    prepare_home(settings)
    end_killed_runs(settings)
    console.show_new_key(_make_keys(settings))
    manifest_path(settings)
    os.environ.update(
        NJIA_HOME=str(settings.home),
        NJIA_PARTNERS=str(settings.partners),
        NJIA_KEYS=str(settings.keys),
        DAGSTER_HOME=str(settings.dagster_home),
    )
    if settings.notify:
        os.environ["NJIA_NOTIFY"] = str(settings.notify)
    if settings.boundaries:
        os.environ["NJIA_BOUNDARIES"] = str(settings.boundaries)  # the UI starts in another folder
    console.say(f"Dagster UI: http://{LOOPBACK}:{port}   (Ctrl-C stops it)")
    os.chdir(PROJECT_ROOT)
    dagster_ui.run(port)


@cli.command()
@json_output
@installation
def status(settings: Settings, as_json: bool) -> None:
    """The current release, its age, the partners and their freshness, what is held, what waits."""
    from orchestration.cli.console_items import show_most_valuable
    from orchestration.operations import read_status

    found = read_status(settings)
    if as_json:
        print(json.dumps(found, default=str))
    else:
        console.show_status(found)
        show_most_valuable(found["open_items"])


def _tell_of_it(settings: Settings) -> None:
    """Whoever must act. A mail server that is down is told on stderr and changes nothing else."""
    from orchestration.stewardship import messages

    try:
        failed = [one for one in messages.send_due(settings) if one.why_not]
    except (NjiaError, OSError) as error:
        console.warn(f"Nobody could be told: {error}")
        return
    for one in failed:
        console.warn(f"Messages wait. {messages.in_words(one)}")


def _make_keys(settings: Settings) -> str | None:
    from orchestration.core import create_missing_keys

    return create_missing_keys(settings.keys, settings.landing, settings.link_codes, settings.releases)
