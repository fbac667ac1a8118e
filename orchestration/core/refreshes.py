"""The journal of refreshes: the last one in `review/last_refresh.json`, all of them in `review/history/`.

A running refresh has a file of its own, so that the results of the last one stay until the next has ended.
Messages, the quality report and its trend, the desk, and `njia status` read the journal. It holds names of
partners and checks, and counts; no value of a row. Beside it lies a request for a refresh, until one begins.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from orchestration.core import durable
from orchestration.core.durable import keep_last_lines
from orchestration.core.lock import held_if_free, this_process
from orchestration.core.settings import Settings
from orchestration.core.sums import line_of, parsed, read_json, write_json

LAST, HISTORY, BEGUN = "last_refresh.json", "refreshes.jsonl", "refresh_under_way.json"
CONSIDERED, ASKED = "considered.json", "refresh_asked.json"
# The steps in order, as Dagster's job names them.
STEPS = (
    "take_in", "type_extracts", "locate", "gates__verdicts", "in_force", "warehouse", "linkage",
    "statistics", "counts", "fitted", "publishable", "release__candidate", "release__verdict", "publish",
)  # fmt: skip
UNDER_WAY, PUBLISHED, UNCHANGED, REFUSED = "under_way", "published", "unchanged", "refused"
WAITS, CRASHED, STOPPED = "waits", "crashed", "stopped"
# Outcomes of a complete refresh: its results and its lists for stewards are whole.
WHOLE = (PUBLISHED, UNCHANGED, REFUSED, WAITS)
# Outcomes that leave a candidate unpublished: the lists for stewards describe it.
NOT_PUBLISHED = (REFUSED, WAITS)
ENDED_SILENTLY = "The process was killed, or the power failed. Nothing is half done."
CRASHES_KEPT = 10
# Age of a published or confirmed release, with two hours for the refresh: late after two missed nights.
FRESH_FOR, LATE_AFTER = timedelta(hours=26), timedelta(hours=50)


@dataclass(frozen=True)
class End:
    """The journal entry of one refresh.

    `release_id`: the release in force after it. `reason`: a sentence on a failure. `refused_by`: checks that
    refused. `given_hash`: hash of the inputs without what the date decides. `held`: partner, extract_id and
    held_by (checks) of each held extract; `overdue`: partner, contract and due. An unfinished refresh keeps
    both from the one before it. `rows`, `movements` and `checks` are those of `njia refresh --json`.
    `crashes`: run_id, ended and reason of recent crashes, also after a good refresh. `process` and
    `process_started` identify the process although its number may be reused. `inputs`: the
    files of the inbox and the decisions when it began, and the landings when it was stopped. `steps`: when
    each step began.
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
    inputs: dict[str, list[str]] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)


def begin(
    settings: Settings, run_id: str, as_of: datetime, inputs: Mapping[str, Iterable[str]] | None = None
) -> End:
    """Record the start of a refresh; one still under way has crashed. The caller holds the lock.

    It answers a request for a refresh.
    """
    before = _end_killed(settings) or last(settings)
    found = {name: sorted(ids) for name, ids in (inputs or {}).items()}
    entry = replace(_following(before, run_id), as_of=as_of.isoformat(), inputs=found, **this_process())
    write_json(settings.review / BEGUN, asdict(entry))
    durable.remove(settings.review / ASKED)
    return entry


def at_step(settings: Settings, begun: End, step: str) -> End:
    entry = replace(begun, steps={**begun.steps, step: _now()})
    write_json(settings.review / BEGUN, asdict(entry))
    return entry


def ask(settings: Settings, author: str) -> None:
    write_json(settings.review / ASKED, {"author": author, "time": _now()})


def asked(settings: Settings) -> dict[str, str] | None:
    """Return author and time of the request that no refresh has answered; None where it is damaged."""
    request = _read(settings, ASKED) or {}
    named = {name: str(request[name]) for name in ("author", "time") if name in request}
    return named if len(named) == 2 else None


def _following(before: End | None, run_id: str) -> End:
    """Return the entry of a refresh that begins now, with what still holds of the one before."""
    before = before or End("", "")
    return End(run_id, _now(), held=before.held, overdue=before.overdue, crashes=before.crashes)


def record_killed_before_start(settings: Settings, run_id: str) -> End:
    """Record the crash of a refresh that never reached its first step. The caller holds the lock."""
    return end(settings, _following(last(settings), run_id), CRASHED, reason=ENDED_SILENTLY)


def end(settings: Settings, begun: End, outcome: str, **found: Any) -> End:
    """Record how a refresh ended; `found` are changed fields of End."""
    entry = ended(begun, outcome, **found)
    record(settings, entry)
    return entry


def ended(begun: End, outcome: str, **found: Any) -> End:
    """Return the final entry of a refresh without recording it."""
    entry = replace(begun, outcome=outcome, ended=_now(), **found)
    if outcome == CRASHED:
        crash = {"run_id": entry.run_id, "ended": str(entry.ended), "reason": entry.reason or ""}
        entry = replace(entry, crashes=[*entry.crashes, crash][-CRASHES_KEPT:])
    return entry


