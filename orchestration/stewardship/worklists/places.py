"""Unknown place names, with the rows they stand in and the places that each may mean.

What was written may be a person's name: only the desk shows it, to signed-in stewards, and logs each view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestration import places
from orchestration.core import Keys, Settings, load_keys
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.items import Item, with_consequences
from orchestration.stewardship.kinds.place_alias import OpenName, open_name_groups
from orchestration.stewardship.worklists.listing import open_items
from orchestration.typing import open_views

MOST_MATCHES, MOST_ROWS = 12, 50


@dataclass(frozen=True)
class Candidate(places.KnownPlace):
    """A place that a name may mean.

    `method` and `confidence` are the resolver's, None of a place that it offers without reading the name so.
    """

    method: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class PlaceQuestion:
    """`name` is a token, `written` how it stands in the files: the name, then other texts of the place.

    `country` is an ISO alpha-3 code. `mentions`: how many ways to name it there are; `movements`: records of
    extracts in force that do; `rows`: the first MOST_ROWS that name it. `named_by`: records by partner and
    role, which is empty for a place that is no stop.
    """

    item: Item
    name: str
    written: list[list[str]]
    country: str | None
    mentions: int
    movements: int
    status: str
    candidates: list[Candidate]
    named_by: Mapping[tuple[str, str], int] = field(default_factory=dict)
    rows: list[NamingRow] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The name as it was first written; its token where the last refresh kept no text."""
        return self.written[0][0] if self.written else self.name


@dataclass(frozen=True)
class NamingRow:
    """A record that names a place: the row it begins in."""

    partner: str
    extract_id: str
    sheet: str
    row: int


def place_questions(settings: Settings) -> list[PlaceQuestion]:
    """Return the undecided names, most movements first, with the candidates of the last refresh alone."""
    groups = {name.item: name for name in open_name_groups(settings)}
    waiting = [one for one in with_consequences(open_items(settings)) if one.item in groups]
    texts = review.texts_of_places(settings, load_keys(settings)) if waiting else {}
    return [_question(groups[one.item], one.movements, texts) for one in waiting]


def place_question(settings: Settings, item: Item) -> PlaceQuestion | None:
    """Return the question of one item; None where it is decided, or the last refresh did not ask it."""
    asked = next((question for question in place_questions(settings) if question.item == item), None)
    if asked is None:
        return None
    [group] = (name for name in open_name_groups(settings) if name.item == item)
    return replace(with_readings(asked), rows=_rows(settings, group))


def with_readings(question: PlaceQuestion) -> PlaceQuestion:
    """Put what the resolver reads in the name before the candidates of the last refresh."""
    found = _candidates_for(question.written[0][0], question.country, ()) if question.written else []
    known = {one.place_id for one in found}
    offered = [one for one in question.candidates if one.place_id not in known]
    return replace(question, candidates=[*found, *offered])


def place_matches(settings: Settings, text: str, country: str | None = None) -> list[Candidate]:
    """Return the places that a text typed by a steward may mean, best first, by decisions and the resolver.

    Then the other places of that name: a county, a town and a border point may share it.
    """
    aliases = active_decisions(settings, settings.as_of()).place_aliases
    found = _candidates_for(text, country, aliases, places.keys_of(settings, aliases))
    known = {one.place_id for one in found}
    others = [_candidate(one) for one in places.places_named(text) if one not in known]
    return [*found, *others][:MOST_MATCHES]


def _rows(settings: Settings, group: OpenName) -> list[NamingRow]:
    with open_views(settings, "place_mentions", "records") as con:
        found = con.execute(
            "select distinct partner, extract_id, sheet, row_number from place_mentions "
            "inner join records using (partner, extract_id, record_id) where list_contains(?, mention_id) "
            "order by all limit ?",
            [list(group.mention_ids), MOST_ROWS],
        ).fetchall()
    return [NamingRow(*row) for row in found]


def _question(group: OpenName, movements: int, texts: Mapping[str, list[str]]) -> PlaceQuestion:
    written = list(map(list, dict.fromkeys(map(tuple, group.written(texts)))))
    return PlaceQuestion(
        group.item,
        group.name,
        written,
        group.country,
        len(group.mention_ids),
        movements,
        group.status,
        list(map(_candidate, group.candidates)),
        group.named_by,
    )


def _candidates_for(
    text: str, country: str | None, aliases: Iterable[Mapping[str, Any]], keys: Keys | None = None
) -> list[Candidate]:
    (found,) = places.resolve_names([text], country, list(aliases), keys)
    best = [found["place_id"]] if found["place_id"] else []
    return [
        *(_candidate(place_id, found["method"], found["confidence"]) for place_id in best),
        *(_candidate(place_id) for place_id in found["rivals"] if place_id not in best),
    ]


def _candidate(place_id: str, method: str | None = None, confidence: float | None = None) -> Candidate:
    return Candidate(**vars(places.known_place(place_id)), method=method, confidence=confidence)
