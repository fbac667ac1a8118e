"""Record how a run ended: the stewards' lists, the quality report, the journal, and the summary."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from orchestration import gates, linkage, outputs, release, stewardship, typing
from orchestration.core import (
    Damaged,
    NjiaError,
    RefreshRunning,
    ReleaseRefused,
    Settings,
    read_json,
    refreshes,
)
from orchestration.operations import note_damage, trim_history
from orchestration.refresh import extracts, releasing
from orchestration.refresh.run import Run, artifact_of
from orchestration.stewardship import review, worklists

ANOTHER_RAN = "another_was_running"


def outcome_of(problem: NjiaError | None) -> str:
    """Return the outcome of a run that an error stopped. A refusal or a held lock is no crash."""
    if isinstance(problem, ReleaseRefused):
        return refreshes.REFUSED
    return ANOTHER_RAN if isinstance(problem, RefreshRunning) else refreshes.CRASHED


def write_end(
    settings: Settings,
    entry: refreshes.End,
    run: Run | None,
    outcome: str,
    reason: str | None = None,
    at_gate: bool = False,
    is_rolled_back: bool = False,
) -> refreshes.End:
    """Record the end of a refresh: lists and items for stewards, journal, quality report.

    `run` is None if it could not begin. `at_gate`: the release gate of this run has judged a candidate.
    """
    facts = _facts(run, outcome, at_gate, is_rolled_back) if run else {}
    end = refreshes.ended(entry, outcome, reason=reason, **facts)
    try:
        if run and outcome in refreshes.WHOLE:
            _write_lists(run, end, at_gate)
        if outcome == refreshes.UNCHANGED:
            release.discard_candidate(settings)
    finally:
        refreshes.record(settings, end)
    verdict = releasing.verdict_of(settings) if at_gate else None
    with suppress(Damaged):  # that is why the refresh ended, and the error says so
        outputs.write_quality_of_refresh(settings, end, verdict)
    trim_history(settings)
    if run and outcome in refreshes.WHOLE:
        note_damage(settings, run.as_of.date())
    return end


def summed_up(settings: Settings, outcome: str, seconds: float) -> dict[str, Any]:
    """Return the object that `njia refresh --json` prints; `outcome` is one of `refreshes.WHOLE`."""
    current = release.current_release(settings)
    manifest: Mapping[str, Any] = current.manifest if current else {}
    if outcome in refreshes.NOT_PUBLISHED:
        # A failed dbt test refuses before a candidate exists.
        manifest = releasing.candidate_of(settings) or {}
    return release.refresh_summary(
        settings, extracts.taken_of(settings), manifest, seconds, cast(release.Outcome, outcome)
    )


def _write_lists(run: Run, end: refreshes.End, at_gate: bool) -> None:
    """Write the stewards' lists and switch to them at once. A run keeps the lists of steps it skipped."""
    drafts = review.drafting(run.settings)
    taken = extracts.taken_of(run.settings)
    review.write_files_not_taken(drafts, taken)
    failed = artifact_of(run.settings, extracts.TYPE).facts["failed"]
    not_typed = [failure | {"sentence": typing.TypingFailure(**failure).sentence} for failure in failed]
    review.write(drafts, review.EXTRACTS_NOT_TYPED, not_typed)
    worklists.write_drift(drafts, extracts.drift_of(run))
    review.write_unresolved_places(drafts)
    review.write_failed_extract_checks(drafts, gates.read_verdicts(run.settings).verdicts)
    current = release.current_release(run.settings)
    standing = release.read_candidate(run.settings) if end.outcome in refreshes.NOT_PUBLISHED else None
    review.write_alerts(drafts, release.alerts_of(current), release.alerts_of(standing))
    idle = stewardship.without_effect(drafts, run.decisions)
    review.write(drafts, review.DECISIONS_WITHOUT_EFFECT, idle)
    settled = extracts.settled_of(run.settings)
    review.write_in_force(drafts, settled)
    review.write(drafts, review.REFUSED_ROWS, gates.refused_rows(run.settings, settled.fates))
    if end.outcome != refreshes.UNCHANGED:
        review.write_quarantined_rows(drafts)
        review.write_failed_checks(drafts, "warehouse", gates.check_results(run.settings).to_pylist())
        questions = run.settings.linkage / linkage.QUESTIONS
        if questions.is_file():
            review.write(drafts, review.LINKS, read_json(questions), linkage.QUESTION_COLUMNS)
    if at_gate:
        checks = [vars(check) for check in releasing.verdict_of(run.settings).checks]
        review.write_failed_checks(drafts, "release_gate", checks)
    waits = release.unpublished_movements(run.settings) if end.outcome in refreshes.NOT_PUBLISHED else 0
    worklists.write_open_items(drafts, end, run.contracts, run.decisions, waits)
    review.switch(run.settings)


def _facts(run: Run, outcome: str, at_gate: bool, is_rolled_back: bool) -> dict[str, Any]:
    """Return what the journal records of this refresh beside its outcome."""
    settings = run.settings
    current = release.current_release(settings)
    facts: dict[str, Any] = {
        "seconds": round(run.seconds, 1),
        "release_id": current.release_id if current else None,
        "is_rolled_back": is_rolled_back,
    }
    if outcome in refreshes.WHOLE and (settled := gates.read_in_force(settings)):
        today = run.as_of.date()
        facts["given_hash"] = settled.given_hash
        facts["held"] = [
            {"partner": fate.partner, "extract_id": fate.extract_id, "held_by": fate.held_by}
            for fate in settled.held
        ]
        facts["overdue"] = [
            {"partner": delivery.partner, "contract": delivery.contract, "due": str(delivery.due)}
            for delivery in gates.deliveries(settings)
            if delivery.is_overdue(today)
        ]
    if outcome == refreshes.REFUSED:
        if at_gate:
            refusing = {check.name for check in releasing.verdict_of(settings).checks if check.refuses}
        else:
            refusing = {
                row["check_name"]
                for row in gates.check_results(settings).to_pylist()
                if row["outcome"] == "failed" and row["severity"] == "refuse"
            }
        facts["refused_by"] = sorted(refusing)
    if outcome in refreshes.WHOLE:
        summary = summed_up(settings, outcome, run.seconds)
        facts |= {name: summary[name] for name in ("rows", "movements", "checks")}
    return facts
