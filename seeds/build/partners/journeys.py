"""Cases as partners come to know them: one draw of the world per partner and month, then seen by some twice.

Here is decided what is true of a case and what is wrong with its record; how either looks on paper belongs to
the layout modules.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from seeds.build.partners.corridors import CORRIDORS, FORMS, Corridor, Form
from seeds.build.partners.dice import Dice
from seeds.build.partners.partners import (
    CASE_PARTNERS,
    LAST_DAY,
    LAYOUT_PARTNERS,
    MONTHS,
    CasePartner,
    month_of,
)
from seeds.build.partners.world import (
    GIVEN_NAMES,
    NATIONALITIES,
    SEASON,
    SPELLINGS,
    SURNAMES,
    TOWNS,
    UNFINDABLE,
    UNKNOWN_PLACE,
)

FEMALE_SHARE = {
    "domestic": 0.8,
    "sexual": 0.9,
    "bar": 0.95,
    "marriage": 0.95,
    "building": 0.1,
    "fishing": 0.2,
}
YOUNGEST = {"sexual": 15, "bar": 15, "marriage": 13, "building": 14, "fishing": 10}
CONTROLS = ("threats", "takes_earnings", "withholds_documents", "false_promises", "restricts_movement")
STATUS = {"confirmed": 0.6, "presumed": 0.33, "high_risk": 0.02, "prevented": 0.02, "smuggling": 0.03}
SEEN_TWICE = 0.03
REFER_TO_EACH_OTHER = {"simba_safe_house", "sungura_legal"}
NUMBERS_INCIDENTS, FOUND_TOGETHER = "simba_safe_house", 5
DATE_FAULT = 0.014
UNFINDABLE_ORIGIN = 0.015
UNKNOWN_ORIGIN = 0.02


@dataclass(frozen=True)
class Case:
    """One person (or small group) as one partner knows the journey."""

    partner: str
    month: date
    event_on: date
    given: str
    second_given: str
    surname: str
    sex: str
    age: int
    born_on: date
    nationality: str
    county: str
    origin: str
    origin_area: str
    stops: tuple[str, ...]
    intended: str
    exploited_at: str
    form_name: str
    modes: tuple[str, ...]
    recruitment: str
    controls: tuple[str, ...]
    status: str
    consent: str
    person_count: int
    date_fault: bool
    referral: str = ""  # the number that the first partner passes on to the second
    incident: str = ""  # the partner's number for persons found together

    @property
    def form(self) -> Form:
        return FORMS[self.form_name]


def all_cases(seed: int, months: int, cases: int) -> dict[str, list[Case]]:
    """Every partner's cases in order of date; about `cases` in all when `months` is the full span."""
    total_size = sum(partner.size for partner in CASE_PARTNERS)
    drawn = {
        partner.code: _draw(partner, seed, months, cases * partner.size / total_size)
        for partner in CASE_PARTNERS
    }
    _let_some_be_seen_twice(drawn, Dice(seed, "seen twice"), months)
    in_order = {code: sorted(found, key=lambda case: case.event_on) for code, found in drawn.items()}
    return in_order | {NUMBERS_INCIDENTS: _numbered(in_order[NUMBERS_INCIDENTS])}


def layout_cases(seed: int, months: int, share: float) -> dict[str, list[Case]]:
    """The few cases of the partners that show a layout; `share` of their usual number."""
    drawn = {partner.code: _draw(partner, seed, months, partner.size * share) for partner in LAYOUT_PARTNERS}
    return {code: sorted(found, key=lambda case: case.event_on) for code, found in drawn.items()}


def _draw(partner: CasePartner, seed: int, months: int, expected: float) -> list[Case]:
    dice = Dice(seed, "cases", partner.code)
    active = [month for month in map(month_of, range(MONTHS)) if partner.is_active(month)]
    busy = {month: SEASON[month.month - 1] * partner.staff_in(month) for month in active}
    rate = expected / sum(busy.values())
    found = []
    for month in active:
        # Milder than chance alone would be, so that a quiet month does not look like a broken extract.
        count = int(rate * busy[month] * (0.88 + 0.24 * dice.share()) + dice.share())
        seen = {place: c.weight_in(month) * partner.reach(c, month) for place, c in enumerate(CORRIDORS)}
        drawn = [_case(partner, CORRIDORS[dice.weighted(seen)], month, dice) for _ in range(count)]
        if month < month_of(months):
            found += drawn
    return found


