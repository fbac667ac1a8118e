"""Resolve mentions to places by rules in a fixed order.

Decision, stop list, code, whole name, then parts and single words as context, then misspelt names. Equal
candidates in two counties or countries stay `ambiguous` for a steward.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from orchestration.core import Keys, is_token
from orchestration.places import mentions as o
from orchestration.places.candidates import (
    ANYWHERE,
    NEARBY,
    POINT,
    POINT_NEAR_A_LINE,
    Context,
    Hits,
    at_most,
    by_point,
    choose,
    coded,
    in_countries,
    outcome_of,
    place_of_code,
    wider_only,
    with_name,
)
from orchestration.places.gazetteer import Gazetteer
from orchestration.places.mentions import Mention, Outcome, covers, is_scoped
from orchestration.places.place_text import core, looks_like_contact, norm, split
from orchestration.places.read import TextReader
from orchestration.places.spellings import Misspelt, Spellings

_AROUND_A_CODE = " .,;?*()'\""


@dataclass(frozen=True)
class _Columns:
    """Result of the county and country columns: a context for the place, or the answer if it is blank."""

    context: Context = ANYWHERE
    answer: Outcome | None = None
    is_readable: bool = True


@dataclass(frozen=True)
class _Decision:
    """A steward's decision; `country` as `_country_key` has it, `number` its place among all."""

    content: Mapping[str, Any]
    country: str | None
    number: int

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """The greatest goes first: partner, then role, then country, then the later."""
        is_of_partner, is_of_role = (bool(self.content.get(name)) for name in ("partner", "role"))
        return is_of_partner, is_of_role, self.country is not None, self.number


