"""`njia backup` and `njia restore`: the home in a repository of restic, and out of it again."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.console import say
from orchestration.cli.options import (
    EXISTING_FILE,
    damaged_installation,
    installation,
    json_output,
    read_private_key,
)
from orchestration.core import Damaged, Settings


@click.command()
@click.argument("repository", required=False)
@json_output
@installation
def backup_command(settings: Settings, repository: str | None, as_json: bool) -> None:
    """Back up the home with restic.

    REPOSITORY is a folder, or what restic calls it (sftp:…, s3:…); without it, RESTIC_REPOSITORY. All is
    encrypted with the password in the file that NJIA_BACKUP_PASSWORD_FILE names. Only new content is copied.
    Backups older than 35 days are removed, and each night verifies a part of the repository.

    Exit code: 0 done; 2 wrong use; 4 a refresh or another backup runs; 6 the disk is full, or the repository
    is damaged.
    """
    from orchestration.operations import make_backup

    with console.progress("Backing up") as show:
        made = make_backup(settings, repository, show)
    console.log_act(settings, "The backup is made", "backed_up", made.made_at, files=made.files)
    say(
        f"Backed up as snapshot {made.snapshot[:8]}: {made.files:,} files, {_megabytes(made.bytes)}, of them "
        f"{_megabytes(made.new_bytes)} new."
    )
    if as_json:
        console.print_json({"outcome": "backed_up", **vars(made)})


@click.command()
@click.argument("repository")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--snapshot", metavar="ID", help="An earlier one, as `restic snapshots` lists it [the newest].")
@click.option(
    "--key",
    "key_file",
    type=EXISTING_FILE,
    help="The stewards' private key, to seal originals again without records that were forgotten since. "
    "Without it, these originals are destroyed.",
)
@json_output
@damaged_installation
def restore_command(
    settings: Settings,
    repository: str,
    folder: Path,
    snapshot: str | None,
    key_file: Path | None,
    as_json: bool,
) -> None:
    """Restore a backup into a new FOLDER.

    With keys and contracts. Records that were forgotten since, in the present home (NJIA_HOME) or by the
    newest backup, are erased from it. Then it is checked.

    Exit code: 0 done; 2 wrong use; 4 a refresh is running; 6 files are damaged as they were in the home, or
    the disk is full.
    """
    from orchestration.operations import restore

    private_key = read_private_key(key_file) if key_file else None
    with console.progress("Restoring") as show:
        restored = restore(settings, repository, folder, snapshot, private_key, show)
    console.log_act(
        replace(settings, home=folder), "It is restored", "restored", restored.made_at.isoformat()
    )
    say(f"Restored into {folder}: the backup of {restored.made_at:%Y-%m-%d %H:%M} UTC.")
    if restored.erased:
        say(
            f"Forgotten since, and erased from it: {restored.erased:,} record(s). Its releases still hold "
            "them: run `njia refresh` there before anybody reads it."
        )
    for fault in restored.faults:
        console.mark("damaged", f"{fault.path}: {fault.found}. {fault.means}", console.err)
    say(f"Keys are in {folder}/keys, contracts in {folder}/partners. Put all in place, then: njia refresh")
    if as_json:
        console.print_json(
            {
                "outcome": "damaged" if restored.faults else "restored",
                "snapshot": restored.snapshot,
                "made_at": restored.made_at.isoformat(),
                "erased": restored.erased,
                "damaged": [fault.path for fault in restored.faults],
            }
        )
    if restored.faults:
        sys.exit(Damaged.exit_code)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
