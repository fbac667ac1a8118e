"""What is compared of two records, and which pairs are looked at: a Splink model a tier.

Corridors hang together: who comes from one county mostly goes to the same few places. A comparison that
hangs on another is therefore made twice, where the other agrees and where it does not, each with its own
chance of agreeing. Otherwise one fact would count several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.linkage import policy
from orchestration.linkage.comparisons import Comparison, When

# Persons of one record and records of one partner are never compared.
_OTHERS = (
    "l.partner <> r.partner and l.source_record <> r.source_record and not (l.is_stronger and r.is_stronger)"
)


@dataclass(frozen=True)
class Block:
    """Pairs that are looked at: they agree in the columns `equal`, and `also` holds, SQL over l and r.

    `needs`: further columns that must hold something.
    """

    equal: tuple[str, ...]
    also: str = _OTHERS
    needs: frozenset[str] = frozenset()

    @property
    def sql(self) -> str:
        return " and ".join([*(f"l.{column} = r.{column}" for column in self.equal), self.also])


@dataclass(frozen=True)
class Model:
    """`comparisons` give evidence; a pair is scored if it is in one of the `blocks`."""

    comparisons: Sequence[Comparison]
    blocks: Sequence[Block]


def model_of(tier: str, columns: set[str]) -> Model:
    """The model of a tier for a table in which these columns hold something."""
    evidence = [*_NAMES_COMPARED, *_COMPARED] if tier == policy.NAME_CODES else _COMPARED
    comparisons = [comparison for comparison in evidence if comparison.needs <= columns]
    return Model(comparisons, [block for block in _BLOCKS[tier] if {*block.equal, *block.needs} <= columns])


def _block(*equal: str) -> Block:
    return Block((*equal, "sex"))


def _born_about(*equal: str) -> Block:
    also = f"abs(l.birth_year - r.birth_year) <= 2 and {_OTHERS}"
    return Block((*equal, "sex"), also, frozenset({"birth_year"}))


_BLOCKS: dict[str, list[Block]] = {
    policy.NAME_CODES: [
        _block("phone_code"),
        _block("given_code", "surname_code"),
        _born_about("given_code"),
        _block("given_code", "origin"),
        _block("given_code", "destination"),
        _born_about("surname_code"),
        _block("surname_code", "origin"),
        _block("surname_code", "destination"),
        _block("birth_year", "origin", "destination"),
    ],
    policy.RICH_FORM: [
        _block("phone_code"),
        _block("birth_year", "origin"),
        _born_about("subcounty_code"),
        _block("subcounty_code", "recruited_code"),
        _block("subcounty_code", "destination"),
        _block("recruited_code", "origin"),
        _block("recruited_code", "destination", "birth_year"),
    ],
}


# Rare values weigh more where a column stands alone.
_NAMES_COMPARED = [Comparison(name, [policy.SAME_NAME], rare=True) for name in ("given_code", "surname_code")]
_FACT, _ANSWER = [policy.SAME_FACT], [policy.SAME_ANSWER]
_COMPARED = [
    Comparison("phone_code", [policy.SAME_PHONE], rare=True),
    Comparison("birth_year", policy.SAME_BIRTH_YEAR, apart=(0, 1, 2)),
    Comparison("nationality", [policy.SAME_NATIONALITY]),
    Comparison("origin", _FACT, rare=True, when=When.NOT_BOTH_TOLD, beside="subcounty_code"),
    Comparison("subcounty_code", [policy.SAME_ANSWER, policy.SAME_COUNTY_ONLY], wider="origin", rare=True),
    Comparison("destination", _FACT, rare=True, when=When.NOT_SAME, beside="origin"),
    Comparison("destination", _FACT, when=When.SAME, beside="origin"),
    Comparison("exploitation", _FACT, rare=True, when=When.NOT_SAME, beside="destination"),
    Comparison("exploitation", _FACT, when=When.SAME, beside="destination"),
    Comparison(
        "day", policy.SAME_DAY, apart=policy.DAYS_APART, when=When.NOT_BOTH_TOLD, beside="recruited_code"
    ),
    Comparison("recruited_code", _ANSWER, rare=True),
    Comparison("day", policy.SAME_DAY, apart=policy.DAYS_APART, when=When.SAME, beside="recruited_code"),
    Comparison("schooling_code", _ANSWER, rare=True),
    Comparison("children_code", _ANSWER, rare=True),
]
