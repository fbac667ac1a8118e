"""What is compared of two records, and which pairs are looked at: a Splink model a tier.

Corridors hang together: who comes from one county mostly goes to the same few places. A comparison that
hangs on another is therefore made twice, where the other agrees and where it does not, each with its own
chance of agreeing. Otherwise one fact would count several times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.linkage import policy

if TYPE_CHECKING:
    from splink.internals.comparison_creator import ComparisonCreator

# Persons of one record and records of one partner are never compared.
_OTHERS = (
    "l.sex = r.sex and l.partner <> r.partner and l.source_record <> r.source_record "
    "and not (l.is_stronger and r.is_stronger)"
)
_BORN_ABOUT = "abs(l.birth_year - r.birth_year) <= 2"


@dataclass(frozen=True)
class Model:
    """`comparisons` give evidence; a pair is scored if one of the `blocks`, SQL over l and r, holds."""

    comparisons: Sequence[ComparisonCreator]
    blocks: Sequence[Any]


def model_of(tier: str, columns: set[str]) -> Model:
    """The model of a tier for a table in which these columns hold something."""
    comparisons = [comparison for needs, comparison in _comparisons(tier) if needs <= columns]
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


def _comparisons(tier: str) -> list[tuple[set[str], ComparisonCreator]]:
    """Each comparison with the columns it needs. Rare values weigh more where a column stands alone."""
    fact, answer = [policy.SAME_FACT], [policy.SAME_ANSWER]
    both_subcounties = f"{_known('subcounty_code')} and {_known('subcounty_code', 'r')}"
    same_origin, same_destination = _equal("origin"), _equal("destination")
    same_recruitment = _equal("recruited_code")
    both_recruitments = f"{_known('recruited_code')} and {_known('recruited_code', 'r')}"
    years = [f"abs(birth_year_l - birth_year_r) <= {apart}" for apart in range(3)]
    days = [f"abs(day_l - day_r) <= {apart}" for apart in policy.DAYS_APART]
    names: list[tuple[set[str], ComparisonCreator]] = [
        ({name}, _compare(name, [policy.SAME_NAME], rare=True)) for name in ("given_code", "surname_code")
    ]
    shared: list[tuple[set[str], ComparisonCreator]] = [
        ({"phone_code"}, _compare("phone_code", [policy.SAME_PHONE], rare=True)),
        ({"birth_year"}, _compare("birth_year", policy.SAME_BIRTH_YEAR, years)),
        ({"nationality"}, _compare("nationality", [policy.SAME_NATIONALITY])),
        ({"origin"}, _compare("origin", fact, rare=True, silent=both_subcounties)),
        (
            {"subcounty_code"},
            _compare(
                "subcounty_code",
                [policy.SAME_ANSWER, policy.SAME_COUNTY_ONLY],
                ["subcounty_code_l = subcounty_code_r", same_origin],
                rare=True,
            ),
        ),
        ({"destination"}, _compare("destination", fact, rare=True, silent=same_origin)),
        (
            {"destination", "origin"},
            _compare("destination", fact, silent=f"not {same_origin}", name="destination_of_one_origin"),
        ),
        ({"exploitation"}, _compare("exploitation", fact, rare=True, silent=same_destination)),
        (
            {"exploitation", "destination"},
            _compare(
                "exploitation", fact, silent=f"not {same_destination}", name="exploitation_at_one_place"
            ),
        ),
        ({"day"}, _compare("day", policy.SAME_DAY, days, silent=both_recruitments)),
        ({"recruited_code"}, _compare("recruited_code", answer, rare=True)),
        (
            {"recruited_code", "day"},
            _compare(
                "day", policy.SAME_DAY, days, silent=f"not {same_recruitment}", name="day_of_one_recruitment"
            ),
        ),
        ({"schooling_code"}, _compare("schooling_code", answer, rare=True)),
        ({"children_code"}, _compare("children_code", answer, rare=True)),
    ]
    return [*names, *shared] if tier == policy.NAME_CODES else shared


def _known(column: str, side: str = "l") -> str:
    return f"{column}_{side} is not null"


def _equal(column: str) -> str:
    return f"coalesce({column}_l = {column}_r, false)"


def _compare(
    column: str,
    agree: Sequence[float],
    levels: Sequence[str] = (),
    *,
    rare: bool = False,
    silent: str = "false",
    name: str = "",
) -> ComparisonCreator:
    """One comparison: `agree` holds, level by level, how often records of one person fall into it.

    It says nothing where either value is missing or `silent` holds; with `rare`, agreeing on a rare value is
    stronger evidence.
    """
    import splink.comparison_level_library as level
    from splink.comparison_library import CustomComparison

    unknown = f"{column}_l is null or {column}_r is null or ({silent})"
    made = [level.CustomLevel(unknown, "silent").configure(is_null_level=True)]
    for number, sql in enumerate(levels or [f"{column}_l = {column}_r"]):
        one = level.CustomLevel(sql, sql).configure(m_probability=agree[number])
        made.append(one.configure(tf_adjustment_column=column) if rare and number == 0 else one)
    made.append(level.ElseLevel().configure(m_probability=1 - sum(agree)))
    return CustomComparison(output_column_name=name or column, comparison_levels=[*made])
