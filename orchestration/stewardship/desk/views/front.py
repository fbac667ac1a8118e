"""Login and logout, the pages that an account begins with, and the refresh that renews the release.

Unknown and known names get the same refusals at the login, and lock after the same tries.

The front page says how fresh the release is and what to do first. The members' files are those of the release
in force: pages to look at, files to download, each logged first.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from orchestration.core import LANGUAGES, refreshes
from orchestration.stewardship import audit, review
from orchestration.stewardship.desk.accounts import DESK, REFRESH, Account, read_accounts, verified
from orchestration.stewardship.desk.guard import local_path
from orchestration.stewardship.desk.lists import Cell, Column, List
from orchestration.stewardship.desk.visit import Visit, list_of, size
from orchestration.stewardship.desk.words import LANGUAGE_COOKIE
from orchestration.stewardship.kinds.decision import same_author
from orchestration.stewardship.running import decisions_waiting, progress, refresh_since
from orchestration.stewardship.worklists.listing import open_items

LANGUAGE_SECONDS = 365 * 24 * 3600
MOST_VALUABLE = 5
# Kinds of items in the order of the steps.
IN_ORDER = ("file", "drift", "extract", "rows", "place", "link", "check", "decision", "agreement", "overdue")
MEMBERS = "members"
EVIDENCE_BASE, MAP = "evidence_base.duckdb", "report/map.html"
# Pages that a browser shows, with their titles; it saves all other files. Each page loads nothing.
SHOWN = {
    "report/index.html": "files.report",
    "report/sw.html": "files.report_sw",
    MAP: "files.map",
    "report/quality.html": "files.quality",
}
FOLDERS = {"parquet": "files.parquet", "exports": "files.exports", "report": "files.report_files"}
# The map carries a policy of its own, which allows its own scripts alone.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: blob:; font-src data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; script-src "
)


def start(visit: Visit) -> Response:
    """Show the page that an account begins with: the desk, or the members' files."""
    if not (visit.account and visit.account.may_enter(DESK)):
        return RedirectResponse("/files", 303)
    waiting = open_items(visit.settings)
    counts = Counter(one.item.kind for one in waiting)
    return visit.page(
        "front",
        release=visit.desk.elsewhere.current(visit.settings),
        freshness=_freshness(visit),
        last=refreshes.last(visit.settings),
        standing=review.standing_candidate(visit.settings),
        alerts=review.read(visit.settings, review.ALERTS),
        valuable=waiting[:MOST_VALUABLE],
        waiting_count=len(waiting),
        refresh=refreshing(visit),
        refreshing_since=None,
        counts=[
            (kind, "/waiting?kind=decision" if kind == "decision" else list_of(kind), counts[kind])
            for kind in IN_ORDER
            if counts[kind]
        ],
    )


