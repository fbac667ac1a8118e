"""What several commands take: the installation, --json, who decides and why; and reading what was typed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from orchestration.core import (
    Settings,
    UsageError,
    check_modes,
    clear_work_left_behind,
    require_encrypted_volume,
)

json_output = click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")


def home_and_partners(command: Callable[..., Any]) -> Callable[..., Any]:
    home = click.option(
        "--home", type=click.Path(path_type=Path), help="Where everything lives [NJIA_HOME, ./var]."
    )
    partners = click.option(
        "--partners", type=click.Path(path_type=Path), help="The partners' contracts [NJIA_PARTNERS]."
    )
    return home(partners(command))


def opened_home(home: Path | None, partners: Path | None) -> Settings:
    """The installation, once it has shown to lie where it may and to be closed to others."""
    settings = Settings.from_environment(home, partners)
    require_encrypted_volume(settings)
    check_modes(settings)
    clear_work_left_behind(settings)
    return settings


def installation(command: Callable[..., Any]) -> Callable[..., Any]:
    """Every command takes --home and --partners and gets the Settings they lead to."""

    @home_and_partners
    @functools.wraps(command)
    def with_settings(home: Path | None, partners: Path | None, **arguments: Any) -> Any:
        return command(opened_home(home, partners), **arguments)

    return with_settings


def author_and_reason(command: Callable[..., Any]) -> Callable[..., Any]:
    author = click.option("--author", required=True, help="Who decides: a name or role.")
    reason = click.option("--reason", required=True, help="Why, for whoever reads it next year.")
    return author(reason(command))


def country_of(text: str | None) -> str | None:
    """ISO alpha-3 of a country, however it was written."""
    from orchestration.places import countries_named, country_code

    if text is None:
        return None
    code = country_code(text)
    several = countries_named(text) if code is None else {}
    if several:
        named = " or ".join(f"{name} ({one})" for one, name in sorted(several.items()))
        raise UsageError(f"{text!r} may be {named}. Give the code of the one that is meant.")
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


def private_key_in(file: Path | None) -> str:
    """From a file, or typed and not shown: never an argument, which others and the history could see.

    Raises UsageError where it is none.
    """
    from orchestration.intake import identities_of

    try:
        text = (
            file.read_text(encoding="utf-8")
            if file
            else str(click.prompt("The stewards' private key", hide_input=True, err=True))
        )
    except UnicodeDecodeError:
        raise UsageError(f"{file} holds no private key of age.") from None
    identities_of(text)
    return text