def record(settings: Settings, ended: End) -> None:
    """Record a final entry as the last one and in the history; then no refresh is under way."""
    if ended.outcome == STOPPED:
        ended = replace(ended, inputs={**ended.inputs, "landings": sorted(landings(settings))})
    write_json(settings.review / LAST, asdict(ended))
    names = ("run_id", "outcome", "ended", "seconds", "release_id", "rows", "movements", "checks")
    in_short: dict[str, Any] = {name: getattr(ended, name) for name in names}
    in_short |= {"held": len(ended.held), "overdue": len(ended.overdue)}
    durable.append_line(settings.review / "history" / HISTORY, line_of(in_short))
    durable.remove(settings.review / BEGUN)
    if ended.outcome in WHOLE:
        considered = {"landings": sorted(landings(settings)), **ended.inputs}
        write_json(settings.review / CONSIDERED, considered)


def landings(settings: Settings) -> set[str]:
    """Return `partner/extract_id` of each landed extract."""
    return {f"{path.parent.name}/{path.stem}" for path in settings.landing.glob("*/[!.]*.json")}


def considered(settings: Settings) -> dict[str, set[str]]:
    """Return the landings, files and decisions that the last complete refresh considered; none before it.

    Whether it published, held, superseded or refused them, they need no further refresh.
    """
    try:
        return {name: set(ids) for name, ids in read_json(settings.review / CONSIDERED).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def lost_landings(settings: Settings) -> list[Path]:
    """Return the notes of extracts that the last complete refresh had, and that are gone since."""
    lost = considered(settings).get("landings", set()) - landings(settings)
    notes = (settings.landing / f"{name}.json" for name in sorted(lost))
    return [note for note in notes if not note.with_suffix(".earlier").exists()]


def crashes_in_a_row(settings: Settings) -> list[Mapping[str, Any]]:
    """Return the crashes since the last complete refresh, the oldest first."""
    newest_first = takewhile(lambda entry: entry["outcome"] not in WHOLE, reversed(history(settings)))
    return [entry for entry in newest_first if entry["outcome"] == CRASHED][::-1]


def end_if_killed(settings: Settings) -> End | None:
    """Return the last refresh. One recorded as under way is recorded as crashed if the lock is free."""
    if under_way(settings):
        with held_if_free(settings.lock) as is_free:
            if is_free:
                _end_killed(settings)
    return last(settings)


def last(settings: Settings) -> End | None:
    """Return the newest refresh that has ended; None before the first."""
    return _end(settings, LAST)


def under_way(settings: Settings) -> End | None:
    """Return the refresh that has begun and not ended: it runs, or it was killed."""
    return _end(settings, BEGUN)


def lists_as_of(settings: Settings) -> datetime | None:
    """Return when the refresh ended that wrote the stewards' lists; a crash leaves earlier lists in place."""
    end = last_whole(settings)
    return datetime.fromisoformat(str(end["ended"])) if end else None


def last_whole(settings: Settings) -> Mapping[str, Any] | None:
    """Return the last complete refresh in short form."""
    return next((entry for entry in reversed(history(settings)) if entry["outcome"] in WHOLE), None)


def _end_killed(settings: Settings) -> End | None:
    """Record a refresh under way as crashed. The caller holds the lock, so it no longer runs."""
    begun, ended_last = under_way(settings), last(settings)
    if begun is None:
        return None
    if ended_last and ended_last.run_id == begun.run_id:  # killed between recording its end and this removal
        durable.remove(settings.review / BEGUN)
        return ended_last
    return end(settings, begun, CRASHED, reason=ENDED_SILENTLY)


def _end(settings: Settings, name: str) -> End | None:
    try:
        return End(**(_read(settings, name) or {}))
    except TypeError:
        return None


def _read(settings: Settings, name: str) -> dict[str, Any] | None:
    try:
        return dict(read_json(settings.review / name))
    except (OSError, ValueError, TypeError):
        return None


def history(settings: Settings) -> list[Mapping[str, Any]]:
    """Return all entries in short form, the oldest first; `held` and `overdue` are counts."""
    return [entry for entry, _ in _entries(settings)]


def keep_newest(settings: Settings, number: int) -> int:
    """Drop the oldest entries of the history; return how many. The caller holds the lock.

    The last complete refresh and the last that published or confirmed a release stay: the desk reads them.
    """
    newest = {
        entry["outcome"] in NOT_PUBLISHED: line
        for entry, line in _entries(settings)
        if entry["outcome"] in WHOLE
    }
    return keep_last_lines(settings.review / "history" / HISTORY, number, newest.values())


def _entries(settings: Settings) -> Iterator[tuple[Mapping[str, Any], bytes]]:
    """Yield each readable entry of the history with its line."""
    path = settings.review / "history" / HISTORY
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        with suppress(ValueError):
            yield parsed(line, path), line


def _now() -> str:
    return datetime.now(UTC).replace(microsecond=0).isoformat()
