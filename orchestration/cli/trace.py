"""`njia trace`: from a published number to partners' rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape
from rich.padding import Padding

from orchestration.cli import console
from orchestration.cli.console import out, say
from orchestration.cli.options import EDITIONS, installation, json_output
from orchestration.core import Settings

if TYPE_CHECKING:
    from orchestration.release import Trace

PARTS = {
    "now": "Named or reported since",
    "before": "Named or reported before",
    "month": "They date a month of an extract that declares no period",
}
MOST_COUNTED = 50


@click.command()
@click.argument("release_id", metavar="RELEASE")
@click.argument("row", nargs=-1, required=True)
@click.option("--edition", type=click.Choice(EDITIONS), help="Edition of the number. Default: members.")
@json_output
@installation
def trace_command(
    settings: Settings, release_id: str, row: tuple[str, ...], edition: str | None, as_json: bool
) -> None:
    """Find the rows behind a number.

    RELEASE is an id, its beginning, or `current`. ROW is table and key, apart or joined by `|`, as the report
    shows them where you rest on a number; an empty part means null.

    \b
    njia trace current \\
      'published.corridors|year-2025|KE040|KE047|within'
    njia trace current \\
      'published.starts|rows:period_id=year-2025'

    The audit log notes who traced what.
    """
    from orchestration.release import find_release, trace

    found = trace(settings, find_release(settings, release_id), row, edition)
    _log(settings, found)
    if as_json:
        console.print_json({**asdict(found), "agrees": found.agrees})
    else:
        show_trace(found)


def _log(settings: Settings, found: Trace) -> None:
    """Note the trace in the audit log. It keeps no movement's id, because it outlives a forgotten record."""
    from orchestration.stewardship import audit

    audit.record(
        settings,
        audit.os_user(),
        "traced",
        found.release_id,
        table=found.table,
        row=None if "movement_id" in found.key else "|".join(found.key.values()),
        extracts=sorted(found.extract_ids),
        rows=len({(part.extract_id, part.sheet, row) for part in found.rows for row in part.row_numbers}),
    )


def show_trace(found: Trace) -> None:
    key = ", ".join(f"{name} {value}" for name, value in found.key.items() if value)
    out.print(f"[bold]{escape(found.table)}[/]  {escape(key)}")
    say(f"Release {found.release_id}, {found.edition} edition: {_values(found.values) or 'no value'}")
    if found.counted:
        say(f"It counts {_many(len(found.counted), 'row')} of {found.table}. Trace each with:")
        for row in found.counted[:MOST_COUNTED]:
            _indented(f"{found.table}|{row}")
        if len(found.counted) > MOST_COUNTED:
            _indented(f"and {len(found.counted) - MOST_COUNTED:,} more: --json has all")
    if found.records:
        say(
            f"Behind it{' today' if found.is_protected else ''}: {_many(found.records, 'record')} of "
            f"{_many(found.movements, 'movement')}"
        )
    if found.note:
        say(found.note)
    if found.is_protected:
        say(
            "Public counts carry a small random change (cell-key method) and stay as first published, so "
            "they may differ from the records."
        )
    if found.carried_from:
        say(f"First published in the release {found.carried_from}, and carried unchanged since.")
    if not found.agrees:
        given = {
            name: number for name, number in found.numbers.items() if found.values.get(name, number) != number
        }
        say(
            f"The records give {_values(given)}. The published number differs, because records were "
            "forgotten since the release was made."
        )
    _show_extracts(found.extracts)
    _show_rows(found)
    if not found.rows and not found.extracts and found.edition in EDITIONS:
        say("This home holds no row behind it.")


def _values(values: Mapping[str, Any]) -> str:
    return " · ".join(
        f"{name} {value:,}"
        if name.endswith(("count", "rows")) and isinstance(value, int)
        else f"{name} {value}"
        for name, value in values.items()
    )


def _show_extracts(extracts: Sequence[Mapping[str, Any]]) -> None:
    for extract in extracts:
        _show_extract(extract)
        _indented(f"contract {extract['contract']}, agreement {extract['agreement_id'] or 'not kept'}")
        if extract["places"]:
            _indented(f"coverage: {', '.join(extract['places'])} as {', '.join(extract['roles'])}")
        first, last, survey = (extract[name] for name in ("declared_from", "declared_to", "round"))
        declared = f"{first} to {last}" if first else "none"
        _indented(f"declared period: {declared}{f', round {survey}' if survey else ''}")
        if months := extract["months"]:
            _indented(f"{_many(len(months), 'month')}: {', '.join(_ranges_of_months(months))}")


def _show_rows(found: Trace) -> None:
    for part, rows_of_part in groupby(found.rows, lambda sheet: sheet.part):
        if part:
            number = f" {found.numbers[part]:,}" if part in found.values.keys() & found.numbers.keys() else ""
            say(f"\n{PARTS.get(part, part)}{number}:")
        for _, sheets in groupby(rows_of_part, lambda sheet: (sheet.partner_code, sheet.extract_id)):
            for position, sheet in enumerate(sheets):
                if position == 0:
                    _show_extract(asdict(sheet))
                name = f"{sheet.sheet}: " if sheet.sheet else "rows "
                _indented(f"{name}{', '.join(_ranges(sheet.row_numbers))}")


def _show_extract(extract: Mapping[str, Any]) -> None:
    file = extract["file"] or "no longer landed"
    title = f"{extract['partner_code']} {extract['partner']} · {file} · extract {extract['extract_id']}"
    out.print(f"\n[bold]{escape(title)}[/]")


def _indented(text: str) -> None:
    out.print(Padding(escape(text), (0, 0, 0, 2)))


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _ranges_of_months(months: Sequence[str]) -> Iterator[str]:
    """Join months in a row: 2024-01 – 2024-03, 2024-07."""
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in months]
    for run in _runs(numbers):
        yield " – ".join(f"{number // 12}-{number % 12 + 1:02d}" for number in dict.fromkeys(run))


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Join numbers in a row: 5, 7–9."""
    for first, last in _runs(numbers):
        yield f"{first}" if first == last else f"{first}–{last}"


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each run without a gap."""
    for _, run in groupby(enumerate(numbers), lambda at: at[1] - at[0]):
        members = [number for _, number in run]
        yield members[0], members[-1]
