"""Failed checks: why each exists, what it observed now and before, what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from expectations.checks import CHECKS, is_of_release, is_waivable
from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.desk.drawings import trend_of
from orchestration.stewardship.desk.lists import Cell, Column, list_page, waiting_item
from orchestration.stewardship.desk.visit import Visit, or_404, seen
from orchestration.stewardship.items import Item, held_extract
from orchestration.stewardship.kinds.check_waiver import item_of_check, longest_waiver

USUAL_WAIVER = timedelta(days=14)


def checks(visit: Visit) -> Response:
    """List the failed checks of the last refresh by what they stop."""
    t = visit.words

    def state(row: dict[str, str]) -> str:
        return "waived" if row["waived"] == "True" else row["outcome"]

    columns = (
        Column("check_name", "checks.check", said=t.spoken, show=lambda row: Cell(
            t.spoken(row["check_name"]), item_of_check(row).path,
            mark=t("checks.waived") if state(row) == "waived" else "")),
        Column("severity", "checks.stops", said=lambda severity: t(f"checks.{severity}"), is_facet=True),
        Column("partner", "file.partner", is_facet=True, is_hidden=True),
        Column("state", "decision.state", state, said=lambda one: t.known(f"outcome.{one}", one),
               is_facet=True, is_hidden=True),
        Column("of", "checks.of", lambda row: f"{row['partner']}/{row['extract_id']}" if row["partner"]
               else row["subject"]),
        Column("observed", "checks.found", lambda row: (
            f"{t.said(finding)}." if (finding := review.finding_of(row)) else seen(row["observed"]))),
        Column("expected", "checks.expected", lambda row: "" if review.finding_of(row) else row["expected"]),
    )  # fmt: skip
    failed = review.standing(visit.settings, review.FAILED_CHECKS)
    failed.sort(key=lambda row: ("refuse", "hold", "warn").index(row["severity"]))
    return list_page(visit, columns, failed, "checks.title", "checks.none", t("checks.report"))


def check(visit: Visit, item: Item) -> Response:
    """Show one check of the release or of one extract, also one that has passed since."""
    *of, name = item.key
    scope, is_extract = "/".join(of), not is_of_release(of[0])
    failed = [
        {**row, "finding": review.finding_of(row)}
        for row in review.read(visit.settings, review.FAILED_CHECKS)
        if item_of_check(row) == item
    ]
    # Of a check that passes, the words of today.
    words: Any = failed[0] if failed else CHECKS.get(name)
    today = visit.settings.as_of().date()
    in_force = active_decisions(visit.settings, visit.settings.as_of()).waivers
    waiting = waiting_item(visit, item)
    return visit.page(
        "check",
        item=item,
        waiting=waiting,
        is_answered=waiting is None and any(row["waived"] != "True" for row in failed),
        name=name,
        scope=scope,
        of_extract=held_extract(*of) if is_extract else None,
        failed=failed,
        words_of_check=or_404(words),
        trend=trend_of(visit.settings, name, of[1] if len(of) > 1 else None),
        is_waivable=is_waivable(name),
        waivers=[one for one in in_force if (one["check"], one["scope"]) == (name, scope)],
        first_day=today + timedelta(days=1),
        usual_day=today + USUAL_WAIVER,
        last_day=today + longest_waiver(scope),
        needs_second=visit.settings.waivers_need_second,
    )
