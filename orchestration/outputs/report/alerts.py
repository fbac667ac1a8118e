"""Alerts on the first page: corridors with more or fewer records than partners' own level lets expect."""

from __future__ import annotations

from orchestration.outputs.published import Row, day
from orchestration.outputs.report.parts import Block, Heading, Paragraph
from orchestration.outputs.report.view import GRAIN, View
from orchestration.outputs.texts import Sentence

TONES = {"rise": "up", "fall": "down"}
MOST = 6  # on a page that has other findings


def alerts(view: View) -> list[Block]:
    """Return a paragraph an alert and their limits; members read in one line that there is none.

    The public edition has those that a steward released, and says nothing where there is none.
    """
    say, rows = view.say, view.alerts()
    if not rows:
        return [] if view.is_public else [Paragraph(say("alerts.none"), tone="note")]
    more = say("alerts.more", count=str(len(rows) - MOST)) if len(rows) > MOST else ()
    return [
        Heading(say("alerts.title")),
        *(_paragraph(view, row) for row in rows[:MOST]),
        Paragraph((*more, *say("alerts.limits")), tone="note"),
    ]


def alert(view: View, row: Row) -> Sentence:
    """Return what is claimed of an alert: since when, seen and expected records, and on whom it rests."""
    cell = view.published.cell
    first = cell("alerts", row, "first_month", view.published.month(day(row["first_month"])))
    if view.is_public:
        return view.say(f"alert.{row['direction']}", month=first)
    return view.say(
        f"alert.{row['evidence']}",
        count=view.published.count("alerts", row, "record"),
        month=first,
        low=cell("alerts", row, "expected_low"),
        high=cell("alerts", row, "expected_high"),
    )


def _paragraph(view: View, row: Row) -> Paragraph:
    lead = view.published.corridor(row)
    if row["record_grain"] != GRAIN:
        lead += f" ({view.say.text('grain.' + row['record_grain'])})"
    return Paragraph(alert(view, row), lead, TONES[row["direction"]])
