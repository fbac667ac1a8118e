"""Choose among places of one name or code.

Context filters, the least rank wins, equals stay ambiguous; a code counts alone or together with a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from orchestration.places import mentions as o
from orchestration.places.gazetteer import CITY_FROM, KENYA, LITTLE_KNOWN, Gazetteer, Place
from orchestration.places.mentions import Outcome

Hits = Mapping[str, str]  # place_id → exact | alias | alternate | squash

TIER_CONFIDENCE = {"exact": 0.99, "alias": 0.97, "alternate": 0.95, "squash": 0.93}
_NEAR_EQUAL = 0.6  # a county or crossing outranks units of its name that are further off than this
_SMALL = ("ward", "area")
_BIG_TOWN, _FAR_BIGGER = 20_000, 10  # people; times as many
_TWIN_ASSUMED = 0.89
_RIVALS = {True: 0.90, False: 0.75}  # only rivals in the same country | rivals abroad as well
_BORDER_COUNTRY = 0.7
_AMBIGUOUS = 0.5
_PARTS = 0.95
NOT_UNDERSTOOD = 0.7  # a part of the text was no name
NEARBY = 0.85  # "near X", or a column that could not be read
COUNTRY_ONLY = 0.5
_TIE_BROKEN = 0.8
_PRECISION = {
    "country": "country", "province": "country", "county": "county", "subcounty": "subcounty", "ward": "ward",
}  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What else the record states of the place; None: nothing. `default_country` only breaks ties."""

    countries: frozenset[str] | None = None
    counties: frozenset[str] | None = None
    default_country: str | None = None
    label: str | None = None
    said: tuple[str, ...] = ()

    def fits(self, place: Place) -> bool:
        """Whether a place lies in the stated country and county."""
        in_country = self.countries is None or place.country in self.countries
        return in_country and (self.counties is None or place.county in self.counties)


ANYWHERE = Context()


def choose(gazetteer: Gazetteer, hits: Hits, context: Context) -> Outcome:
    places = sorted((gazetteer.place(i) for i in _likely(gazetteer, hits)), key=_order)
    in_country = [p for p in places if context.countries is None or p.country in context.countries]
    if not in_country:
        return _country_conflict(gazetteer, hits, places, context)
    fitting = [p for p in in_country if context.counties is None or p.county in context.counties]
    if not fitting:
        return _outside_county(gazetteer, in_country, context)
    best = fitting[0]
    if context.counties and best.kind == "country":
        best = gazetteer.place(min(context.counties))
    twins = gazetteer.twins.get(best.place_id, ())
    others = [p for p in fitting[1:] if spot_of(p) != spot_of(best) and p.place_id not in twins]
    equals = [p for p in others if _are_equals(hits, best, p)]
    if equals:
        return _tie(gazetteer, [best, *equals], context)
    return _chosen(gazetteer, hits, best, fitting, others, context)


def outcome_of(
    gazetteer: Gazetteer, place: Place, method: str, confidence: float, context: Context
) -> Outcome:
    has_code = place.kind != "country" or place.place_id == place.country
    return Outcome(
        status="resolved" if confidence >= o.RESOLVED_FROM else "review",
        method=method,
        place_id=place.place_id,
        kind=place.kind,
        country=place.country,
        county=place.county,
        precision=_PRECISION.get(place.kind, "point"),
        confidence=confidence,
        is_border_twin=place.place_id in gazetteer.twins,
        country_label=context.label if has_code else place.name,
        problems=context.said,
    )


def _chosen(
    gazetteer: Gazetteer, hits: Hits, best: Place, fitting: list[Place], others: list[Place], context: Context
) -> Outcome:
    tier = hits.get(best.place_id, "exact")
    confidence, flags = TIER_CONFIDENCE[tier], list(context.said)
    twin_fits = any(p.place_id in gazetteer.twins.get(best.place_id, ()) for p in fitting)
    if twin_fits and gazetteer.shares_name_with_twin(best):
        flags.append(o.TWIN_ASSUMED)
        confidence = min(confidence, _TWIN_ASSUMED)
    if others:
        flags.append(o.RIVALS)
        confidence = min(confidence, _RIVALS[all(p.country == best.country for p in others)])
    method = "context" if len(fitting) < len(hits) else tier
    found = outcome_of(gazetteer, best, method, confidence, context)
    return replace(found, rivals=tuple(p.place_id for p in others), problems=tuple(flags))


def _tie(gazetteer: Gazetteer, equals: list[Place], context: Context) -> Outcome:
    """Decide between equals in several countries by the partner's default country; else ambiguous."""
    preferred = [p for p in equals if p.country == context.default_country]
    rivals = tuple(p.place_id for p in equals)
    if len({spot_of(p) for p in preferred}) == 1:
        found = outcome_of(gazetteer, preferred[0], "context", _TIE_BROKEN, context)
        return replace(
            found, rivals=tuple(i for i in rivals if i != found.place_id), problems=(*context.said, o.RIVALS)
        )
    return open_between(gazetteer, rivals, context)


