"""Alerts, on the first page, with quarters of the members' series: marts hold no month of a child's case."""

from __future__ import annotations

from orchestration.outputs.claims import claim
from orchestration.outputs.published import Row, day
from orchestration.outputs.report.figures import alert_chart
from orchestration.outputs.report.parts import Block, Columns, Heading, Paragraph
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Slot, Spans

TONES = {"rise": "up", "fall": "down"}
MOST, MOST_DRAWN = 6, 3  # on a page that has other findings
WIDTH, BESIDE = 52.0, 120.0  # millimetres


def alerts(view: View) -> list[Block]:
    """Return a paragraph an alert, beside its figure, and their limits; to members also that there is none.

    Where none could be measured, one line says why.

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
        *(_block(view, row, at < MOST_DRAWN) for at, row in enumerate(rows[:MOST])),
        Paragraph((*more, *say("alerts.limits")), tone="note"),
    ]


def alert(view: View, row: Row) -> Spans:
    """Return the claim on an alert: since when, and for members until when, seen and expected records."""
    cell = view.published.cell
    slots: dict[str, Slot] = {
        "month": cell("alerts", row, "first_month", view.published.month(day(row["first_month"]))),
        "records": view.say.text("grain.case"),
    }
    if view.is_public:
        return claim(view.say, "alerts", row["direction"], **slots)
    slots["month"] = cell("alerts", row, "window_from", view.published.month(day(row["window_from"])))
    slots["until"] = cell("alerts", row, "newest_month", view.published.month(day(row["newest_month"])))
    none = view.say.text("claim.none") if row["witness_count"] == 0 else None
    slots["count"] = cell("alerts", row, "witness_count", none)
    if row["witness_count"] is None:
        slots["count"] = view.say("comparison.under", least=view.least)
    slots |= {end: cell("alerts", row, f"expected_{end}") for end in ("low", "high")}
    return claim(view.say, "alerts", "seen", None, row["evidence"], **slots)


def _block(view: View, row: Row, is_drawn: bool) -> Block:
    text: Spans = (*alert(view, row), ".")
    if not view.is_public:
        partners = view.published.cell("alerts", row, "partner_count")
        text = (*text, " ", *view.say.counted("alerts.partners", partners))
    paragraph = Paragraph(text, view.published.corridor(row), TONES[row["direction"]])
    chart = alert_chart(view, row) if is_drawn else []
    return Columns((WIDTH, BESIDE), (chart, [paragraph])) if chart else paragraph
