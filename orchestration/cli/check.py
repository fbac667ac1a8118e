"""`njia check`: is a home what Njia wrote; `njia verify`: is a release what was published."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.options import damaged_installation, installation, json_output
from orchestration.core import Damaged, Settings, UsageError

if TYPE_CHECKING:
    from orchestration.operations import Checked

MOST_NAMED, TAMPERED = 5, 3


@click.command()
@click.option("--sample", is_flag=True, help="Read small files and a 28th of the others, as each night does.")
@json_output
@damaged_installation
def check_command(settings: Settings, sample: bool, as_json: bool) -> None:
    """Find files that are damaged.

    Every file is compared with what was noted when it was written. Nothing is changed. Each damaged file is
    named with what it means and the command that mends it.

    Exit code 6: a file is damaged or missing.
    """
    from orchestration.operations import check_files

    if not settings.home.is_dir() or not any(settings.home.iterdir()):
        raise UsageError(f"{settings.home} is no home of Njia yet. `njia refresh` makes it.")
    night = settings.as_of().date() if sample else None
    with console.progress("Checking") as say:
        checked = check_files(settings, night, lambda kind: say(f"Checking {kind}"))
    if as_json:
        console.print_json(checked.as_dict())
    else:
        show_check(checked)
    if checked.faults:
        sys.exit(Damaged.exit_code)


def show_check(checked: Checked) -> None:
    table = console.table("kind", "files", "MB", "")
    for kind, numbers in checked.kinds.items():
        bad = sum(fault.kind == kind for fault in checked.faults)
        if numbers["files"] or bad:
            damaged = f"[bold red]{bad} damaged[/]" if bad else ""
            table.add_row(kind, f"{numbers['files']:,}", f"{numbers['bytes'] / 1e6:,.1f}", damaged)
    console.out.print(table)
    for fault in checked.faults:
        console.out.print(f"\n[bold red]damaged[/] {escape(fault.path)}", soft_wrap=True)
        console.say(f"Found: {fault.found}.")
        console.say(f"It means: {fault.means}")
        console.say(f"What mends it: {fault.mend}")
    if checked.unknown:
        console.say(f"\n{len(checked.unknown):,} file(s) that Njia does not know:")
        console.show_names(checked.unknown[:MOST_NAMED])
    if not checked.faults:
        console.out.print("\nEvery file is what Njia wrote.")


@click.command()
@click.argument("release_or_folder", metavar="[RELEASE|FOLDER]", default="current")
@click.option(
    "--key",
    "public_key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The release.pub you were given; by default the installation's own.",
)
@json_output
@installation
def verify_command(
    settings: Settings, release_or_folder: str, public_key: Path | None, as_json: bool
) -> None:
    """Check a release's files and signature.

    Every file is hashed again. A copied FOLDER needs only --key.

    Exit code: 0 it is what was published, 3 it is not (changed, added and missing files are listed), 2
    wrong use.
    """
    from orchestration import release
    from orchestration.core import installed_public_key, load_public_key

    given = Path(release_or_folder)
    is_folder = given.is_dir() and (public_key is not None or (given / "manifest.json").is_file())
    folder = given if is_folder else _release_folder(settings, release_or_folder)
    key = load_public_key(public_key) if public_key else installed_public_key(settings)
    resolved = folder.resolve()
    is_in_place = resolved.parent == settings.releases.resolve()
    result = release.verify(folder, key, resolved.name if is_in_place else None)
    show_verification(result)
    if as_json:
        console.print_json(result.as_dict())
    if not result.ok:
        console.complain(f"{result.release_id} is not what this key has signed. Do not use it.")
        sys.exit(TAMPERED)


def _release_folder(settings: Settings, name: str) -> Path:
    """Return the folder of a release; UsageError for a name that is neither a release nor a folder."""
    from orchestration import release

    try:
        return release.find_release(settings, name).path
    except UsageError as error:
        if name == "current":
            raise
        is_folder = Path(name).is_dir()
        lacks = "The folder of that name has no manifest." if is_folder else "Nor is there such a folder."
        raise UsageError(f"{error} {lacks}") from None


def show_verification(result: Any) -> None:
    console.out.print(f"\n[bold]{'As published' if result.ok else 'Not as published'}[/]\n")
    console.say(f"Release {result.release_id} in {result.folder}")
    console.say(f"Signature {result.signature} (key {result.key_id}); files checked: {result.files:,}")
    if result.lies_as:
        console.say(f"Its folder has the name of another release, {result.lies_as}.")
    if result.erased_on:
        console.say(f"Its members' edition was deleted on {result.erased_on}: it held a forgotten record.")
    for difference in ("changed", "missing", "added"):
        if names := getattr(result, difference):
            console.say(f"{len(names):,} {difference}:")
            console.show_names(names)
