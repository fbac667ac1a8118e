"""Quarantined rows by rule and partner, and the fields of one row that may be shown."""

from __future__ import annotations

import re
import shlex
from operator import itemgetter
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestration.core import Settings, say
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.desk.lists import (
    Cell,
    Choice,
    Column,
    List,
    item_page,
    record_path,
)
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, held_extract
from orchestration.stewardship.kinds.rows import decided_records, quality_rules
from orchestration.stewardship.kinds.subjects import releasable_rules, rules_by_record
from orchestration.stewardship.kinds.value_correction import corrections_of, newest_copy
from orchestration.stewardship.worklists.record_fields import fields_of
from orchestration.typing import correctable

# These values name files, so only their form is accepted.
_PARTNER, _EXTRACT = re.compile("[a-z][a-z0-9_]{1,40}"), re.compile("[0-9a-f]{16}")
_ROW = re.compile("[0-9]{1,7}")


def of_rule(visit: Visit, item: Item) -> Response:
    """List the rows of one partner that one rule sets aside."""
    partner, rule = item.key
    set_aside = rows_of_rule(visit, item)
    if not set_aside.total and rule not in quality_rules():
        raise HTTPException(404)
    refused = [
        row
        for row in review.standing(visit.settings, review.REFUSED_ROWS)
        if (row["partner"], row["rule_code"]) == (partner, rule)
    ]
    columns = (
        Column("extract_id", "extracts.extract",
               show=lambda row: Cell(row["extract_id"], held_extract(partner, row["extract_id"]).path)),
        Column("file", "rows.file"),
        Column("sheet", "rows.sheet"),
        Column("rows", "rows.count", lambda row: int(row["rows"]), is_number=True),
        Column("row_numbers", "rows.where"),
    )  # fmt: skip
    return item_page(
        visit,
        "rows_of_rule",
        item,
        partner=partner,
        rule=rule,
        words_of_rule=quality_rules().get(rule),
        heading=say("{partner}: {rule}", partner=partner, rule=_title(rule)),
        stays_unknown=releasable_rules().get(rule),
        refused=List(visit, refused, columns, name="refused"),
        list=set_aside,
    )


def _title(rule: str) -> str:
    words = quality_rules().get(rule)
    return words["title"] if words else rule.replace("_", " ")


def rows_of_rule(visit: Visit, item: Item) -> List:
    t, (partner, rule) = visit.words, item.key

    def file_of(extract_id: str) -> str:
        return str(t.said(visit.names.file(partner, extract_id) or extract_id))

    columns = (
        Column("extract_id", "extracts.extract", said=file_of, is_facet=True),
        Column("sheet", "rows.sheet", is_facet=True),
        Column("row", "rows.row", lambda row: int(row["row_number"]), is_number=True, show=lambda row: Cell(
            row["row_number"], record_path(partner, row["extract_id"], row["sheet"], row["row_number"]))),
        Column("other_rules", "rows.other_rules", said=t.spoken, is_facet=True),
        Column("record", "rows.record", is_hidden=True),
    )  # fmt: skip
    choice = Choice("record", itemgetter("record"), lambda row: t("rows.choose_row", row=row["row_number"]))
    return List(visit, rows_set_aside(visit.settings, partner, rule), columns, choice=choice)


def rows_set_aside(settings: Settings, partner: str, rule: str) -> list[dict[str, Any]]:
    """Return the undecided records that a rule sets aside, with the `other_rules` that do so too."""
    decided = decided_records(settings, active_decisions(settings, settings.as_of()).by_kind)
    rules = rules_by_record(settings)
    return [
        {**row, "other_rules": tuple(one for one in rules.get(row["record"], ()) if one != rule)}
        for row in review.read(settings, review.QUARANTINED_ROWS)
        if (row["partner"], row["rule_code"]) == (partner, rule) and row["record"] not in decided
    ]


def record(visit: Visit) -> Response:
    """Show the fields of one row that are not sensitive, its corrections, and the command that unseals it."""
    partner, extract_id, row = visit.asked("partner"), visit.asked("extract"), visit.asked("row")
    sheet = visit.asked_exactly("sheet")
    if not (_PARTNER.fullmatch(partner) and _EXTRACT.fullmatch(extract_id) and _ROW.fullmatch(row)):
        raise HTTPException(404)
    fields = fields_of(visit.settings, partner, extract_id, sheet, int(row))
    code = next(str(one.typed_value) for one in fields if one.name == "record_code")
    copy = newest_copy(visit.settings, code)
    held = active_decisions(visit.settings, visit.settings.as_of())
    is_newest = copy is not None and (copy.partner, copy.extract_id) == (partner, extract_id)
    newer = None if copy is None or is_newest else copy
    # Its arguments are quoted: a sheet's name is the partner's own.
    of_sheet = ["--sheet", sheet] if sheet else []
    by = ["--row", row, "--author", visit.author, "--reason", "…"]
    wrong = {one.name for one in fields if one.problem_codes}
    return visit.page(
        "record", partner=partner, extract_id=extract_id, sheet=sheet, row=int(row), fields=fields,
        rules=quality_rules(), command=shlex.join(["njia", "unseal", partner, extract_id, *of_sheet, *by]),
        code=code,
        corrected=corrections_of(visit.settings, code, copy, held.by_kind) if copy else [],
        # Those with a problem first.
        correctable=sorted(correctable(copy.contract), key=lambda name: name not in wrong) if copy else [],
        newer=record_path(newer.partner, newer.extract_id, newer.sheet, newer.row) if newer else None,
    )  # fmt: skip
