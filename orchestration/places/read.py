"""Read one place text: the whole as a name, then its parts, with first and last words as context.

`resolve` handles columns and decisions; `choose` decides among places of one name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from orchestration.places import mentions as o
from orchestration.places.candidates import (
    ANYWHERE,
    COUNTRY_ONLY,
    NEARBY,
    NOT_UNDERSTOOD,
    Context,
    Hits,
    at_most,
    by_context,
    choose,
    in_countries,
    open_between,
    outcome_of,
    sides,
    wider_only,
)
from orchestration.places.doubts import Doubts, may_be_south_sudan, names_by_code, with_named_side
from orchestration.places.gazetteer import KENYA, LITTLE_KNOWN, Gazetteer
from orchestration.places.mentions import Outcome
from orchestration.places.place_text import (
    CONNECTIVES,
    beginnings,
    beside_an_institution,
    core,
    endings,
    halves,
    is_addressed_person,
    is_name_of_a_person,
    kind_hint,
    looks_private,
    names_a_spot,
    names_only_a_spot,
    norm,
    split,
    with_country_names,
    without_border_phrase,
    without_direction,
    without_lead_in,
    without_side,
)
from orchestration.places.spellings import Misspelt, Spellings

_LOOSE_CODE = re.compile(r"^(?:[A-Z]{2}-?\d{1,7}|\d{1,6})$")
_SENTENCE_WORDS = 5
_SHORT = 3
_DEEPEST = 2
_DEPTH = {"country": 0, "county": 1, "province": 1, "subcounty": 2}
_FINEST_DEPTH = 3


class TextReader:
    def __init__(self, gazetteer: Gazetteer, spellings: Spellings, misspelt: Misspelt) -> None:
        self._gazetteer = gazetteer
        self._spellings = spellings
        self._misspelt = misspelt
        self._countries_by_code = names_by_code(gazetteer)
        self._doubts = Doubts(gazetteer, self)

    def stopped(self, text: str) -> Outcome | None:
        """Return the outcome of a stop word or an addressed person; None for any other text."""
        if is_addressed_person(norm(text)):
            return o.unresolved(o.UNRESOLVED, "stop_list")
        stop = self._gazetteer.stop_words.get(norm(text))
        if stop is None:
            return None
        label = stop["region_label"] if stop["reading"] == "region" else None
        if stop["country"] != "none":
            country = self._gazetteer.place(stop["country"])
            found = outcome_of(self._gazetteer, country, "stop_list", NEARBY, ANYWHERE)
            return replace(found, country_label=label, problems=(o.REGION_ONLY,))
        if label:
            found = o.unresolved(o.REGION_ONLY, "stop_list")
            return replace(found, precision="region", country_label=label)
        is_unknown = stop["reading"] == "unknown"
        return o.asked_but_unknown() if is_unknown else o.unresolved(o.UNRESOLVED, "stop_list")

    def countries(self, key: str) -> Hits:
        ids = self._gazetteer.country_names.get(key, ())
        if not ids:
            inner = self._gazetteer.country_names.get(core(key), ())
            ids = () if inner and kind_hint(key) == "border_point" else inner
        exact = self._gazetteer.names.get(key, ())
        return {place_id: "exact" if place_id in exact else "alias" for place_id in ids}

    def hits(self, text: str) -> Hits:
        """Return every place of this name, by the whole text, else without the words for a kind, a filter."""
        key = norm(text)
        if len(text) == 3 and text.isupper() and text in self._gazetteer.alpha3:
            return {self._gazetteer.alpha3[text]: "exact"}
        for wanted in dict.fromkeys((key, core(key))):
            aliases = self._gazetteer.aliases.get(wanted, ())
            hits = {place_id: self._gazetteer.tier(wanted, place_id) for place_id in aliases}
            hits |= dict.fromkeys(self._gazetteer.exact(wanted), "exact")
            if not hits:
                continue
            hint = kind_hint(key) if wanted != key else None
            if hint == "border_point" and all(self._gazetteer.place(i).kind == "country" for i in hits):
                return {}
            hinted = {
                i: tier
                for i, tier in hits.items()
                if tier == "exact" and self._gazetteer.place(i).kind == hint
            }
            return hinted or hits
        return dict.fromkeys(self._spellings.alike(key), "squash")

    def code(self, text: str, context: Context) -> Outcome | None:
        hits = self._gazetteer.codes.get(text.strip().upper())
        if hits:
            return choose(self._gazetteer, dict.fromkeys(hits, "exact"), context)
        return o.unresolved(o.CODE_SYSTEM_UNKNOWN) if _LOOSE_CODE.match(text.strip().upper()) else None

    def read(self, text: str, context: Context, depth: int = 0) -> Outcome | None:
        """Return the place that a text means within a context; None if no part is a known name."""
        coded = self.code(text, context)
        if coded:
            return coded
        text = with_named_side(self, self._gazetteer, text, self._countries_by_code)
        text = without_side(with_country_names(text, self._countries_by_code))
        hits = self.hits(text)
        if hits:
            return self._too_general(text, hits, context) or choose(self._gazetteer, hits, context)
        if depth > _DEEPEST:
            return None
        bare = without_border_phrase(text)
        if depth == 0 and self._names_two_countries_in_a_sentence(bare):
            return Outcome("ambiguous", "none", problems=(o.AMBIGUOUS,))
        doubtful = self._doubts.read(bare, context, depth)
        if doubtful:
            return doubtful
        shorter = without_lead_in(bare)
        if norm(shorter) and norm(shorter) != norm(bare):
            stop = self.stopped(shorter)
            return stop or at_most(self.read(shorter, context, depth + 1), NEARBY)
        parts = split(bare)
        if len(parts.texts) > 1:
            read = self._within if parts.within else self._alternatives
            return read(parts.texts, context, depth)
        shorter = parts.texts[0] if parts.texts else ""
        if norm(shorter) and norm(shorter) != norm(text):
            return self.stopped(shorter) or self.read(shorter, context, depth + 1)
        return self._unknown_name(norm(text), context, depth)

    def _too_general(self, text: str, hits: Hits, context: Context) -> Outcome | None:
        """Return an ambiguous outcome for a name that is also a common word or a person's.

        `Central Ward` may be any central ward; `Maina` is an area and a common name of persons.
        """
        name = core(norm(text))
        is_general = name in self._gazetteer.stop_words or is_name_of_a_person(name)
        if not is_general or self._is_widely_known(hits) or context.counties:
            return None
        return Outcome("ambiguous", "none", rivals=tuple(sorted(hits)), problems=(*context.said, o.AMBIGUOUS))

    def _unknown_name(self, key: str, context: Context, depth: int) -> Outcome | None:
        found = self._with_wider_words(key, context, depth)
        if not found and not self._begins_with_a_crossing(key):
            found = self._misspelt.read(key, context)
        return found or self._leading_words(key, context) or self._beyond_a_direction(key, context)

    def _begins_with_a_crossing(self, key: str) -> bool:
        """Whether a crossing is followed by more: `malaba u` may name the other side."""
        first = key.rpartition(" ")[0]
        return any(i in self._gazetteer.twins for i in self._gazetteer.names.get(first, ()))

    def _beyond_a_direction(self, key: str, context: Context) -> Outcome | None:
        """Read `south kilifi` as part of a county or town, where no unit has that name."""
        hits = self._named(without_direction(key) or "")
        if not hits or not self._is_widely_known(hits):
            return None
        return at_most(choose(self._gazetteer, hits, context), NOT_UNDERSTOOD)

    def _leading_words(self, key: str, context: Context) -> Outcome | None:
        """Read `kibera gatwekera stage`: the first words are a name, the rest a spot in it."""
        if looks_private(key):
            return None
        for beginning in beginnings(key):
            hits = self._named(beginning)
            rest = key.removeprefix(beginning).split()
            if hits and self._is_sure(beginning, rest[0], hits):
                found = choose(self._gazetteer, hits, context)
                across = sides(self._gazetteer, found, context)
                if across and not names_only_a_spot(rest):
                    return open_between(self._gazetteer, across, context)
                confidence = (
                    NOT_UNDERSTOOD if names_a_spot(rest) or self._is_widely_known(hits) else COUNTRY_ONLY
                )
                return replace(at_most(found, confidence) or found, method="leading")
        return None

    def _names_two_countries_in_a_sentence(self, text: str) -> bool:
        """Whether a sentence such as `between A, X and B, Y` names two countries, so that it is no place."""
        words = norm(text).split()
        if len(words) <= _SENTENCE_WORDS and "between" not in words:
            return False
        runs = (" ".join(words[i : i + n]) for i in range(len(words)) for n in range(1, 5))
        named = {
            self._gazetteer.country_names[run][0] for run in runs if run in self._gazetteer.country_names
        }
        # "South Sudan" also holds the word "Sudan".
        return len(named - ({"SDN"} if "SSD" in named else set())) > 1

    def _with_wider_words(self, key: str, context: Context, depth: int) -> Outcome | None:
        """Read `kampala uganda`, `eastleigh nairobi`: the first or last words name the wider place."""
        if len(key.split()) > _SENTENCE_WORDS + 1:
            return None
        for rest, wider in endings(key, 4):
            countries = self.countries(wider)
            if countries and self._gazetteer.country_names.get(wider):
                return self._in_text_country(rest, countries, context, depth)
        for rest, wider in endings(key, 2):
            counties = self._gazetteer.county_names.get(wider, ())
            if len(counties) != 1:
                continue
            if self.hits(rest):
                return self._within((rest, wider), context, depth)
            within = replace(context, countries=frozenset({KENYA}), counties=frozenset(counties))
            found = by_context(self._misspelt.read(rest, within))
            if found:
                return found
        for one, other in halves(key):
            if self._named(one) and self._named(other):
                return self._within((one, other), context, depth)
        return None

    def _is_sure(self, beginning: str, following: str, hits: Hits) -> bool:
        """Whether first words are a safe name: `oman by agent` is Oman, `kenya airways` is not Kenya."""
        is_country = any(self._gazetteer.place(place_id).kind == "country" for place_id in hits)
        if is_country and following not in CONNECTIVES:
            return False
        return len(beginning) > _SHORT + 1 or "exact" in hits.values()

    def _is_widely_known(self, hits: Hits) -> bool:
        return min(self._gazetteer.place(place_id).rank for place_id in hits) < LITTLE_KNOWN

    def _named(self, key: str) -> Hits:
        """Return the places of a name that is no stop word and long enough among other words."""
        hits = {} if self.stopped(key) else self.hits(key)
        is_long = len(key) > _SHORT or ("exact" in hits.values() and self._is_widely_known(hits))
        return hits if is_long else {}

    def _in_text_country(self, rest: str, countries: Hits, context: Context, depth: int) -> Outcome | None:
        behind = beside_an_institution(norm(rest))
        if behind is not None:
            return self.read(behind, context, depth + 1) if behind else None
        narrowed = in_countries(self._gazetteer, context, countries)
        if context.countries is not None:
            shared = context.countries & (narrowed.countries or frozenset())
            if not shared:
                return o.unresolved(o.COUNTRY_CONFLICT, rivals=tuple(sorted(countries)))
            narrowed = replace(narrowed, countries=shared)
        southern = may_be_south_sudan(self._gazetteer, rest, countries, context)
        if southern and not self.hits(rest):
            return southern
        if self.stopped(rest) or not norm(rest):
            return choose(self._gazetteer, countries, context)
        if self.countries(norm(rest)):
            return self._alternatives((rest, next(iter(countries))), context, depth)
        found = self.read(rest, narrowed, depth + 1)
        return by_context(found) if found else wider_only(self._gazetteer, narrowed)

    def _within(self, texts: tuple[str, ...], context: Context, depth: int) -> Outcome | None:
        """Read parts that lie in one another: countries and counties narrow the other parts."""
        country_hits: dict[str, str] = {}
        country_texts, names = [], []
        for text in texts:
            countries = self.countries(norm(text)) if not self.stopped(text) else {}
            if countries:
                country_hits |= countries
                country_texts.append(text)
            elif not self.stopped(text):
                names.append(text)
        if len({norm(text) for text in country_texts}) > 1 and len(country_hits) > 1:
            return self._alternatives(tuple(country_texts), context, depth)
        if country_hits:
            rest = ", ".join(names) or " ".join(text for text in texts if text not in country_texts)
            return self._in_text_country(rest, country_hits, context, depth)
        if len(names) == 1:
            return by_context(self.read(names[0], context, depth + 1))
        if not names:
            return None
        hits = [self.hits(name) for name in names]
        if not all(hits):
            return self._partly_known(names, hits, context, depth)
        for relation in (self._related, self._share_a_county):
            related = _related_by(relation, hits)
            if related and all(related):
                return by_context(_finest([choose(self._gazetteer, some, context) for some in related]))
        return self._within_a_known_one(hits, context) or self._alternatives(tuple(names), context, depth)

    def _within_a_known_one(self, hits: list[Hits], context: Context) -> Outcome | None:
        """Read `Majengo, Nanyuki`: an unlisted estate lies in the county or town beside it."""
        for outer, inner in ((hits[-1], hits[:-1]), (hits[0], hits[1:])):
            if not all(self._gazetteer.place(i).rank >= LITTLE_KNOWN for some in inner for i in some):
                continue
            found = choose(self._gazetteer, dict.fromkeys(outer, "exact"), context)
            if found.place_id is None or self._gazetteer.place(found.place_id).rank >= LITTLE_KNOWN:
                continue
            countries = ({self._gazetteer.place(place_id).country for place_id in some} for some in inner)
            if found.county is not None or all(found.country in some for some in countries):
                return by_context(at_most(found, NOT_UNDERSTOOD))
        return None

    def _partly_known(
        self, names: list[str], hits: list[Hits], context: Context, depth: int
    ) -> Outcome | None:
        known = tuple(name for name, some in zip(names, hits, strict=True) if some)
        unknown = [name for name, some in zip(names, hits, strict=True) if not some]
        found = [self.read(name, context, depth + 1) for name in (*known, *unknown)]
        understood = [outcome for outcome in found if outcome and outcome.place_id]
        if len(understood) > 1:
            return at_most(self._together(understood, context), NOT_UNDERSTOOD)
        across = sides(self._gazetteer, understood[0], context) if understood else ()
        if across and not all(names_only_a_spot(norm(name).split()) for name in unknown):
            return open_between(self._gazetteer, across, context)
        return by_context(at_most(next((outcome for outcome in found if outcome), None), NOT_UNDERSTOOD))

    def _alternatives(self, texts: tuple[str, ...], context: Context, depth: int) -> Outcome | None:
        """Read alternative parts: only what all of them share is known."""
        wanted = [text for text in texts if not self.stopped(text)]
        found = [self.read(text, context, depth + 1) for text in wanted]
        if not any(found):
            return None
        placed = [outcome for outcome in found if outcome and outcome.place_id]
        if len(placed) < len(wanted):
            some = placed[0] if placed else next(outcome for outcome in found if outcome)
            # All counties and towns are listed: an unknown name beside a county is a village in it.
            confidence = NOT_UNDERSTOOD if some.kind == "county" else COUNTRY_ONLY
            return at_most(replace(some, problems=(*some.problems, o.ALTERNATIVES)), confidence)
        return self._together(placed, context)

    def _together(self, placed: list[Outcome], context: Context) -> Outcome:
        finest = _finest(placed)
        if finest and all(self._related(finest.place_id or "", x.place_id or "") for x in placed):
            return by_context(finest) or finest
        rivals = tuple(sorted({x.place_id or "" for x in placed}))
        shared = {x.county for x in placed} if all(x.county for x in placed) else {x.country for x in placed}
        shared = shared if len(shared) == 1 else {x.country for x in placed}
        if len(shared) > 1:
            return Outcome(
                "ambiguous", "none", confidence=COUNTRY_ONLY, rivals=rivals, problems=(o.AMBIGUOUS,)
            )
        wider = self._gazetteer.place(shared.pop() or "")
        found = outcome_of(self._gazetteer, wider, "context", NEARBY, context)
        return replace(found, rivals=rivals, problems=(o.ALTERNATIVES,))

    def _related(self, one: str, other: str) -> bool:
        return one == other or self._lies_in(one, other) or self._lies_in(other, one)

    def _share_a_county(self, one: str, other: str) -> bool:
        """Whether two places share a county: in `Huruma, Eldoret` the town decides which estate."""
        county = self._gazetteer.place(one).county
        return one == other or (county is not None and county == self._gazetteer.place(other).county)

    def _lies_in(self, inner: str, outer: str) -> bool:
        place, wider = self._gazetteer.place(inner), self._gazetteer.place(outer)
        # The seeds do not place towns in sub-counties or provinces: the partner's statement counts.
        in_unit = place.kind not in _DEPTH and (
            (wider.kind == "subcounty" and place.county == wider.county)
            or (wider.kind == "province" and place.country == wider.country)
        )
        return outer in (place.parent, place.county) or (outer == place.country and inner != outer) or in_unit


def _related_by(relation: Callable[[str, str], bool], hits: list[Hits]) -> list[Hits]:
    """Filter the places of each name to those related to a place of every other name."""
    return [
        {i: tier for i, tier in mine.items() if all(any(relation(i, j) for j in other) for other in hits)}
        for mine in hits
    ]


def _finest(outcomes: list[Outcome]) -> Outcome | None:
    """Return the narrowest outcome; an unresolved one, if any, as nothing is certain then."""
    unsettled = next((outcome for outcome in outcomes if outcome.place_id is None), None)
    return unsettled or max(outcomes, key=lambda x: _DEPTH.get(x.kind or "", _FINEST_DEPTH), default=None)
