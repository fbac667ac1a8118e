"""Command `trace`: from a published number to partners' rows."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli.options import installation, json_output
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError

if TYPE_CHECKING:
    from orchestration.outputs import Shown
    from orchestration.release import Release, Trace

REPORT = "index.html"
COUNTED = "|rows:"
EDITIONS = ["members", "public"]


@cli.command()
@click.argument("release_id", metavar="RELEASE")
@click.argument("table", required=False)
@click.argument("key", nargs=-1)
@click.option("--number", metavar="NUMBER", help="Say what to trace of a NUMBER in a report.")
@click.option(
    "--edition", type=click.Choice(EDITIONS), help="Whose published number; else the members', or any report."
)
@json_output
@installation
def trace(
    settings: Settings,
    release_id: str,
    table: str | None,
    key: tuple[str, ...],
    number: str | None,
    edition: str | None,
    as_json: bool,
) -> None:
    """Which rows of which extracts stand behind a published number.

    RELEASE: an id, the beginning of one, or `current`. TABLE and KEY, apart or joined by `|`, as the report
    marks its numbers: "published.corridors|od|KE040>KE047|year-2025|case|all", or, where it counted rows,
    "published.corridors|rows:level=od&period_id=year-2025". A null of the key is empty. Of a number on paper,
    --number finds them. Who traced what is put in the audit log first.
    """
    from orchestration.cli.console_trace import show_numbers, show_trace
    from orchestration.release import find_release
    from orchestration.release import trace as trace_row

    release = find_release(settings, release_id)
    if (table is None) == (number is None):
        raise UsageError("Name a table and the key of its row, or give --number with what the report shows.")
    editions = [edition] if edition else EDITIONS
    if number is not None:
        shown = _shown(release, number, editions)
        if as_json:
            numbers = [{"edition": name, **asdict(one)} for name, one in shown]
            print(json.dumps({"numbers": numbers}, ensure_ascii=False))
        else:
            show_numbers(shown, release.release_id)
        return
    words = (str(table), *key)
    # What a report marks is asked rightly, even if it counted no row.
    asked = "|".join(words)
    is_marked = COUNTED in asked and asked in {one.key for _, one in _marked(release, editions)}
    found = trace_row(settings, release, words, is_marked, edition)
    _tell(settings, found)
    if as_json:
        print(json.dumps(_as_dict(found), ensure_ascii=False, default=str))
    else:
        show_trace(found)


def _shown(release: Release, number: str, editions: list[str]) -> list[tuple[str, Shown]]:
    """Raises UsageError where no report of the release shows it."""
    asked = _figure(number)
    found = [(name, one) for name, one in _marked(release, editions) if _figure(one.text) == asked]
    if not found:
        raise UsageError(
            f"No report of the release {release.release_id} shows {number}. Write it as the report does, "
            "1,083 with or without its comma."
        )
    return found


def _figure(text: str) -> str:
    return text.replace(",", "")


def _marked(release: Release, editions: list[str]) -> list[tuple[str, Shown]]:
    """Every number that the reports of these editions mark, with its edition."""
    from orchestration.outputs import pages_of, shown_in

    return [
        (edition, one)
        for edition in editions
        for page in pages_of(release.edition(edition))
        if page.name == REPORT
        for one in shown_in(page)
    ]


def _tell(settings: Settings, found: Trace) -> None:
    """A movement's id is left out: the log keeps what is forgotten elsewhere."""
    from orchestration.stewardship import audit

    asked = None if found.is_of_a_movement else "|".join(found.key.values())
    audit.record(
        settings,
        audit.os_user(),
        "traced",
        found.release_id,
        table=found.table,
        row=asked,
        extracts=sorted(found.extract_ids),
        rows=sum(len(one.row_numbers) for one in found.rows),
    )


def _as_dict(found: Trace) -> dict[str, Any]:
    return {**asdict(found), "agrees": found.agrees, "note": found.note}