def _case(partner: CasePartner, corridor: Corridor, month: date, dice: Dice) -> Case:
    event_on = month + timedelta(days=dice.whole(0, 27))
    form_name = dice.weighted(corridor.forms)
    child = dice.chance(corridor.children) and form_name != "crime"
    age = dice.whole(YOUNGEST.get(form_name, 7), 17) if child else 18 + int(30 * dice.share() ** 2)
    sex = "female" if dice.chance(FEMALE_SHARE.get(form_name, 0.5)) else "male"
    destination = _town(corridor.destination, dice)
    diverted = dice.chance(0.12)
    intended = _town(dice.pick(("KE001", "KE042", "KE047", "ARE", "QAT")), dice) if diverted else destination
    faults = dice.share()
    if faults < UNFINDABLE_ORIGIN:
        origin = dice.pick(UNFINDABLE)
    elif faults < UNFINDABLE_ORIGIN + UNKNOWN_ORIGIN:
        origin = dice.pick(UNKNOWN_PLACE)
    else:
        origin = _town(corridor.origin, dice)
    stops = corridor.way_in(month, dice)
    return Case(
        partner=partner.code,
        month=month,
        event_on=event_on,
        given=dice.pick(GIVEN_NAMES),
        second_given=dice.pick(GIVEN_NAMES),
        surname=dice.pick(SURNAMES),
        sex=sex,
        age=age,
        born_on=_birthday(event_on, age, dice),
        nationality=corridor.origin if corridor.origin in NATIONALITIES else "KEN",
        county=_county(partner, corridor, month, dice),
        origin=origin,
        origin_area=corridor.origin,
        stops=tuple(spell(stop, dice) for stop in stops if stop not in (origin, destination)),
        intended=intended,
        exploited_at=destination if dice.chance(0.8) else "",
        form_name=form_name,
        modes=corridor.modes if dice.chance(0.5) else (dice.pick(corridor.modes),),
        recruitment=dice.pick(FORMS[form_name].recruitment),
        controls=tuple(control for control in CONTROLS if dice.chance(0.25)),
        status=dice.weighted(STATUS),
        consent=_consent(partner, dice),
        person_count=dice.whole(2, 6) if dice.chance(0.025) else 1,
        date_fault=dice.chance(DATE_FAULT),
    )


def spell(town: str, dice: Dice) -> str:
    """A town as somebody may write it: mostly the common way."""
    return dice.pick(SPELLINGS[town]) if town in SPELLINGS and dice.chance(0.2) else town


def _town(area: str, dice: Dice) -> str:
    return spell(dice.pick(TOWNS[area]), dice)


def _county(partner: CasePartner, corridor: Corridor, month: date, dice: Dice) -> str:
    """Where the partner met the person: an end of the corridor that it watches."""
    ends = [area for area in corridor.ends.values() if area in partner.watches_in(month)]
    return dice.pick(ends) if ends else "KE047"


def _birthday(event_on: date, age: int, dice: Dice) -> date:
    return event_on - timedelta(days=math.ceil(365.25 * age) + dice.whole(1, 360))


def _consent(partner: CasePartner, dice: Dice) -> str:
    if not partner.asks_consent:
        return ""
    return dice.weighted({"given": 0.965, "refused": 0.025, "not_recorded": 0.01})


def _let_some_be_seen_twice(drawn: dict[str, list[Case]], dice: Dice, months: int) -> None:
    """Some persons reach a second partner within two months, which writes the name its own way."""
    keepers = [partner for partner in CASE_PARTNERS if partner.keeps_names]
    last_day = min(LAST_DAY, month_of(months) - timedelta(days=1))
    additions: list[Case] = []
    for first in keepers:
        for at, case in enumerate(drawn[first.code]):
            if not dice.chance(SEEN_TWICE) or case.person_count > 1:
                continue
            second = dice.pick([keeper for keeper in keepers if keeper.code != first.code])
            later = min(case.event_on + timedelta(days=dice.whole(0, 60)), last_day)
            additions.append(_again(case, second, later, dice))
            if {first.code, second.code} == REFER_TO_EACH_OTHER:
                number = f"RF {case.event_on.year}/{len(additions):03d}"
                drawn[first.code][at] = replace(case, referral=number)
                additions[-1] = replace(additions[-1], referral=number.replace(" ", "-").lower())
    for case in additions:
        drawn[case.partner].append(case)


def _numbered(cases: list[Case]) -> list[Case]:
    """The same cases; those met in one county and month on one corridor have a number together, if five."""
    places = [(case.month, case.county, case.origin_area, case.form_name) for case in cases]
    met = Counter(places)
    numbers = {
        place: f"TK {place[0]:%Y}/{number:02d}"
        for number, place in enumerate((place for place in met if met[place] >= FOUND_TOGETHER), start=1)
    }
    return [replace(case, incident=numbers.get(place, "")) for case, place in zip(cases, places, strict=True)]


def _again(case: Case, second: CasePartner, later: date, dice: Dice) -> Case:
    rewrite: Callable[[str], str] = (lambda name: name.replace("h", "", 1)) if dice.chance(0.2) else str
    return replace(
        case,
        partner=second.code,
        event_on=later,
        month=later.replace(day=1),
        given=rewrite(case.given),
        county=dice.pick(second.watches_in(later)),
        consent="given" if second.asks_consent else "",
        date_fault=False,
    )
