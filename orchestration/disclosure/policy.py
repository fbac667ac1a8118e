"""What may be printed: `seeds/reference/disclosure_policy.csv`, read, checked, and known by its hash.

The numbers are judgement, agreed with partners, so they stand in a table that partners can read and that a
release prints. No other file of this room holds one.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import NjiaError
from orchestration.settings import REFERENCE_SEEDS

DISCLOSURE_POLICY_SEED = REFERENCE_SEEDS / "disclosure_policy.csv"
EDITIONS = ("public", "partner")
_COLUMNS = ["name", "value", "default", "unit", "why", "source"]
CHANGED_POLICY, FIRST_RELEASE = "changed_policy", "first_release"


@dataclass(frozen=True)
class EditionPolicy:
    """What one edition prints. The last three numbers are the same for both."""

    edition: str
    least_persons: int
    least_records: int
    least_partners: int
    dominance_percent: float
    attribute_share: float
    lag_days: int
    finest_place: str
    finest_period: str
    children_tables: bool
    insider_least_width: int
    origin_label_share: float
    repair_rounds: int


@dataclass(frozen=True)
class DisclosurePolicy:
    """The whole policy; `version` is 12 hex digits of the SHA-256 of its rows, whatever their order."""

    version: str
    public: EditionPolicy
    partner: EditionPolicy
    children_coarser_steps: int
    place_ladder: tuple[str, ...]
    period_ladder: tuple[str, ...]
    microdata_least_class: int
    microdata_quasi_identifiers: tuple[str, ...]
    hidden_symbol: str
    sign_off: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def edition(self, name: str) -> EditionPolicy:
        return {"public": self.public, "partner": self.partner}[name]

    def legend(self, edition: str = "public") -> str:
        """The one sentence under every table of an edition."""
        return (
            f"{self.hidden_symbol} not shown: fewer than {self.edition(edition).least_persons} persons or "
            "partners too few, or hidden to protect another cell"
        )

    def finest(self, edition: str, ladder: str, of_children: bool = False) -> str:
        """The finest level of `place` or `period` that an edition may tell; children's are steps coarser."""
        levels = {"place": self.place_ladder, "period": self.period_ladder}[ladder]
        start = levels.index(getattr(self.edition(edition), f"finest_{ladder}"))
        return levels[min(start + (self.children_coarser_steps if of_children else 0), len(levels) - 1)]

    def is_too_fine(self, edition: str, ladder: str, level: str, of_children: bool) -> bool:
        """Whether a level is finer than the edition may tell."""
        levels = {"place": self.place_ladder, "period": self.period_ladder}[ladder]
        return levels.index(level) < levels.index(self.finest(edition, ladder, of_children))

    @property
    def changed(self) -> list[str]:
        """Names of the values that are not what Njia ships."""
        return [row["name"] for row in self.rows if row["value"] != row["default"]]

    def why_unsigned(self, signed: Collection[str], is_first: bool) -> str | None:
        """Why nothing may be printed yet, as a sentence; None where no signature is missing.

        `signed`: versions of the policy that a steward signed. `is_first`: nothing was ever printed.
        """
        if self.version in signed:
            return None
        if CHANGED_POLICY in self.sign_off and self.changed:
            return f"The disclosure policy differs from what Njia ships in {', '.join(self.changed)}."
        if FIRST_RELEASE in self.sign_off and is_first:
            return "Nothing was printed for the public yet."
        return None

    def for_manifest(self) -> dict[str, Any]:
        return {"version": self.version, "rows": list(self.rows)}


