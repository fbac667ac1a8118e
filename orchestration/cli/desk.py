"""The steward's desk in the browser, and its accounts: desk, desk user."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.options import installation
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError


@cli.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(1, 65535), default=3030, show_default=True)
@installation
@click.pass_context
def desk(context: click.Context, settings: Settings, port: int) -> None:
    """Serve the steward's desk on http://127.0.0.1:3030 until Ctrl-C.

    It listens on this machine only. From elsewhere: a tunnel, or a reverse proxy and NJIA_DESK_URL.
    """
    if context.invoked_subcommand is None:
        _serve(settings, port)
    elif context.params.get("home") or context.params.get("partners"):
        raise UsageError("Write --home and --partners at the end: njia desk user list --home FOLDER")


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


@desk.group("user")
def desk_user() -> None:
    """Who may enter the desk."""


passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read the passphrase from its first line instead of asking.",
)


@desk_user.command("add")
@click.argument("name")
@click.option("--read-only", is_flag=True, help="Sees everything and decides nothing.")
@passphrase_file
@installation
def desk_user_add(settings: Settings, name: str, read_only: bool, passphrase_file: Path | None) -> None:
    """Make an account. NAME is the author of what is decided under it."""
    from orchestration.core import prepare_home
    from orchestration.stewardship import audit
    from orchestration.stewardship import desk as desks

    prepare_home(settings)
    account = desks.add_account(settings, name, _passphrase(passphrase_file), read_only)
    audit.record(settings, audit.os_user(), "account_added", account.name, read_only=read_only)
    console.say(f"{account.name} may enter the desk{' and look' if read_only else ''}: njia desk")


@desk_user.command("list")
@installation
def desk_user_list(settings: Settings) -> None:
    """The accounts."""
    from orchestration.stewardship import desk as desks

    found = desks.read_accounts(settings)
    for account in found:
        console.say(f"{account.name}{'   (read-only)' if account.is_read_only else ''}")
    if not found:
        console.say("There is no account yet: njia desk user add NAME")


@desk_user.command("remove")
@click.argument("name")
@installation
def desk_user_remove(settings: Settings, name: str) -> None:
    """Take an account away; who is logged in with it is logged out. Its decisions stay."""
    from orchestration.stewardship import audit
    from orchestration.stewardship import desk as desks

    desks.remove_account(settings, name)
    audit.record(settings, audit.os_user(), "account_removed", name)
    console.say(f"{name} may not enter the desk any more.")


@desk_user.command("passphrase")
@click.argument("name")
@passphrase_file
@installation
def desk_user_passphrase(settings: Settings, name: str, passphrase_file: Path | None) -> None:
    """Give an account another passphrase; who is logged in with the old one is logged out."""
    from orchestration.stewardship import audit
    from orchestration.stewardship import desk as desks

    desks.change_passphrase(settings, name, _passphrase(passphrase_file))
    audit.record(settings, audit.os_user(), "passphrase_changed", name)
    console.say(f"{name} has another passphrase.")


def _passphrase(file: Path | None) -> str:
    """Typed and not shown, or the first line of a file: never an argument, which others could see."""
    if file is None:
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8 text.") from None
    return lines[0] if lines else ""
