"""Aliases of places: which place a written name means.

An open item is one name and country, as an alias takes them: worth the records of extracts in force that name
one of its mentions. A name that means no place may be a person's, so lists and decisions hold its token. A
decision that gives it a place holds the name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import Field

from orchestration import places
from orchestration.core import Settings, is_token, load_keys, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Concerned,
    Decision,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    Refreshed,
    matching,
)
from orchestration.stewardship.kinds.subjects import Landed

Country = Annotated[str, matching("[A-Z]{3}", "a country's ISO code with three letters, such as KEN")]
PlaceId = Annotated[
    str,
    matching("[A-Za-z0-9_-]{3,80}", "the id of a place, such as KE040 or bp-ken-malaba (`njia place NAME`)"),
]
Role = Literal["origin", "transit", "destination"]
NO_PLACE = "unknown"
_LATER = "It applies to later extracts too."
_WHAT_TO_DO = (
    "Look at the name and its rows at the desk. Say which place it means, or `unknown` where it names none."
)
_WHY = {
    "ambiguous": "It fits several places.",
    "unresolved": "It fits no known place.",
    "review": "It fits a place, but not surely enough.",
}


class PlaceAlias(Decision):
    """Says which place a written name means.

    With a country only where the mention names it, with a partner only in its records, with a role only of
    such stops. The most specific decision about a mention holds (`Resolver.decision_for`). `override`: even
    if the name has a certain meaning; asked when it is made, and not kept.
    """

    text: Name
    country: Country | None = None
    partner: Name | None = None
    role: Role | None = None
    place_id: PlaceId
    override: Annotated[bool, Field(exclude=True)] = False
    means: Annotated[str | None, Field(exclude=True)] = None

    @classmethod
    def looked_up(cls, settings: Settings, payloads: Sequence[Payload]) -> list[Payload]:
        """Add what the names mean today for certain; nothing with a partner, who may differ."""
        scopes = [(str(one.get("text") or "").strip(), one.get("country")) for one in payloads]
        asked = {scope for one, scope in zip(payloads, scopes, strict=True) if not one.get("partner")}
        meant = places.certain_meanings(settings, asked) if asked else {}
        return [
            {**one, "means": None if one.get("partner") else meant.get(scope)}
            for one, scope in zip(payloads, scopes, strict=True)
        ]

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        """A page about one name sends `text` and `country`, a list the `name` of each, with its country."""
        place_id = form.text("place_id") or _place_called(form.text("place"))
        asked = [(form.text("text"), form.text("country"))] if form.text("text") else []
        asked += [(name.partition(" ")[0], name.partition(" ")[2]) for name in form.all("name")]
        scope = {name: form.text(name) or None for name in ("partner", "role")}
        for text, country in asked if place_id else ():
            yield {"text": text, "country": country or None, **scope, "place_id": place_id}

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        """Open the token of a name that gets a place; hide a name that means none."""
        text = str(payload.get("text") or "").strip()
        if payload.get("place_id") != NO_PLACE:
            return {**payload, "text": written_names(settings).get(text, text) if is_token(text) else text}
        if not text or is_token(text) or places.is_known(text):
            return payload
        return {**payload, "text": places.name_token(load_keys(settings), text)}

    def sentence(self) -> str:
        sentence = "“{text}” means {place}"
        if self.country:
            sentence = "“{text}” means {place} where the mention names {country}"
        says = say(sentence, text=self.text, place=self.place_id, country=self.country)
        if self.role:
            says = say("{says}, only as {role}", says=says, role=self.role)
        if self.partner:
            says = say("{says}, only at {partner}", says=says, partner=self.partner)
        return says

    def concerns(self) -> Concerned:
        return Concerned(names=frozenset([self.text]))

    def notes(self, settings: Settings) -> Iterator[str]:
        yield _LATER

    def contradicts(self, other: Decision) -> bool:
        return self._has_scope_of(other) and other.place_id != self.place_id

    def _has_scope_of(self, other: Decision) -> TypeGuard[PlaceAlias]:
        """Whether another decision is about the same name, and the same mentions of it."""
        return isinstance(other, PlaceAlias) and other.matter == self.matter

    @property
    def matter(self) -> Hashable:
        return places.norm(self.text), self.country, self.partner, self.role

    def why_no_effect(self, settings: Settings) -> str | None:
        known = places.place_names()
        if self.place_id not in known:
            by_name = {name.casefold(): place_id for place_id, name in known.items()}
            near = get_close_matches(self.place_id, known, n=3) or [
                by_name[name] for name in get_close_matches(self.place_id.casefold(), by_name, n=3)
            ]
            candidates = ", ".join(f"{place_id} ({known[place_id]})" for place_id in near)
            return together(
                say("There is no place {place} in the reference places.", place=self.place_id),
                say("Nearest: {places}.", places=candidates) if near else "",
                "`njia place NAME` finds the id of a place.",
            )
        if self.country is not None and places.country_code(self.country) != self.country:
            return say(
                "There is no country with the code {country}. Give its ISO code with three letters, such as "
                "KEN or UGA, or leave the country out.",
                country=self.country,
            )
        return Landed.read(settings).why_unknown_partner(self.partner) if self.partner else None

    def repeats(self, other: Decision) -> str | None:
        if not self._has_scope_of(other):
            return None
        sentence = "Decision {id} says that this name means {place}."
        if other.place_id != self.place_id:
            sentence = "Decision {id} says that this name means {place}, another place."
        name = places.place_names().get(other.place_id, "–")
        return say(sentence, id=other.id, place=f"{other.place_id} ({name})")

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        """The alias contradicts its country, changes nothing, or moves a name whose meaning is certain."""
        lies_in = places.country_of_place(self.place_id)
        if self.country and lies_in and lies_in != self.country:
            return say(
                "{place} lies in {lies_in}, and --country asks for mentions that name {country}. Give a "
                "place there, or leave the country out.",
                place=places.described(self.place_id),
                lies_in=places.described(lies_in),
                country=places.described(self.country),
            )
        means = self.means
        if means == self.place_id and not self.role:
            sentence = "This name means {id}, {place}, already: there is nothing to decide."
            return say(sentence, id=means, place=places.described(means))
        if means is None or means == self.place_id or self.override:
            return None
        return say(
            "This name means {id}, {place}, today, in every partner's records. If all of them mean "
            "{other_id}, {other}, say so with --override; if one partner does, name it with --partner.",
            id=means,
            place=places.described(means),
            other_id=self.place_id,
            other=places.described(self.place_id),
        )


def names(settings: Settings, aliases: Sequence[PlaceAlias]) -> dict[str, str]:
    known = places.place_names()
    return {one.id: places.described(one.place_id) for one in aliases if one.place_id in known}


@dataclass(frozen=True)
class OpenName:
    """Mentions that one decision would settle. `name` is a token; `country` is a code.

    `named_by`: records by partner and role; the role is empty for a place that is no stop.
    """

    item: Item
    name: str
    country: str | None
    mention_ids: tuple[int, ...]
    status: str
    candidates: tuple[str, ...]
    records: int
    named_by: Mapping[tuple[str, str], int]

    def written(self, texts: Mapping[str, list[str]]) -> list[list[str]]:
        """Return what was written of each mention, of `review.texts_of_places`."""
        return [texts[str(i)] for i in self.mention_ids if texts.get(str(i))]

    def title(self) -> str:
        if self.country:
            country = places.place_names().get(self.country, self.country)
            return say("{name} in {country}: which place is it?", name=self.name, country=country)
        return say("{name}: which place is it?", name=self.name)


def open_name_groups(settings: Settings) -> list[OpenName]:
    """Return the open names of the last refresh, those that most records carry first.

    Spellings of one name are one group, by the resolver's rule for decisions (`Mention.name`), with the
    country that the mention names.
    """
    return review.of_lists(settings, _open_names, review.UNRESOLVED_PLACES)


def _open_names(settings: Settings) -> list[OpenName]:
    rows_of: dict[Item, list[dict[str, str]]] = {}
    for row in review.read(settings, review.UNRESOLVED_PLACES):
        item = items.place_name(row["name"], row["country_alpha3"] or None)
        rows_of.setdefault(item, []).append(row)
    names = [_open_name(item, rows) for item, rows in rows_of.items()]
    return sorted(names, key=lambda name: (-name.records, str(name.item)))


def _open_name(item: Item, rows: Sequence[Mapping[str, str]]) -> OpenName:
    named_by: Counter[tuple[str, str]] = Counter()
    for named in (named for row in rows for named in row["named_by"].split(";") if named):
        partner, role, number = named.split("/")
        named_by[partner, role] += int(number)
    return OpenName(
        item,
        rows[0]["name"],
        rows[0]["country_alpha3"] or None,
        tuple(int(row["mention_id"].removeprefix("'")) for row in rows),
        rows[0]["status"],
        tuple(dict.fromkeys(place for row in rows for place in row["candidates"].split(";") if place)),
        sum(int(row["record_count"]) for row in rows),
        named_by,
    )


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    groups = open_name_groups(refreshed.settings)
    item_of = {mention: str(name.item) for name in groups for mention in name.mention_ids}
    worth_of = refreshed.worths.of_mentions(item_of)
    stands = review.still_stands(refreshed.settings)
    for name in groups:
        movements, extracts = worth_of.get(str(name.item), (0, frozenset()))
        if extracts and not any(stands({"partner": one, "extract_id": other}) for one, other in extracts):
            continue
        candidates = "; ".join(places.described(place_id) for place_id in name.candidates)
        yield OpenItem(
            name.item,
            name.title(),
            say("It may be: {names}.", names=candidates) if candidates else "No place has a similar name.",
            _WHY.get(name.status, ""),
            _WHAT_TO_DO,
            movements,
            extracts=extracts,
        )


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    """Yield the open names that aliases explain, alone or together, for every partner and role."""
    names = open_name_groups(settings) if holding["place_alias"] else []
    if not names:
        return
    keys = load_keys(settings)
    meant: dict[str, list[Mapping[str, Any]]] = {}
    for alias in holding["place_alias"]:
        meant.setdefault(places.name_token(keys, alias["text"]), []).append(alias)
    for name in names:
        about = [one for one in meant.get(name.name, ()) if one["country"] in (None, name.country)]
        covered = {
            one["id"]: {scope for scope in name.named_by if places.covers(one, *scope)} for one in about
        }
        if set().union(*covered.values()) == set(name.named_by):
            yield from ((name.item, alias_id) for alias_id, own in covered.items() if own)


def _place_called(text: str) -> str:
    """Return the id of the place that alone has this name; another text as it is."""
    named = [
        place_id for place_id, name in places.place_names().items() if name.casefold() == text.casefold()
    ]
    return named[0] if len(named) == 1 else text


def written_names(settings: Settings) -> dict[str, str]:
    """Return the open names as they were first written, by token."""
    groups = open_name_groups(settings)
    texts = review.texts_of_places(settings, load_keys(settings)) if groups else {}
    written = {group.name: of_name for group in reversed(groups) if (of_name := group.written(texts))}
    return {name: of_name[0][0] for name, of_name in written.items()}


GROUP = Group({"place_alias": PlaceAlias}, names, open_items, answers)
