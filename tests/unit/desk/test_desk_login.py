"""What stands before the pages: login, lock-out, roles, forms of other pages, hosts, headers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest

from orchestration.core import Settings
from orchestration.stewardship import audit, export_lines
from orchestration.stewardship import desk as desks
from orchestration.stewardship.desk import guard
from orchestration.stewardship.desk.app import (
    DECIDED,
    LOOKED_AT,
    MOST_JUDGED,
    MOST_OF_ONE_ADDRESS,
    MOST_WAITING,
    make_app,
)
from orchestration.stewardship.desk.guard import WRONG_TRIES, Attempts
from orchestration.stewardship.desk.views import front
from tests.fixtures.desk_world import (
    ADDRESS,
    ELSEWHERE,
    OBSERVER,
    PASSPHRASE,
    STEWARD,
    Visitor,
    hidden_fields,
    make_desk,
    shown,
    visitor,
    weak_hashes,  # noqa: F401
)

pytestmark = pytest.mark.usefixtures("weak_hashes")
EXCLUDE = {"record": "r-0000000000000000"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def guest(settings: Settings) -> Visitor:
    return visitor(settings, None)


@pytest.fixture(scope="module")
def steward(settings: Settings) -> Visitor:
    return visitor(settings)


@pytest.fixture(scope="module")
def observer(settings: Settings) -> Visitor:
    return visitor(settings, OBSERVER)


def log_of(settings: Settings) -> Iterator[dict]:
    yield from audit.read(settings).lines


def test_pages_and_decisions_need_a_login(guest: Visitor) -> None:
    for path in (*LOOKED_AT, "/items/rows/kobe_post/date_invalid"):
        answer = guest.get(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/login?to="), path
    for path in (*DECIDED, "/logout"):
        assert guest.browser.post(path, data={"kind": "row_exclude"}).status_code == 403, path


def test_a_login_leads_to_the_page_that_was_asked_for(settings: Settings, guest: Visitor) -> None:
    answer = guest.login(to="/checks")
    assert (answer.status_code, answer.headers["location"]) == (303, "/checks")
    assert guest.get("/checks").status_code == 200
    assert [line["who"] for line in log_of(settings) if line["action"] == "logged_in"][-1] == STEWARD


@pytest.mark.parametrize("path", ["/waiting?kind=rows&page=2", "/record?partner=x&sheet=Mar%2024%20&row=2"])
def test_link_survives_the_login(guest: Visitor, path: str) -> None:
    form = guest.get(guest.get(path).headers["location"])
    sent = hidden_fields(form.text)
    answer = guest.browser.post("/login", data=dict(sent) | {"name": STEWARD, "passphrase": PASSPHRASE})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    again = guest.get(f"/login?{urlencode({'to': path})}")
    assert (again.status_code, again.headers["location"]) == (303, path), "as a link in a mail leads"
    assert guest.get("/login?to=//evil.example").headers["location"] == "/"


def test_refusal_hides_which_part_was_wrong(settings: Settings) -> None:
    wrong = ((STEWARD, "wrong words for nobody"), ("Nobody Atall", PASSPHRASE), ("", ""))
    answers = [visitor(settings, None).login(*one) for one in wrong]
    assert {answer.status_code for answer in answers} == {403}
    assert len({shown(answer.text) for answer in answers}) == 1
    assert "wrong words" not in answers[0].text and "Nobody Atall" not in answers[1].text


def test_five_wrong_tries_lock_the_name_even_for_its_owner_and_are_noted_once(settings: Settings) -> None:
    desk = make_app(settings, 3030, ELSEWHERE)
    for _ in range(WRONG_TRIES):
        assert Visitor(desk).login(STEWARD, "wrong words for nobody").status_code == 403
    refused = Visitor(desk).login(STEWARD)
    assert refused.status_code == 403 and "is locked" in refused.text
    for _ in range(WRONG_TRIES):
        unknown = Visitor(desk).login("Nobody Atall", PASSPHRASE)
    assert shown(unknown.text) == shown(refused.text), "a lock does not show which names exist"
    assert Visitor(desk).login(OBSERVER).status_code == 303, "the others go on"
    locked = [line for line in log_of(settings) if line["action"] == "locked"]
    assert [line["what"] for line in locked] == [STEWARD, "a name without an account"]
    for _ in range(WRONG_TRIES):
        Visitor(desk).login("Several Words For Nobody", "x" * 12)
    assert "Several Words" not in json.dumps(list(log_of(settings))), "a misplaced passphrase is not logged"


def test_parallel_logins_are_limited(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_app(settings, 3030, ELSEWHERE)
    monkeypatch.setattr(Attempts, "wait", lambda *_: 0.3)
    judged_at_once, most = 0, 0

    def judge(*_: object) -> None:
        nonlocal judged_at_once, most
        judged_at_once += 1
        most = max(most, judged_at_once)
        time.sleep(0.01)
        judged_at_once -= 1

    inside = Visitor(desk)
    assert inside.login().status_code == 303
    monkeypatch.setattr(front, "verified", judge)

    async def all_at_once() -> tuple[list[int], int]:
        transports = [httpx2.ASGITransport(desk, client=(f"192.0.2.{number}", 50_000)) for number in range(4)]
        at = {"base_url": ADDRESS, "headers": {"Origin": ADDRESS}}
        browsers = [httpx2.AsyncClient(transport=one, **at) for one in transports]
        knocks = [
            asyncio.create_task(browser.post("/login", data={"name": f"name {number}"}))
            for browser in browsers[:3]
            for number in range(2 * MOST_OF_ONE_ADDRESS)
        ]
        await asyncio.sleep(0.1)
        page = await browsers[3].get("/checks", headers={"Cookie": f"njia_desk={session}"})
        return sorted([(await knock).status_code for knock in knocks]), page.status_code

    session = inside.browser.cookies["njia_desk"]
    answers, page = asyncio.run(all_at_once())
    assert answers == [403] * MOST_WAITING + [429] * (6 * MOST_OF_ONE_ADDRESS - MOST_WAITING)
    assert page == 200
    assert most <= MOST_JUDGED, "each takes 64 MiB"
    assert Visitor(desk).login().status_code == 403, "they left their places"


def test_foreign_login_form_is_refused(guest: Visitor) -> None:
    sent = {"name": STEWARD, "passphrase": PASSPHRASE}
    del guest.browser.headers["Origin"]
    for origin in ("https://evil.example", "http://127.0.0.1:3031", "null", "", None):
        headers = {} if origin is None else {"Origin": origin}
        assert guest.browser.post("/login", data=sent, headers=headers).status_code == 403
        assert not guest.browser.cookies


def test_the_session_cookie_is_out_of_reach_and_changes_at_every_login(guest: Visitor) -> None:
    first = guest.login().headers["set-cookie"]
    assert all(word in first for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    token = guest.browser.cookies["njia_desk"]
    assert guest.get("/login").status_code == 303
    guest.browser.post("/logout", data={"csrf": guest.csrf()})
    guest.login()
    assert guest.browser.cookies["njia_desk"] != token


def test_behind_https_the_cookies_are_secure_and_bound_to_the_host(settings: Settings) -> None:
    outside = "https://desk.example.org"
    guest = Visitor(make_app(replace(settings, desk_url=outside), 3030, ELSEWHERE), outside)
    cookie = guest.login().headers["set-cookie"]
    assert cookie.startswith("__Host-njia_desk=") and "Secure" in cookie
    assert guest.get("/").headers["strict-transport-security"]


def test_logging_out_and_a_changed_passphrase_end_the_session_on_the_server(settings: Settings) -> None:
    guest = visitor(settings)
    token = guest.browser.cookies["njia_desk"]
    guest.browser.post("/logout", data={"csrf": guest.csrf()})
    guest.browser.cookies.set("njia_desk", token)
    assert guest.get("/").status_code == 303
    desks.add_account(settings, "C. Steward", PASSPHRASE)
    guest = visitor(settings, "C. Steward")
    desks.change_passphrase(settings, "C. Steward", "other words for nobody")
    assert guest.get("/").status_code == 303
    desks.remove_account(settings, "C. Steward")


def test_who_is_logged_in_reads_that_the_accounts_are_damaged(settings: Settings, steward: Visitor) -> None:
    whole = settings.database.read_bytes()
    settings.database.write_bytes(b"no database")
    answer = steward.get("/")
    settings.database.write_bytes(whole)
    assert answer.status_code == 503 and "njia.db is damaged" in shown(answer.text)


def test_form_without_csrf_token_is_refused(settings: Settings, steward: Visitor) -> None:
    for path in DECIDED:
        for token in ({}, {"csrf": ""}, {"csrf": "0" * 43}):
            sent = {"kind": "row_exclude", "reason": "x", **EXCLUDE, **token}
            assert steward.browser.post(path, data=sent).status_code == 403, (path, token)
    assert export_lines(settings) == []


def test_cross_site_forms_and_other_methods_are_refused(steward: Visitor) -> None:
    sent = {"csrf": steward.csrf(), "kind": "row_exclude", "reason": "x", **EXCLUDE}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert steward.browser.post("/decide", data=sent, headers=headers).status_code == 403, headers
    assert steward.browser.delete("/decide").status_code == steward.get("/decide").status_code == 405


def test_observer_sees_all_and_decides_nothing(settings: Settings, observer: Visitor) -> None:
    for path in LOOKED_AT:
        if "{" not in path and path != "/record":
            assert observer.get(path).status_code == 200, path
    for path in DECIDED:
        sent = {"csrf": observer.csrf(), "kind": "row_exclude", "reason": "x", **EXCLUDE}
        assert observer.browser.post(path, data=sent).status_code == 403
    assert export_lines(settings) == []


def test_foreign_host_is_refused(guest: Visitor) -> None:
    for host in ("evil.example", "127.0.0.1:3031", "127.0.0.1.evil.example:3030", ""):
        answer = guest.browser.get("/login", headers={"Host": host})
        assert answer.status_code == 421 and "passphrase" not in answer.text, host


def test_security_headers_are_set(guest: Visitor) -> None:
    for path in ("/login", "/nothing", "/static/desk.css"):
        headers = guest.get(path).headers
        assert headers["content-security-policy"] == guard.POLICY
        assert "unsafe" not in guard.POLICY and "http" not in guard.POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] in ("no-store", "no-cache")
    assert guest.get("/login").headers["cache-control"] == "no-store"


def test_no_page_has_a_script_or_a_style_inside_or_from_elsewhere() -> None:
    folder = Path(guard.__file__).parent
    for template in (folder / "templates").glob("*.j2"):
        text = template.read_text()
        assert "style=" not in text and "onclick" not in text, template.name
        assert text.count("<script") == text.count('<script src="/static/desk.js" defer></script>')
        assert "http://" not in text and "https://" not in text, template.name


MISSING = (
    "/nothing", "/items/rows", "/items/nothing/x", "/items/extract/kobe_post/0000000000000000",
    "/items/extract/..%2F..%2Freview%2Fhistory/last_verdict", "/items/extract/%2e%2e/x",
    "/items/extract/*/0123456789abcdef", "/items/extract/kobe_post%2F..%2Fkobe_post/0123456789abcdef",
    "/record?partner=..&extract=0000000000000000&row=1", "/record?partner=kobe_post&extract=../../x&row=1",
    "/static/..%2Faccounts.py",
)  # fmt: skip


def test_missing_item_and_path_traversal_are_404(settings: Settings, steward: Visitor) -> None:
    note = settings.landing / "kobe_post" / "0123456789abcdef.json"
    note.parent.mkdir(exist_ok=True)
    landed = {"sequence": 1, "received_on": "2026-11-01", "rows_landed": 1, "rows_read": 1, "contract": "b"}
    contract = {"contract": "kobe_post_book", "delivery": {"cadence": "monthly"}}
    note.write_text(json.dumps({**landed, "refusals": [], "contract_content": contract}))
    assert steward.get("/items/extract/kobe_post/0123456789abcdef").status_code == 200
    answers = {path: steward.get(path) for path in MISSING}
    note.unlink()
    assert [path for path, one in answers.items() if one.status_code != 404 or "<h1>" not in one.text] == []


def test_the_bytes_of_a_form_count_and_not_its_headers(guest: Visitor) -> None:
    form = {"Content-Type": guard.FORM}
    sent = [b"name=x", b"&passphrase=", b"y" * (guard.MOST_BYTES - 18)]
    for headers in (form, form | {"Content-Length": "10"}):
        assert guest.browser.post("/login", content=iter([*sent, b"y"]), headers=headers).status_code == 413
    assert guest.browser.post("/login", content=iter(sent), headers=form).status_code == 403, "it is read"
    both = form | {"Content-Length": "10", "Transfer-Encoding": "chunked"}
    assert guest.browser.post("/login", content=iter([b"name=x"]), headers=both).status_code == 400


def test_a_form_of_another_content_type_is_refused(steward: Visitor) -> None:
    for content_type in ("", "text/plain", "application/json", "multipart/form-data; boundary=x"):
        headers = {"Content-Type": content_type}
        answer = steward.browser.post("/decide", content="kind=row_exclude", headers=headers)
        assert answer.status_code == 415, content_type


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_origin_loads_nothing(steward: Visitor, site: str) -> None:
    for destination in ("empty", "image", "script", "iframe", "style"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": destination}
        for path in ("/checks", "/files", "/static/desk.css"):
            assert steward.browser.get(path, headers=headers).status_code == 403, (destination, path)
    as_link = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": "document"}
    assert steward.browser.get("/checks", headers=as_link).status_code == 200


def test_unexpected_error_shows_no_content(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Settings) -> None:
        raise ValueError("Amina Testperson")

    guest = Visitor(make_app(settings, 3030, replace(ELSEWHERE, current=broken)))
    assert guest.login().status_code == 303
    answer = guest.get("/?search=Sampleton")
    told = capsys.readouterr().err
    assert answer.status_code == 500 and "Testperson" not in answer.text
    assert "ValueError" in told
    assert not [word for word in ("Testperson", "Sampleton", "Traceback") if word in told]


def test_the_language_is_kept_in_a_cookie_and_leads_back(steward: Visitor) -> None:
    def choose(language: str, to: str) -> str:
        return steward.browser.post("/language", data={"language": language, "to": to}).headers["location"]

    assert choose("sw", "/checks") == "/checks"
    assert '<html lang="sw">' in steward.get("/checks").text
    assert choose("sw", "//evil.example") == "/"
    assert choose("en", "/checks") == "/checks"
    assert '<html lang="en">' in steward.get("/checks").text
    assert steward.get("/language").status_code == 405, "GET changes nothing"
