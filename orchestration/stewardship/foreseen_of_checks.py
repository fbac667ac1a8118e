"""What a waiver would let through: the release, or one extract, if nothing else holds it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from orchestration.core import Settings, refreshes
from orchestration.stewardship import review
from orchestration.stewardship.decision_kinds import RELEASE_SCOPE, CheckWaiver, Decision
from orchestration.stewardship.decisions import Decisions
from orchestration.stewardship.foreseen import Change, Foreseen
from orchestration.stewardship.said import say
from orchestration.stewardship.typed_views import NOT_KEPT, has_typed, typed_views

_NOT_FAILING = "{check} did not fail in the last refresh: the waiver would wait for the day on which it does."
_NOT_JUDGED = "{check} could not be judged, and a waiver does not answer that: it stops all the same."
_PASSES = (
    "No other check refused the last candidate, so the next one like it would be published; the next refresh "
    "judges anew whatever it finds."
)
_PASSED = (
    "{check} passed in the last refresh: without the waiver it passes as well, as long as nothing changes."
)
_REFUSED = (
    "A candidate like the last one would be refused by {checks}, and the release in force would stay; what "
    "is published already is not taken back."
)
_STAYS = "The release would be refused all the same, by {checks}."


def of_checks(settings: Settings, made: Sequence[Decision], now: datetime) -> Foreseen:
    """Checks that refuse the release or hold an extract, before and after."""
    waivers = [one for one in made if isinstance(one, CheckWaiver)]
    changes: list[Change] = []
    unforeseen: list[str] = []
    for scope in dict.fromkeys(one.scope for one in waivers):
        names = {one.check for one in waivers if one.scope == scope}
        failing, not_judged = _failing(settings, scope)
        left = failing - (names - not_judged)
        unforeseen += [say(_NOT_FAILING, check=name) for name in sorted(names - failing)]
        unforeseen += [say(_NOT_JUDGED, check=name) for name in sorted(names & not_judged)]
        if not names & failing:
            continue
        if scope == RELEASE_SCOPE:
            changes.append(Change("Checks that refuse the release", len(failing), len(left)))
            end = refreshes.last(settings)
            if end and end.outcome == refreshes.REFUSED:
                unforeseen.append(say(_STAYS, checks=", ".join(sorted(left))) if left else _PASSES)
        else:
            changes.append(Change(say("Checks that hold {of}", of=scope), len(failing), len(left)))
            if has_typed(settings):
                records = _records(settings, scope)
                changes.append(Change(say("Records of {of} in force", of=scope), 0, 0 if left else records))
            else:
                unforeseen.append(NOT_KEPT)
    return Foreseen(changes, unforeseen)


def release_checks_without(
    settings: Settings, taken_back: Sequence[Decision], left: Decisions, now: datetime
) -> Foreseen:
    """The same for waivers of the release that a refresh has used; those of one extract: `of_extracts`."""
    names = {one.check for one in taken_back if isinstance(one, CheckWaiver) and one.scope == RELEASE_SCOPE}
    names -= {one["check"] for one in left.waivers if one["scope"] == RELEASE_SCOPE}
    if not names:
        return Foreseen()
    rows = _stopping(settings, RELEASE_SCOPE)
    failing = {row["check_name"] for row in rows if row["waived"] != "True"}
    again = {row["check_name"] for row in rows if row["waived"] == "True"} & names
    unforeseen = [say(_PASSED, check=name) for name in sorted(names - again - failing)]
    if not again:
        return Foreseen(unforeseen=unforeseen)
    changes = [Change("Checks that refuse the release", len(failing), len(failing | again))]
    return Foreseen(changes, [*unforeseen, say(_REFUSED, checks=", ".join(sorted(failing | again)))])


def _failing(settings: Settings, scope: str) -> tuple[set[str], set[str]]:
    """Checks that stop what the scope names, and those of them that no waiver answers: they saw nothing."""
    rows = [row for row in _stopping(settings, scope) if row["waived"] != "True"]
    not_judged = {row["check_name"] for row in rows if row["outcome"] != "failed"}
    return {row["check_name"] for row in rows}, not_judged


def _stopping(settings: Settings, scope: str) -> list[dict[str, str]]:
    """What failed and stops what the scope names, unless it is waived."""
    is_release = scope == RELEASE_SCOPE
    stages = ("warehouse", "release_gate") if is_release else ("extract_gate",)
    return [
        row
        for row in review.read(settings, review.FAILED_CHECKS)
        if row["stage"] in stages
        and row["severity"] == ("refuse" if is_release else "hold")
        and (is_release or scope == f"{row['partner']}/{row['extract_id']}")
    ]


def _records(settings: Settings, scope: str) -> int:
    with typed_views(settings, {"records": "partner varchar, extract_id varchar, record_id bigint"}) as con:
        [(found,)] = con.execute(
            "select count(distinct record_id) from records where partner || '/' || extract_id = ?", [scope]
        ).fetchall()
    return int(found)
