"""An invented population that partners know in parts: who is who is known, so that links can be judged.

Names are made of syllables, so that nobody is meant, and written as names in Kenya are: a baptismal name and
one or two others, in any order, with words left out, a by-name instead, and other spellings. Origins,
destinations and kinds of exploitation hang together as on real corridors, because what hangs together must
not count as independent evidence.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, combinations
from typing import Any

import pyarrow as pa

from orchestration.linkage import Coder
from orchestration.linkage.tables import LINK_INPUT, NAME_CODES, RICH_CODES

PARTNERS = 12
SHARE_SEEN_TWICE = 2906 / 20000
SHARE_SEEN_THRICE = 0.1  # of those seen twice
TYPO = 0.08
OTHER_SPELLING = 0.10
WRONG_YEAR = 0.15
WRONG_ANSWER = 0.08
MISSING = 0.12
COUNTIES = 47
SUBCOUNTIES = 6
DESTINATIONS = 40
FORMS = ("domestic", "sexual", "building", "fishing", "begging", "marriage", "farming", "bar")
# How a name is written: which of its baptismal, middle and family name, in which order.
WRITTEN = {(0, 2): 42, (0, 1, 2): 27, (0, 1): 12, (2, 0): 9, (2, 0, 1): 3, (1, 2): 3, (0,): 4}

Names = Callable[[random.Random, int, int], list[str]]


@dataclass(frozen=True)
class World:
    """What a population is like. `families`: the share of persons who travel with a sister or a brother."""

    without: Sequence[str] = ()
    families: float = 0.0
    missing: float = MISSING


WORLDS = {
    "names and answers": World(),
    "names only": World(RICH_CODES),
    "families": World(RICH_CODES, families=0.4),
    "no names, 20 % missing": World(NAME_CODES, missing=0.2),
    "no names, 30 % missing": World(NAME_CODES, missing=0.3),
}


@dataclass(frozen=True)
class Person:
    """What is true of a person."""

    name: tuple[str, str, str]
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


def syllables(dice: random.Random, count: int, length: int) -> list[str]:
    """Different invented names."""
    found: dict[str, None] = {}
    while len(found) < count:
        parts = ["".join((dice.choice("bchfgjklmnprstvwz"), dice.choice("aeiou"))) for _ in range(length)]
        found[dice.choice(["", "", "a", "o"]) + "".join(parts) + dice.choice(["", "", "n", "r", "t"])] = None
    return list(found)


class Population:
    """`records` is the table that linkage takes in; `person_of` says who stands behind each record."""

    def __init__(
        self, persons: int, seed: int = 1, world: World | None = None, names: Names = syllables
    ) -> None:
        self._dice = random.Random(seed)  # noqa: S311  (nothing secret is drawn)
        self._coder = Coder(b"simulated link key of 32 bytes..")
        self._world = world or World()
        self._baptismal = {sex: _Zipf(names(self._dice, 300, 2), 0.75) for sex in ("female", "male")}
        self._others = _Zipf(names(self._dice, 1500, 3), 0.75)
        self._counties = _Zipf([f"KE{number:03d}" for number in range(1, COUNTIES + 1)], 0.6)
        places = [f"D{number:02d}" for number in range(DESTINATIONS)]
        self._destinations = {
            county: _Zipf(self._dice.sample(places, len(places)), 1.1) for county in self._counties.values
        }
        self._forms = {place: _Zipf(self._dice.sample(FORMS, len(FORMS)), 1.3) for place in places}
        self._partners = _Zipf(list(range(PARTNERS)), 0.6)
        self.person_of: dict[int, int] = {}
        self._rows: list[dict[str, Any]] = []
        number = 0
        while number < persons:
            person, first = self._person(), self._partners.pick(self._dice)
            self._seen(number, person, first)
            number += 1
            if number < persons and self._dice.random() < self._world.families / 2:
                self._seen(number, self._sister(person), first)
                number += 1
        self.records = self.without_columns(pa.Table.from_pylist(self._rows, LINK_INPUT), self._world.without)

    @property
    def true_pairs(self) -> set[tuple[int, int]]:
        found: dict[int, list[int]] = {}
        for record, person in self.person_of.items():
            found.setdefault(person, []).append(record)
        return {pair for records in found.values() for pair in combinations(sorted(records), 2)}

    def without(self, *columns: str) -> pa.Table:
        """The records of partners that do not ask for these."""
        return self.without_columns(self.records, columns)

    @staticmethod
    def without_columns(table: pa.Table, columns: Sequence[str]) -> pa.Table:
        for column in columns:
            at = table.schema.get_field_index(column)
            nothing = pa.nulls(table.num_rows, table.schema.field(column).type)
            table = table.set_column(at, table.schema.field(column), nothing)
        return table

    def _seen(self, number: int, person: Person, first: Any) -> None:
        """A person's records: at one partner, and maybe at another, and a third."""
        at, day = [first], person.day
        self._record(number, person, first, day)
        share = SHARE_SEEN_TWICE
        while self._dice.random() < share:
            at.append(self._partners.pick(self._dice, besides=at))
            day += int(self._dice.expovariate(1 / 40))
            self._record(number, person, at[-1], day)
            share = SHARE_SEEN_THRICE

    def _person(self) -> Person:
        dice = self._dice
        sex = "female" if dice.random() < 0.65 else "male"
        county = self._counties.pick(dice)
        destination = self._destinations[county].pick(dice)
        day = dice.randrange(1080)
        return Person(
            name=(self._baptismal[sex].pick(dice), self._others.pick(dice), self._others.pick(dice)),
            sex=sex,
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

    def _sister(self, person: Person) -> Person:
        """Somebody of one family who travels along: another baptismal name, mostly of another age."""
        dice = self._dice
        sex = person.sex if dice.random() < 0.7 else {"female": "male", "male": "female"}[person.sex]
        middle = person.name[1] if dice.random() < 0.5 else self._others.pick(dice)
        return replace(
            person,
            name=(self._baptismal[sex].pick(dice), middle, person.name[2]),
            sex=sex,
            birth_year=person.birth_year + dice.randrange(-6, 7),
            day=person.day + dice.randrange(4),
            form=person.form if dice.random() < 0.8 else self._forms[person.destination].pick(dice),
            schooling=str(dice.randrange(6)),
            children=str(dice.choices(range(6), [45, 20, 15, 10, 6, 4])[0]),
        )

    def _record(self, number: int, person: Person, partner: Any, day: int) -> None:
        record = self._dice.getrandbits(62)
        self.person_of[record] = number
        self._rows.append(
            {
                "record_id": record,
                "partner": f"partner {partner}",
                **self._name(person),
                "sex": person.sex,
                "birth_year": self._year(person.birth_year),
                "nationality": self._given(person.nationality),
                "origin": self._given(person.county),
                "destination": self._given(person.destination),
                "exploitation": self._given(person.form),
                "day": day,
                "subcounty_code": self._answer("subcounty", person.subcounty),
                "recruited_code": self._answer("recruited", person.recruited),
                "schooling_code": self._answer("schooling", person.schooling),
                "children_code": self._answer("children", person.children),
            }
        )

    def _given(self, value: Any) -> Any:
        return None if self._dice.random() < self._world.missing else value

    def _year(self, year: int) -> Any:
        wrong = self._dice.random() < WRONG_YEAR
        return self._given(year + self._dice.choice([-2, -1, 1, 2]) if wrong else year)

    def _name(self, person: Person) -> dict[str, str]:
        dice = self._dice
        if self._given(True) is None:
            return {}
        (written,) = dice.choices(list(WRITTEN), list(WRITTEN.values()))
        words = [self._spelt(person.name[at]) for at in written]
        if dice.random() < 0.04:
            words[0] = self._baptismal[person.sex].pick(dice)  # a by-name
        codes = self._coder.names(" ".join(words))
        return dict(zip(NAME_CODES, codes, strict=False))

    def _spelt(self, name: str) -> str:
        if self._dice.random() < TYPO:
            return _mistyped(name, self._dice)
        if self._dice.random() < OTHER_SPELLING:
            return _spelt_otherwise(name, self._dice)
        return name

    def _answer(self, question: str, truth: str) -> Any:
        if self._dice.random() < WRONG_ANSWER:
            truth = f"{truth[:-1]}{self._dice.randrange(SUBCOUNTIES)}"
        return self._given(self._coder.answer(question, truth))


class _Zipf:
    """A few values are common and many rare, by rank to the power of `-slope`."""

    def __init__(self, values: list[Any], slope: float) -> None:
        self.values = values
        self._sums = list(accumulate((rank + 1) ** -slope for rank in range(len(values))))

    def pick(self, dice: random.Random, besides: Sequence[Any] = ()) -> Any:
        while True:
            value = self.values[bisect(self._sums, dice.random() * self._sums[-1])]
            if value not in besides:
                return value


def _mistyped(name: str, dice: random.Random) -> str:
    at = dice.randrange(len(name))
    other = dice.choice("abcdefghijklmnopqrstuvwxyz")
    return dice.choice(
        [name[:at] + name[at + 1 :], name[:at] + other + name[at + 1 :], name[:at] + other + name[at:]]
    )


def _spelt_otherwise(name: str, dice: random.Random) -> str:
    """As another clerk hears it."""
    heard = [
        ("k", "c"),
        ("i", "y"),
        ("u", "o"),
        ("r", "l"),
        ("j", "y"),
        ("b", "p"),
        ("s", "z"),
        ("h", ""),
        ("t", "th"),
    ]
    one, other = dice.choice([pair for pair in heard if pair[0] in name] or [("a", "aa")])
    return name.replace(one, other, 1)
