"""`njia check`: whether every file of a home is what Njia wrote."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.options import damaged_installation, json_output
from orchestration.core import Damaged, Settings, UsageError

if TYPE_CHECKING:
    from orchestration.operations import Checked

MOST_NAMED = 5


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
