"""One request and its page: account, language, form, and what later rooms lend. Views take a visit."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from anyio import from_thread
from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from orchestration import core
from orchestration.contracts import Contracts, load_contracts
from orchestration.core import LANGUAGES, NjiaError, Settings, UsageError, machine_fault, refreshes
from orchestration.stewardship import audit
from orchestration.stewardship.decisions.recording import SentForm
from orchestration.stewardship.desk.accounts import (
    DECISIONS,
    DESK,
    FILES,
    TODAY,
    Account,
    read_accounts,
)
from orchestration.stewardship.desk.guard import Address, Attempts, local_path
from orchestration.stewardship.desk.refused import refilled
from orchestration.stewardship.desk.sessions import FirstLink, Session, Sessions
from orchestration.stewardship.desk.words import LANGUAGE_COOKIE, Names, Words, words_of
from orchestration.stewardship.items import OpenItem, partner_of
from orchestration.stewardship.running import refresh_since
from orchestration.stewardship.worklists.listing import open_items

MOST_FIELDS = 2000
FOLLOWED = "/refresh"  # pages fetch it by themselves, so a GET of it keeps no session alive
STATUS_WORDS = {400: "error.form", 403: "error.forbidden", 404: "error.not_found", 405: "error.method"}


# The entries of every page: address, key of `core/texts.csv`, and who may follow it.
NAVIGATION = (
    ("/", "nav.today", TODAY),
    ("/work", "nav.work", DESK),
    ("/partners", "nav.partners", DESK),
    ("/releases", "nav.releases", DESK),
    ("/decisions", "nav.decisions", DESK),
)
# By kind of item, the entry that its page belongs to where that is not Work.
_ENTRIES = {"agreement": "/partners", "decision": "/decisions"}


@dataclass(frozen=True)
class Elsewhere:
    """Functions of the later rooms `release`, `gates` and `operations`; the command passes them in.

    `fit_to_return` returns a release that can be current again; raises NjiaError for one that cannot.
    `roll_back` takes settings, release id, author, reason, time, the release that is left and the sent form.
    `partners` returns each partner with its extracts and its state. `differences` takes settings, partner and
    extract id; returns what differs between the extract and those before it (`gates.Differences`), None where
    that cannot be counted.
    """

    current: Callable[[Settings], Any]
    releases: Callable[[Settings], Sequence[Any]]
    fit_to_return: Callable[[Settings, str], Any]
    roll_back: Callable[[Settings, str, str, str, datetime, str, SentForm], Any]
    partners: Callable[[Settings], list[dict[str, Any]]]
    differences: Callable[[Settings, str, str], Any]
    next_run: Callable[[Settings, datetime], dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """State that all visits share."""

    settings: Settings
    elsewhere: Elsewhere
    address: Address
    sessions: Sessions = field(default_factory=Sessions)
    attempts: Attempts = field(default_factory=Attempts)
    first_link: FirstLink | None = None

    def accounts(self) -> list[Account]:
        """Return the accounts; of a home without any, the one that the first link opens."""
        first = [self.first_link.account] if self.first_link else []
        return read_accounts(self.settings) or first

    def sender_of(self, connection: HTTPConnection) -> str:
        """Return the name of the account behind a connection; before a login, the address."""
        session = self.sessions.find(connection.cookies.get(self.address.session_cookie), is_asked=False)
        return session.name if session else connection.client.host if connection.client else ""


@dataclass(frozen=True)
class Visit:
    desk: Desk
    request: Request
    account: Account | None
    session: Session | None
    form: FormData = field(default_factory=FormData)

    @property
    def settings(self) -> Settings:
        return self.desk.settings

    @property
    def words(self) -> Words:
        return replace(words_of(self.request.cookies.get(LANGUAGE_COOKIE)), names=self.names)

    @cached_property
    def names(self) -> Names:
        """Names for ids; only a steward sees what was written of a place, and `page` logs it."""
        return Names(self.settings, bool(self.account and self.account.may_enter(DECISIONS)))

    @property
    def author(self) -> str:
        """The name of the account; only pages behind a login ask for it."""
        if self.account is None:
            raise HTTPException(403)
        return self.account.name

    @property
    def address(self) -> str:
        """The visitor's address, behind a TLS proxy as the proxy states it."""
        return self.request.client.host if self.request.client else ""

    def given(self, name: str) -> str:
        """Return one field of the form, stripped; empty where it was not sent."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def asked(self, name: str) -> str:
        """Return one field of the query, stripped."""
        return self.asked_exactly(name).strip()

    def asked_exactly(self, name: str) -> str:
        """Return one field of the query with its spaces: a sheet may be called "Mar 24 "."""
        return self.request.query_params.get(name, "")

    def searched(self, name: str) -> str | None:
        """Return the text that a key of the query stands for; None where this session has none."""
        return self.session.searches.get(self.asked_exactly(name)) if self.session else None

    def here(self) -> str:
        """Return where a login or a change of language leads back to; a POST has no page."""
        if self.request.method == "POST":
            return "/"
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    @property
    def contracts(self) -> Contracts:
        """The contracts; they are read again only when a file of theirs changes."""
        folder = self.settings.partners
        files = sorted((str(path), path.stat().st_mtime_ns) for path in folder.glob("*/*.y*ml"))
        return _contracts(folder, tuple(files))

    @cached_property
    def waiting(self) -> list[OpenItem]:
        """The open items, most valuable first; raises NjiaError where a decision cannot be read."""
        return open_items(self.settings)

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """Render a template with `context` and what every page has; log the written places that it shows."""
        words, path, account = self.words, self.request.url.path, self.account
        sees_desk = account is not None and account.may_enter(DESK)
        since = refresh_since(self.settings) if sees_desk else None
        entries = [one for one in NAVIGATION if account and account.may_enter(one[2])]
        if not sees_desk and account:
            entries.append(("/files", "nav.files", FILES))
        shared: dict[str, Any] = {
            "t": words,
            "language": words.language,
            "languages": LANGUAGES,
            "path": path,
            "here": self.here(),
            "account": account,
            "navigation": [(address, key) for address, key, _ in entries],
            "counts": self._counts() if sees_desk else {},
            "section": entry_of(path),
            "csrf": self.session.csrf if self.session else "",
            "form": secrets.token_urlsafe(16),
            "refreshing_since": since,
            "lists_as_of": refreshes.lists_as_of(self.settings) if since else None,
        }
        template_of = templates(words.language).get_template(f"{template}.html.j2")
        page = HTMLResponse(template_of.render(shared | context), status)
        if shown := list(self.names.places_shown):
            audit.record(self.settings, self.author, "viewed", "place names", names=shown)
        return page

    def _counts(self) -> dict[str, int]:
        """Return what stands beside an entry; a page that reports a broken decision has no count."""
        try:
            of_partners = [one.item for one in self.waiting if one.item.kind in ("extract", "overdue")]
            return {"/work": len(self.waiting), "/partners": len(set(map(partner_of, of_partners)))}
        except NjiaError:
            return {}

    def refused(self, error: UsageError, back: str) -> Response | None:
        """Return the page of a form with what was sent and the error; None where `back` has no such form."""
        path, _, query = back.partition("?")
        asked = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
        scope = {**self.request.scope, **asked}
        for route in self.request.app.routes:
            match, found = route.matches(scope)
            if match is Match.FULL and isinstance(route, Route):
                page = from_thread.run(route.endpoint, Request({**scope, **found}))
                sent = [(name, value) for name, value in self.form.multi_items() if isinstance(value, str)]
                said = self.words.said(error.args[0]).removeprefix(f"{error.field}: ")  # it stands there
                fault = self.words.linked(said[0].upper() + said[1:])
                filled = refilled(bytes(page.body).decode(), sent, fault, error.field)
                return HTMLResponse(filled, 400) if filled else None
        return None

    def problem(self, status: int, title: str = "", error: NjiaError | str = "", back: str = "/") -> Response:
        """Return a page that says why something was not done; `title` is a key of `core/texts.csv`."""
        # As it was raised, a sentence may have Swahili.
        raised = error.args[0] if isinstance(error, NjiaError) and error.args else error
        sentence = raised if isinstance(raised, str) else str(error)
        title = title or STATUS_WORDS.get(status, "error.unexpected")
        return self.page("problem", status, title=title, sentence=sentence, back=back)


@lru_cache(maxsize=2)
def _contracts(folder: Path, files: tuple[tuple[str, int], ...]) -> Contracts:
    return load_contracts(folder)


def entry_of(path: str) -> str:
    """Return the entry of NAVIGATION that a page belongs to."""
    first, _, rest = path.strip("/").partition("/")
    if first == "record":
        return "/work"
    return _ENTRIES.get(rest.partition("/")[0], "/work") if first == "items" else f"/{first}"


View = Callable[[Visit], Response]
T = TypeVar("T")


def or_404(value: T | None) -> T:
    """Return a value; raises HTTPException where there is none."""
    if not value:
        raise HTTPException(404)
    return value


def endpoint(
    desk: Desk, view: View, part: str | None = DESK
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return a route for accounts that may enter this part; None is open to everybody."""

    async def answer(request: Request) -> Response:
        try:
            visit = await run_in_threadpool(visit_of, desk, request)
        except NjiaError as error:  # whether the account still stands cannot be read
            return Visit(desk, request, None, None).problem(503, "error.not_now", error)
        if request.method == "POST":
            form = await request.form(max_files=0, max_fields=MOST_FIELDS)
            visit = Visit(desk, request, visit.account, visit.session, form)
        return await run_in_threadpool(_answered, visit, view, part)

    return answer


