"""An invented population that partners know in parts: who is who is known, so that links can be judged.

Names are made of syllables, so that nobody is meant. Origins, destinations and kinds of exploitation hang
together as on real corridors, because what hangs together must not count as independent evidence.
"""

from __future__ import annotations

import random
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

import pyarrow as pa

from orchestration.linkage import Coder
from orchestration.linkage.tables import LINK_INPUT

PARTNERS = 12
SHARE_SEEN_TWICE = 2906 / 20000
TYPO = 0.10
WRONG_YEAR = 0.15
WRONG_ANSWER = 0.08
MISSING = 0.12
COUNTIES = 47
SUBCOUNTIES = 6
DESTINATIONS = 40
FORMS = ("domestic", "sexual", "building", "fishing", "begging", "marriage", "farming", "bar")


@dataclass(frozen=True)
class Person:
    """What is true of a person."""

    given: str
    surname: str
    sex: str
    birth_year: int
    nationality: str
    county: str
    subcounty: str
    destination: str
    form: str
    day: int
    recruited: str
    schooling: str
    children: str


class Population:
    """`records` is the table that linkage takes in; `person_of` says who stands behind each record."""

    def __init__(self, persons: int, seed: int = 1) -> None:
        self._dice = random.Random(seed)  # noqa: S311  (nothing secret is drawn)
        self._coder = Coder(b"simulated link key of 32 bytes..")
        self._given = _Zipf(_names(self._dice, 900, 2), 0.75)
        self._surnames = _Zipf(_names(self._dice, 4000, 3), 0.75)
        self._counties = _Zipf([f"KE{number:03d}" for number in range(1, COUNTIES + 1)], 0.6)
        places = [f"D{number:02d}" for number in range(DESTINATIONS)]
        self._destinations = {
            county: _Zipf(self._dice.sample(places, len(places)), 1.1) for county in self._counties.values
        }
        self._forms = {place: _Zipf(self._dice.sample(FORMS, len(FORMS)), 1.3) for place in places}
        self._partners = _Zipf(list(range(PARTNERS)), 0.6)
        self.person_of: dict[int, int] = {}
        self._rows: list[dict[str, object]] = []
        for number in range(persons):
            person = self._person()
            first = self._partners.pick(self._dice)
            self._record(number, person, first, person.day)
            if self._dice.random() < SHARE_SEEN_TWICE:
                second = self._partners.pick(self._dice, besides=first)
                self._record(number, person, second, person.day + int(self._dice.expovariate(1 / 40)))
        self.records = pa.Table.from_pylist(self._rows, schema=LINK_INPUT)

    @property
    def true_pairs(self) -> set[tuple[int, int]]:
        found: dict[int, list[int]] = {}
        for record, person in self.person_of.items():
            found.setdefault(person, []).append(record)
        return {(min(pair), max(pair)) for pair in found.values() if len(pair) == 2}

    def without(self, *columns: str) -> pa.Table:
        """The records of partners that do not ask for these."""
        table = self.records
        for column in columns:
            at = table.schema.get_field_index(column)
            nothing = pa.nulls(table.num_rows, table.schema.field(column).type)
            table = table.set_column(at, table.schema.field(column), nothing)
        return table

    def _person(self) -> Person:
        dice = self._dice
        county = self._counties.pick(dice)
        destination = self._destinations[county].pick(dice)
        day = dice.randrange(1080)
        return Person(
            given=self._given.pick(dice),
            surname=self._surnames.pick(dice),
            sex="female" if dice.random() < 0.65 else "male",
            birth_year=2024 - int(dice.triangular(8, 55, 19)),
            nationality="KEN" if dice.random() < 0.85 else dice.choice(["UGA", "ETH", "SOM", "TZA"]),
            county=county,
            subcounty=f"{county}-{dice.randrange(SUBCOUNTIES)}",
            destination=destination,
            form=self._forms[destination].pick(dice),
            day=day,
            recruited=str((day - int(dice.expovariate(1 / 200))) // 30),
            schooling=str(dice.choices(range(6), [10, 30, 25, 20, 10, 5])[0]),
            children=str(dice.choices(range(6), [45, 20, 15, 10, 6, 4])[0]),
        )

    def _record(self, number: int, person: Person, partner: int, day: int) -> None:
        record = self._dice.getrandbits(62)
        self.person_of[record] = number
        self._rows.append(
            {
                "record_id": record,
                "partner": f"partner {partner}",
                "source_record": record,
                "given_code": self._name(person.given, self._coder.given),
                "surname_code": self._name(person.surname, self._coder.surname),
                "sex": person.sex,
                "birth_year": self._year(person.birth_year),
                "nationality": self._told(person.nationality),
                "origin": self._told(person.county),
                "destination": self._told(person.destination),
                "exploitation": self._told(person.form),
                "day": day,
                "subcounty_code": self._answer("subcounty", person.subcounty),
                "recruited_code": self._answer("recruited", person.recruited),
                "schooling_code": self._answer("schooling", person.schooling),
                "children_code": self._answer("children", person.children),
            }
        )

    def _told(self, value: object) -> object:
        return None if self._dice.random() < MISSING else value

    def _year(self, year: int) -> object:
        wrong = self._dice.random() < WRONG_YEAR
        return self._told(year + self._dice.choice([-2, -1, 1, 2]) if wrong else year)

    def _name(self, name: str, code: object) -> object:
        if self._dice.random() < TYPO:
            name = _mistyped(name, self._dice)
        return self._told(code(name))  # type: ignore[operator]

    def _answer(self, question: str, truth: str) -> object:
        if self._dice.random() < WRONG_ANSWER:
            truth = f"{truth[:-1]}{self._dice.randrange(SUBCOUNTIES)}"
        return self._told(self._coder.answer(question, truth))


class _Zipf:
    """A few values are common and many rare, by rank to the power of `-slope`."""

    def __init__(self, values: list, slope: float) -> None:
        self.values = values
        self._sums = list(accumulate((rank + 1) ** -slope for rank in range(len(values))))

    def pick(self, dice: random.Random, besides: object = None) -> object:
        while True:
            value = self.values[bisect(self._sums, dice.random() * self._sums[-1])]
            if value != besides:
                return value


def _names(dice: random.Random, count: int, syllables: int) -> list[str]:
    """Different invented names."""
    found: dict[str, None] = {}
    while len(found) < count:
        parts = ["".join((dice.choice("bchfgjklmnprstvwz"), dice.choice("aeiou"))) for _ in range(syllables)]
        found[dice.choice(["", "", "a", "o"]) + "".join(parts) + dice.choice(["", "", "n", "r", "t"])] = None
    return list(found)


def _mistyped(name: str, dice: random.Random) -> str:
    at = dice.randrange(len(name))
    other = dice.choice("abcdefghijklmnopqrstuvwxyz")
    return dice.choice(
        [name[:at] + name[at + 1 :], name[:at] + other + name[at + 1 :], name[:at] + other + name[at:]]
    )
