"""What is compared of two records, and which pairs are looked at: a Splink model a tier.

Corridors hang together: who comes from one county mostly goes to the same few places. A comparison that
hangs on another is therefore made twice, where the other agrees and where it does not, each with its own
chance of agreeing. Otherwise one fact would count several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.linkage import policy
from orchestration.linkage.comparisons import Comparison, When

# Persons of one record and records of one partner are never compared.
_OTHERS = (
    "l.sex = r.sex and l.partner <> r.partner and l.source_record <> r.source_record "
    "and not (l.is_stronger and r.is_stronger)"
)
_BORN_ABOUT = "abs(l.birth_year - r.birth_year) <= 2"


@dataclass(frozen=True)
class Model:
    """`comparisons` give evidence; a pair is scored if one of the `blocks`, SQL over l and r, holds."""

    comparisons: Sequence[Comparison]
    blocks: Sequence[Any]


def model_of(tier: str, columns: set[str]) -> Model:
    """The model of a tier for a table in which these columns hold something."""
    evidence = [*_NAMES_COMPARED, *_COMPARED] if tier == policy.NAME_CODES else _COMPARED
    comparisons = [comparison for comparison in evidence if comparison.needs <= columns]
    blocks = [f"{block} and {_OTHERS}" for needs, block in _BLOCKS[tier] if needs <= columns]
    return Model(comparisons, blocks)


_NAMES = {"given_code", "surname_code"}
_ONE_PHONE = ({"phone_code"}, "l.phone_code = r.phone_code")
_BLOCKS: dict[str, list[tuple[set[str], str]]] = {
    policy.NAME_CODES: [
        _ONE_PHONE,
        (_NAMES, "l.given_code = r.given_code and l.surname_code = r.surname_code"),
        *(
            ({name, beside}, f"l.{name} = r.{name} and {condition}")
            for name in ("given_code", "surname_code")
            for beside, condition in (
                ("birth_year", _BORN_ABOUT),
                ("origin", "l.origin = r.origin"),
                ("destination", "l.destination = r.destination"),
            )
        ),
        (
            {"birth_year", "origin", "destination"},
            "l.birth_year = r.birth_year and l.origin = r.origin and l.destination = r.destination",
        ),
    ],
    policy.RICH_FORM: [
        _ONE_PHONE,
        ({"birth_year", "origin"}, "l.birth_year = r.birth_year and l.origin = r.origin"),
        *(
            ({"subcounty_code", beside}, f"l.subcounty_code = r.subcounty_code and {condition}")
            for beside, condition in (
                ("birth_year", _BORN_ABOUT),
                ("recruited_code", "l.recruited_code = r.recruited_code"),
                ("destination", "l.destination = r.destination"),
            )
        ),
        ({"recruited_code", "origin"}, "l.recruited_code = r.recruited_code and l.origin = r.origin"),
        (
            {"recruited_code", "destination", "birth_year"},
            "l.recruited_code = r.recruited_code and l.destination = r.destination "
            "and l.birth_year = r.birth_year",
        ),
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