def visit_of(desk: Desk, request: Request) -> Visit:
    is_asked = request.method == "POST" or request.url.path != FOLLOWED
    return Visit(desk, request, *signed_in(desk, request, is_asked))


def signed_in(
    desk: Desk, connection: HTTPConnection, is_asked: bool = True
) -> tuple[Account, Session] | tuple[None, None]:
    """Return account and session of a request or web socket; a session ends with its account."""
    token = connection.cookies.get(desk.address.session_cookie)
    session = desk.sessions.find(token, is_asked)
    if session is None:
        return None, None
    for account in desk.accounts():
        if (account.name, account.passphrase_hash) == (session.name, session.passphrase_hash):
            return account, session
    desk.sessions.end(token)  # removed, or with another passphrase since
    return None, None


def turned_away(visit: Visit, part: str) -> Response | None:
    """Return the answer to a visitor who may not enter this part, None for one who may."""
    if visit.account is None:
        if visit.request.method == "POST":
            return visit.problem(403, "error.logged_out")
        return RedirectResponse(f"/login?to={quote(visit.here())}", 303)
    if not visit.account.may_enter(part):
        return visit.problem(403, "error.read_only" if part == DECISIONS else "error.role")
    return None


def _answered(visit: Visit, view: View, part: str | None) -> Response:
    """Return the view's response, or an error page: the text of an NjiaError is written for people."""
    if part and (refusal := turned_away(visit, part)):
        return refusal
    session = visit.session if part and visit.request.method == "POST" else None
    if session and not hmac.compare_digest(visit.given("csrf").encode(), session.csrf.encode()):
        return visit.problem(403, "error.csrf")
    try:
        return view(visit)
    except HTTPException as error:
        return visit.problem(error.status_code)
    except UsageError as error:
        back = local_path(visit.given("back"))
        return visit.refused(error, back) or visit.problem(400, "error.not_done", error, back)
    except NjiaError as error:
        return visit.problem(503, "error.not_now", error)
    except OSError as error:
        fault = machine_fault(error, visit.settings.home)
        return visit.problem(
            503, "error.not_now", fault or f"{error.filename or 'A file'}: {error.strerror}."
        )


@cache
def templates(language: str) -> Environment:
    """Return the templates of a language. Everything is escaped."""
    words = words_of(language)
    return core.templates(
        "orchestration.stewardship.desk",
        code=words.linked,
        number=_number,
        size=size,
        day=words.day,
        moment=words.moment,
        spoken=words.spoken,
        seen=seen,
    )


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def size(count: int) -> str:
    """Return a number of bytes as kB or MB."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def seen(observed: str) -> str:
    """Return what a check observed, rounded to four digits."""
    try:
        return f"{float(observed):,.4g}"
    except ValueError:
        return observed or "–"