def _freshness(visit: Visit) -> dict[str, Any] | None:
    """Return how long ago a refresh published or confirmed the release; None before the first."""
    confirmed = [
        end["ended"]
        for end in refreshes.history(visit.settings)
        if end["outcome"] in (refreshes.PUBLISHED, refreshes.UNCHANGED)
    ]
    if not confirmed:
        return None
    ended = datetime.fromisoformat(str(confirmed[-1]))
    age = max(visit.settings.as_of(), ended) - ended
    state = "fresh" if age <= refreshes.FRESH_FOR else "aging" if age <= refreshes.LATE_AFTER else "late"
    return {"confirmed": ended, "hours": int(age.total_seconds() // 3600), "state": state}


def refreshing(visit: Visit) -> dict[str, Any]:
    """Return what `refresh.html.j2` shows; `moves`: the page follows it by itself; `look` of its button."""
    now = datetime.now(UTC)
    running, next_run = progress(visit.settings), visit.desk.elsewhere.next_run(visit.settings, now)
    not_before = next_run["not_before"]
    is_soon = next_run["starts"] and not (not_before and datetime.fromisoformat(not_before) > now)
    return {
        "progress": running,
        "next_run": next_run,
        "is_soon": is_soon,
        "moves": running is not None or (is_soon and next_run["can_start"]),
        "last": refreshes.last(visit.settings),
        "may_ask": visit.account is not None and visit.account.may_enter(REFRESH),
        "look": "second" if review.standing_candidate(visit.settings) else "",
    }


def follow(visit: Visit) -> Response:
    """Show the refresh alone: the pages that follow it fetch this, which names no place."""
    if not (visit.account and (visit.account.may_enter(DESK) or visit.account.may_enter(REFRESH))):
        raise HTTPException(403)
    return visit.page("following", refresh=refreshing(visit), refreshing_since=None)


def ask(visit: Visit) -> Response:
    """Ask for a refresh, logged first. One that runs and has read every decision needs no other after it."""
    settings = visit.settings
    if not refresh_since(settings) or decisions_waiting(settings).ids:
        audit.record(settings, visit.author, "asked_for_refresh", "refresh")
        refreshes.ask(settings, visit.author)
    return RedirectResponse("/", 303)


def files(visit: Visit) -> Response:
    release = visit.desk.elsewhere.current(visit.settings)
    sizes = _sizes(release)
    columns = (
        Column("name", "files.file", lambda one: one[0], lambda one: Cell(one[0], f"/files/{one[0]}")),
        Column("folder", "files.folder", lambda one: one[0].partition("/")[0] if "/" in one[0] else "",
               said=lambda folder: visit.words.known(FOLDERS.get(folder, ""), folder),
               is_facet=True, is_hidden=True),
        Column("size", "files.size", lambda one: one[1], lambda one: Cell(size(one[1])), is_number=True),
    )  # fmt: skip
    account = visit.account
    has_no_front_page = account and account.may_enter(REFRESH) and not account.may_enter(DESK)
    return visit.page(
        "files",
        release=release,
        refresh=refreshing(visit) if has_no_front_page else None,
        shown=[(name, title) for name, title in SHOWN.items() if name in sizes],
        evidence_base=EVIDENCE_BASE,
        size_of_evidence_base=sizes.get(EVIDENCE_BASE),
        list=List(visit, list(sizes.items()), columns),
    )


def file(visit: Visit) -> Response:
    """Send one file. The log has its line first."""
    name = str(visit.request.path_params["path"])
    release = visit.desk.elsewhere.current(visit.settings)
    # Compared with the names that there are, so no name leads out of the folder.
    if name not in _sizes(release):
        raise HTTPException(404)
    action = "viewed" if name in SHOWN else "exported"
    audit.record(visit.settings, visit.author, action, release.release_id, edition=MEMBERS, file=name)
    path = release.edition(MEMBERS) / name
    if name in SHOWN:
        scripts = "'unsafe-inline'" if name == MAP else "'none'"
        return FileResponse(path, headers={"Content-Security-Policy": POLICY + scripts})
    return FileResponse(path, filename=f"{release.release_id}-{path.name}")


def _sizes(release: Any) -> dict[str, int]:
    """Return the size of each file by its path in the members' edition, which is also its address."""
    folder = release.edition(MEMBERS) if release else None
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in (sorted(folder.rglob("*")) if folder else ())
        if path.is_file() and not path.is_symlink()
    }


def login_form(visit: Visit) -> Response:
    if visit.session:
        return RedirectResponse(local_path(visit.asked("to")), 303)
    return _form(visit, 200)


def login(visit: Visit) -> Response:
    desk, address = visit.desk, visit.address
    name, passphrase = visit.given("name"), str(visit.form.get("passphrase") or "")
    is_judged = desk.attempts.begin(name, address)
    account = verified(visit.settings, name, passphrase) if is_judged else None
    if account is None:
        is_locked = desk.attempts.failed(name, address)
        if is_locked and is_judged:
            names = (one.name for one in read_accounts(visit.settings) if same_author(one.name, name))
            # An unknown one may be a passphrase in the wrong field.
            audit.record(visit.settings, "desk", "locked", next(names, "a name without an account"))
        return _form(visit, 403, "login.locked" if is_locked else "login.refused")
    desk.attempts.succeeded(name, address)
    return _begin(visit, account)


def first_form(visit: Visit) -> Response:
    """Show the buttons that open the first session. GET, as of a chat's preview, does not use the key."""
    link, key = visit.desk.first_link, visit.asked("key")
    if link is None or not link.fits(key):
        return visit.problem(403, "error.first")
    return visit.page("first", key=key)


def first(visit: Visit) -> Response:
    link = visit.desk.first_link
    if link is None or not link.use(visit.given("key")):
        return visit.problem(403, "error.first")
    return _begin(visit, link.account)


def logout(visit: Visit) -> Response:
    cookie = visit.desk.address.session_cookie
    visit.desk.sessions.end(visit.request.cookies.get(cookie))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie, path="/", secure=visit.desk.address.is_secure, httponly=True)
    return answer


def language(visit: Visit) -> Response:
    chosen = visit.given("language")
    answer = RedirectResponse(local_path(visit.given("to")), 303)
    if chosen in LANGUAGES:
        _set_cookie(visit, answer, LANGUAGE_COOKIE, chosen, LANGUAGE_SECONDS)
    return answer


def _begin(visit: Visit, account: Account) -> Response:
    """Begin a session and lead to the page that was asked for."""
    desk = visit.desk
    audit.record(visit.settings, account.name, "logged_in", "desk", roles=list(account.roles))
    token = desk.sessions.begin(account, visit.request.cookies.get(desk.address.session_cookie))
    answer = RedirectResponse(local_path(visit.given("to")), 303)
    _set_cookie(visit, answer, desk.address.session_cookie, token, None)
    return answer


def _form(visit: Visit, status: int, problem: str | None = None) -> Response:
    return visit.page("login", status, problem=problem, to=local_path(visit.given("to") or visit.asked("to")))


def _set_cookie(visit: Visit, answer: Response, name: str, content: str, seconds: int | None) -> None:
    answer.set_cookie(
        name,
        content,
        max_age=seconds,
        path="/",
        secure=visit.desk.address.is_secure,
        httponly=True,
        samesite="strict",
    )
