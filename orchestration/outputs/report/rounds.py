"""The newest survey round, with corridors and countries named for the first time."""

from __future__ import annotations

from orchestration.outputs.claims import claim
from orchestration.outputs.published import Row, ends_known
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Block, Heading, Items, Paragraph, Section, Table
from orchestration.outputs.report.view import View, capital, section
from orchestration.outputs.texts import Spans

MOST_OF_A_ROUND = 24
NAMED_AS = ("origin", "transit", "destination")  # roles of novelty
UNLIKELY = 0.05  # chance of an item that has so many reports to be new if nothing changed


def rounds(view: View) -> Section | None:
    say, published = view.say, view.published
    period = next((of for of in published.periods("round") if published.rows("mentions", of)), None)
    if period is None:
        return None
    confirmed = published.rows("novelty", period, evidence_class="panel_confirmed")
    items = [row["item"] for row in confirmed if row["item_kind"] == "corridor"]
    new = sorted(" → ".join(map(published.place, item.split(">"))) for item in items)
    name = published.period(period)
    blocks: list[Block] = []
    total = next(iter(published.rows("mentions", period, subject="round")), None)
    if total is not None and total["mention_count"] is not None:
        count = published.cell("mentions", total, "mention_count")
        blocks.append(Paragraph(say("rounds.total", count=count, round=name)))
    if new:
        blocks += [_first_named(view, "corridors"), _list(new)]
    if countries := _new_countries(view, confirmed):
        blocks += [_first_named(view, "countries"), Items(countries)]
    if not view.is_public and (new or countries):
        blocks.append(_chance(view, confirmed))
    corridors = [row for row in published.rows("mentions", period, subject="corridor") if ends_known(row)]
    if corridors:
        known = sorted(corridors, key=published.corridor)
        blocks += [
            Heading(say("rounds.corridors")),
            _round_corridors(view, known, say("table.rounds", round=name)),
        ]
    if blocks and view.is_public:
        least = published.policy("public_round_least_reports")
        blocks.append(Paragraph(say("rounds.note", least=least), tone="note"))
    title = say("rounds.plain", round=name)
    if new:
        where = {"period_id": period, "evidence_class": "panel_confirmed", "item_kind": "corridor"}
        number = published.how_many("novelty", rules.in_words(say, len(new)), **where)
        title = say.counted("rounds.title", number, round=name)
        title = (*say("rounds.at_least"), *title) if view.is_public else capital(title)
    return section(view, "rounds", title, blocks)


def _first_named(view: View, items: str) -> Heading:
    return Heading(claim(view.say, "novelty", "panel_confirmed", name=view.say(f"rounds.items.{items}")))


def _new_countries(view: View, confirmed: list[Row]) -> list[Spans]:
    """Return countries that no earlier round named, a line per role."""
    sentences = []
    for role in NAMED_AS:
        rows = [row for row in confirmed if row["item_kind"] == "country" and row["role"] == role]
        if names := sorted(row["place"] for row in rows):
            sentences.append(view.say(f"rounds.country.{role}", places=view.say.together(names)))
    return sentences


def _chance(view: View, confirmed: list[Row]) -> Paragraph:
    """Return which corridors and countries have so many reports that they are hardly new by chance."""
    shown = {("corridor", "any"), *(("country", role) for role in NAMED_AS)}
    rows = [row for row in confirmed if (row["item_kind"], row["role"]) in shown]
    ends = [row["item"].split(">") for row in rows if row["chance"] < UNLIKELY]
    names = sorted({" → ".join(map(view.published.place, places)) for places in ends})
    if not names:
        return Paragraph(view.say("rounds.chance.none"))
    return Paragraph(view.say("rounds.chance", names=view.say.together(names)))


def _round_corridors(view: View, rows: list[Row], caption: Spans) -> Block:
    """Return the corridors of the round: a list in public, a table with counts for members."""
    say, published = view.say, view.published
    if view.is_public:
        return _list([published.corridor(row) for row in rows])
    largest = sorted(rows, key=lambda row: -row["mention_count"])[:MOST_OF_A_ROUND]
    lines: list[list[Spans]] = [
        [(published.corridor(row),), (published.cell("mentions", row, "mention_count"),)] for row in largest
    ]
    return Table(caption, [say("column.corridor"), say("column.reports")], lines, 1)


def _list(names: list[str]) -> Paragraph:
    return Paragraph((", ".join(names) + ".",))
