"""Recording and revoking decisions, and which of them hold at a given time.

What does not belong here: the lines of the files (`decision_files`) and the kinds (`decision_kinds`).
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from orchestration.errors import UsageError
from orchestration.settings import REFERENCE_SEEDS, Settings
from orchestration.stewardship.decision_files import (
    append,
    in_words,
    locked,
    plain,
    read_kind,
    refuse_unknown_files,
)
from orchestration.stewardship.decision_kinds import (
    KINDS,
    CheckWaiver,
    Decision,
    Entry,
    Revocation,
    can_be_waived,
    read_entry,
)


@dataclass(frozen=True)
class Decisions:
    """The decisions that hold at one time, each a dict as in its file, in the order they were made."""

    extract_accepts: list[dict[str, Any]] = field(default_factory=list)
    extract_withdrawals: list[dict[str, Any]] = field(default_factory=list)
    waivers: list[dict[str, Any]] = field(default_factory=list)
    place_aliases: list[dict[str, Any]] = field(default_factory=list)
    rollbacks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rollback(self) -> dict[str, Any] | None:
        """The latest rollback that has not been revoked."""
        return self.rollbacks[-1] if self.rollbacks else None

    def content_hash(self) -> str:
        """Hash of everything that shapes a release. Rollbacks choose between releases and are left out."""
        shaping = [*self.extract_accepts, *self.extract_withdrawals, *self.waivers, *self.place_aliases]
        lines = sorted(json.dumps(entry, sort_keys=True, ensure_ascii=False) for entry in shaping)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def record_decision(
    settings: Settings,
    kind: str,
    author: str,
    reason: str,
    now: datetime,
    *,
    waivable: Callable[[str], bool] = can_be_waived,
    **payload: Any,
) -> dict[str, Any]:
    """Check a decision and append it to its file; returns it as written.

    `waivable` says whether a check exists and may be waived; the limits of `can_be_waived` hold besides.
    """
    if kind == "check_waiver" and not waivable(str(payload.get("check", ""))):
        raise UsageError(
            f"The check {payload.get('check')!r} cannot be waived: it does not exist, or it guards "
            "reconciliation or disclosure. review/failed_checks.csv and review/last_verdict.json list them."
        )
    content = {"kind": kind, "time": now, "author": author, "reason": reason, "revokes": None, **payload}
    with locked(settings):
        entries = read_kind(settings, _known_kind(kind))
        decision = _checked(content, len(entries))
        _check_references(settings, decision)
        return append(settings, decision)


def revoke(
    settings: Settings, decision_id: str, author: str, reason: str, now: datetime, kind: str | None = None
) -> dict[str, Any]:
    """Take back an active decision, found by its id."""
    with locked(settings):
        for name in [_known_kind(kind)] if kind else KINDS:
            entries = read_kind(settings, name)
            if decision_id in {entry.id for entry in _unrevoked(entries)}:
                content = {"kind": name, "time": now, "author": author, "reason": reason}
                return append(settings, _checked({**content, "revokes": decision_id}, len(entries)))
    raise UsageError(
        f"No active decision has the id {decision_id}. `njia decide list` shows the decisions and their ids."
    )


def active_decisions(settings: Settings, as_of: datetime) -> Decisions:
    """The unrevoked decisions, without waivers that expired before `as_of`.

    Of an acceptance and a withdrawal of the same extract the later one holds.
    """
    found = {kind: _unrevoked(read_kind(settings, kind)) for kind in KINDS}
    refuse_unknown_files(settings)
    latest: dict[tuple[str, str], Any] = {}
    both = [*found["extract_accept"], *found["extract_withdraw"]]
    for entry in sorted(both, key=lambda entry: entry.time):
        latest[entry.partner, entry.extract_id] = entry
    return Decisions(
        extract_accepts=[plain(entry) for entry in latest.values() if entry.kind == "extract_accept"],
        extract_withdrawals=[plain(entry) for entry in latest.values() if entry.kind == "extract_withdraw"],
        waivers=[
            plain(entry)
            for entry in found["check_waiver"]
            if isinstance(entry, CheckWaiver) and as_of.date() <= entry.expires
        ],
        place_aliases=[plain(entry) for entry in found["place_alias"]],
        rollbacks=[plain(entry) for entry in found["rollback"]],
    )


def list_decisions(settings: Settings, kind: str | None = None) -> list[dict[str, Any]]:
    """Every entry ever made, oldest first, with `revoked_by` (an id or None)."""
    listed = []
    for name in [_known_kind(kind)] if kind else KINDS:
        entries = read_kind(settings, name)
        revoked = {entry.revokes: entry.id for entry in entries if isinstance(entry, Revocation)}
        listed += [{**plain(entry), "revoked_by": revoked.get(entry.id)} for entry in entries]
    return sorted(listed, key=lambda entry: entry["time"])


def _known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise UsageError(f"There is no kind of decision called {kind!r}. The kinds are: {', '.join(KINDS)}.")
    return kind


def _unrevoked(entries: list[Entry]) -> list[Any]:
    revoked = {entry.revokes for entry in entries if isinstance(entry, Revocation)}
    return [entry for entry in entries if isinstance(entry, Decision) and entry.id not in revoked]


def _checked(content: dict[str, Any], position: int) -> Entry:
    """Give the content its id (a hash of it and its place in the file) and check it."""
    seed = json.dumps([position, content], sort_keys=True, default=str, ensure_ascii=False)
    try:
        return read_entry({"id": hashlib.sha256(seed.encode()).hexdigest()[:12], **content})
    except ValidationError as error:
        raise UsageError(f"The decision was not recorded: {in_words(error)}.") from None


def _check_references(settings: Settings, decision: Entry) -> None:
    """A mistyped id would be a decision without effect: say so now."""
    content = plain(decision)
    if decision.kind in ("extract_accept", "extract_withdraw"):
        partner, extract_id = content["partner"], content["extract_id"]
        if not (settings.landing / partner / f"{extract_id}.json").is_file():
            raise UsageError(
                f"Partner {partner} has no landed extract {extract_id}. review/failed_checks.csv and "
                "`quality.extracts` name the extracts."
            )
    places = REFERENCE_SEEDS / "places.csv"
    if decision.kind == "place_alias" and places.is_file():
        with places.open(encoding="utf-8", newline="") as file:
            known = {row["place_id"] for row in csv.DictReader(file)}
        if content["place_id"] not in known:
            raise UsageError(
                f"There is no place {content['place_id']} in the reference places. "
                "`njia place NAME` finds the id of a place."
            )
