"""Unknown place names and their rows: candidates on a map, a search for other places, or no place.

What was written may be a person's name: only signed-in stewards see it, and a page that shows it is logged
before it is sent (`Visit.page`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from starlette.responses import Response

from orchestration import places
from orchestration.core import Keys, Settings, load_keys
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.desk.drawings import map_of, widths
from orchestration.stewardship.desk.lists import Cell, Choice, Column, List, item_page, record_path
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, with_consequences
from orchestration.stewardship.kinds.place_alias import NO_PLACE, OpenName, open_name_groups
from orchestration.stewardship.worklists.listing import open_items
from orchestration.typing import open_views

MOST_MATCHES, MOST_ROWS = 12, 50
# A name that is asked: the fields of an OpenName and those that `place_questions` tells.
Question = dict[str, Any]


def list_of_places(visit: Visit) -> List:
    """Return the unknown names, most movements first."""
    t = visit.words
    columns = (
        Column("name", "places.name", lambda one: " ".join((one["name"], *chain(*one["written"]))),
               lambda one: Cell(one["text"], one["item"].path)),
        Column("country", "places.country", is_facet=True),
        Column("status", "places.why", said=lambda one: t(f"places.{one}"), is_facet=True, is_hidden=True),
        Column("partner", "place.named_by",
               lambda one: tuple({partner: None for partner, _ in one["named_by"]}),
               said=t.partner, is_facet=True, is_hidden=True),
        Column("role", "place.role",
               lambda one: tuple({role or "other": None for _, role in one["named_by"]}),
               said=lambda role: t(f"place_role.{role}"), is_facet=True, is_hidden=True),
        Column("movements", "item.movements", is_number=True),
        Column("near", "places.candidates", lambda one: one["candidates"],
               lambda one: Cell(", ".join(place.name for place in one["candidates"][:3]) or "–"),
               said=places.described, is_facet=True),
    )  # fmt: skip
    choice = Choice(
        "name",
        lambda one: f"{one['name']} {one['country'] or ''}".strip(),
        lambda one: t("place.asks", name=one["text"]),
    )
    questions = [_as_seen(visit, one) for one in place_questions(visit.settings)]
    keeps = {"kind": "place"}
    return List(
        visit, questions, columns, keeps=keeps, choice=choice, prepare=lambda shown: map(with_readings, shown)
    )


def place(visit: Visit, item: Item) -> Response:
    """Show one name; a search adds places of another name to its candidates."""
    asked = next((one for one in place_questions(visit.settings) if one["item"] == item), None)
    if asked is None:
        # The address holds only a hash: a settled name looks like one that never existed.
        return item_page(visit, "settled", item, back="/work?kind=place")
    question = _as_seen(visit, with_readings(asked))
    note_shown(visit, [question])
    search = visit.searched("search") or ""
    listed = {one.place_id for one in question["candidates"]}
    matches = place_matches(visit.settings, search) if search else []
    candidates = [*question["candidates"], *(one for one in matches if one.place_id not in listed)]
    from orchestration.places import boundaries  # shapes, which only a map needs

    in_force = boundaries.boundaries_in_force(visit.settings)
    partners, roles = (Counter[str](), Counter[str]())
    for (partner, role), records in question["named_by"].items():
        partners[partner] += records
        roles[role] += records
    return item_page(
        visit,
        "place",
        item,
        question=question,
        rows=[(row, record_path(*row)) for row in rows_naming(visit.settings, question["mention_ids"])],
        partners=[
            (*one, width)
            for one, width in zip(
                partners.most_common(), widths(sorted(partners.values())[::-1]), strict=True
            )
        ],
        roles=[one for one in roles.most_common() if one[0]],
        candidates=candidates,
        search=search,
        has_lost_search=bool(visit.asked("search")) and not search,
        found_none=bool(search and not matches),
        map=map_of(candidates, in_force.counties.values(), lambda: boundaries.country_shapes().values()),
        not_drawn=[f"{at} {one.name}" for at, one in enumerate(candidates, start=1) if not one.point],
        captions=boundaries.captions(in_force),
        no_place=NO_PLACE,
    )


def _as_seen(visit: Visit, question: Question) -> Question:
    """Hide from others than stewards what was written."""
    return question if visit.names.is_steward else question | {"written": [], "text": question["name"]}


def note_shown(visit: Visit, questions: Sequence[Question]) -> None:
    visit.names.places_shown |= dict.fromkeys(one["name"] for one in questions if one["written"])


def place_questions(settings: Settings) -> list[Question]:
    """Return the undecided names, most movements first, with the ids of the last refresh's candidates.

    `written` is how a name stands in the files: the name, then other texts of the place. `text` is the name
    as it was first written, its token where the last refresh kept no text. `movements`: records of extracts
    in force that name it.
    """
    groups = {name.item: name for name in open_name_groups(settings)}
    waiting = [one for one in with_consequences(open_items(settings)) if one.item in groups]
    texts = review.texts_of_places(settings, load_keys(settings)) if waiting else {}
    return [_question(groups[one.item], one.movements, texts) for one in waiting]


def _question(group: OpenName, movements: int, texts: Mapping[str, list[str]]) -> Question:
    written = list(map(list, dict.fromkeys(map(tuple, group.written(texts)))))
    return {
        **vars(group),
        "written": written,
        "text": written[0][0] if written else group.name,
        "movements": movements,
    }


def with_readings(question: Question) -> Question:
    """Put what the resolver reads in the name before the candidates of the last refresh."""
    written = question["written"]
    found = _candidates_for(written[0][0], question["country"], ()) if written else []
    read = {one.place_id for one in found}
    offered = [places.known_place(one) for one in question["candidates"] if one not in read]
    return question | {"candidates": [*found, *offered]}


def place_matches(settings: Settings, text: str) -> list[places.KnownPlace]:
    """Return the places that a text typed by a steward may mean, best first, by decisions and the resolver.

    Then the other places of that name: a county, a town and a border point may share it.
    """
    aliases = active_decisions(settings, settings.as_of())["place_alias"]
    found = _candidates_for(text, None, aliases, places.keys_of(settings, aliases))
    read = {one.place_id for one in found}
    others = [places.known_place(one) for one in places.places_named(text) if one not in read]
    return [*found, *others][:MOST_MATCHES]


def _candidates_for(
    text: str, country: str | None, aliases: Iterable[Mapping[str, Any]], keys: Keys | None = None
) -> list[places.KnownPlace]:
    (found,) = places.resolve_names([text], country, list(aliases), keys)
    best = found["place_id"]
    rivals = [places.known_place(place_id) for place_id in found["rivals"] if place_id != best]
    return [replace(places.known_place(best), confidence=found["confidence"]), *rivals] if best else rivals


def rows_naming(settings: Settings, mention_ids: Sequence[int]) -> list[tuple[str, str, str, int]]:
    """Return the first MOST_ROWS rows that name a place: partner, extract, sheet and number."""
    with open_views(settings, "place_mentions", "records") as con:
        return con.execute(
            "select distinct partner, extract_id, sheet, row_number from place_mentions "
            "inner join records using (partner, extract_id, record_id) where list_contains(?, mention_id) "
            "order by all limit ?",
            [list(mention_ids), MOST_ROWS],
        ).fetchall()
