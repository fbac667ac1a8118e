"""`python -m seeds.build.partners FOLDER`: write synthetic partners, contracts and extracts, of any size."""

from __future__ import annotations

from pathlib import Path

import click

from seeds.build.partners.partners import MONTHS
from seeds.build.partners.write import CASES, SEED, generate


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", default=SEED, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--cases",
    type=click.IntRange(min=1),
    default=CASES,
    show_default=True,
    help="About how many case records.",
)
@click.option(
    "--months",
    type=click.IntRange(1, MONTHS),
    default=MONTHS,
    show_default=True,
    help="How many months the case partners cover.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds something already.")
def main(folder: Path, seed: int, cases: int, months: int, force: bool) -> None:
    """Write synthetic partners (contracts and extracts) into FOLDER.

    FOLDER/truth.json says what is planted in their world, with months: two hotspots, a road that is left for
    another, a new way between old ends, and partners that join, leave, double their staff or move.
    """
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(
            f"{folder} is not empty, and files of the same names would be overwritten. Name an empty "
            "folder, or say --force."
        )
    made = generate(folder, seed=seed, cases=cases, months=months)
    click.echo(f"Seed {seed}: {made.partners} synthetic partners, {made.files} files in {folder}")
    click.echo(f"What is planted in their world: {made.truth}")


if __name__ == "__main__":
    main()
