"""Parameters that several commands share, and reading what was typed."""

import functools
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import click

from orchestration.core import (
    Damaged,
    Settings,
    UsageError,
    check_home,
    check_modes,
    clear_work_left_behind,
    machine_fault,
    prepare_home,
)

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
READ, WRITE, MEND = "read", "write", "mend"
EDITIONS = ["members", "public"]
json_output = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
edition = click.option("--edition", type=click.Choice(EDITIONS), default="members", show_default=True)
yes = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


def home_and_partners(command: Callable[..., Any]) -> Callable[..., Any]:
    path = click.Path(path_type=Path)
    home = click.option("--home", type=path, help="Folder of the installation [NJIA_HOME, ./var].")
    partners = click.option("--partners", type=path, help="Folder of the contracts [NJIA_PARTNERS].")
    return home(partners(command))


def open_home(home: Path | None, partners: Path | None, use: str = READ, is_sample: bool = False) -> Settings:
    """Return the settings of an installation that this program may use, whose permissions are safe.

    `use`: READ, WRITE, which also prepares the home for this program, or MEND, which takes a damaged one.
    `is_sample`: WRITE marks a new home as one of the samples.
    """
    settings = Settings.from_environment(home, partners)
    if use == WRITE:
        prepare_home(settings, is_sample)
    else:
        with suppress(*([Damaged] if use == MEND else [])):
            check_home(settings)
    check_modes(settings)
    clear_work_left_behind(settings)
    return settings


def _installation(use: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds --home and --partners and passes their Settings as the first argument."""

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        @home_and_partners
        @functools.wraps(command)
        def with_settings(home: Path | None, partners: Path | None, **arguments: Any) -> Any:
            settings = open_home(home, partners, use)
            try:
                return command(settings, **arguments)
            except Exception as error:
                raise machine_fault(error, settings.home) or error from None

        return with_settings

    return decorated


installation = _installation(READ)
written_installation = _installation(WRITE)
damaged_installation = _installation(MEND)


def author_and_reason(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --author and --reason, both required."""
    author = click.option("--author", required=True, help="Who decides: a name or role.")
    reason = click.option("--reason", required=True, help="Why, for readers in a year's time.")
    return author(reason(command))


def country_of(text: str | None) -> str | None:
    """Return the ISO alpha-3 code of a country written as a code or a name."""
    from orchestration.places import countries_named, country_code

    if text is None:
        return None
    code = country_code(text)
    rivals = countries_named(text) if code is None else {}
    if rivals:
        listed = " or ".join(f"{name} ({iso})" for iso, name in sorted(rivals.items()))
        raise UsageError(f"{text!r} may be {listed}. Give the code of the country you mean.")
    if code is None:
        raise UsageError(
            f"{text!r} is no country of the reference places. Give its ISO code with three letters (KEN) or "
            "two (KE), or its name (Kenya)."
        )
    return code


def day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date such as 2027-01-31.") from None


def text_of(path: Path) -> str:
    """Return the text of a UTF-8 file, without a byte order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8 text. Save it again as UTF-8.") from None


def read_private_key(file: Path | None) -> str:
    """Return the stewards' private key from a file, or from a hidden prompt.

    Never from an argument: other accounts and the shell history could see it. Raises UsageError for anything
    but a private key.
    """
    from orchestration.intake import identities_of

    try:
        key = (
            file.read_text(encoding="utf-8")
            if file
            else str(click.prompt("The stewards' private key", hide_input=True, err=True))
        )
    except UnicodeDecodeError:
        raise UsageError(f"{file} holds no private key of age.") from None
    identities_of(key)
    return key
