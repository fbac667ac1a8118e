"""How each refresh ended: the last one in `review/last_refresh.json`, all of them in `review/history/`.

One under way stands in a file of its own, so that what the last one found is told until the next has ended.

Every end is written down, a crash too, for what tells people afterwards: messages, the quality report and its
trend, `njia status`. It names partners, checks and counts, and no value of a row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from filelock import FileLock, Timeout

from orchestration.core import durable
from orchestration.core.lock import this_process
from orchestration.core.settings import Settings

LAST, HISTORY, BEGUN = "last_refresh.json", "refreshes.jsonl", "refresh_under_way.json"
CONSIDERED = "landings_considered.json"
UNDER_WAY, PUBLISHED, UNCHANGED, REFUSED, CRASHED, STOPPED = (
    "under_way", "published", "unchanged", "refused", "crashed", "stopped",
)  # fmt: skip
# The refresh did what there was to do: what it found is whole, and the lists are its own.
WHOLE = (PUBLISHED, UNCHANGED, REFUSED)
ENDED_SILENTLY = "The process ended without a word: it was killed, or the power failed. Nothing is half done."
CRASHES_KEPT = 10
# Since a release was published or confirmed: a night may be missed by some hours; two nights may not.
FRESH_FOR, LATE_AFTER = timedelta(hours=26), timedelta(hours=50)


@dataclass(frozen=True)
class End:
    """One refresh. `release_id` is the release in force after it; `reason` a sentence, where it failed.

    `refused_by`: names of the checks that refused; `given_hash`: of what was given, whatever the day.
    `held`: partner, extract_id and held_by (names of checks) of each extract held; `overdue`: partner,
    contract and due of each. Where a refresh did not come so far, both say what the one before it found.
    `rows`, `movements` and `checks` are those of `njia refresh --json`. `crashes`: run_id, ended and reason
    of the last refreshes that crashed, so that none is forgotten when the next one ends well. `process` and
    `process_started`: who ran it, known again although its number is given to another process later.
    """

    run_id: str
    started: str
    outcome: str = UNDER_WAY
    as_of: str | None = None
    ended: str | None = None
    seconds: float | None = None
    release_id: str | None = None
    reason: str | None = None
    is_rolled_back: bool = False
    refused_by: list[str] = field(default_factory=list)
    given_hash: str | None = None
    held: list[dict[str, Any]] = field(default_factory=list)
    overdue: list[dict[str, str]] = field(default_factory=list)
    rows: dict[str, int | None] = field(default_factory=dict)
    movements: int | None = None
    checks: dict[str, int] = field(default_factory=dict)
    crashes: list[dict[str, str]] = field(default_factory=list)
    process: int | None = None
    process_started: float | None = None


def begin(settings: Settings, run_id: str, as_of: datetime) -> End:
    """Write down that this run is under way. One found under way has crashed, for the lock is ours."""
    before = _end_killed(settings) or last(settings)
    begun = replace(_following(before, run_id), as_of=as_of.isoformat(), **this_process())
    durable.write_json(settings.review / BEGUN, asdict(begun))
    return begun


def _following(before: End | None, run_id: str) -> End:
    """A refresh that begins now, and knows of the one before it what still holds."""
    if before is None:
        return End(run_id, _now())
    return End(run_id, _now(), held=before.held, overdue=before.overdue, crashes=before.crashes)


def tell_killed_before_it_began(settings: Settings, run_id: str) -> End:
    """Write down the crash of a refresh that never came to its first step. The caller holds the lock."""
    killed = ended(_following(last(settings), run_id), CRASHED, reason=ENDED_SILENTLY)
    tell(settings, killed)
    return killed


def end(settings: Settings, begun: End, outcome: str, **found: Any) -> End:
    """Write down how it ended; `found` are fields of End, and what is left out stays as it was."""
    told = ended(begun, outcome, **found)
    tell(settings, told)
    return told


def ended(begun: End, outcome: str, **found: Any) -> End:
    """How it ended, written nowhere yet."""
    told = replace(begun, outcome=outcome, ended=_now(), **found)
    if outcome == CRASHED:
        crash = {"run_id": told.run_id, "ended": str(told.ended), "reason": told.reason or ""}
        told = replace(told, crashes=[*told.crashes, crash][-CRASHES_KEPT:])
    return told


def tell(settings: Settings, ended: End) -> None:
    """Write it down, as the last one and in the history; then nothing is under way any more."""
    durable.write_json(settings.review / LAST, asdict(ended))
    durable.append_line(settings.review / "history" / HISTORY, json.dumps(_in_short(ended), sort_keys=True))
    (settings.review / BEGUN).unlink(missing_ok=True)
    if ended.outcome in WHOLE:
        durable.write_json(settings.review / CONSIDERED, sorted(landings(settings)))


def landings(settings: Settings) -> set[str]:
    """`partner/extract_id` of each extract that has landed."""
    return {f"{path.parent.name}/{path.stem}" for path in settings.landing.glob("*/[!.]*.json")}


def considered(settings: Settings) -> set[str] | None:
    """The landings that a refresh has considered which did all there was to do; None where none is noted.

    Whatever it came to: what it published, held, superseded or refused needs no other refresh of its own.
    """
    try:
        return set(json.loads((settings.review / CONSIDERED).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def crashes_in_a_row(settings: Settings) -> list[Mapping[str, Any]]:
    """The refreshes that crashed since one did all there was to do, the oldest first."""
    found: list[Mapping[str, Any]] = []
    for one in history(settings):
        if one["outcome"] in WHOLE:
            found.clear()
        elif one["outcome"] == CRASHED:
            found.append(one)
    return found


def end_if_killed(settings: Settings) -> End | None:
    """The last refresh; one that claims to be under way while nobody holds the lock is ended as crashed."""
    if under_way(settings):
        try:
            with FileLock(settings.lock, timeout=0):
                _end_killed(settings)
        except Timeout:
            pass
    return last(settings)


def last(settings: Settings) -> End | None:
    """The newest refresh that has ended; None before the first."""
    return _read(settings, LAST)


def under_way(settings: Settings) -> End | None:
    """The refresh that has begun and not ended: it runs, or it was killed."""
    return _read(settings, BEGUN)


def lists_as_of(settings: Settings) -> datetime | None:
    """When the refresh ended whose lists stand: one that crashed leaves those of the one before it."""
    end = _last_whole(settings)
    return datetime.fromisoformat(str(end["ended"])) if end else None


def lists_are_of_a_refusal(settings: Settings) -> bool:
    """Whether the stewards' lists tell of a candidate that was refused."""
    end = _last_whole(settings)
    return end is not None and end["outcome"] == REFUSED


