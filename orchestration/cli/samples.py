"""Synthetic partners: synth."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli import console
from orchestration.cli.options import installation
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=2020, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--cases",
    type=click.IntRange(min=1),
    default=8000,
    show_default=True,
    help="About how many case records.",
)
@click.option(
    "--months",
    type=click.IntRange(1, 36),
    default=36,
    show_default=True,
    help="How many months the case partners cover.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds something already.")
@installation
def synth(settings: Settings, folder: Path, seed: int, cases: int, months: int, force: bool) -> None:
    """Write synthetic partners (contracts and extracts) into FOLDER.

    What is planted in their world stands in FOLDER/truth.json, with months: two hotspots, a road that is left
    for another, a new way between old ends, and partners that join, leave, double their staff or move.
    """
    from orchestration.synth import generate

    if not force and folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            f"{folder} is not empty, and files of the same names would be overwritten. Name an empty "
            "folder, or say --force."
        )
    made = generate(folder, seed=seed, cases=cases, months=months)
    console.show_synth(folder, seed, made)
