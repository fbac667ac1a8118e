"""`njia unseal`: one row of a sealed original, or all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.options import EXISTING_FILE, author_and_reason, installation, read_private_key
from orchestration.core import Settings, UsageError, escaped


@click.command()
@click.argument("partner")
@click.argument("extract_id")
@click.option(
    "--key",
    "key_file",
    type=EXISTING_FILE,
    help="File with the stewards' private key. Without it, you are asked to type the key.",
)
@click.option("--row", type=click.IntRange(min=1), help="Show this row, numbered as in the lists.")
@click.option("--sheet", help="Its sheet, if the file has several.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the whole original here instead.")
@author_and_reason
@installation
def unseal_command(
    settings: Settings,
    partner: str,
    extract_id: str,
    key_file: Path | None,
    row: int | None,
    sheet: str | None,
    out: Path | None,
    author: str,
    reason: str,
) -> None:
    """Open a sealed original.

    It takes the stewards' private key. The audit log notes who opened what and why before anything is shown.
    """
    from orchestration import stewardship

    if (row is None) == (out is None) or (sheet and row is None):
        raise UsageError("Give either --row N (and --sheet, if there are several), or --out FILE.")
    key = read_private_key(key_file)
    if out is not None:
        stewardship.unseal_file(settings, partner, extract_id, key, out, author, reason)
        console.say(f"The original is in {out}. It holds everything Njia leaves out: delete it after use.")
    elif row is not None:
        show_row(stewardship.unseal_row(settings, partner, extract_id, key, row, sheet, author, reason))


def show_row(original: Any) -> None:
    """Show a row as its partner wrote it. Characters that could steer the terminal are escaped."""
    sheet = f" of sheet {escaped(original.sheet)}" if original.sheet else ""
    console.out.print(f"[bold]Row {original.row}{escape(sheet)}[/]")
    cells = console.facts(no_wrap=False, overflow="fold")
    for heading, value in original.cells:
        cells.add_row(escape(escaped(heading)), escape(escaped(value)))
    console.out.print(cells)
