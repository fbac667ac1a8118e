"""Quarantined rows by rule and partner, and the fields of one row that may be shown."""

from __future__ import annotations

import re
import shlex
from collections import Counter

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.stewardship import review
from orchestration.stewardship.desk.shared_parts import Pager, item_page, record_path
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, held_extract, quarantined_rows
from orchestration.stewardship.kinds.records import releasable_rules, rules_that_quarantine
from orchestration.stewardship.kinds.rows import quality_rules
from orchestration.stewardship.worklists.rows import fields_of, rows_set_aside

PAGE_SIZE = 50
# These values name files, so only their form is accepted.
_PARTNER, _EXTRACT = re.compile("[a-z][a-z0-9_]{1,40}"), re.compile("[0-9a-f]{16}")
_ROW = re.compile("[0-9]{1,7}")


def rows(visit: Visit) -> Response:
    """List each rule with its partners, most rows first."""
    by_both = review.rows_by_rule(visit.settings)
    by_rule: Counter[str] = Counter()
    for (rule, _), number in by_both.items():
        by_rule[rule] += number
    groups = [
        {
            "rule": rule,
            "words": quality_rules().get(rule),
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
    """List the rows of one partner that one rule sets aside."""
    partner, rule = item.key
    number = visit.page_number()
    found, total = rows_set_aside(visit.settings, partner, rule, number, PAGE_SIZE)
    if not total and rule not in quality_rules():
        raise HTTPException(404)
    pager = Pager(number, PAGE_SIZE, total, item.path)
    return item_page(
        visit,
        "rows_of_rule",
        item,
        partner=partner,
        rule=rule,
        words_of_rule=quality_rules().get(rule),
        stays_unknown=releasable_rules().get(rule),
        refused=[
            {**row, "path": held_extract(partner, row["extract_id"]).path}
            for row in review.standing(visit.settings, review.REFUSED_ROWS)
            if (row["partner"], row["rule_code"]) == (partner, rule)
        ],
        found=[
            (
                row,
                _other_rules(visit, row.record, rule),
                record_path(partner, row.extract_id, row.sheet, row.row),
            )
            for row in found
        ],
        pager=pager,
    )


def record(visit: Visit) -> Response:
    """Show the fields of one row that are not sensitive, and the command that unseals the row."""
    partner, extract_id, row = visit.asked("partner"), visit.asked("extract"), visit.asked("row")
    sheet = visit.asked_exactly("sheet")
    if not (_PARTNER.fullmatch(partner) and _EXTRACT.fullmatch(extract_id) and _ROW.fullmatch(row)):
        raise HTTPException(404)
    fields = fields_of(visit.settings, partner, extract_id, sheet, int(row))
    return visit.page(
        "record", partner=partner, extract_id=extract_id, sheet=sheet, row=int(row), fields=fields,
        rules=quality_rules(), command=_to_unseal(partner, extract_id, sheet, row, visit.author),
    )  # fmt: skip


def _to_unseal(partner: str, extract_id: str, sheet: str, row: str, author: str) -> str:
    """Return the command with its arguments quoted: a sheet's name is the partner's own."""
    of_sheet = ["--sheet", sheet] if sheet else []
    by = ["--row", row, "--author", author, "--reason", "…"]
    return shlex.join(["njia", "unseal", partner, extract_id, *of_sheet, *by])


def _other_rules(visit: Visit, record: str, rule: str) -> list[str]:
    return [one for one in rules_that_quarantine(visit.settings, record) if one != rule]
