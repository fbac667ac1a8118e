"""Alerts of the current release and of a candidate, and the form that releases one to the public."""

from __future__ import annotations

from starlette.responses import Response

from orchestration.stewardship import review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.desk.lists import Cell, Choice, Column, List
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import decision
from orchestration.stewardship.kinds.alert_release import corridor_name, key_of


def alerts(visit: Visit) -> Response:
    """List the alerts, those of the current release first."""
    return visit.page("alerts", list=list_of_alerts(visit))


def list_of_alerts(visit: Visit) -> List:
    t, settings = visit.words, visit.settings
    decisions = active_decisions(settings, settings.as_of())
    released = {
        (one["corridor"], one["direction"], one["first_month"]): one["id"] for one in decisions.alert_releases
    }

    def is_public(row: dict[str, str]) -> bool:
        return key_of(row) in released

    def state(row: dict[str, str]) -> str:
        if is_public(row):
            return "alerts.released"
        return "alerts.members" if row["in_current_release"] == "True" else "alerts.candidate"

    def shown(row: dict[str, str]) -> Cell:
        link = decision(released[key_of(row)]).path if is_public(row) else ""
        return Cell(t(state(row)), link)

    columns = (
        Column("corridor", "release.corridor", lambda row: corridor_name(row["corridor_id"]),
               lambda row: Cell(corridor_name(row["corridor_id"]), note=t(f"alerts.{row['direction']}"))),
        Column("direction", "alerts.direction", said=lambda code: t(f"alerts.{code}"), is_facet=True,
               is_hidden=True),
        Column("first_month", "alerts.since", show=lambda row: Cell(
            t.day(row["first_month"][:7]), note=t("alerts.until", month=t.day(row["newest_month"][:7])))),
        Column("record_count_text", "alerts.records", show=lambda row: Cell(
            row["record_count_text"],
            note=t("alerts.expected", low=row["expected_low"], high=row["expected_high"]))),
        Column("evidence", "alerts.evidence", said=lambda code: t(f"alerts.{code}"), is_facet=True),
        Column("state", "decision.state", state, shown, said=t, is_facet=True),
    )  # fmt: skip
    choice = Choice(
        "alert",
        lambda row: " ".join(key_of(row)) if not is_public(row) else "",
        lambda row: t("alerts.choose", corridor=corridor_name(row["corridor_id"])),
    )
    rows = sorted(review.read(settings, review.ALERTS), key=lambda row: row["in_current_release"] != "True")
    return List(visit, rows, columns, choice=choice)
