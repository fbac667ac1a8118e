"""The invented world's movement: corridors with made-up weights, and the forms of exploitation at their ends.

The table is the world before anything is planted in it; what is, and from when on, stands in `planted`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import prod

from seeds.build.partners.dice import Dice
from seeds.build.partners.planted import HOTSPOTS, NEW_WAYS, SHIFTS
from seeds.build.partners.world import TOWNS

Way = tuple[str, ...]  # towns passed, in order


@dataclass(frozen=True)
class Form:
    exploitation: str
    industry: str | None
    recruitment: tuple[str, ...]


FORMS = {
    "domestic": Form("domestic_servitude", "domestic_work", ("family_network", "employment_agency")),
    "sexual": Form("sexual_exploitation", "commercial_sex", ("friends_social", "online_social")),
    "bar": Form("sexual_exploitation", "hospitality", ("friends_social", "personal_contact")),
    "farm": Form("forced_labour", "agriculture", ("personal_contact", "family_network")),
    "building": Form("forced_labour", "construction", ("employment_agency", "personal_contact")),
    "fishing": Form("forced_labour", "fishing", ("personal_contact",)),
    "factory": Form("forced_labour", "manufacturing", ("employment_agency", "online_social")),
    "child_farm": Form("child_labour", "agriculture", ("family_network",)),
    "hawking": Form("child_labour", "street_trade", ("family_network", "personal_contact")),
    "begging": Form("forced_begging", None, ("personal_contact", "family_network")),
    "marriage": Form("forced_marriage", None, ("family_network",)),
    "crime": Form("forced_criminality", "illicit_activity", ("online_social", "employment_agency")),
}


@dataclass(frozen=True)
class Corridor:
    origin: str
    destination: str
    weight: float
    forms: dict[str, float]
    via: tuple[Way, ...] = ()
    modes: tuple[str, ...] = ("bus", "matatu")
    children: float = 0.3

    @property
    def corridor_id(self) -> str:
        return f"{self.origin}>{self.destination}"

    @property
    def ends(self) -> dict[str, str]:
        return {"origin": self.origin, "exploitation": self.destination}

    def weight_in(self, month: date) -> float:
        """How much moves here, beside the other corridors, with what is planted."""
        weight = self.weight
        for shift in SHIFTS:
            if shift.corridor_id == self.corridor_id and month >= shift.month:
                weight = shift.weight
        return weight * prod(one.times for one in HOTSPOTS if self.ends[one.role] == one.place_id)

    def way_in(self, month: date, dice: Dice) -> Way:
        """The way of one journey; empty where it is not told."""
        if not self.via or not dice.chance(0.7):
            return ()
        for new in NEW_WAYS:
            if new.pair == self.corridor_id and month >= new.month and dice.chance(new.share):
                return tuple(TOWNS[county][0] for county in new.passes)
        return dice.pick(self.via)


def _corridors(table: str) -> tuple[Corridor, ...]:
    found = []
    for line in table.strip().splitlines():
        origin, destination, weight, forms, via, modes, children = (part.strip() for part in line.split("|"))
        names, sizes = forms.split()[::2], forms.split()[1::2]
        found.append(
            Corridor(
                origin,
                destination,
                float(weight),
                {name: float(size) for name, size in zip(names, sizes, strict=True)},
                tuple(tuple(stops.split(" > ")) for stops in via.split("; ")) if via else (),
                tuple(modes.split()),
                float(children),
            )
        )
    return tuple(found)


# origin | destination | weight | forms, with weights | transit places, one way or another | means of
# transport | share of children
CORRIDORS = _corridors("""
KE037 | KE047 | 8 | domestic 6 hawking 1 sexual 1 | Nakuru | bus matatu | 0.5
KE039 | KE047 | 6 | domestic 6 hawking 1 sexual 1 | Nakuru | bus matatu | 0.5
KE040 | KE047 | 6 | domestic 6 hawking 1 sexual 1 | Nakuru; Eldoret > Nakuru; Kisumu > Nakuru | bus matatu | 0.5
KE042 | KE047 | 5 | sexual 3 domestic 3 | Nakuru | bus matatu | 0.3
KE041 | KE042 | 4 | domestic 3 fishing 2 | | bus matatu | 0.4
KE043 | KE042 | 4 | fishing 4 domestic 1 | Rongo | matatu boat | 0.4
KE044 | KE047 | 3 | domestic 6 hawking 1 sexual 1 | Kisii > Narok; Rongo > Kisii | bus matatu | 0.3
KE045 | KE047 | 3 | domestic 6 hawking 1 sexual 1 | Narok | bus matatu | 0.3
KE046 | KE045 | 1.5 | child_farm 3 domestic 1 | | bus matatu | 0.7
KE036 | KE035 | 2.5 | child_farm 4 marriage 1 | | bus matatu | 0.7
KE015 | KE047 | 6 | domestic 6 hawking 1 sexual 1 | Machakos; Mwingi > Thika | bus matatu | 0.4
KE016 | KE047 | 4 | domestic 3 sexual 2 factory 1 | | bus matatu | 0.3
KE017 | KE001 | 3 | domestic 3 building 1 | Voi | bus matatu | 0.3
KE003 | KE001 | 7 | sexual 5 bar 3 domestic 2 | | bus matatu | 0.45
KE002 | KE001 | 5 | sexual 5 bar 3 domestic 2 | | matatu boat | 0.45
KE006 | KE001 | 2.5 | sexual 5 bar 3 domestic 2 | Voi | bus matatu | 0.3
KE004 | KE003 | 2.5 | domestic 2 bar 1 marriage 1 | | bus matatu | 0.5
KE005 | KE001 | 1.5 | sexual 5 bar 3 domestic 2 | | boat bus | 0.3
KE012 | KE047 | 4 | sexual 2 domestic 2 | Embu > Thika; Thika | bus matatu | 0.3
KE014 | KE047 | 2 | domestic 2 farm 1 | Thika | bus matatu | 0.3
KE013 | KE012 | 2 | child_farm 2 farm 2 | | bus matatu | 0.5
KE020 | KE047 | 1.5 | domestic 2 farm 1 | Thika | bus matatu | 0.3
KE021 | KE047 | 3 | domestic 6 hawking 1 sexual 1 | Thika | bus matatu | 0.3
KE019 | KE047 | 2.5 | domestic 2 bar 1 | Thika | bus matatu | 0.3
KE018 | KE032 | 2 | farm 3 domestic 1 | | lorry matatu | 0.3
KE030 | KE032 | 1.5 | farm 2 domestic 2 | | bus matatu | 0.5
KE033 | KE034 | 2.5 | marriage 4 domestic 1 | | matatu motorcycle | 0.7
KE023 | KE026 | 3 | child_farm 2 domestic 2 | Kapenguria | lorry bus | 0.6
KE024 | KE026 | 2 | marriage 2 child_farm 2 | | motorcycle matatu | 0.6
KE025 | KE011 | 1.5 | marriage 2 domestic 1 | | bus matatu | 0.6
KE032 | KE047 | 3 | sexual 2 domestic 2 | | bus matatu | 0.3
KE027 | KE047 | 2.5 | sexual 2 domestic 1 | Nakuru | bus matatu | 0.3
KE007 | KE047 | 3 | domestic 2 begging 2 | Mwingi > Thika | bus lorry | 0.4
KE008 | KE007 | 2 | domestic 2 marriage 2 | | lorry bus | 0.5
KE010 | KE047 | 9 | domestic 3 begging 1 building 1 | Marsabit > Isiolo; Isiolo | lorry bus | 0.35
KE009 | KE047 | 0.3 | domestic 3 begging 1 building 1 | Garissa > Mwingi; Garissa | lorry bus | 0.35
KE047 | SAU | 6 | domestic 6 building 1 | | aircraft | 0.02
KE042 | SAU | 3.5 | domestic 6 | Nairobi | bus aircraft | 0.03
KE001 | OMN | 3 | domestic 5 bar 1 | Nairobi | bus aircraft | 0.02
KE022 | ARE | 4 | domestic 3 bar 1 building 1 | Nairobi | bus aircraft | 0.02
KE032 | QAT | 2.5 | domestic 3 building 2 | Nairobi | bus aircraft | 0.02
KE001 | LBN | 1 | domestic 3 | Nairobi | bus aircraft | 0
KE047 | THA | 1.2 | crime 4 sexual 1 | | aircraft | 0
KE047 | MYS | 0.8 | factory 2 crime 1 | | aircraft | 0
KE001 | ITA | 0.6 | sexual 3 | Nairobi | bus aircraft | 0
KE040 | UGA | 1.5 | domestic 1 sexual 1 | Malaba | motorcycle matatu | 0.4
KE034 | TZA | 1.5 | farm 1 sexual 1 | Namanga | matatu foot | 0.3
KE007 | SOM | 1 | marriage 2 farm 1 | Liboi | lorry | 0.3
KE047 | ZAF | 0.8 | building 1 sexual 1 | Namanga | bus lorry | 0.05
UGA | KE047 | 6 | domestic 3 sexual 1 begging 1 | Busia > Kisumu > Nakuru; Malaba > Eldoret > Nakuru; Busia > Nakuru | bus matatu | 0.45
ETH | KE047 | 4 | domestic 2 building 2 | Moyale > Isiolo; Moyale > Marsabit > Isiolo | lorry foot | 0.3
TZA | KE047 | 3 | begging 4 domestic 1 | Namanga; Isebania > Kisii | bus foot | 0.5
TZA | KE001 | 1.5 | domestic 2 begging 1 | Taveta > Voi; Kwale | bus matatu | 0.4
SOM | KE047 | 2.5 | marriage 1 domestic 1 | Liboi > Garissa; Mandera > Garissa | lorry bus | 0.4
SSD | KE023 | 1.5 | marriage 2 child_farm 1 | Lokichoggio | lorry foot | 0.6
COD | KE047 | 1 | sexual 1 domestic 1 | Kampala > Busia | bus | 0.2
BDI | KE047 | 1 | domestic 2 farm 1 | Kigali > Kampala > Malaba | bus | 0.25
RWA | KE047 | 0.7 | domestic 1 sexual 1 | Kampala > Busia | bus | 0.2
ETH | ZAF | 2 | building 2 hawking 1 | Moyale > Nairobi > Namanga; Moyale > Isiolo > Nairobi | lorry foot | 0.15
UGA | SAU | 2 | domestic 3 | Busia > Nairobi | bus aircraft | 0.02
TZA | OMN | 0.8 | domestic 2 | Mombasa | boat bus | 0.05
""")  # noqa: E501
