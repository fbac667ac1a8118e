"""`njia place`: what the place resolver makes of a name."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import out
from orchestration.cli.options import EXISTING_FILE, country_of, installation, json_output, text_of
from orchestration.core import Settings, UsageError

LONGEST_NAME, LONGEST_SHOWN, MOST_RIVALS = 24, 60, 3


@click.command()
@click.argument("names", nargs=-1)
@click.option("--file", "names_file", type=EXISTING_FILE, help="More names, one a line.")
@click.option("--country", help="The country that the mention states: KEN, KE or Kenya.")
@json_output
@installation
def place_command(
    settings: Settings, names: tuple[str, ...], names_file: Path | None, country: str | None, as_json: bool
) -> None:
    """Look up place names.

    Each name is resolved as in a refresh: first by stewards' decisions that hold for every partner, then by
    the reference places.
    """
    from orchestration import places, stewardship

    asked = [*names, *(text_of(names_file).splitlines() if names_file else [])]
    if not asked:
        raise UsageError("Give at least one name: njia place Malaba 'Busia, Uganda'")
    aliases = stewardship.active_decisions(settings, settings.as_of())["place_alias"]
    keys = places.keys_of(settings, aliases)
    resolved = places.resolve_names(asked, country_of(country), aliases, keys)
    if as_json:
        console.print_json(resolved)
    else:
        _show(resolved, places.described)


def _show(resolved: list[dict[str, Any]], described: Callable[[str], str]) -> None:
    """Show each name with its status and method, and its place, or the places it may be.

    Ids stay whole: where they are wider than the terminal, it breaks the line and nothing is cut.
    """
    table = console.table("name", "status", "place", whole=["status", "place"])
    table.columns[0].max_width = LONGEST_NAME
    for place in resolved:
        name = place["name"]
        if len(name) > LONGEST_SHOWN:
            name = f"{name[:LONGEST_SHOWN]}… ({len(name):,} characters)"
        how = f"[dim]{place['method']} {place['confidence']:.2f}[/]" if place["place_id"] else None
        table.add_row(escape(name), _lines(place["status"], how), _lines(*_places(place, described)))
    needed = out.measure(table).maximum if out.width else 0
    out.print(table, width=max(out.width, needed), soft_wrap=True, crop=False)


def _places(place: Mapping[str, Any], described: Callable[[str], str]) -> list[str | None]:
    where = ", ".join(filter(None, (place["kind"], place["county"], place["country"])))
    rivals = [
        f"[dim]or[/] {rival}\n   [dim]{escape(described(rival))}[/]"
        for rival in place["rivals"][:MOST_RIVALS]
    ]
    more = len(place["rivals"]) - MOST_RIVALS
    rest = [f"[dim]or {more} more (--json names them)[/]"] if more > 0 else []
    return [place["place_id"], where and f"[dim]{where}[/]", *rivals, *rest]


def _lines(*texts: str | None) -> str:
    return "\n".join(filter(None, texts))
