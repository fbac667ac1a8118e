"""Alerts, on the first page, with quarters of the members' series: marts hold no month of a child's case."""

from __future__ import annotations

from orchestration.outputs.claims import claim
from orchestration.outputs.figures.marks import Count
from orchestration.outputs.published import Row, day
from orchestration.outputs.report.figures import MM, SIDE, WIDE
from orchestration.outputs.report.parts import Block, Columns, Figure, Heading, Paragraph
from orchestration.outputs.report.quarters import line
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Slot, Spans

TONES = {"rise": "up", "fall": "down"}
MOST, MOST_DRAWN, MOST_QUARTERS = 6, 3, 10  # on a page that has other findings


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
    chart = _chart(view, row) if is_drawn and not view.is_public else []
    return Columns((SIDE, WIDE), (chart, [paragraph])) if chart else paragraph


def _chart(view: View, row: Row) -> list[Figure]:
    """Return the newest complete quarters of a corridor, and the expected range from the alert's start on.

    That range is of all months of the alert together: a quarter has its part of it.
    """
    first, newest = day(row["window_from"]), day(row["newest_month"])
    part = 3 / (12 * (newest.year - first.year) + newest.month - first.month + 1)
    quarters = view.published.quarters()[:MOST_QUARTERS][::-1]
    began = next((at for at, one in enumerate(quarters) if day(one["period_from"]) >= first), None)
    ends = {name: row[name] for name in ("start_place_id", "end_place_id")}
    periods, counts = [one["period_id"] for one in quarters], list[Count]()
    for period in periods:
        rows = view.published.rows("series.corridors", period, **ends)
        total = sum(of["movement_count"] for of in rows)
        which = "&".join(f"{name}={value}" for name, value in {"period_id": period, **ends}.items())
        text = view.published.of_rows("series.corridors", which, f"{total:,}", "movement_count")
        counts.append(Count(text, total) if rows else Count(f"<{view.least.text}", None))
    expected = None if began is None else (began, part * row["expected_low"], part * row["expected_high"])
    name, head = view.published.corridor(row), view.say.text("alerts.chart")
    return [line(view, name, periods, counts, SIDE * MM, expected, head)] if periods else []
