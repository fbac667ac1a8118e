"""Login and logout. Unknown and known names get the same refusals, and lock after the same tries."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from orchestration.core import LANGUAGES
from orchestration.stewardship import audit
from orchestration.stewardship.desk.accounts import Account, read_accounts, verified
from orchestration.stewardship.desk.guard import local_path
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.desk.words import LANGUAGE_COOKIE
from orchestration.stewardship.kinds.decision import same_author

LANGUAGE_SECONDS = 365 * 24 * 3600


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
