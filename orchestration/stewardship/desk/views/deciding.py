"""The way of every decision: a form, a page that says what it would change, the decision, and its undo."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from orchestration.errors import UsageError
from orchestration.stewardship import decisions
from orchestration.stewardship.batches import record_decisions, revoke_all
from orchestration.stewardship.desk.address import local_path
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.desk.wishes import CONFIRM, REVOKE, ROLL_BACK, Wish, fields_of, read_wish
from orchestration.stewardship.previews import try_decisions
from orchestration.stewardship.running import refresh_since

MOST_DONE = 500
SHORTEST_NAME = 16
_SAID = {REVOKE: "preview.revoke", CONFIRM: "preview.confirm_decision"}


@dataclass(frozen=True)
class Asked:
    """What would be recorded, in sentences; why it cannot be; what it changes, and what nobody knows."""

    recorded: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    changes: list[Any] = field(default_factory=list)
    unforeseen: list[str] = field(default_factory=list)


def preview(visit: Visit) -> Response:
    """Nothing is written yet."""
    wish, reason = read_wish(visit.form), _reason(visit)
    asked = _asked(visit, wish, reason)
    return visit.page(
        "preview",
        400 if asked.faults else 200,
        kind=wish.kind,
        asked=asked,
        reason=reason,
        fields=list(fields_of(visit.form)),
        back=local_path(visit.given("back")),
        form=secrets.token_urlsafe(16),
    )


def decide(visit: Visit) -> Response:
    """What was previewed. A form that is sent twice decides once."""
    name = visit.given("form")
    if len(name) < SHORTEST_NAME:
        raise HTTPException(400)
    done = visit.desk.done
    if name not in done:
        wish, reason = read_wish(visit.form), _reason(visit)
        # Before it is decided: whoever sends the form again meanwhile waits for nothing and decides nothing.
        while len(done) >= MOST_DONE:
            done.pop(next(iter(done)), None)
        done[name] = None
        try:
            ids = _decided(visit, wish, reason)
        except Exception:
            done.pop(name, None)
            raise
        done[name] = (visit.author, wish.kind, ids, local_path(visit.given("back")))
    return RedirectResponse(f"/done/{name}", 303)


def done(visit: Visit) -> Response:
    found = visit.desk.done.get(str(visit.request.path_params["form"]))
    if found is None or found[0] != visit.author:
        raise HTTPException(404)
    _, kind, ids, back = found
    listed = {entry["id"]: entry for entry in decisions.list_decisions(visit.settings)}
    entries = [listed[one] for one in ids if one in listed]
    return visit.page(
        "done",
        kind=kind,
        entries=entries,
        can_be_undone=[one["id"] for one in entries if kind not in (REVOKE, CONFIRM, ROLL_BACK)],
        since=refresh_since(visit.settings),
        back=back,
        roll_back=ROLL_BACK,
    )


def _reason(visit: Visit) -> str:
    if reason := visit.given("reason"):
        return reason
    raise UsageError("Say why, for whoever reads it next year: the reason is empty.")


def _asked(visit: Visit, wish: Wish, reason: str) -> Asked:
    now = visit.settings.as_of()
    if wish.kind in (REVOKE, CONFIRM):
        return _about_decisions(visit, wish)
    if wish.kind == ROLL_BACK:
        return _about_releases(visit, str(wish.payloads[0]["to_release"]))
    found = try_decisions(visit.settings, wish.wanted, visit.author, reason, now)
    return Asked(found.recorded, found.faults, found.changes, found.unforeseen)


def _about_decisions(visit: Visit, wish: Wish) -> Asked:
    listed = {entry["id"]: entry for entry in decisions.list_decisions(visit.settings)}
    asked = Asked()
    for one in wish.ids:
        entry = listed.get(one)
        if entry is None or entry["revoked_by"]:
            asked.faults.append(f"Decision {one} holds no more, or there is none of that id.")
        elif wish.kind == CONFIRM and entry["author"].casefold() == visit.author.casefold():
            asked.faults.append(f"{one} is your own decision: a second person has to confirm it.")
        else:
            asked.recorded.append(visit.words(_SAID[wish.kind], id=one, says=entry["says"]))
    return asked


def _about_releases(visit: Visit, wanted: str) -> Asked:
    kept = {one.release_id: one for one in visit.desk.elsewhere.releases(visit.settings)}
    current = next((one for one in kept.values() if one.is_current), None)
    target = kept.get(wanted)
    if target is None or current is None or target is current:
        return Asked(faults=[f"{wanted} is no earlier release that is kept."])
    rows = {"movements": (current.manifest["movements"], target.manifest["movements"])}
    for name, number in current.manifest["rows"].items():
        rows[f"rows {name}"] = (number, target.manifest["rows"].get(name, 0))
    says = visit.words("preview.rollback", to=target.release_id, back=current.release_id)
    changed = [{"what": what, "before": before, "after": after} for what, (before, after) in rows.items()]
    return Asked([says], [], changed)


def _decided(visit: Visit, wish: Wish, reason: str) -> list[str]:
    settings, author, now = visit.settings, visit.author, visit.settings.as_of()
    if wish.kind == REVOKE:
        return [entry["id"] for entry in revoke_all(settings, wish.ids, author, reason, now)]
    if wish.kind == CONFIRM:
        return [decisions.confirm(settings, one, author, reason, now)["id"] for one in wish.ids]
    if wish.kind == ROLL_BACK:
        before = {entry["id"] for entry in decisions.list_decisions(settings, "rollback")}
        visit.desk.elsewhere.roll_back(settings, str(wish.payloads[0]["to_release"]), author, reason, now)
        return [
            one["id"] for one in decisions.list_decisions(settings, "rollback") if one["id"] not in before
        ]
    return [entry["id"] for entry in record_decisions(settings, author, reason, now, wish.wanted)]
