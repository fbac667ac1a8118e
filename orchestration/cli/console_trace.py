"""Output of `njia trace`: the published row, what stands behind it, and the rows of each extract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.markup import escape
from rich.padding import Padding

from orchestration.cli.console import out, say

PARTS = {
    "stated": "They state it",
    "not_stated": "They do not state it",
    "now": "They name it in this round",
    "before": "They named it in a round before",
    "baseline": "In the earlier window",
    "current": "In the later window",
    "month": "They make a month known of an extract that declares no period",
}
MOST_COUNTED = 50


def show_trace(found: Any) -> None:
    key = ", ".join(f"{name} {value}" for name, value in found.key.items() if value)
    out.print(f"[bold]{escape(found.published.table)}[/]  {escape(key)}")
    published = found.published
    shown = _values({**published.words, **published.counts}) or "no count is published"
    say(f"Release {found.release_id}, {published.edition} edition: {shown}")
    if found.counted:
        _show_counted(found)
    if found.rows or (found.comes_to and not found.watches):
        prevented = f", and {found.prevented:,} prevented" if found.prevented else ""
        say(
            f"Behind it{' today' if published.is_protected else ''}: {_many(found.records, 'record')} of "
            f"{_many(found.movements, 'movement')}, {_many(found.persons, 'person')}{prevented}"
        )
    if found.note:
        say(found.note)
    _show_difference(found)
    _show_reported(found.reported)
    _show_watches(found.watches)
    _show_rows(found.rows)
    if found.comes_to and not found.rows and not found.watches:
        say("No row stands behind it in this home.")


def _show_difference(found: Any) -> None:
    """Why the published number is another than what is found, where it is or may be."""
    if found.published.is_protected:
        say(
            "Public counts carry a small random change (cell-key method) and stay as first published, so "
            "they need not equal what is found."
        )
    if found.carried_from:
        say(f"First published in the release {found.carried_from}, and carried unchanged since.")
    if not found.agrees:
        say(
            f"This gives {_values(found.comes_to)}, which is not what is published: records were forgotten "
            "since the release was made."
        )


def show_numbers(shown: Sequence[tuple[str, Any]], release_id: str) -> None:
    """Where a number stands, by edition, each with the command that traces it."""
    for (edition, chapter), values in groupby(shown, lambda one: (one[0], one[1].chapter)):
        out.print(f"[bold]{escape(chapter or 'Title page')}[/] ({edition})")
        for _, one in values:
            # On one line: it is copied.
            command = f"  njia trace {release_id[:16]} --edition {edition} '{one.key}'"
            out.print(escape(command), soft_wrap=True)


def _values(counts: dict[str, Any]) -> str:
    return " · ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in counts.items()
    )


def _show_counted(found: Any) -> None:
    say(f"Counted are {_many(len(found.counted), 'row')} of {found.published.table}. Each can be traced:")
    for key in found.counted[:MOST_COUNTED]:
        _indented(f"{found.published.table}|{key}")
    if len(found.counted) > MOST_COUNTED:
        _indented(f"and {len(found.counted) - MOST_COUNTED:,} more: --json has all")


def _show_reported(reported: Sequence[Any]) -> None:
    for round_, partners in groupby(reported, lambda one: one.round):
        named = [f"{one.partner}{' (same coverage)' if one.same_coverage else ''}" for one in partners]
        say(f"In the round {round_} reported: {', '.join(named)}")


def _show_watches(watches: Sequence[Any]) -> None:
    for one in watches:
        _show_extract(one.partner_code, one.partner, one.file, one.extract_id)
        _indented(f"contract {one.contract}, agreement {one.agreement_id or 'not kept'}")
        if one.places:
            _indented(f"coverage: {', '.join(one.places)} as {', '.join(one.roles)}")
        declared = f"{one.declared_from} to {one.declared_to}" if one.declared_from else "none"
        _indented(f"declared period: {declared}")
        if one.months:
            _indented(f"{_many(len(one.months), 'month')}: {', '.join(_runs_of_months(one.months))}")


def _show_rows(rows: Sequence[Any]) -> None:
    for part, of_part in groupby(rows, lambda one: one.part):
        if part:
            say(f"\n{PARTS[part]}:")
        for (code, partner, file, extract_id), sheets in groupby(of_part, _extract):
            _show_extract(code, partner, file, extract_id)
            for one in sheets:
                sheet = f"{one.sheet}: " if one.sheet else "rows "
                _indented(f"{sheet}{', '.join(_ranges(one.row_numbers))}")


def _show_extract(code: str, partner: str, file: str | None, extract_id: str) -> None:
    named = f"{code} {partner} · {file or 'no longer landed'} · extract {extract_id}"
    out.print(f"\n[bold]{escape(named)}[/]")


def _indented(words: str) -> None:
    out.print(Padding(escape(words), (0, 0, 0, 2)))


def _extract(one: Any) -> tuple[str, str, str, str]:
    return one.partner_code, one.partner, one.file, one.extract_id


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _runs_of_months(months: Sequence[str]) -> Iterator[str]:
    """2024-01 – 2024-03, 2024-07."""
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in months]
    for run in _runs(numbers):
        yield " – ".join(f"{number // 12}-{number % 12 + 1:02d}" for number in dict.fromkeys(run))


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """5, 7–9."""
    for first, last in _runs(numbers):
        yield f"{first}" if first == last else f"{first}–{last}"


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run without a gap."""
    start = before = None
    for number in (*numbers, None):
        if before is not None and number == before + 1:
            before = number
            continue
        if start is not None and before is not None:
            yield start, before
        start = before = number
