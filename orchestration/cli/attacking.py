"""What published tables give away: attack."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from orchestration.cli.options import installation, json_output
from orchestration.cli.root import cli
from orchestration.errors import UsageError
from orchestration.settings import Settings

# Written beside the tables of a public edition: what each column of them is.
EDITION_MARGINS = "margins.yml"


@cli.command()
@click.argument("targets", nargs=-1, required=True, metavar="FILE_OR_RELEASE...")
@click.option(
    "--margins",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML that says which columns are dimensions, which value is the total, which symbol hides.",
)
@click.option("--k", type=click.IntRange(min=2), help="Smallest count that may be printed [the policy's].")
@json_output
@installation
def attack(
    settings: Settings, targets: tuple[str, ...], margins: Path | None, k: int | None, as_json: bool
) -> None:
    """Find what hidden cells of published tables give away.

    A release, or a folder with its public edition. CSV files or workbooks, also of others: with --margins,
    or the folder that they lie in, with their description as margins.yml. Exit code 3: a hidden cell is
    known, or nearly, a small count is printed, or the tables contradict each other.
    """
    from orchestration.console_attack import show_attack
    from orchestration.disclosure import (
        audit,
        described_tables,
        load_disclosure_policy,
        printed_small,
        read_description,
    )

    files, description_file = _files(settings, targets, margins)
    description = read_description(description_file)
    tables = described_tables(description, files, description_file.parent)
    smallest = k or description.k or load_disclosure_policy().public.least_persons
    found = audit(tables, smallest, description.groups(), description.hidden_may_be_empty)
    found = replace(found, small=printed_small(tables, smallest))
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        show_attack(found)
    if not found.is_safe:
        sys.exit(3)


def _files(settings: Settings, targets: tuple[str, ...], margins: Path | None) -> tuple[list[Path], Path]:
    """The files to attack and their description; those of a release or a folder lie beside it."""
    paths = [Path(target) for target in targets]
    if len(paths) == 1 and paths[0].is_dir():
        return [], margins or _description_in(paths[0])
    if any(path.exists() for path in paths):
        if missing := [path for path in paths if not path.is_file()]:
            raise UsageError(f"There is no file {missing[0]}.")
        if margins is None:
            raise UsageError(
                "Say with --margins what the columns of these files are: docs/disclosure.md shows how."
            )
        return paths, margins
    if len(targets) > 1:
        raise UsageError(f"There is no file {paths[0]}. Attack several files, one folder or one release.")
    from orchestration.release import find_release

    release = find_release(settings, targets[0])
    described = margins or release.path / "public" / EDITION_MARGINS
    if not described.is_file():
        raise UsageError(
            f"Release {release.release_id} has no public edition that could be attacked. Its partner edition "
            "holds records, not tables; attack files that were made of it with --margins."
        )
    return [], described


def _description_in(folder: Path) -> Path:
    """Of a public edition, or of the release that it lies in."""
    for place in (folder, folder / "public"):
        if (found := place / EDITION_MARGINS).is_file():
            return found
    raise UsageError(
        f"The folder {folder} has no {EDITION_MARGINS}, which says what the columns of its tables are. Write "
        "one (docs/disclosure.md shows how), or name it with --margins."
    )
