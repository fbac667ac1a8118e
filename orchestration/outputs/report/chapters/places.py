"""Chapter: cases from, through and to each county and each other country."""

from __future__ import annotations

from orchestration.outputs.published import Row
from orchestration.outputs.report import findings
from orchestration.outputs.report.parts import Block, Section, Table
from orchestration.outputs.report.view import NONE, View, capital, count, section
from orchestration.outputs.texts import Spans

ROLES = ("origin", "transit", "destination")


def places(view: View) -> Section | None:
    tables = [_table(view, level, key) for level, key in (("county", "counties"), ("country", "countries"))]
    blocks: list[Block] = [table for table in tables if table is not None]
    return section(view, "places", capital(findings.to_title(view)), blocks)


def _table(view: View, level: str, key: str) -> Table | None:
    """Return places of a level with their counts by role and period, the largest first."""
    say = view.say
    columns = [(role, period) for role in ROLES for period in view.periods(2)]
    names: dict[str, str] = {}
    for role in ROLES:
        names |= {row["place_id"]: row["place"] for row in view.places(role, (level,))}
    lines: list[list[Spans]] = []
    for place in sorted(names, key=lambda place: (-_largest(view, place), place)):
        cells = [count(view, "places", view.place(place, role, period=period)) for role, period in columns]
        if any(cell != NONE for cell in cells):
            lines.append([(names[place],), *cells])
    heads = [say(f"column.{role}", period=view.published.head(period)) for role, period in columns]
    return Table(say(f"table.{key}"), [say("column.place"), *heads], lines, len(heads)) if lines else None


def _largest(view: View, place: str) -> int:
    rows: list[Row | None] = [view.place(place, role) for role in ROLES]
    return max((row["movement_count"] or 0 for row in rows if row is not None), default=0)
