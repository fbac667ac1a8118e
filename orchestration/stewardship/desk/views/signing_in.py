"""Login and logout. Unknown names, wrong passphrases and locked names get the same refusal."""

from __future__ import annotations

import hmac
import secrets

from starlette.responses import RedirectResponse, Response

from orchestration.stewardship import audit
from orchestration.stewardship.desk.accounts import read_accounts, verified
from orchestration.stewardship.desk.address import local_path
from orchestration.stewardship.desk.attempts import WRONG_TRIES
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.desk.words import LANGUAGE_COOKIE, LANGUAGES
from orchestration.stewardship.kinds.decision import same_author

LOGIN_COOKIE_SECONDS = 3600
LANGUAGE_SECONDS = 365 * 24 * 3600


def login_form(visit: Visit) -> Response:
    if visit.session:
        return RedirectResponse(local_path(visit.asked("to")), 303)
    return _form(visit, 200)


def login(visit: Visit) -> Response:
    desk = visit.desk
    nonce = visit.request.cookies.get(desk.address.login_cookie, "")
    expected = desk.sessions.login_token(nonce)
    if not nonce or not hmac.compare_digest(visit.given("csrf").encode(), expected.encode()):
        return _form(visit, 403, "login.again")
    name, passphrase = visit.given("name"), str(visit.form.get("passphrase") or "")
    is_judged = desk.attempts.begin(name)
    account = verified(visit.settings, name, passphrase) if is_judged else None
    if account is None:
        if desk.attempts.failed(name) and is_judged:
            audit.record(visit.settings, "desk", "locked", _shown(visit, name), tries=WRONG_TRIES)
        return _form(visit, 403, "login.refused")
    desk.attempts.succeeded(name)
    audit.record(visit.settings, account.name, "logged_in", "desk", read_only=account.is_read_only)
    token = desk.sessions.begin(account, visit.request.cookies.get(desk.address.session_cookie))
    answer = RedirectResponse(local_path(visit.given("to")), 303)
    _set_cookie(visit, answer, desk.address.session_cookie, token, None)
    answer.delete_cookie(desk.address.login_cookie, path="/", secure=desk.address.is_secure)
    return answer


def logout(visit: Visit) -> Response:
    cookie = visit.desk.address.session_cookie
    visit.desk.sessions.end(visit.request.cookies.get(cookie))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie, path="/", secure=visit.desk.address.is_secure, httponly=True)
    return answer


def language(visit: Visit) -> Response:
    """Set the language by a link: it changes only the words."""
    chosen = str(visit.request.path_params["language"])
    answer = RedirectResponse(local_path(visit.asked("to")), 303)
    if chosen in LANGUAGES:
        _set_cookie(visit, answer, LANGUAGE_COOKIE, chosen, LANGUAGE_SECONDS)
    return answer


def _shown(visit: Visit, name: str) -> str:
    """Return the name for the audit log; an unknown one may be a passphrase in the wrong field."""
    known = [one.name for one in read_accounts(visit.settings) if same_author(one.name, name)]
    return known[0] if known else "a name without an account"


def _form(visit: Visit, status: int, problem: str | None = None) -> Response:
    address = visit.desk.address
    nonce = visit.request.cookies.get(address.login_cookie) or secrets.token_urlsafe(32)
    to = local_path(visit.given("to") or visit.asked("to"))
    token = visit.desk.sessions.login_token(nonce)
    answer = visit.page("login", status, problem=problem, login_token=token, to=to)
    _set_cookie(visit, answer, address.login_cookie, nonce, LOGIN_COOKIE_SECONDS)
    return answer


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
