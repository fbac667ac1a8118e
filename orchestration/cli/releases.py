"""Commands on kept releases: `releases` lists them, `diff` compares two, `rollback` returns to one."""

from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.options import author_and_reason, installation, json_output, written_installation
from orchestration.core import Settings

LISTED = 5  # of places, and of corridors
COUNTS = ("rows_before", "rows_after", "added", "removed", "changed")


@click.command()
@json_output
@installation
def releases_command(settings: Settings, as_json: bool) -> None:
    """List the releases, newest first."""
    from orchestration.release import current_release, list_releases

    kept = list_releases(settings)
    if not kept:
        current_release(settings)  # raises where the current release is missing
    if as_json:
        listed = [{**release.manifest, "is_current": release.is_current} for release in kept]
        console.print_json({"releases": listed})
    elif not kept:
        console.say("No release yet. `njia refresh` publishes the first one.")
    else:
        table = console.table("", "release", "movements", "extracts", "content hash", whole=["release"])
        for release in kept:
            table.add_row(
                "→" if release.is_current else "erased" if release.is_erased else "",
                release.release_id,
                f"{release.manifest['movements'] or 0:,}",
                str(sum(extract["fate"] == "in_force" for extract in release.manifest["extracts"])),
                release.manifest["content_hash"][:12],
            )
        console.out.print(table)
    current_release(settings)


@click.command()
@click.argument("a")
@click.argument("b")
@json_output
@installation
def diff_command(settings: Settings, a: str, b: str, as_json: bool) -> None:
    """Compare release A with release B."""
    from orchestration.release import diff

    result = diff(settings, a, b)
    if as_json:
        console.print_json(result)
    else:
        _show_difference(result)


def _show_difference(found: dict[str, Any]) -> None:
    console.out.print(f"[bold]{found['before']} → {found['after']}[/]")
    tables = console.table("table", "rows before", "after", "added", "removed", "changed", whole=["table"])
    for row in found["tables"]:
        tables.add_row(row["table"], *("–" if row[name] is None else f"{row[name]:,}" for name in COUNTS))
    console.out.print(tables)
    places, corridors = (found[name]["rows"][:LISTED] for name in ("places", "corridors"))
    if places or corridors:
        console.out.print("\nPlaces and corridors that changed most")
        moved = console.table("place or corridor", "cases before", "after", "table")
        for line in (*places, *corridors):
            name = line.get("place") or f"{line['start_place']['name']} → {line['end_place']['name']}"
            numbers = f"{line['before']:,}", f"{line['now']:,}"
            moved.add_row(escape(name), *numbers, line.get("table", "corridors"))
        console.out.print(moved)
        console.out.print()
    for label, came in (("added", True), ("removed", False)):
        names = [
            f"{one['partner_code']} {one['extract_id']}" for one in found["extracts"] if one["came"] is came
        ]
        console.out.print(f"Extracts {label}: {', '.join(names) or 'none'}", soft_wrap=True)
    for label, came in (("added", True), ("removed", False)):
        decisions = [decision for decision in found["decisions"] if decision["came"] is came]
        console.out.print(f"Decisions {label}:{'' if decisions else ' none'}")
        for decision in decisions:
            says = decision["says"] or decision["kind"].replace("_", " ")
            console.out.print(f"    {decision['id']}  {escape(says)}", soft_wrap=True)
    console.out.print(f"Inputs that differ: {', '.join(found['inputs_changed']) or 'none'}")


@click.command()
@click.argument("release_id")
@author_and_reason
@written_installation
def rollback_command(settings: Settings, release_id: str, author: str, reason: str) -> None:
    """Return to an earlier release.

    This is recorded as a decision.
    """
    from orchestration.release import rollback

    target = rollback(settings, release_id, author, reason, settings.as_of())
    console.say(
        f"Release {target.release_id} is in force again. The next refresh publishes only if its inputs "
        "differ from those of the release you left."
    )
