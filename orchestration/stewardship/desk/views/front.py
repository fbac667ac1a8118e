"""Login and logout, the language, and the members' files.

Unknown and known names get the same refusals at the login, and lock after the same tries.

The files are those of the release in force: pages to look at, files to download, each logged first.
"""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse, Response

from orchestration.core import LANGUAGES
from orchestration.stewardship import audit
from orchestration.stewardship.desk.accounts import Account, read_accounts, verified
from orchestration.stewardship.desk.guard import local_path
from orchestration.stewardship.desk.lists import Cell, Column, List
from orchestration.stewardship.desk.visit import Visit, size
from orchestration.stewardship.desk.words import LANGUAGE_COOKIE
from orchestration.stewardship.kinds.decision import same_author

LANGUAGE_SECONDS = 365 * 24 * 3600
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
    return visit.page(
        "files",
        release=release,
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
