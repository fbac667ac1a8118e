"""The one list of what waits. Places, pairs and alerts have their own columns, and are decided together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.statistics import alert_detection
from orchestration.stewardship import review
from orchestration.stewardship.desk.lists import Cell, Column, List
from orchestration.stewardship.desk.views import links, places, releases
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.desk.words import Words
from orchestration.stewardship.items import KINDS, OpenItem, partner_of
from orchestration.stewardship.kinds.place_alias import NO_PLACE
from orchestration.stewardship.kinds.rows import quality_rules
from orchestration.stewardship.worklists.listing import about, turns

ALERT = "alert"
# Kinds whose items are decided together.
TOGETHER: dict[str, Callable[[Visit], List]] = {
    "place": places.list_of_places,
    "link": links.list_of_links,
    ALERT: releases.list_of_alerts,
}
_AGES = (("age.today", 0), ("age.week", 7), ("age.month", 31))


def work(visit: Visit) -> Response:
    """Show what waits, most valuable first, all of it or one kind."""
    kind = visit.asked("kind")
    shown = TOGETHER[kind](visit) if kind in TOGETHER else _open_items(visit, kind)
    if kind == "place":
        places.note_shown(visit, shown.shown)
    near = (
        {place.place_id: place for one in shown.shown for place in one["candidates"]}
        if kind == "place"
        else {}
    )
    return visit.page(
        "work",
        list=shown,
        kind=kind,
        kinds=list(_kinds(visit, kind)),
        near=near.values(),
        no_place=NO_PLACE,
        detection=alert_detection() if kind == ALERT else None,
    )


def decided_together(visit: Visit) -> List:
    """Return the list of a kind whose items are decided together; 404 for another."""
    if (kind := visit.asked("kind")) not in TOGETHER:
        raise HTTPException(404)
    return TOGETHER[kind](visit)


def _kinds(visit: Visit, chosen: str) -> Iterator[tuple[str, int, str]]:
    """Yield each kind that has something, its number, and its address; first all of them."""
    counts = Counter(one.item.kind for one in visit.waiting)
    yield "", len(visit.waiting), "/work"
    for kind in KINDS:
        if counts[kind] or kind == chosen:
            yield kind, counts[kind], f"/work?kind={kind}"
    if (alerts := review.count(visit.settings, review.ALERTS)) or chosen == ALERT:
        yield ALERT, alerts, f"/work?kind={ALERT}"


def _open_items(visit: Visit, kind: str) -> List:
    t, turn_of, today = visit.words, turns(visit.settings), visit.settings.as_of().date()

    def titled(one: OpenItem) -> Cell:
        under = [(other.item.path, t.heading(other.title)) for other in one.consequences]
        folded = (t("item.consequences", count=len(under)), under) if under else None
        return Cell(t.heading(one.title), one.item.path, t.said(one.detail), folded=folded)

    columns = (
        Column("what", "waiting.what", lambda one: t.searched(one.title), titled),
        Column("turn", "work.turn", turn_of, said=lambda turn: t(f"turn.{turn}"), is_facet=True,
               is_hidden=True),
        Column("partner", "file.partner", lambda one: partner_of(one.item), is_facet=True, is_hidden=True,
               said=t.partner),
        Column("about", "work.about", lambda one: about(one.item), is_facet=bool(kind), is_hidden=True,
               said=lambda name: _about_in_words(t, name)),
        Column("age", "work.age", lambda one: _age(one.opened, today), said=t, is_facet=True, is_hidden=True),
        Column("movements", "item.movements", is_number=True),
        Column("opened", "item.opened", said=t.day),
        Column("due", "item.due", said=t.day),
    )  # fmt: skip
    rows = [one for one in visit.waiting if kind in ("", one.item.kind)]
    return List(visit, rows, columns, keeps={"kind": kind})


def _about_in_words(t: Words, name: str) -> str:
    rule = quality_rules().get(name)
    return str(t.said(rule["title"])) if rule else t.check(name)


def _age(opened: date | None, today: date) -> str:
    waited = today - (opened or today)
    return next((key for key, days in _AGES if waited <= timedelta(days=days)), "age.older")