def _country_conflict(gazetteer: Gazetteer, hits: Hits, places: list[Place], context: Context) -> Outcome:
    """Resolve a name that lies outside the stated country: near a border, the country alone.

    A country without towns in the gazetteer may have a town of a little known name.
    """
    across = {
        gazetteer.place(twin).country for p in places for twin in gazetteer.twins.get(p.place_id, ())
    } & (context.countries or frozenset())
    rivals = tuple(p.place_id for p in places)
    if len(across) == 1:
        country = gazetteer.place(across.pop())
        return replace(outcome_of(gazetteer, country, "context", _BORDER_COUNTRY, context), rivals=rivals)
    stated = context.countries or frozenset()
    is_elsewhere = any(
        _is_unmistakable(place) for place in places if hits[place.place_id] in ("exact", "alias")
    )
    if len(stated) == 1 and not stated & gazetteer.countries_with_towns and not is_elsewhere:
        country = gazetteer.place(min(stated))
        return replace(outcome_of(gazetteer, country, "country", COUNTRY_ONLY, context), rivals=rivals)
    return Outcome("unresolved", "none", rivals=rivals, problems=(*context.said, o.COUNTRY_CONFLICT))


def _is_unmistakable(place: Place) -> bool:
    """Whether a name means one well-known place: `Nairobi` is in no other country."""
    is_city = place.kind == "town" and (place.population or 0) >= CITY_FROM
    return is_city or place.kind in ("country", "county", "border_point")


def _outside_county(gazetteer: Gazetteer, places: list[Place], context: Context) -> Outcome:
    """Resolve a name outside the stated county: its country only; the stated county for a country's name.

    Names of estates and villages recur, so the stated county may have one that the gazetteer lacks.
    """
    counties = sorted(context.counties or ())
    if len(counties) == 1 and all(place.rank >= LITTLE_KNOWN for place in places):
        county = gazetteer.place(counties[0])
        found = outcome_of(gazetteer, county, "context", NOT_UNDERSTOOD, context)
        return replace(found, rivals=tuple(p.place_id for p in places), problems=(*context.said, o.RIVALS))
    if places[0].kind == "country" and len(counties) == 1:
        return outcome_of(
            gazetteer, gazetteer.place(counties[0]), "context", TIER_CONFIDENCE["alias"], context
        )
    return open_between(gazetteer, (p.place_id for p in places), context, o.COUNTY_CONFLICT)


def _order(place: Place) -> tuple[bool, bool, float, str]:
    is_lesser_abroad = place.country != KENYA and not place.is_foreign_city
    return (place.kind != "country", is_lesser_abroad, place.rank, place.place_id)


def spot_of(place: Place) -> tuple[str, str]:
    """Return what two places must share to agree: the county, abroad the place itself."""
    if place.kind == "country":
        return (place.country, place.place_id)
    return (place.country, place.county or place.place_id)


def _are_equals(hits: Hits, best: Place, other: Place) -> bool:
    """Whether two places are equally likely, so that choosing `best` would be a guess."""
    if best.country != other.country:
        return best.country != KENYA and not (other.country == KENYA and other.rank - best.rank > _NEAR_EQUAL)
    # The exact name of one place is no safe misspelling of a better known one.
    is_misspelling = hits.get(best.place_id) != "exact" and hits[other.place_id] == "exact"
    if best.kind == "county" and hits.get(best.place_id) == "alias" and other.kind in _SMALL:
        return False
    return is_misspelling or not _outranks(best, other)


def _outranks(best: Place, other: Place) -> bool:
    """Whether a place is meant before another of the same name in another county."""
    if best.kind in ("country", "county", "border_point"):
        return other.rank - best.rank > _NEAR_EQUAL
    if best.kind == "town" and (best.population or 0) < _BIG_TOWN:
        return False
    if other.kind == "area":  # a part of a ward
        return best.kind != "area"
    if best.kind != "town":
        return False
    if best.is_foreign_city and other.kind == "province":  # `Abu Dhabi` is the city, not the emirate
        return True
    is_far_bigger = bool(other.population) and (best.population or 0) >= _FAR_BIGGER * (other.population or 0)
    return other.kind == "ward" or (other.kind == "town" and is_far_bigger)


def _likely(gazetteer: Gazetteer, hits: Hits) -> list[str]:
    """Drop places whose alternate name is the own name of another place (in Kenya: of one in Kenya)."""
    own = {gazetteer.place(i).country for i, tier in hits.items() if tier == "exact"}
    return [
        i
        for i, tier in hits.items()
        if tier != "alternate" or not (KENYA in own if gazetteer.place(i).country == KENYA else own)
    ]


def open_between(
    gazetteer: Gazetteer, place_ids: Iterable[str], context: Context, problem: str = o.AMBIGUOUS
) -> Outcome:
    """Return an ambiguous outcome, with the country that all places share."""
    rivals = tuple(dict.fromkeys(place_ids))
    countries = {gazetteer.place(place_id).country for place_id in rivals}
    country = countries.pop() if len(countries) == 1 else None
    return Outcome(
        "ambiguous",
        "none",
        country=country,
        precision="country" if country else "none",
        confidence=_AMBIGUOUS,
        rivals=rivals,
        country_label=context.label,
        problems=(*context.said, problem),
    )