def load_disclosure_policy(seed: Path = DISCLOSURE_POLICY_SEED) -> DisclosurePolicy:
    """The policy of a seed file; raises NjiaError that names the row, what is wrong and what is expected."""
    with seed.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = list(reader)
    if reader.fieldnames != _COLUMNS:
        raise NjiaError(f"{seed.name} must have the columns {', '.join(_COLUMNS)}, in this order.")
    read = _Reader(seed.name, {row["name"]: row["value"] for row in rows})
    if len(read.values) < len(rows):
        raise NjiaError(f"{seed.name} has a name in two rows. Remove one of them.")
    for row in rows:
        if not (row["why"] and row["source"]):
            raise NjiaError(f"{seed.name}, row {row['name']}: why and source must be filled.")
    places, periods = read.words("place_ladder", ">"), read.words("period_ladder", ">")
    width, rounds = read.whole("insider_least_width", 1), read.whole("repair_rounds", 1)
    of_origins = read.number("origin_label_share", 0, 1)
    editions = {}
    for name in EDITIONS:
        editions[name] = EditionPolicy(
            edition=name,
            least_persons=read.whole(f"{name}_least_persons", 2),
            least_records=read.whole(f"{name}_least_records", 1),
            least_partners=read.whole(f"{name}_least_partners", 1),
            dominance_percent=read.number(f"{name}_dominance_percent", 0, 100),
            attribute_share=read.number(f"{name}_attribute_share", 0.5, 1),
            lag_days=read.whole(f"{name}_lag_days", 0),
            finest_place=read.one_of(f"{name}_finest_place", places),
            finest_period=read.one_of(f"{name}_finest_period", periods),
            children_tables=read.one_of(f"{name}_children_tables", ("yes", "no")) == "yes",
            insider_least_width=width,
            origin_label_share=of_origins,
            repair_rounds=rounds,
        )
    public, partner = editions["public"], editions["partner"]
    if public.least_persons < partner.least_persons or public.lag_days < partner.lag_days:
        raise NjiaError(
            f"{seed.name}: the public edition must not tell smaller counts, or tell them sooner, than the "
            "partner edition."
        )
    policy = DisclosurePolicy(
        version=_version(rows),
        public=public,
        partner=partner,
        children_coarser_steps=read.whole("children_coarser_steps", 0),
        place_ladder=places,
        period_ladder=periods,
        microdata_least_class=read.whole("microdata_least_class", 2),
        microdata_quasi_identifiers=read.words("microdata_quasi_identifiers"),
        hidden_symbol=read.text("hidden_symbol"),
        sign_off=read.each_of("sign_off", (CHANGED_POLICY, FIRST_RELEASE)),
        rows=tuple(rows),
    )
    if unknown := sorted(read.values.keys() - read.asked):
        raise NjiaError(f"{seed.name} has rows that nothing reads: {', '.join(unknown)}. Remove them.")
    return policy


def _version(rows: list[dict[str, str]]) -> str:
    told = sorted(f"{row['name']}={row['value']}" for row in rows)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


class _Reader:
    """Values of the seed by name, each checked as it is asked for."""

    def __init__(self, seed: str, values: dict[str, str]) -> None:
        self.seed, self.values, self.asked = seed, values, set[str]()

    def text(self, name: str) -> str:
        self.asked.add(name)
        value = (self.values.get(name) or "").strip()
        if not value:
            raise NjiaError(f"{self.seed} has no value for {name}. Add the row.")
        return value

    def number(self, name: str, least: float, most: float) -> float:
        try:
            value = float(self.text(name))
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise self._wrong(name, f"a number from {least:g} to {most:g}")
        return value

    def whole(self, name: str, least: int) -> int:
        text = self.text(name)
        if not text.isdecimal() or int(text) < least:
            raise self._wrong(name, f"a whole number of at least {least}")
        return int(text)

    def words(self, name: str, between: str | None = None) -> tuple[str, ...]:
        return tuple(word.strip() for word in self.text(name).split(between))

    def each_of(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Words, of these alone; `none` for no word."""
        words = tuple(word for word in self.words(name) if word != "none")
        if not set(words) <= set(allowed):
            raise self._wrong(name, f"none, or some of {', '.join(allowed)}")
        return words

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        if (value := self.text(name)) not in allowed:
            raise self._wrong(name, f"one of {', '.join(allowed)}")
        return value

    def _wrong(self, name: str, expected: str) -> NjiaError:
        return NjiaError(f"{self.seed}, row {name}: the value is not {expected}. Correct it.")
