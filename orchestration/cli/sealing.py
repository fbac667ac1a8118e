"""Is a release what was published, which keys there are, and another one in a key's place: verify, keys."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from orchestration.cli import console
from orchestration.cli.options import (
    home_and_partners,
    installation,
    json_output,
    opened_home,
    private_key_in,
)
from orchestration.cli.root import cli
from orchestration.core import NjiaError, Settings, UsageError

TAMPERED = 3


@cli.command()
@click.argument("release_or_folder", metavar="[RELEASE|FOLDER]", default="current")
@click.option(
    "--key",
    "public_key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The release.pub you were given; by default the installation's own.",
)
@json_output
@installation
def verify(settings: Settings, release_or_folder: str, public_key: Path | None, as_json: bool) -> None:
    """Hash every file of a release again and check its signature; a copied FOLDER needs only --key.

    Exit code: 0 it is what was published, 3 it is not (what was changed, added or is missing is named),
    2 wrong use.
    """
    from orchestration import release
    from orchestration.cli.console_keys import show_verification
    from orchestration.core import release_key

    given = Path(release_or_folder)
    is_folder = given.is_dir() and (public_key is not None or (given / "manifest.json").is_file())
    folder = given if is_folder else _release_named(settings, release_or_folder)
    key = (
        release_key.load_public_key(public_key)
        if public_key
        else release_key.installed_public_key(settings.keys)
    )
    there = folder.resolve()
    is_in_place = there.parent == settings.releases.resolve()
    found = release.verify(folder, key, there.name if is_in_place else None)
    show_verification(found)
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
    if not found.ok:
        console.complain(f"{found.release_id} is not what this key has signed. Do not use it.")
        sys.exit(TAMPERED)


def _release_named(settings: Settings, name: str) -> Path:
    """Raises UsageError where a name that is no `current` is neither a release nor a folder of one."""
    from orchestration import release

    try:
        return release.find_release(settings, name).path
    except UsageError as error:
        if name == "current":
            raise
        is_folder = Path(name).is_dir()
        lacks = "The folder of that name has no manifest." if is_folder else "Nor is there such a folder."
        raise UsageError(f"{error} {lacks}") from None


@cli.group(invoke_without_command=True)
@json_output
@home_and_partners
@click.pass_context
def keys(context: click.Context, home: Path | None, partners: Path | None, as_json: bool) -> None:
    """Which keys there are: their ids and places, no secret. `rotate` puts another in a key's place."""
    from orchestration.cli.console_keys import show_keys
    from orchestration.core import key_places

    if context.invoked_subcommand:
        if home or partners or as_json:
            raise UsageError(f"Give --home, --partners and --json after `{context.invoked_subcommand}`.")
        return
    settings = opened_home(home, partners)
    found = key_places(settings)
    if as_json:
        print(json.dumps({"folder": str(settings.keys), "keys": [vars(one) for one in found]}))
    else:
        show_keys(settings, found)


@keys.command()
@click.argument("kind", type=click.Choice(["stewards", "link", "release", "record"]))
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The stewards' private key so far: originals are opened with it and sealed or read again.",
)
@click.option("--recipient", metavar="AGE1…", help="stewards: a public key made elsewhere, not a new pair.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@json_output
@installation
def rotate(
    settings: Settings, kind: str, key_file: Path | None, recipient: str | None, yes: bool, as_json: bool
) -> None:
    """Put another key in the place of the stewards' (originals), the link or the release key.

    Says first what it costs. Interrupted, it is whole or as before. The record key is never rotated: ids
    would change. Exit code: 0 done, 2 wrong use, 4 a refresh is running.
    """
    from orchestration.cli.console_keys import cost_of, show_rotated
    from orchestration.core import RefreshLock, load_keys, prepare_home
    from orchestration.operations import WHY_NO_RECORD_KEY, finish_rotations

    if kind == "record":
        raise UsageError(WHY_NO_RECORD_KEY)
    if recipient and kind != "stewards":
        raise UsageError("--recipient goes with `rotate stewards` alone.")
    if key_file and kind == "release":
        raise UsageError("--key goes with `rotate stewards` and `rotate link` alone.")
    prepare_home(settings)
    private_key = private_key_in(key_file) if key_file else None
    lock = RefreshLock(settings)
    lock.take(f"keys rotate {kind}")
    try:
        finish_rotations(settings)
        before = load_keys(settings.keys)
        console.warn(cost_of(settings, kind, private_key is not None))
        recipient = recipient or (_new_pair() if kind == "stewards" else None)
        _ask(yes)
        with console.steps() as on_step:
            done = _rotate(settings, before, kind, private_key, recipient, _counted(on_step))
        done["id"] = {one.name: one.id for one in _places(settings)}[kind]
        counts: dict[str, Any] = {name: len(given) for name, given in done.items() if isinstance(given, list)}
        _tell(settings, kind, done["id"], counts)
    finally:
        lock.release()
    show_rotated(kind, done)
    if as_json:
        print(json.dumps({"outcome": "rotated", "kind": kind, **done}))


def _rotate(
    settings: Settings,
    before: Any,
    kind: str,
    private_key: str | None,
    recipient: str | None,
    progress: Callable[[int, int], None],
) -> dict[str, Any]:
    """What hangs on the new key now, and what does not, by names that the audit log and --json share."""
    from orchestration.operations import rotation_link, rotation_release, rotation_stewards

    if kind == "release":
        signed, left = rotation_release.rotate_release(settings)
        return {"signed": signed, "left": left}
    if kind == "link":
        codes = rotation_link.rotate_link(settings, before, private_key, progress)
        return {"remade": list(codes.remade), "destroyed": list(codes.destroyed)}
    sealed = rotation_stewards.rotate_stewards(settings, str(recipient), private_key, progress)
    return {"resealed": list(sealed.resealed), "left": list(sealed.left)}


def _tell(settings: Settings, kind: str, key_id: str, counts: dict[str, Any]) -> None:
    """After the deed, which holds whether or not the log can be written."""
    from orchestration.stewardship import audit

    # In two halves: eight digits together would look like somebody's identity number.
    id_now = f"{key_id[:4]}-{key_id[4:]}"
    try:
        audit.record(settings, audit.os_user(), "rotated", kind, id_now=id_now, **counts)
    except NjiaError as error:
        raise NjiaError(f"The {kind} key is rotated. {error}") from None


def _places(settings: Settings) -> list[Any]:
    from orchestration.core import key_places

    return key_places(settings)


def _new_pair() -> str:
    """Shown before anything hangs on it: a kill afterwards must not leave originals that nobody can open."""
    from orchestration.core import new_stewards_pair

    private_key, recipient = new_stewards_pair()
    console.show_new_key(private_key)
    return recipient


def _ask(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nobody can be asked here. Give --yes if it is meant. Nothing was changed.")
    click.confirm("Go on?", abort=True, err=True)


def _counted(on_step: Callable[[str], None]) -> Callable[[int, int], None]:
    return lambda done, of: on_step(f"Original {done:,} of {of:,}")
