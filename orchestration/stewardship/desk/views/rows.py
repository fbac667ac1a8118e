"""Rows that are set aside: by rule and partner, one by one, with what may be shown of each."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.settings import REFERENCE_SEEDS
from orchestration.stewardship import review
from orchestration.stewardship.desk.shared_parts import Pager, record_path, waiting_item
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.effect_on_records import releasable_rules
from orchestration.stewardship.items import Item, quarantined_rows
from orchestration.stewardship.record_fields import fields_of, rows_set_aside

PAGE_SIZE = 50


def rows(visit: Visit) -> Response:
    """Each rule with its partners, most rows first."""
    found = review.read(visit.settings, review.QUARANTINED_ROWS)
    by_rule = Counter(row["rule_code"] for row in found)
    by_both = Counter((row["rule_code"], row["partner"]) for row in found)
    groups = [
        {
            "rule": rule,
            "words": _rule_words().get(rule),
            "count": count,
            "can_be_released": rule in releasable_rules(),
            "partners": [
                (partner, number, quarantined_rows(partner, rule).path)
                for (of, partner), number in by_both.most_common()
                if of == rule
            ],
        }
        for rule, count in by_rule.most_common()
    ]
    return visit.page("rows", groups=groups)


def of_rule(visit: Visit, item: Item) -> Response:
    """The rows of one partner that one rule sets aside, page by page."""
    partner, rule = item.key
    number = visit.page_number()
    found = rows_set_aside(visit.settings, partner, rule, number, PAGE_SIZE)
    if not found.total and rule not in _rule_words():
        raise HTTPException(404)
    return visit.page(
        "rows_of_rule",
        item=item,
        waiting=waiting_item(visit, item),
        partner=partner,
        rule=rule,
        words_of_rule=_rule_words().get(rule),
        stays_unknown=releasable_rules().get(rule),
        found=[
            (row, record_path(partner, row.extract_id, row.sheet, row.row_number)) for row in found.rows
        ],
        pager=Pager(number, PAGE_SIZE, found.total, item.path),
    )


def record(visit: Visit) -> Response:
    """The fields of one row that are not sensitive, and how to see the row as it was sent."""
    partner, extract_id, sheet = visit.asked("partner"), visit.asked("extract"), visit.asked("sheet")
    row = visit.asked("row")
    if not row.isdecimal():
        raise HTTPException(404)
    fields = fields_of(visit.settings, partner, extract_id, sheet, int(row))
    return visit.page(
        "record", partner=partner, extract_id=extract_id, sheet=sheet, row=int(row), fields=fields,
        rules=_rule_words(),
    )  # fmt: skip


@cache
def _rule_words() -> dict[str, dict[str, str]]:
    """Title, explanation and steward's action of each rule."""
    with (REFERENCE_SEEDS / "quality_rules.csv").open(encoding="utf-8", newline="") as file:
        return {row["rule_code"]: row for row in csv.DictReader(file)}
