"""`njia desk`: serve the stewards' desk; `njia desk user …`: its accounts."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.options import EXISTING_FILE, installation, text_of
from orchestration.core import Settings, UsageError


@click.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(1, 65535), default=3030, show_default=True)
@installation
@click.pass_context
def desk_command(context: click.Context, settings: Settings, port: int) -> None:
    """Serve the stewards' desk.

    Web pages to review, preview and decide, on http://127.0.0.1:3030 until Ctrl-C. The desk listens on this
    machine only. To reach it from elsewhere, use a tunnel, or a reverse proxy and NJIA_DESK_URL.
    """
    if context.invoked_subcommand is None:
        _serve(settings, port)
    elif context.params.get("home") or context.params.get("partners"):
        raise UsageError("Give --home and --partners last: njia desk user list --home FOLDER")


def _serve(settings: Settings, port: int) -> None:
    from orchestration import release
    from orchestration.core import prepare_home
    from orchestration.operations import read_status
    from orchestration.stewardship import desk as desks

    prepare_home(settings)
    elsewhere = desks.Elsewhere(
        current=release.current_release,
        releases=release.list_releases,
        fit_to_return=release.fit_to_return,
        roll_back=release.rollback,
        waiver_effect=release.waiver_effect,
        status=read_status,
    )
    desks.serve(
        settings,
        port,
        elsewhere,
        on_ready=lambda: console.say(f"The desk: http://127.0.0.1:{port}   (Ctrl-C stops it)"),
    )


@desk_command.group()
def user() -> None:
    """Manage the accounts of the desk."""


passphrase_file = click.option(
    "--passphrase-file",
    type=EXISTING_FILE,
    help="File with the passphrase on its first line. Without it, you are asked to type it.",
)


@user.command("add")
@click.argument("name")
@click.option("--read-only", is_flag=True, help="May see everything and decide nothing.")
@passphrase_file
@installation
def desk_user_add(settings: Settings, name: str, read_only: bool, passphrase_file: Path | None) -> None:
    """Add an account.

    NAME is recorded as the author of its decisions.
    """
    from orchestration.core import prepare_home
    from orchestration.stewardship import audit
    from orchestration.stewardship import desk as desks

    prepare_home(settings)
    account = desks.add_account(settings, name, _passphrase(passphrase_file), read_only)
    audit.record(settings, audit.os_user(), "account_added", account.name, read_only=read_only)
    console.say(f"{account.name} can {'read' if read_only else 'use'} the desk: njia desk")


@user.command("list")
@installation
def desk_user_list(settings: Settings) -> None:
    """List the accounts."""
    from orchestration.stewardship import desk as desks

    accounts = desks.read_accounts(settings)
    for account in accounts:
        console.say(f"{account.name}{'   (read-only)' if account.is_read_only else ''}")
    if not accounts:
        console.say("There is no account yet: njia desk user add NAME")


@user.command("remove")
@click.argument("name")
@installation
def desk_user_remove(settings: Settings, name: str) -> None:
    """Remove an account and log it out.

    Its decisions stay.
    """
    from orchestration.stewardship import audit
    from orchestration.stewardship import desk as desks

    desks.remove_account(settings, name)
    audit.record(settings, audit.os_user(), "account_removed", name)
    console.say(f"{name} can no longer use the desk.")


@user.command("passphrase")
@click.argument("name")
@passphrase_file
@installation
def desk_user_passphrase(settings: Settings, name: str, passphrase_file: Path | None) -> None:
    """Change a passphrase.

    The account is logged out.
    """
    from orchestration.stewardship import audit
    from orchestration.stewardship import desk as desks

    desks.change_passphrase(settings, name, _passphrase(passphrase_file))
    audit.record(settings, audit.os_user(), "passphrase_changed", name)
    console.say(f"{name} has a new passphrase.")


def _passphrase(file: Path | None) -> str:
    """Return the first line of a file, or ask. Never an argument, which other accounts could see."""
    if file is None:
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))
    return next(iter(text_of(file).splitlines()), "")
