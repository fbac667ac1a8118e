"""Pairs of records that may be one person: both side by side, likeliest first.

What identifies a person is compared and never shown: the list says whether it is the same, and the fields of
the records come from `rows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from orchestration.core import Settings, UsageError, say
from orchestration.linkage import COMPARED
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.links import item_of_pair
from orchestration.stewardship.worklists.listing import Answers
from orchestration.stewardship.worklists.rows import Field, fields_of

_APART = {"birth_years": "years of birth", "days": "days of the events"}


@dataclass(frozen=True)
class Side:
    """Where a record stands at its partner, and what may be seen of it."""

    record: str
    partner: str
    extract_id: str
    sheet: str
    row: int | None
    fields: list[Field]


@dataclass(frozen=True)
class LinkQuestion:
    """Two records that may be of one person.

    `score` is the probability of that, `score_low` and `score_high` a range of 90 %. `reason` is why it is a
    question; `agreements`, `differences` and `unknown` say in what the records agree. `sides` are
    both records, where one pair is asked for.
    """

    item: Item
    record_a: str
    record_b: str
    partners: tuple[str, str]
    score: float
    score_low: float
    score_high: float
    reason: str
    agreements: list[str]
    differences: list[str]
    unknown: list[str]
    sides: tuple[Side, ...] = ()


def link_questions(settings: Settings) -> list[LinkQuestion]:
    """Return the pairs without a ruling, without their fields."""
    answers = Answers(settings, active_decisions(settings, settings.as_of()))
    rows = [row for row in review.read(settings, review.LINKS) if not answers.to(item_of_pair(row))]
    rows.sort(key=lambda row: (-float(row["probability"]), row["record_a"], row["record_b"]))
    return list(map(_question, rows))


def link_question(settings: Settings, item: Item) -> LinkQuestion | None:
    """Return the question of one item, ruled on or not; None where the last refresh did not ask it."""
    rows = (row for row in review.read(settings, review.LINKS) if item_of_pair(row) == item)
    return next((_question(row, tuple(_side(settings, row, end) for end in "ab")) for row in rows), None)


def _question(row: Mapping[str, str], sides: tuple[Side, ...] = ()) -> LinkQuestion:
    compared: dict[str, list[str]] = {"same": [], "differs": [], "not known": []}
    for name in COMPARED:
        compared[row[name]].append(name.replace("_", " "))
    # How many words of the shorter name the other has too.
    shared, is_known, of_words = row["names"].removesuffix(" shared").partition(" of ")
    if not is_known:
        compared["not known"].append("name")
    elif shared in ("0", of_words):
        compared["differs" if shared == "0" else "same"].append("name")
    else:
        compared["same"].append(say("name ({shared} of {told} words)", shared=shared, told=of_words))
    for name, label in _APART.items():
        number, is_known, _ = row[name].partition(" apart")
        if not is_known:
            compared["not known"].append(label)
        elif number == "0":
            compared["same"].append(label)
        else:
            compared["differs"].append(say("{what} ({number} apart)", what=label, number=number))
    return LinkQuestion(
        item_of_pair(row),
        row["record_a"],
        row["record_b"],
        (row["partner_a"], row["partner_b"]),
        float(row["probability"]),
        float(row["probability_low"]),
        float(row["probability_high"]),
        row["reason"],
        compared["same"],
        compared["differs"],
        compared["not known"],
        sides,
    )


def _side(settings: Settings, row: Mapping[str, str], end: str) -> Side:
    """Without fields where the record is not typed at this moment."""
    partner, extract_id, sheet = (row[f"{name}_{end}"] for name in ("partner", "extract", "sheet"))
    number = int(row[f"row_{end}"]) if row[f"row_{end}"] else None
    fields: list[Field] = []
    if number is not None:
        with suppress(UsageError):
            fields = fields_of(settings, partner, extract_id, sheet, number)
    return Side(row[f"record_{end}"], partner, extract_id, sheet, number, fields)