class Resolver:
    """Resolves mentions against one gazetteer; `place_aliases`: the stewards' active decisions.

    `resolve` acts on those that hold everywhere; `decision_for` finds those of a partner and a role.

    A decision about a text that names no place holds its token, which `keys` make of a mention's name. A name
    whose decided place no longer exists is unresolved: a steward had overruled the rules.
    """

    def __init__(
        self,
        gazetteer: Gazetteer,
        place_aliases: Iterable[Mapping[str, Any]] = (),
        keys: Keys | None = None,
    ) -> None:
        self._gazetteer, self._keys = gazetteer, keys
        self._spellings = Spellings(gazetteer.keys_to_misspell(), exactly=gazetteer.other_keys())
        self._misspelt = Misspelt(gazetteer, self._spellings)
        self._reader = TextReader(gazetteer, self._spellings, self._misspelt)
        self._decisions: dict[str, list[_Decision]] = {}
        for number, decision in enumerate(place_aliases):
            text, country = decision["text"], self._country_key(decision.get("country"))
            key = text if is_token(text) else norm(text)
            self._decisions.setdefault(key, []).append(_Decision(decision, country, number))
        self._has_tokens = any(map(is_token, self._decisions))
        self._lock = Lock()  # the desk asks from several threads

    def resolve_all(self, mentions: Mapping[int, Mention]) -> dict[int, Outcome]:
        """Return the outcome of each mention by id; never raises.

        Distances of misspelt names are computed for all mentions together, so some need a second round.
        """
        outcomes: dict[int, Outcome] = {}
        waiting = list(mentions)
        with self._lock:
            while waiting:
                again = []
                for mention_id in waiting:
                    self._spellings.needs_count = False
                    outcomes[mention_id] = self._resolve(mentions[mention_id])
                    if self._spellings.needs_count:
                        again.append(mention_id)
                self._spellings.count()
                waiting = again
        return outcomes

    def resolve(self, mention: Mention) -> Outcome:
        return self.resolve_all({0: mention})[0]

    def _resolve(self, mention: Mention) -> Outcome:
        decision = self.decision_for(mention)
        if decision:
            return self.decided(decision)
        if norm(mention.place_code or ""):
            return self._by_code(mention)
        columns = self._columns(mention)
        text = (mention.place_text or "").strip()
        if not norm(text):
            return columns.answer or o.asked_but_unknown()
        if looks_like_contact(text):
            return o.unresolved(o.FREE_TEXT)
        found = (
            self._reader.stopped(text)
            or self._code_with_name(mention)
            or self._reader.read(text, columns.context)
        )
        if found and found.method == "stop_list":
            return columns.answer if columns.answer and columns.answer.country else found
        if found is None:
            near = self._misspelt.suggestions(map(norm, (text, *split(text).texts)), columns.context)
            return replace(wider_only(self._gazetteer, columns.context), rivals=near)
        return found if columns.is_readable else at_most(found, NEARBY) or found

    def _by_code(self, mention: Mention) -> Outcome:
        """Resolve a mention with a code; names beside it refine or contradict it."""
        names = replace(mention, place_code=None, code_system=None)
        has_name = any(norm(text or "") for text in (names.place_text, names.admin_text, names.country_text))
        named = self._resolve(names) if has_name else None
        system, code = mention.code_system, mention.place_code or ""
        if system in (POINT, POINT_NEAR_A_LINE):
            return by_point(self._gazetteer, code, named, is_near_a_line=system == POINT_NEAR_A_LINE)
        place = place_of_code(self._gazetteer, system, code) if system else None
        if place is None:
            problem = o.UNRESOLVED if system else o.CODE_SYSTEM_UNKNOWN
            if named is None or named.place_id is None:
                return o.unresolved(problem)
            return replace(named, problems=(*named.problems, problem))
        if named is None:
            return coded(self._gazetteer, place)
        open_subcounty = self._code_with_name(replace(names, admin_text=place.place_id))
        return open_subcounty or with_name(self._gazetteer, place, named)

    # columns ------------------------------------------------------------------------------------------

    def _columns(self, mention: Mention) -> _Columns:
        country = self._country_column(mention)
        context = replace(country.context, default_country=self.country_code(mention.default_country))
        text = (mention.admin_text or "").strip()
        if not norm(text) or looks_like_contact(text) or self._reader.stopped(text):
            return replace(country, context=context)
        found = (
            self._reader.code(text, context)
            or self._county(text, context)
            or self._reader.read(text, context)
        )
        if found is None or found.place_id is None:
            conflict = found if found and o.COUNTRY_CONFLICT in found.problems else None
            answer = conflict or country.answer or found or o.unresolved(o.UNRESOLVED)
            return _Columns(context, answer, country.is_readable)
        county = frozenset({found.county}) if found.county else context.counties
        narrowed = replace(context, countries=frozenset({found.country or ""}), counties=county)
        return _Columns(narrowed, found, country.is_readable)

    def _country_column(self, mention: Mention) -> _Columns:
        text = (mention.country_text or "").strip()
        code = text.upper().strip(_AROUND_A_CODE)
        if not norm(text):
            return _Columns()
        by_code = self._gazetteer.alpha2.get(code) if mention.country_is_code or code != "NA" else None
        by_code = by_code or self._gazetteer.alpha3.get(code)
        # `NA` beside a place text means "not applicable", not Namibia.
        if by_code == "NAM" and code == "NA" and norm(mention.place_text or ""):
            return _Columns()
        if by_code:
            return self._stated_country({by_code: "exact"})
        if looks_like_contact(text):
            return _Columns(answer=o.unresolved(o.FREE_TEXT), is_readable=False)
        stop = self._reader.stopped(text)
        if stop:
            return _Columns(answer=stop)
        countries = self._reader.countries(norm(text))
        if countries:
            return self._stated_country(countries)
        found = self._reader.read(text, ANYWHERE)
        if found is None or found.place_id is None:
            return _Columns(answer=found or o.unresolved(o.UNRESOLVED), is_readable=False)
        found = replace(found, problems=(*found.problems, o.IN_COUNTRY_COLUMN))
        county = frozenset({found.county}) if found.county else None
        context = Context(frozenset({found.country or ""}), county, said=(o.IN_COUNTRY_COLUMN,))
        return _Columns(context, found)

    def _stated_country(self, hits: Hits) -> _Columns:
        return _Columns(
            in_countries(self._gazetteer, ANYWHERE, hits), choose(self._gazetteer, hits, ANYWHERE)
        )

    def _county(self, text: str, context: Context) -> Outcome | None:
        """Read a county column, where `Busia` is the county, not the crossing."""
        key = norm(text)
        hits = self._gazetteer.county_names.get(key) or self._gazetteer.county_names.get(core(key), ())
        if context.countries is not None and "KEN" not in context.countries:
            return None
        return choose(self._gazetteer, dict.fromkeys(hits, "exact"), context) if hits else None

    def _code_with_name(self, mention: Mention) -> Outcome | None:
        """Return the county where code and name are different sub-counties of it; else None."""
        place_text, admin_text = (mention.place_text or "").strip(), (mention.admin_text or "").strip()
        for code_text, name_text in ((place_text, admin_text), (admin_text, place_text)):
            coded = self._gazetteer.codes.get(code_text.upper())
            named = {
                i
                for i in self._reader.hits(name_text)
                if name_text and self._gazetteer.place(i).kind == "subcounty"
            }
            if not coded or not named or self._gazetteer.place(coded[0]).kind != "subcounty":
                continue
            counties = {self._gazetteer.place(i).county for i in {*coded, *named}}
            if named == set(coded) or len(counties) > 1:
                continue
            county = self._gazetteer.place(counties.pop() or "")
            found = outcome_of(self._gazetteer, county, "context", NEARBY, ANYWHERE)
            return replace(found, problems=(o.CODE_NAME_CONFLICT,), rivals=tuple(sorted({*coded, *named})))
        return None

    # decisions ----------------------------------------------------------------------------------------

    def decision_for(
        self, mention: Mention, partner: str | None = None, role: str | None = None
    ) -> Mapping[str, Any] | None:
        """Return the most specific decision about a mention, at a partner and in a role or everywhere.

        Of equals one with a country goes first, then the later.
        """
        about = self._about(mention)
        country = self._country_key(mention.country_text) if about else None
        covering = (
            one for one in about if one.country in (None, country) and covers(one.content, partner, role)
        )
        found = max(covering, key=lambda one: one.rank, default=None)
        return found.content if found else None

    def is_decided_in_a_scope(self, mention: Mention) -> bool:
        """Whether a decision for one partner or role is about the mention's name."""
        return any(is_scoped(one.content) for one in self._about(mention))

    def decided(self, decision: Mapping[str, Any]) -> Outcome:
        """Return the outcome of a mention that a decision is about."""
        place_id = decision["place_id"]
        if place_id not in self._gazetteer.places:
            return o.unresolved(o.UNRESOLVED, "decision")
        if place_id in ("unknown", "world"):
            return replace(o.asked_but_unknown(), method="decision")
        return outcome_of(self._gazetteer, self._gazetteer.place(place_id), "decision", 1.0, ANYWHERE)

    def _about(self, mention: Mention) -> list[_Decision]:
        """Return the decisions on the name of a mention."""
        if not self._decisions:
            return []
        about = self._decisions.get(mention.name, [])
        if self._has_tokens and self._keys:
            about = [*about, *self._decisions.get(self._keys.token(mention.name), ())]
        return about

    def _country_key(self, text: str | None) -> str | None:
        """Return one key for all forms of a country; steward and partner may write different ones."""
        if not norm(text or ""):
            return None
        code = (text or "").strip().upper()
        known = self._gazetteer.alpha2.get(code) or self._gazetteer.alpha3.get(code)
        named = {self._gazetteer.place(i).country for i in self._reader.countries(norm(text or ""))}
        return known or (named.pop() if len(named) == 1 else norm(text or ""))

    def country_code(self, text: str | None) -> str | None:
        """Return the ISO alpha-3 of a country in any form; None for other texts and ambiguous names."""
        key = self._country_key(text)
        return key if key in self._gazetteer.alpha3 else None

    def countries_named(self, text: str) -> dict[str, str]:
        places = map(self._gazetteer.place, self._reader.countries(norm(text)))
        return {place.country: self._gazetteer.place(place.country).name for place in places}
