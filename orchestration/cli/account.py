"""`njia account …`: who may enter what `njia serve` serves."""

from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.options import EXISTING_FILE, installation, text_of, written_installation
from orchestration.core import Settings

# `accounts.ROLES`, repeated because the desk takes long to import; a test compares them.
ROLES = ("reader", "observer", "steward", "operator")

name_argument = click.argument("name")
role_option = click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="What the account may do; give it several times for several roles.",
)
passphrase_file = click.option(
    "--passphrase-file",
    type=EXISTING_FILE,
    help="File with the passphrase on its first line. Without it, you are asked to type it.",
)


@click.group()
def account_command() -> None:
    """Manage the accounts of `njia serve`.

    \b
    Roles
      reader     views and downloads the members' files
      observer   sees the desk, decides nothing
      steward    sees the desk and decides
      operator   uses the Dagster UI
    """


@account_command.command("add")
@name_argument
@role_option
@passphrase_file
@written_installation
def add(settings: Settings, name: str, roles: tuple[str, ...], passphrase_file: Path | None) -> None:
    """Add an account.

    NAME is recorded as the author of its decisions.
    """
    from orchestration.stewardship import desk

    account = desk.add_account(settings, name, _passphrase(passphrase_file), roles)
    done = f"The account {account.name} is added"
    console.log_act(settings, done, "account_added", account.name, roles=list(account.roles))
    console.say(f"{account.name} ({', '.join(account.roles)}) can log in: njia serve")


@account_command.command("list")
@installation
def list_(settings: Settings) -> None:
    """List the accounts with their roles."""
    from orchestration.stewardship import desk

    accounts = desk.read_accounts(settings)
    for account in accounts:
        console.say(f"{account.name}   {', '.join(account.roles)}")
    if not accounts:
        console.say("There is no account yet: njia account add NAME --role steward")


@account_command.command("role")
@name_argument
@role_option
@written_installation
def role(settings: Settings, name: str, roles: tuple[str, ...]) -> None:
    """Give an account other roles.

    They take the place of those it has.
    """
    from orchestration.stewardship import desk

    desk.change_roles(settings, name, roles)
    console.log_act(settings, f"The roles of {name} are changed", "roles_changed", name, roles=list(roles))
    console.say(f"{name} has the roles {', '.join(roles)}.")


@account_command.command("remove")
@name_argument
@written_installation
def remove(settings: Settings, name: str) -> None:
    """Remove an account and log it out.

    Its decisions stay.
    """
    from orchestration.stewardship import desk

    desk.remove_account(settings, name)
    console.log_act(settings, f"The account {name} is removed", "account_removed", name)
    console.say(f"{name} can no longer log in.")


@account_command.command("passphrase")
@name_argument
@passphrase_file
@written_installation
def passphrase(settings: Settings, name: str, passphrase_file: Path | None) -> None:
    """Change a passphrase.

    The account is logged out.
    """
    from orchestration.stewardship import desk

    desk.change_passphrase(settings, name, _passphrase(passphrase_file))
    console.log_act(settings, f"The passphrase of {name} is changed", "passphrase_changed", name)
    console.say(f"{name} has a new passphrase.")


def _passphrase(file: Path | None) -> str:
    """Return the first line of a file, or ask. Never an argument, which other accounts could see."""
    if file is None:
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True))
    return next(iter(text_of(file).splitlines()), "")
