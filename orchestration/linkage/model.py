"""What is compared of two records, and the blocking rules: by what pairs are found."""

from __future__ import annotations

from dataclasses import replace

from orchestration.linkage import policy
from orchestration.linkage.blocks import ABOUT, TWO, Rule
from orchestration.linkage.comparisons import Comparison, SharedWords
from orchestration.linkage.learning import Comparisons

_FACT = [policy.SAME_FACT]
_ANSWER = [policy.SAME_ANSWER]
COMPARISONS: Comparisons = [
    SharedWords("baptismal", policy.SAME_NAME, policy.KIN_BAPTISMAL),
    SharedWords("other", policy.SAME_NAME, policy.KIN_OTHER),
    Comparison("phone_code", [policy.SAME_PHONE]),
    Comparison("sex", [policy.SAME_SEX]),
    Comparison("birth_year", policy.SAME_BIRTH_YEAR, policy.KIN_BIRTH_YEAR, apart=(0, 1, 2)),
    Comparison("nationality", [policy.SAME_NATIONALITY], given=["origin"]),
    Comparison("origin", _FACT, unless="subcounty_code"),
    Comparison("subcounty_code", [*_ANSWER, policy.SAME_COUNTY_ONLY], wider="origin"),
    Comparison("destination", _FACT, given=["origin"]),
    Comparison("exploitation", _FACT, given=["destination", "origin"]),
    Comparison("day", policy.SAME_DAY, policy.KIN_DAY, apart=policy.DAYS_APART, given=["recruited_code"]),
    Comparison("recruited_code", _ANSWER),
    Comparison("schooling_code", _ANSWER, policy.KIN_ANSWER),
    Comparison("children_code", _ANSWER, policy.KIN_ANSWER),
]

_BORN = f"{ABOUT}birth_year"
_CUTS = ("birth_year", "origin", "destination", "exploitation", "subcounty_code", "recruited_code")
RULES = [
    Rule(("sex", *parts), _CUTS)
    for parts in (
        ("phone_code",),
        ("baptismal", "other"),
        (f"{TWO}baptismal",),
        (f"{TWO}other",),
        *((kind, by) for kind in ("baptismal", "other") for by in (_BORN, "origin", "destination")),
        ("birth_year", "origin", "destination"),
        ("subcounty_code", _BORN),
        ("subcounty_code", "recruited_code"),
        ("subcounty_code", "destination"),
        ("recruited_code", "origin"),
        ("recruited_code", "destination", "birth_year"),
    )
]


def without_kinds(comparisons: Comparisons) -> Comparisons:
    """Comparisons of frames whose words are all of the kind `other`."""
    return [
        replace(one, also="baptismal", m_of_kin=policy.KIN_ANY) if isinstance(one, SharedWords) else one
        for one in comparisons
        if one.column != "baptismal"
    ]
