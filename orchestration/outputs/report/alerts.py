"""Alerts on the first page: corridors with more or fewer records than partners' own level lets expect."""

from __future__ import annotations

from orchestration.outputs.claims import claim
from orchestration.outputs.published import Row, day
from orchestration.outputs.report.parts import Block, Heading, Paragraph
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Sentence, Slot

TONES = {"rise": "up", "fall": "down"}
MOST = 6  # on a page that has other findings


def alerts(view: View) -> list[Block]:
    """Return a paragraph an alert and their limits; members read in one line that there is none, or why none
    could be measured.

    The public edition has those that a steward released, and says nothing where there is none.
    """
    say, rows = view.say, view.alerts()
    if not rows:
        reason = view.published.edition.unjudged_alerts
        why = say.meaning("not_measured", reason) if reason else ""
        none = say("alerts.not_measured", why=why) if reason else (*say("alerts.none"), *say("alerts.limits"))
        return [] if view.is_public else [Paragraph(none, tone="note")]
    more = say("alerts.more", count=str(len(rows) - MOST)) if len(rows) > MOST else ()
    return [
        Heading(say("alerts.title")),
        *(_paragraph(view, row) for row in rows[:MOST]),
        Paragraph((*more, *say("alerts.limits")), tone="note"),
    ]


def alert(view: View, row: Row) -> Sentence:
    """Return the claim on an alert: since when, and for members until when, seen and expected records."""
    cell = view.published.cell
    slots: dict[str, Slot] = {
        "month": cell("alerts", row, "first_month", view.published.month(day(row["first_month"]))),
        "records": view.say.text("grain.case"),
    }
    if view.is_public:
        return claim(view.say, "alerts", row["direction"], **slots)
    slots["until"] = cell("alerts", row, "newest_month", view.published.month(day(row["newest_month"])))
    none = cell("alerts", row, "record_count", view.say.text("claim.none"))
    slots["count"] = none if row["record_count"] == 0 else view.published.count("alerts", row, "record")
    slots |= {end: cell("alerts", row, f"expected_{end}") for end in ("low", "high")}
    return claim(view.say, "alerts", "seen", None, row["evidence"], **slots)


def _paragraph(view: View, row: Row) -> Paragraph:
    return Paragraph((*alert(view, row), "."), view.published.corridor(row), TONES[row["direction"]])
