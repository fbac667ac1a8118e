"""Aliases of places: which place a written name means.

An open item is one name and country, as an alias takes them: worth the records of extracts in force that name
one of its mentions. A name that means no place may be a person's, so lists and decisions hold its token. A
decision that gives it a place holds the name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import Field

from orchestration import places
from orchestration.core import Settings, is_token, load_keys, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Decision,
    Effect,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    Previewed,
    Refreshed,
    matching,
)
from orchestration.stewardship.kinds.subjects import Landed
from orchestration.typing import open_views

Country = Annotated[str, matching("[A-Z]{3}", "a country's ISO code with three letters, such as KEN")]
PlaceId = Annotated[
    str,
    matching("[A-Za-z0-9_-]{3,80}", "the id of a place, such as KE040 or bp-ken-malaba (`njia place NAME`)"),
]
Role = Literal["origin", "transit", "destination"]
NO_PLACE = "unknown"
_LATER = "It applies to later extracts too. Records set aside without a place may enter."
_ABROAD = "Movements among them whose mention names {country}"
_REACHED = "Movements in force: {movements:,}; mentions: {mentions:,}"
_MAY_LEAVE = (
    "A record that is left without any place is set aside. What the name means without the decision is exact."
    " The name waits for a decision again once the next refresh has run."
)
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

    def contradicts(self, other: Decision) -> bool:
        return self._has_scope_of(other) and other.place_id != self.place_id

    def _has_scope_of(self, other: Decision) -> TypeGuard[PlaceAlias]:
        """Whether another decision is about the same name, and the same mentions of it."""
        return (
            isinstance(other, PlaceAlias)
            and places.norm(other.text) == places.norm(self.text)
            and all(getattr(other, name) == getattr(self, name) for name in ("country", "partner", "role"))
        )

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
        means = self._means(settings)
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

    def _means(self, settings: Settings) -> str | None:
        """Return the id of the place that the name means today for certain, without decisions.

        None with a partner, where the name is meant to differ.
        """
        if self.partner:
            return None
        if is_token(self.text):
            matches = places.meanings(settings, load_keys(settings), {self.text}, ()).to_pylist()
            matches = [one for one in matches if self.country in (None, one["named_country"])]
        else:
            matches = places.resolve_names([self.text], self.country)
        # One letter off is read and flagged: a decision makes it certain.
        certain = (one for one in matches if one["status"] == "resolved" and one["method"] != "fuzzy")
        return next((one["place_id"] for one in certain), None)


def names(settings: Settings, aliases: Sequence[PlaceAlias]) -> dict[str, str]:
    known = places.place_names()
    return {one.id: places.described(one.place_id) for one in aliases if one.place_id in known}


def effect(asked: Previewed) -> Effect:
    """Compare what the mentions of these names meant in the last refresh with what they mean as decided.

    Count the movements in force that get another place, by the place before and after.
    """
    settings, keys, aliases = asked.settings, load_keys(asked.settings), asked.decisions
    decided = [*asked.holding["place_alias"]]
    decided += [] if asked.is_revoked else [alias.model_dump() for alias in aliases]
    after = places.meanings(
        settings, keys, {places.name_token(keys, alias.text) for alias in aliases}, decided
    )
    import pyarrow as pa

    reached = (row for row in after.to_pylist() if any(_covers(alias, row) for alias in aliases))
    with open_views(settings, "matches", "place_mentions", "in_force") as con:
        con.register("after", pa.Table.from_pylist(list(reached), schema=after.schema))
        moved = con.execute(
            """
            select matches.place_id, matches.geo_precision, after.place_id, after.geo_precision,
                count(distinct mention_id), count(distinct record_id) filter (where fate = 'in_force')
            from after left join matches using (mention_id)
            left join place_mentions using (partner, place_role, mention_id)
            left join in_force using (partner, extract_id)
            where matches.place_id is distinct from after.place_id
            group by all order by 6 desc, 1, 3
            """
        ).fetchall()
        abroad = con.execute(
            """
            select named_country, after.place_id, count(distinct record_id) from after
            left join matches using (mention_id)
            inner join place_mentions using (partner, place_role, mention_id)
            inner join in_force using (partner, extract_id)
            where fate = 'in_force' and named_country is not null and after.place_id is not null
                and matches.place_id is distinct from after.place_id
            group by all order by 3 desc, 1
            """
        ).fetchall()
    effect = Effect(notes=[_MAY_LEAVE if asked.is_revoked else _LATER])
    gained: Counter[str] = Counter()
    for old_place, old_precision, place_id, precision, mentions, records in moved:
        what = say(_REACHED, movements=records, mentions=mentions)
        effect.change(what, _described(old_place, old_precision), _described(place_id, precision))
        if place_id:
            gained[place_id] += records
    for place_id, number in gained.items():
        effect.change(say("Movements that get {place}", place=_described(place_id, None)), 0, number)
    for country, place_id, number in abroad:
        lies_in = places.country_of_place(place_id)
        if lies_in and lies_in != country:
            effect.change(say(_ABROAD, country=places.described(country)), 0, number)
    return effect


def _covers(alias: PlaceAlias, meaning: Mapping[str, Any]) -> bool:
    role = places.role_of(meaning["place_role"])
    is_there = alias.country in (None, meaning["named_country"])
    return is_there and places.covers(vars(alias), meaning["partner"], role)


def _described(place_id: str | None, precision: str | None) -> str:
    name = places.described(place_id) if place_id else "no place"
    if not precision or precision == "none":
        return name
    return say("{place}, to the {precision}", place=name, precision=precision.replace("_", " "))


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


GROUP = Group({"place_alias": PlaceAlias}, effect, True, names, open_items, answers)
