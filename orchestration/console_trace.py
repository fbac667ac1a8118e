"""What `njia trace` shows: what is published, what stands behind it, and the rows of each extract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.markup import escape

from orchestration.console import out, say


def show_trace(found: Any) -> None:
    key = ", ".join(f"{name} {value}" for name, value in found.key.items())
    out.print(f"[bold]{escape(found.published.table)}[/]  {escape(key)}", soft_wrap=True)
    told = " · ".join(f"{name} {count:,}" for name, count in found.published.counts.items())
    say(f"Release {found.release_id}, {found.published.edition} edition: {told or 'no count is printed'}")
    prevented = f", and {found.prevented:,} prevented" if found.prevented else ""
    say(f"Behind it: {found.records:,} records counted, of {found.persons:,} persons{prevented}")
    if found.note:
        say(found.note)
    if not found.agrees:
        say(
            "The rows do not give the printed number: it was printed by an earlier release and is kept as it "
            "was then (`njia releases`). Trace it there."
        )
    if not found.rows:
        say("No row stands behind it in this home.")
    for (code, partner, file, extract_id), sheets in groupby(found.rows, _extract):
        named = f"{code} {partner} · {file or 'no longer landed'} · extract {extract_id}"
        out.print(f"\n[bold]{escape(named)}[/]", soft_wrap=True)
        for one in sheets:
            sheet = f"{one.sheet}: " if one.sheet else ""
            out.print(f"  {escape(sheet)}{', '.join(_ranges(one.row_numbers))}", soft_wrap=True)


def _extract(one: Any) -> tuple[str, str, str, str]:
    return one.partner_code, one.partner, one.file, one.extract_id


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """5, 7–9."""
    start = before = None
    for number in (*numbers, None):
        if before is not None and number == before + 1:
            before = number
            continue
        if start is not None:
            yield f"{start}" if start == before else f"{start}–{before}"
        start = before = number