def sides(gazetteer: Gazetteer, found: Outcome | None, context: Context) -> tuple[str, ...]:
    """Return a crossing and its twins that fit the context; empty for any other place."""
    place_id = found.place_id if found else None
    twins = [i for i in gazetteer.twins.get(place_id or "", ()) if context.fits(gazetteer.place(i))]
    return (place_id, *twins) if place_id and twins else ()


def in_countries(gazetteer: Gazetteer, context: Context, hits: Hits) -> Context:
    """Narrow the context to the named countries, with the label of one without an ISO code."""
    places = [gazetteer.place(place_id) for place_id in hits]
    label = next((place.name for place in places if place.place_id != place.country), None)
    countries = frozenset(place.country for place in places)
    return replace(context, countries=countries, label=label or context.label)


def wider_only(gazetteer: Gazetteer, context: Context) -> Outcome:
    """Return the stated county or else country of an unknown place; unresolved without either."""
    if context.counties and len(context.counties) == 1:
        county = gazetteer.place(min(context.counties))
        return outcome_of(gazetteer, county, "context", NOT_UNDERSTOOD, context)
    if context.countries and len(context.countries) == 1:
        country = gazetteer.place(min(context.countries))
        return outcome_of(gazetteer, country, "country", COUNTRY_ONLY, context)
    return o.unresolved(o.UNRESOLVED)


def by_context(found: Outcome | None) -> Outcome | None:
    """Mark an outcome as found by agreeing parts, which is less certain than a whole name."""
    if found is None or found.place_id is None or found.method in ("country", "decision", "fuzzy", "leading"):
        return found
    return replace(found, method="context", confidence=min(found.confidence, _PARTS))


def at_most(found: Outcome | None, confidence: float) -> Outcome | None:
    if found is None or found.place_id is None or found.confidence <= confidence:
        return found
    status = "resolved" if confidence >= o.RESOLVED_FROM else "review"
    return replace(found, confidence=confidence, status=status)


_CERTAIN = 0.99
_BY_POINT = 0.9  # the lines of the counties are generalised
# Code systems of places that the type step derived from coordinates.
POINT, POINT_NEAR_A_LINE = "point", "point_near_a_line"


def place_of_code(gazetteer: Gazetteer, system: str, code: str) -> Place | None:
    """Return the place of a code: `40`, `040` and `40.0` are one county number."""
    key = code.strip().upper()
    if system == "kenya_county_number":
        key = key.removesuffix(".0").lstrip("0")
    place_id = gazetteer.by_system.get(system, {}).get(key)
    return gazetteer.place(place_id) if place_id else None


def coded(gazetteer: Gazetteer, place: Place) -> Outcome:
    """Return the outcome of a code without a name."""
    return outcome_of(gazetteer, place, "exact", _CERTAIN, ANYWHERE)


def with_name(gazetteer: Gazetteer, place: Place, named: Outcome) -> Outcome:
    """Combine code and name: the finer of the two if they agree, else what they share."""
    if named.country is None:
        return coded(gazetteer, place)
    if place.kind == "country":
        if named.country == place.country:
            return named
    elif named.county is None:
        if named.country == place.country and named.precision == "country":
            return coded(gazetteer, place)
    elif named.county == place.county:
        if named.place_id == place.place_id or named.kind == "county":
            return coded(gazetteer, place)
        if place.kind == "county" or named.kind != place.kind:
            return named
    return _shared(gazetteer, place, named)


def by_point(gazetteer: Gazetteer, code: str, named: Outcome | None, is_near_a_line: bool) -> Outcome:
    """Combine the county or country of a position with the name beside it.

    The finer counts if they agree. In conflict the name counts near a county line, the position elsewhere.
    """
    place = gazetteer.place(code)
    found = outcome_of(gazetteer, place, "point", _BY_POINT, ANYWHERE)
    if named is None or named.country is None:
        return found
    same_country = named.country == place.country
    if same_country and (named.county is None or place.county is None):
        return found if named.county is None and place.county else named
    if same_country and named.county == place.county:
        return found if named.kind == "county" else named
    if is_near_a_line and named.place_id:
        return replace(named, problems=(*named.problems, o.POINT_NAME_CONFLICT))
    rivals = (named.place_id,) if named.place_id else ()
    return replace(found, problems=(o.POINT_NAME_CONFLICT,), rivals=rivals)


def _shared(gazetteer: Gazetteer, place: Place, named: Outcome) -> Outcome:
    rivals = tuple(sorted({place.place_id, named.place_id or place.place_id}))
    common = place.county if place.county and place.county == named.county else None
    common = common or (place.country if place.country == named.country else None)
    if common is None:
        return o.unresolved(o.CODE_NAME_CONFLICT, rivals=rivals)
    found = outcome_of(gazetteer, gazetteer.place(common), "context", NEARBY, ANYWHERE)
    return replace(found, problems=(o.CODE_NAME_CONFLICT,), rivals=rivals)
