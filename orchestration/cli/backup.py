"""`njia backup`: copy the home to another disk while everything runs, or check such a copy."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import say
from orchestration.cli.options import EXISTING_FILE, installation, json_output
from orchestration.core import NjiaError, Settings, UsageError

DAMAGED = 6
KEEP_DAYS = 35
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--verify", "verifies", is_flag=True, help="Check it instead: signatures, every hash.")
@click.option(
    "--key",
    "public_keys",
    type=EXISTING_FILE,
    multiple=True,
    help="With --verify: a release.pub, also one from before a rotation [the home's].",
)
@click.option(
    "--keep", type=click.IntRange(min=1), default=KEEP_DAYS, show_default=True, help="Drop lists after DAYS."
)
@json_output
@installation
def backup_command(
    settings: Settings, folder: Path, verifies: bool, public_keys: tuple[Path, ...], keep: int, as_json: bool
) -> None:
    """Back up the home to DIR, or check it.

    A refresh or the desk may go on. Only new content is copied. Keys, and files of the inbox with their
    names, are encrypted to the stewards; the rest is as in the home, so protect DIR like the home. What was
    forgotten leaves the backup when the last list that names it is dropped.

    Exit code: 0 done; 2 wrong use; 4 the home kept changing; 6 damage was found, or a disk is full.
    """
    if public_keys and not verifies:
        raise UsageError("--key is only for --verify.")
    if verifies:
        _verify(settings, folder, public_keys, as_json)
    else:
        _make(settings, folder, keep, as_json)


@contextmanager
def progress(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Show every second how many files or objects are done."""
    shown = time.monotonic()
    with console.progress(what) as show:

        def at(done: int, of: int) -> None:
            nonlocal shown
            if time.monotonic() - shown > 1:
                shown = time.monotonic()
                show(f"{what}: {done:,} of {of:,} {unit}")

        yield at


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _make(settings: Settings, folder: Path, keep: int, as_json: bool) -> None:
    from orchestration.operations import make_backup

    with progress("Copying", "files") as copied:
        made = make_backup(settings, folder, timedelta(days=keep), copied)
    if made.is_noted:
        log_afterwards(
            "The backup is made", settings, "backed_up", made.listed.name, objects=made.new_objects
        )
    else:
        console.complain("The home cannot be written, so `njia status` and the audit log lack this backup.")
    say(f"Backed up: {made.files:,} files, {megabytes(made.bytes)}, as list {made.listed.name}")
    say(f"New: {made.new_objects:,} objects, {megabytes(made.new_bytes)}")
    if made.lists_dropped:
        say(f"Lists older than {keep} days, dropped: {made.lists_dropped:,}")
    if made.damaged:
        console.complain(
            f"{len(made.damaged):,} file(s) of the home are damaged or missing. No older list was dropped, "
            "because it may hold what they were:"
        )
        console.show_names(made.damaged, console.err)
        console.err.print(
            f"`njia check` says what mends them: njia restore {escape(str(folder))}", soft_wrap=True
        )
    if as_json:
        console.print_json(
            {
                "outcome": "damaged" if made.damaged else "backed_up",
                "list": made.listed.name,
                "files": made.files,
                "bytes": made.bytes,
                "new_objects": made.new_objects,
                "new_bytes": made.new_bytes,
                "lists_dropped": made.lists_dropped,
                "damaged": made.damaged,
                "noted": made.is_noted,
            }
        )
    if made.damaged:
        sys.exit(DAMAGED)


def _verify(settings: Settings, folder: Path, public_keys: tuple[Path, ...], as_json: bool) -> None:
    from orchestration.core import installed_public_key, release_key
    from orchestration.operations import Store, verify_backup

    store = Store(folder)
    if not store.names():
        raise UsageError(f"{store.folder} holds no backup. `njia backup {store.folder}` makes one.")
    keys = [release_key.load_public_key(path) for path in public_keys] or [installed_public_key(settings)]
    with progress("Hashing", "objects") as hashed:
        found = verify_backup(store, keys, hashed)
    say(f"Lists: {found.lists:,}. Objects: {found.objects:,}, {megabytes(found.bytes)} of them whole.")
    if found.faults:
        for fault in found.faults:
            console.mark("damaged", fault, console.err)
        console.complain(
            f"{len(found.faults):,} fault(s). `njia backup {folder}` copies anew what the home still has. "
            "Delete a list that is damaged (two files in lists/ with its name); one that names what the home "
            "no longer has cannot be restored whole."
        )
    else:
        say(f"The backup is whole, and signed by the key {' or '.join(key.id for key in keys)}.")
    if as_json:
        console.print_json({"outcome": "damaged" if found.faults else "verified", **vars(found)})
    if found.faults:
        sys.exit(DAMAGED)


def log_afterwards(done: str, settings: Settings, action: str, what: str, **details: Any) -> None:
    """Note it in the audit log, afterwards: it stands even if the log cannot be written."""
    from orchestration.stewardship import audit

    try:
        audit.record(settings, audit.os_user(), action, what, **details)
    except NjiaError as error:
        raise NjiaError(f"{done}. {error}") from None
