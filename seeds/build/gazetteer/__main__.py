"""`python -m seeds.build.gazetteer`: writes the place tables anew and says what they hold."""

from __future__ import annotations

import hashlib
from collections import Counter

import click

from orchestration.core import REFERENCE_SEEDS, NjiaError
from seeds.build.gazetteer.build import build
from seeds.build.gazetteer.by_hand import HAND


@click.command()
def main() -> None:
    """Build seeds/reference/place*.csv from the packages and the hand-kept rows of seeds/gazetteer."""
    try:
        tables = build()
    except NjiaError as problem:
        raise click.ClickException(str(problem)) from problem
    checksums = []
    for name, text in tables.as_csv().items():
        (REFERENCE_SEEDS / name).write_bytes(text.encode())
        checksums.append(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n")
    (HAND / "checksums.txt").write_text("".join(checksums), encoding="utf-8")
    kinds = Counter(row["kind"] for row in tables.places.values())
    click.echo(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    names = len(tables.places) + len(tables.aliases)
    click.echo(f"{names} names, {len(tables.codes)} codes, {len(tables.points)} points")


if __name__ == "__main__":
    main()
