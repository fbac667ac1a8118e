"""Pairs of records that may be one person, side by side, likeliest first.

What identifies a person is compared and never shown: a page says whether it is the same, and the fields of
the records come from `record_fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import Response

from orchestration.core import Settings, UsageError, say
from orchestration.linkage import COMPARED
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.desk.lists import Cell, Choice, Column, List, item_page, record_path
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.items import Item
from orchestration.stewardship.kinds.links import item_of_pair
from orchestration.stewardship.worklists.listing import Answers
from orchestration.stewardship.worklists.record_fields import Field, fields_of

_APART = {"birth_years": "years of birth", "days": "days of the events"}
_PLACE = re.compile(r"place\(([^)]+)\) \d+")


def list_of_links(visit: Visit) -> List:
    """Return the undecided pairs, likeliest first."""
    t = visit.words

    def pair(row: Mapping[str, Any]) -> str:
        return f"{row['record_a']} {row['record_b']}"

    columns = (
        Column("pair", "links.pair", pair,
               lambda row: Cell(f"{row['record_a']}, {row['record_b']}", row["item"].path)),
        Column("partners", "nav.partners", said=t.partner, is_facet=True),
        Column("score", "links.likely", show=lambda row: Cell(f"{row['score'] * 100:.0f} %"), is_number=True),
        Column("agree", "links.agree", lambda row: row["agreements"], said=t.said, is_facet=True),
        Column("differ", "link.differ",
               lambda row: tuple(how.partition(" (")[0] for how in row["differences"]),
               said=t.said, is_facet=True, is_hidden=True),
        Column("reason", "links.why", said=lambda code: t.known(f"link.reason.{code}", code), is_facet=True,
               is_hidden=True),
    )  # fmt: skip
    choice = Choice("pair", pair, lambda row: t("links.choose", a=row["record_a"], b=row["record_b"]))
    questions = link_questions(visit.settings)
    return List(visit, questions, columns, keeps={"kind": "link"}, choice=choice)


def link_questions(settings: Settings) -> list[dict[str, Any]]:
    """Return the pairs without a ruling, each as a row of `review.LINKS` and what is asked of it.

    That is its `item`, both `partners`, the `score`, which is the probability that the records are of one
    person, with `score_low` and `score_high` a range of 90 %, and in what they agree: `agreements`,
    `differences` and `unknown`.
    """
    answers = Answers(settings, active_decisions(settings, settings.as_of()))
    rows = [
        _question(row) for row in review.read(settings, review.LINKS) if not answers.to(item_of_pair(row))
    ]
    return sorted(rows, key=lambda row: (-row["score"], row["record_a"], row["record_b"]))


def _question(row: Mapping[str, str]) -> dict[str, Any]:
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
    return {
        **row,
        "item": item_of_pair(row),
        "partners": (row["partner_a"], row["partner_b"]),
        **{f"score{end}": float(row[f"probability{end}"]) for end in ("", "_low", "_high")},
        "agreements": tuple(compared["same"]),
        "differences": compared["differs"],
        "unknown": compared["not known"],
    }


def link(visit: Visit, item: Item) -> Response:
    """Show a pair, ruled on or not; none that the last refresh did not ask."""
    rows = review.read(visit.settings, review.LINKS)
    row = or_404(next((row for row in rows if item_of_pair(row) == item), None))
    sides = sides_of(visit.settings, row)
    return item_page(
        visit,
        "link",
        item,
        question=_question(row),
        sides=sides,
        paths=[record_path(one["partner"], one["extract"], one["sheet"], one["row"]) for one in sides],
        fields=_side_by_side(sides),
    )


def sides_of(settings: Settings, row: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return where each of the two records stands at its partner, and what may be seen of it.

    Without `fields` where the record is not typed at this moment.
    """
    sides = []
    for end in "ab":
        side: dict[str, Any] = {
            name: row[f"{name}_{end}"] for name in ("record", "partner", "extract", "sheet")
        }
        side |= {"row": int(row[f"row_{end}"]) if row[f"row_{end}"] else None, "fields": []}
        if side["row"] is not None:
            with suppress(UsageError):
                where = (side["partner"], side["extract"], side["sheet"], side["row"])
                side["fields"] = fields_of(settings, *where)
        sides.append(side)
    return sides


def _side_by_side(sides: list[dict[str, Any]]) -> list[tuple[str, list[str | None]]]:
    """Return the fields that at least one of the two shows, with the value of each.

    Places of one role stand together: the third stop of one record is not the third of the other.
    """
    values = [_values(side["fields"]) for side in sides]
    names = dict.fromkeys(name for side in values for name in side if name != "record_code")
    return [(name, [side.get(name) for side in values]) for name in names]


def _values(fields: list[Field]) -> dict[str, str]:
    values: dict[str, str] = {}
    for one in fields:
        if one.typed_value is None:
            continue
        place = _PLACE.fullmatch(one.name)
        name = f"place: {place.group(1)}" if place else one.name
        values[name] = f"{values[name]} → {one.typed_value}" if name in values else str(one.typed_value)
    return values
