"""`njia keys`: which keys there are; `rotate`: a new one for an old one."""

import sys
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import say
from orchestration.cli.options import (
    EXISTING_FILE,
    home_and_partners,
    json_output,
    open_home,
    read_private_key,
    written_installation,
    yes,
)
from orchestration.core import Settings, UsageError

# What `--json` and the audit log call what belongs to the new key and what does not, and our words for it.
NAMES = {"release": ("signed", "left"), "stewards": ("resealed", "left"), "link": ("remade", "destroyed")}
RESULTS = {
    "signed": "releases are signed again",
    "resealed": "originals are sealed to the new key",
    "remade": "extracts have new link codes",
    "destroyed": "extracts have no link codes any more: ask their partners to send them again",
}
LEFT = {
    "release": "releases keep their signature: the old key has not signed them as they are now",
    "stewards": "originals stay sealed to the old key",
}
NEXT = {
    "release": "Next: give every reader the new release.pub, and its id through another channel.",
    "link": "Next: back up the keys, then njia refresh",
    "stewards": "Next: back up the sealed originals. Then destroy old backups and, once nothing is sealed "
    "to it, the old private key.",
}


@click.group(invoke_without_command=True)
@json_output
@home_and_partners
@click.pass_context
def keys_command(context: click.Context, home: Path | None, partners: Path | None, as_json: bool) -> None:
    """List the keys, or replace one.

    The list shows ids and places, no secret.
    """
    from orchestration.core import SAMPLES_PRIVATE_KEY, key_places

    if context.invoked_subcommand:
        if home or partners or as_json:
            raise UsageError(f"Give --home, --partners and --json after `{context.invoked_subcommand}`.")
        return
    settings = open_home(home, partners)
    keys = key_places(settings)
    if as_json:
        console.print_json({"folder": str(settings.keys), "keys": [vars(key) for key in keys]})
        return
    table = console.table("key", "id", "what it does", whole=["key", "id"])
    for key in keys:
        fault = "does not fit" if Path(key.file).exists() else "missing"
        table.add_row(key.name, key.id or fault, escape(key.use))
    console.out.print(table)
    say(f"In {settings.keys}. An id is a hash: it may be shown, the key may not.")
    if (file := settings.keys / SAMPLES_PRIVATE_KEY).is_file():
        say(f"The stewards' private key of the samples lies in {file}.")


@keys_command.command()
@click.argument("kind", type=click.Choice(["stewards", "link", "release", "record"]))
@click.option(
    "--key",
    "key_file",
    type=EXISTING_FILE,
    help="The stewards' private key until now: it opens originals, to seal them again or to make link codes.",
)
@click.option("--recipient", metavar="AGE1…", help="stewards: a public key made elsewhere, not a new pair.")
@yes
@json_output
@written_installation
def rotate(
    settings: Settings, kind: str, key_file: Path | None, recipient: str | None, yes: bool, as_json: bool
) -> None:
    """Replace a key.

    It first says what that costs. If it is interrupted, all is done or nothing. The record key cannot be
    replaced, because the ids of all records would change.

    Exit code: 0 done, 2 wrong use, 4 a refresh is running.
    """
    from orchestration import operations
    from orchestration.core import RefreshLock, key_places, load_keys, new_stewards_pair

    if kind == "record":
        raise UsageError(operations.WHY_NO_RECORD_KEY)
    if recipient and kind != "stewards":
        raise UsageError("--recipient is only for `rotate stewards`.")
    if key_file and kind == "release":
        raise UsageError("--key is only for `rotate stewards` and `rotate link`.")
    if kind == "stewards" and recipient is None:
        console.require_terminal("give its public part with --recipient")
    private_key = read_private_key(key_file) if key_file else None
    lock = RefreshLock(settings)
    lock.take(f"keys rotate {kind}")
    try:
        operations.finish_rotations(settings)
        load_keys(settings, replaced=kind)
        if private_key:
            operations.refuse_unfit_key(settings, kind, private_key)
        console.warn(_cost(settings, kind, private_key is not None))
        if not yes and not sys.stdin.isatty():
            raise UsageError("There is no terminal to ask for confirmation: give --yes. Nothing was changed.")
        if kind == "stewards" and recipient is None:
            # Shown before anything is sealed to it: a kill must not leave originals that no key opens.
            new_private_key, recipient = new_stewards_pair()
            console.show_new_key(new_private_key)
        if not yes:
            click.confirm("Go on?", abort=True, err=True)
        with console.err.status("Opening originals" if private_key else "Rotating") as spinner:

            def progress(number: int, of: int) -> None:
                spinner.update(f"Original {number:,} of {of:,}")

            rotated = operations.rotate(settings, kind, private_key, recipient or "", progress)
        result = dict(zip(NAMES[kind], (rotated.done, rotated.left), strict=True))
        key_id = {key.name: key.id for key in key_places(settings)}[kind]
        counts: dict[str, Any] = {name: len(names) for name, names in result.items()}
        # In two halves: eight digits together could be taken for an identity number.
        counts["id_now"] = f"{str(key_id)[:4]}-{str(key_id)[4:]}"
        console.log_act(settings, f"The {kind} key is rotated", "rotated", kind, **counts)
    finally:
        lock.release()
    say(f"Rotated: the {kind} key is {key_id} now.")
    for name, names in result.items():
        if names:
            say(f"{len(names):,} {LEFT[kind] if name == 'left' else RESULTS[name]}.")
            if name in ("destroyed", "left"):
                console.show_names(names)
    say(NEXT[kind])
    if as_json:
        console.print_json({"outcome": "rotated", "kind": kind, **result, "id": key_id})


def _cost(settings: Settings, kind: str, has_private_key: bool) -> str:
    from orchestration.intake import extracts_with_codes

    if kind == "release":
        return (
            "Kept releases are signed again. Copies that readers hold verify with the old release.pub only: "
            "give every reader the new one, through another channel than the releases."
        )
    if kind == "stewards":
        originals = len(list(settings.sealed.glob("*/[!.]*.age")))
        fate = (
            f"{originals:,} originals are sealed to the new key, if the key given opens them."
            if has_private_key
            else f"{originals:,} originals stay sealed to the old key, because --key is missing: keep the "
            "old private key as long as they exist. Only new extracts are sealed to the new key."
        )
        return f"{fate} Backups stay sealed to the old key. Linkage is not affected."
    extracts = extracts_with_codes(settings)
    partners = len({partner for partner, _ in extracts})
    fate = (
        "They are made again from the originals that the key given opens; the others are destroyed."
        if has_private_key
        else "All are destroyed, because --key is missing to open the originals."
    )
    return (
        f"{len(extracts):,} extracts of {partners:,} partners have link codes made with this key. {fate} A "
        "record without a code is linked to no other: a person seen by two partners counts twice until a "
        "partner sends the file again. Links that stewards decided stay. The next refresh publishes."
    )
