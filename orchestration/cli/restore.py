"""`njia restore`: put back what a home lacks, from a backup."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from orchestration.cli import console
from orchestration.cli.backup import FOLDER, log_afterwards, megabytes, progress
from orchestration.cli.console import say
from orchestration.cli.options import EXISTING_FILE, damaged_installation, json_output, read_private_key, yes
from orchestration.core import Damaged, Settings, UsageError


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--list", "shows_lists", is_flag=True, help="Show the lists of the backup, and do nothing.")
@click.option("--at", "name", metavar="LIST", help="The list to restore, or its beginning [the newest].")
@click.option("--dry-run", is_flag=True, help="Say what would come back, and do nothing.")
@click.option(
    "--key",
    "key_file",
    type=EXISTING_FILE,
    help="The stewards' private key: for the keys and the files of the inbox, and to seal originals again "
    "without records that were forgotten since.",
)
@click.option("--release-pub", type=EXISTING_FILE, help="Check the signature with this [the home's].")
@yes
@json_output
@damaged_installation
def restore_command(
    settings: Settings,
    folder: Path,
    shows_lists: bool,
    name: str | None,
    dry_run: bool,
    key_file: Path | None,
    release_pub: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Put back what is missing or damaged.

    From a backup in DIR. What is whole in the home stays, and what was forgotten stays forgotten. Into an
    empty folder (--home), the whole home comes back; that takes --key. Stop `njia serve` first.

    Exit code: 0 done, or nothing was missing; 2 wrong use; 4 a refresh is running; 6 the backup is damaged,
    damage remains in the home, or the disk is full.
    """
    from orchestration import operations
    from orchestration.core import RefreshLock, durable, release_key

    store = operations.Store(folder)
    if shows_lists:
        _show_lists(store, as_json)
        return
    private_key = read_private_key(key_file) if key_file else None
    given = release_key.load_public_key(release_pub) if release_pub else None
    source = operations.open_backup(settings, store, name, private_key, given)
    lock = RefreshLock(settings)
    if not dry_run:
        durable.make_folder(settings.home)
        lock.take("restore")
    try:
        with console.progress("Checking the home") as say_kind:
            made = operations.plan_restore(
                settings, source, lambda kind: say_kind(f"Checking the home: {kind}")
            )
        _show(source, made)
        if made.is_empty or dry_run:
            say("Nothing was changed." if dry_run else "There is nothing to put back.")
            _print(as_json, source, made, "planned" if dry_run else "nothing_missing")
            sys.exit(Damaged.exit_code if made.unmended else 0)
        if not yes and not sys.stdin.isatty():
            raise UsageError("There is no terminal to ask for confirmation: give --yes. Nothing was changed.")
        if not yes:
            click.confirm("Go on?", abort=True, err=True)
        with progress("Restoring", "files") as written:
            erased, lost = operations.put_back(settings, source, made, written)
        log_afterwards("It is restored", settings, "restored", source.chosen.name, files=len(made.back))
    finally:
        lock.release()
    say(f"Restored from list {source.chosen.name}.")
    if lost:
        say(f"{len(lost):,} file(s) are damaged in the backup and stay lost. Try another list (--at):")
        console.show_names(lost)
    if erased:
        say(f"Forgotten since, and erased again: {sum(one.records for one in erased):,} records")
    say("Next: njia refresh")
    _print(as_json, source, made, "restored", lost, erased_again=sum(one.records for one in erased))
    if made.unmended or lost:
        sys.exit(Damaged.exit_code)


def _show_lists(store: Any, as_json: bool) -> None:
    names = store.names()
    if not names:
        raise UsageError(f"{store.folder} holds no backup. `njia backup {store.folder}` makes one.")
    table = console.table("list", "made (UTC)", "files", "size", whole=["list"])
    shown = []
    for name in names:
        if one := store.read(name):
            size = sum(entry.bytes for entry in one.files.values())
            table.add_row(name, f"{one.made_at:%Y-%m-%d %H:%M}", f"{len(one.files):,}", megabytes(size))
            shown.append(
                {"list": name, "made_at": one.made_at.isoformat(), "files": len(one.files), "bytes": size}
            )
        else:
            table.add_row(name, "damaged", "", "")
            shown.append({"list": name, "outcome": "damaged"})
    console.out.print(table)
    if as_json:
        console.print_json({"folder": str(store.folder), "lists": shown})


def _counts(made: Any) -> dict[str, dict[str, int]]:
    """Count files by folder of the home: missing, damaged, and those that differ and stay."""
    parts = {
        "missing": [path for path, replaces in made.back.items() if not replaces],
        "damaged": [path for path, replaces in made.back.items() if replaces],
        "newer": made.newer,
    }
    return {name: dict(Counter(path.partition("/")[0] for path in paths)) for name, paths in parts.items()}


def _show(source: Any, made: Any) -> None:
    chosen = source.chosen
    say(f"List {chosen.name}, made {chosen.made_at:%Y-%m-%d %H:%M} UTC by Njia {chosen.njia}")
    say(f"Signed by the key {source.signed_by.id}: compare it with the release.pub that you were given.")
    counts = _counts(made)
    folders = sorted({folder for by_folder in counts.values() for folder in by_folder})
    if folders:
        table = console.table("files", "missing", "replaced", "newer, stay")
        for folder in folders:
            table.add_row(folder, *(f"{by_folder.get(folder, 0):,}" for by_folder in counts.values()))
        console.out.print(table)
    if releases := _releases(made):
        say(f"Releases that come back: {', '.join(releases)}")
    if made.goes_on:
        say("An earlier restore is not finished: this one goes on from there.")
    if keys := _keys(made):
        say(f"Keys that come back: {', '.join(keys)}")
    if not source.private_key and any(name.startswith("sealed/") for name in made.back):
        say("Without --key, originals among them that hold a record forgotten since are destroyed.")
    for reason, number in made.left.items():
        say(f"Left in the backup: {number:,} {reason}")
    if made.unmended:
        say(f"{len(made.unmended):,} damaged file(s) are not mended by this list:")
        console.show_names(made.unmended)
        say("An older list may (--list shows them, --at takes one). `njia check` says what else mends them.")


def _releases(made: Any) -> list[str]:
    """Return the ids of releases that come back whole."""
    parts = [name.split("/") for name in made.back]
    return sorted(one[1] for one in parts if one[0] == "releases" and one[2:] == ["manifest.json"])


def _keys(made: Any) -> list[str]:
    return sorted(name.removeprefix("keys/") for name in made.back if name.startswith("keys/"))


def _print(
    as_json: bool, source: Any, made: Any, outcome: str, lost: Sequence[str] = (), **more: Any
) -> None:
    if as_json:
        console.print_json(
            {
                "outcome": outcome,
                "list": source.chosen.name,
                **_counts(made),
                "releases": _releases(made),
                "current": made.current,
                "keys": _keys(made),
                "unmended": made.unmended,
                "lost": list(lost),
                "left": made.left,
                **more,
            }
        )
