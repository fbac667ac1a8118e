"""Alerts on the first page: corridors with more or fewer records than partners' own level lets expect.

The marts hold no month of a child's case, so bars are quarters, of the members' series.
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.outputs.claims import claim
from orchestration.outputs.published import Row, day
from orchestration.outputs.report.parts import Block, Columns, Figure, Heading, Paragraph
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Slot, Spans

TONES = {"rise": "up", "fall": "down"}
MOST, MOST_DRAWN = 6, 3  # on a page that has other findings
WIDTH, BESIDE = 52.0, 120.0  # millimetres


def alerts(view: View, figures: Mapping[str, str]) -> list[Block]:
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
        *(_block(view, row, f"alert-{at}", figures) for at, row in enumerate(rows[:MOST])),
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
    slots["until"] = cell("alerts", row, "newest_month", view.published.month(day(row["newest_month"])))
    none = view.say.text("claim.none") if row["record_count"] == 0 else None
    slots["count"] = cell("alerts", row, "record_count", none)
    if row["record_count"] is None:
        slots["count"] = view.say("comparison.under", least=view.least)
    slots |= {end: cell("alerts", row, f"expected_{end}") for end in ("low", "high")}
    return claim(view.say, "alerts", "seen", None, row["evidence"], **slots)


def _block(view: View, row: Row, figure: str, figures: Mapping[str, str]) -> Block:
    text: Spans = (*alert(view, row), ".")
    if not view.is_public:
        partners = view.published.cell("alerts", row, "partner_count")
        text = (*text, " ", *view.say.counted("alerts.partners", partners))
    paragraph = Paragraph(text, view.published.corridor(row), TONES[row["direction"]])
    if figure not in figures:
        return paragraph
    return Columns((WIDTH, BESIDE), ([Figure(figure, figures[figure], WIDTH)], [paragraph]))
