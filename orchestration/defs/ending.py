"""How a run ended, told where people look: tags of the run, the record of refreshes, the quality report."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal, cast

import dagster as dg

from orchestration import gates, outputs, release
from orchestration.errors import NjiaError, RefreshRunning, ReleaseRefused, kind_and_place
from orchestration.stewardship import draft_lists, open_items, refreshes

if TYPE_CHECKING:
    from orchestration.defs.workplace import Refresh, Workplace

OUTCOME, HELD, OVERDUE, RELEASE = "njia/outcome", "njia/held", "njia/overdue", "njia/release"
WAITED = "another_was_running"
FIRST_STEP = "take_in"  # a run without it is a part of the job, started by hand, and no refresh


def failed_as(problem: NjiaError | None) -> str:
    """The outcome of a run that a problem stopped: told apart from a crash where it is none."""
    if isinstance(problem, ReleaseRefused):
        return refreshes.REFUSED
    return WAITED if isinstance(problem, RefreshRunning) else refreshes.CRASHED


def tell_end(
    workplace: Workplace, instance: dg.DagsterInstance, run_id: str, outcome: str, problem: str | None = None
) -> None:
    """Tell the end of a run, once. What goes wrong in telling changes nothing about how it ended."""
    if workplace.told == run_id:
        return
    workplace.told = run_id
    refresh = workplace.refresh if workplace.refresh and workplace.refresh.run_id == run_id else None
    try:
        instance.add_run_tags(run_id, _tags(refresh, outcome))
        if workplace.begun and workplace.begun.run_id == run_id:
            found = _found(workplace, refresh, outcome) if refresh else {}
            end = refreshes.ended(workplace.begun, outcome, reason=problem, **found)
            try:
                if refresh and outcome in refreshes.WHOLE:
                    _list_what_waits(workplace, refresh, end)
                    draft_lists.switch(workplace.settings)
            finally:
                refreshes.tell(workplace.settings, end)
            verdict = refresh.found.get("verdict") if refresh else None
            outputs.write_quality_of_refresh(workplace.settings, end, verdict)
    except Exception as error:
        logging.getLogger(__name__).warning(
            "How run %s ended could not be written down: %s.", run_id, kind_and_place(error)
        )


def _list_what_waits(workplace: Workplace, refresh: Refresh, end: refreshes.End) -> None:
    """The steward's list, once all that it is made of is drafted."""
    settings = workplace.settings
    waits = release.waits_for_readers(settings) if end.outcome == refreshes.REFUSED else (0, 0)
    open_items.write_open_items(workplace.drafting, end, refresh.contracts, refresh.decisions, waits)


def checks_in_numbers(summary: dict[str, Any]) -> dict[str, int]:
    """As metadata: the same keys in every refresh, so that the UI draws them."""
    return {f"checks_{name}": number for name, number in summary["checks"].items()}


def summed_up(
    workplace: Workplace, refresh: Refresh, outcome: Literal["published", "unchanged", "refused"]
) -> dict[str, Any]:
    """The summary that `njia refresh --json` prints."""
    found = refresh.found
    return release.refresh_summary(
        workplace.settings,
        refresh.taken,
        found.get("in_force"),
        found.get("published"),
        refresh.seconds,
        outcome,
        found.get("candidate"),
    )


def _tags(refresh: Refresh | None, outcome: str) -> dict[str, str]:
    tags = {OUTCOME: outcome}
    found = refresh.found if refresh else {}
    if settled := found.get("in_force"):
        counts = {HELD: len(settled.held), OVERDUE: len(settled.partners_overdue)}
        tags |= {
            name: str(count) for name, count in counts.items() if count
        }  # what stands there wants a look
    if published := found.get("published"):
        tags[RELEASE] = published.release_id
    return tags


def _found(workplace: Workplace, refresh: Refresh, outcome: str) -> dict[str, Any]:
    """What the record of this refresh says beside its outcome."""
    settings, found = workplace.settings, refresh.found
    current = release.current_release(settings)
    told: dict[str, Any] = {
        "seconds": round(refresh.seconds, 1),
        "release_id": current.release_id if current else None,
        "is_rolled_back": bool(found.get("rolled_back")),
    }
    if settled := found.get("in_force"):
        told["given_hash"] = settled.given_hash
        told["held"] = [
            {"partner": fate.partner, "extract_id": fate.extract_id, "held_by": fate.held_by}
            for fate in settled.held
        ]
        today = refresh.as_of.date()
        told["overdue"] = [
            {"partner": one.partner, "contract": one.contract, "due": str(one.due)}
            for one in gates.deliveries(settings)
            if one.is_overdue(today)
        ]
    if outcome == refreshes.REFUSED:
        told["refused_by"] = _refused_by(workplace, refresh)
    if outcome in refreshes.WHOLE:
        summary = summed_up(workplace, refresh, cast(Any, outcome))
        told |= {name: summary[name] for name in ("rows", "movements", "checks")}
    return told


def _refused_by(workplace: Workplace, refresh: Refresh) -> list[str]:
    verdict: gates.ReleaseVerdict | None = refresh.found.get("verdict")
    if verdict is not None:
        return sorted({check.name for check in verdict.checks if check.refuses})
    return sorted(
        {
            row["check_name"]
            for row in gates.check_results(workplace.settings).to_pylist()
            if row["outcome"] == "failed" and row["severity"] == "refuse"
        }
    )
