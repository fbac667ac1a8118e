"""Chapter: the newest survey round, with corridors and countries named for the first time."""

from __future__ import annotations

from orchestration.outputs.claims import claim
from orchestration.outputs.published import Row, ends_known
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Block, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import View, capital, section
from orchestration.outputs.texts import Spans

ROLES = ("origin", "transit", "destination")
MOST_CORRIDORS = 24


def rounds(view: View) -> Section | None:
    say, published = view.say, view.published
    period = next((round_ for round_ in published.periods("round") if published.rows("routes", round_)), None)
    if period is None:
        return None
    confirmed = published.rows("novelty", period, evidence_class="panel_confirmed")
    corridors = published.rows("routes", period, line="corridor", level="od")
    new = _new_corridors(view, confirmed, corridors)
    name = published.period(period)
    blocks: list[Block] = []
    total = next(iter(published.rows("routes", period, line="round")), None)
    if total is not None and total["report_count"] is not None:
        count = published.cell("routes", total, "report_count")
        blocks.append(Paragraph(say("rounds.total", count=count, round=name)))
    if new:
        blocks += [_first_named(view, "corridors"), _list(new)]
    if countries := _new_countries(view, confirmed):
        blocks += [_first_named(view, "countries"), Items(countries)]
    if corridors:
        known = sorted((row for row in corridors if ends_known(row)), key=published.corridor)
        blocks += [Heading(say("rounds.corridors")), _corridors(view, known, say("table.rounds", round=name))]
    if blocks and view.is_public:
        least = published.policy("public_round_least_reports")
        blocks.append(Paragraph(say("rounds.note", least=least), tone="note"))
    title = say("rounds.plain", round=name)
    if new:
        where = {"period_id": period, "evidence_class": "panel_confirmed", "item_kind": "corridor"}
        number = published.how_many("novelty", rules.in_words(len(new)), **where)
        title = capital(say.counted("rounds.title", number, round=name))
    return section(view, "rounds", title, blocks)


def _first_named(view: View, items: str) -> Heading:
    return Heading(claim(view.say, "novelty", "panel_confirmed", name=view.say(f"rounds.items.{items}")))


def _new_corridors(view: View, confirmed: list[Row], corridors: list[Row]) -> list[str]:
    """Return the names of corridors that no earlier round named."""
    by_id = {row["line_id"].rpartition("|")[2]: row for row in corridors}
    place, corridor = view.published.place, view.published.corridor
    new = [row["item"] for row in confirmed if row["item_kind"] == "corridor"]
    return sorted(
        corridor(by_id[item]) if item in by_id else " → ".join(place(stop) for stop in item.split(">"))
        for item in new
    )


def _new_countries(view: View, confirmed: list[Row]) -> list[Spans]:
    """Return countries that no earlier round named, a line per role."""
    sentences = []
    for role in ROLES:
        rows = [row for row in confirmed if row["item_kind"] == "country" and row["role"] == role]
        if names := sorted(row["place"] for row in rows):
            sentences.append(view.say(f"rounds.country.{role}", places=view.say.together(names)))
    return sentences


def _corridors(view: View, rows: list[Row], caption: Spans) -> Block:
    """Return the corridors of the round: a list in public, a table with counts for members."""
    say, published = view.say, view.published
    if view.is_public:
        return _list([published.corridor(row) for row in rows])
    largest = sorted(rows, key=lambda row: -(row["report_count"] or 0))[:MOST_CORRIDORS]
    lines: list[list[Spans]] = [
        [(published.corridor(row),), (published.cell("routes", row, "report_count"),)] for row in largest
    ]
    return Table(caption, [say("column.corridor"), say("column.reports")], lines, 1)


def _list(names: list[str]) -> Paragraph:
    return Paragraph((", ".join(names) + ".",))