def _last_whole(settings: Settings) -> Mapping[str, Any] | None:
    return next((one for one in reversed(history(settings)) if one["outcome"] in WHOLE), None)


def _end_killed(settings: Settings) -> End | None:
    """End what is under way as crashed; the caller holds the lock, so nobody runs it."""
    found, told = under_way(settings), last(settings)
    if found is None:
        return None
    if told and told.run_id == found.run_id:  # killed between its last word and taking this file away
        (settings.review / BEGUN).unlink(missing_ok=True)
        return told
    return end(settings, found, CRASHED, reason=ENDED_SILENTLY)


def _read(settings: Settings, name: str) -> End | None:
    try:
        return End(**json.loads((settings.review / name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def history(settings: Settings) -> list[Mapping[str, Any]]:
    """Every end, the oldest first: run_id, outcome, ended, rows, movements, checks, held (a count) …"""
    path = settings.review / "history" / HISTORY
    if not path.is_file():
        return []
    return list(_readable(path.read_text(encoding="utf-8").splitlines()))


def _readable(lines: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _in_short(ended: End) -> dict[str, Any]:
    told = ("run_id", "outcome", "ended", "seconds", "release_id", "rows", "movements", "checks")
    whole = asdict(ended)
    return {name: whole[name] for name in told} | {
        "held": len(ended.held),
        "overdue": len(ended.overdue),
    }


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()
