"""The Dagster UI behind the login: who passes, and what the guard refuses even of an operator's browser."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from orchestration.core import SAMPLE_PARTNERS, Settings, prepare_home
from orchestration.stewardship import desk
from orchestration.stewardship.desk.app import make_app
from orchestration.stewardship.desk.sessions import FirstLink
from tests.fixtures.desk_world import (
    ELSEWHERE,
    OBSERVER,
    OPERATOR,
    PASSPHRASE,
    READER,
    STEWARD,
    Visitor,
    hidden_fields,
    make_desk,
    shown,
)

GRAPHQL = f"{desk.DAGSTER_PATH}/graphql"
SOCKET = f"ws://127.0.0.1:3030{GRAPHQL}"
REPORT = """mutation { reportRunlessAssetEvents(eventParams: {
  eventType: ASSET_MATERIALIZATION, assetKey: {path: ["planted"]}}) { __typename } }"""
AS_QUERY = f"{GRAPHQL}?" + urlencode({"query": REPORT})
AS_JSON = json.dumps({"query": REPORT})
JSON = {"Content-Type": "application/json"}
ORIGINS = (
    "https://evil.example", "http://127.0.0.1:3031", "http://localhost:3030", "https://127.0.0.1:3030", "null", "",
)  # fmt: skip
FROM_ELSEWHERE = [{"Origin": origin} for origin in ORIGINS]
PLANTED = dg.AssetKey("planted")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_desk(tmp_path_factory.mktemp("door"))


@pytest.fixture(scope="module")
def context() -> Iterator[WorkspaceProcessContext]:
    """Dagster without code locations."""
    with (
        dg.instance_for_test() as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def app(settings: Settings, context: WorkspaceProcessContext) -> object:
    dagster = create_app_from_workspace_process_context(context, desk.DAGSTER_PATH)
    return make_app(settings, 3030, ELSEWHERE, dagster)


@pytest.fixture(scope="module")
def signed_in(app: object) -> TestClient:
    operator = Visitor(app)
    assert operator.login(OPERATOR).status_code == 303
    return operator.browser


@pytest.fixture
def browser(signed_in: TestClient, context: WorkspaceProcessContext) -> TestClient:
    """The browser of an operator; nothing is planted."""
    context.instance.wipe_assets([PLANTED])
    return signed_in


@pytest.fixture
def has_changed(context: WorkspaceProcessContext):
    """Whether a request has changed Dagster's event log."""
    return lambda: context.instance.has_asset_key(PLANTED)


def test_without_the_guard_a_page_of_another_origin_changes_the_event_log(
    context: WorkspaceProcessContext, has_changed
) -> None:
    bare = TestClient(create_app_from_workspace_process_context(context, desk.DAGSTER_PATH))
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for method in ("GET", "POST"):
        context.instance.wipe_assets([PLANTED])
        bare.request(method, AS_QUERY, headers={**elsewhere, "Content-Type": "text/plain"})
        assert has_changed()


def test_an_operator_sees_the_ui_and_runs_its_mutations(browser: TestClient, has_changed) -> None:
    page = browser.get(f"{desk.DAGSTER_PATH}/runs")
    assert page.status_code == 200 and 'id="root"' in page.text
    assert "nonce" in page.headers["Content-Security-Policy"], "the UI's own policy"
    assert page.headers["X-Frame-Options"] == "DENY"
    for content_type in ("application/json", "application/json; charset=utf-8"):
        answer = browser.post(GRAPHQL, content=AS_JSON, headers={"Content-Type": content_type})
        assert answer.status_code == 200 and has_changed()


def test_an_operator_of_a_tunnel_enters_by_another_loopback_name(app: object) -> None:
    for host in ("localhost:3030", "[::1]:3030"):
        operator = Visitor(app, f"http://{host}")
        operator.login(OPERATOR)
        assert operator.browser.post(GRAPHQL, content=AS_JSON, headers=JSON).status_code == 200
    today = shown(operator.get("/").text)
    assert "Running Njia" in today and "Accounts" in today
    assert {operator.get(page).status_code for page in ("/work", "/partners", "/decisions")} == {403}


def test_nobody_else_enters(app: object, browser: TestClient, has_changed) -> None:
    for name in (READER, OBSERVER, STEWARD, None):
        visitor = Visitor(app)
        if name:
            assert visitor.login(name).status_code == 303
        for path in ("/", "/runs", "/server_info", "/report_asset_check/planted"):
            answer = visitor.get(f"{desk.DAGSTER_PATH}{path}")
            assert answer.status_code == (403 if name else 303), (name, path)
        assert visitor.browser.post(GRAPHQL, content=AS_JSON, headers=JSON).status_code == 403
        with pytest.raises(WebSocketDisconnect):
            answer_of_web_socket(visitor.browser)
    assert not has_changed()


NOT_JSON = (
    "", "text/plain", "text/plain; application/json", "application/graphql", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
)  # fmt: skip


def test_a_mutation_of_another_origin_or_not_as_json_is_refused(browser: TestClient, has_changed) -> None:
    for headers in (*FROM_ELSEWHERE, {"Sec-Fetch-Site": "cross-site"}):
        answer = browser.post(GRAPHQL, content=AS_JSON, headers={**JSON, **headers})
        assert answer.status_code == 403, headers
    for content_type, content in itertools.product(NOT_JSON, (AS_JSON, REPORT)):
        answer = browser.post(AS_QUERY, content=content, headers={"Content-Type": content_type})
        assert answer.status_code == 415, content_type
    assert not has_changed()


def test_graphql_by_get_is_refused(browser: TestClient, has_changed) -> None:
    encoded = f"{desk.DAGSTER_PATH}/%67raphql?{AS_QUERY.partition('?')[2]}"
    for method, accept, path in itertools.product(("GET", "HEAD"), ("*/*", "text/html"), (AS_QUERY, encoded)):
        assert browser.request(method, path, headers={"Accept": accept}).status_code == 405, (method, path)
    assert not has_changed()


HOSTS = (
    "evil.example",
    "evil.example:3030",
    "127.0.0.1",
    "127.0.0.1:3031",
    "127.0.0.1.evil.example:3030",
    "",
)


@pytest.mark.parametrize("host", HOSTS)
def test_an_unknown_host_is_refused(browser: TestClient, has_changed, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    for path in ("/", "/server_info", "/runs"):
        assert browser.get(f"{desk.DAGSTER_PATH}{path}", headers=headers).status_code == 421
    assert browser.post(GRAPHQL, content=AS_JSON, headers={**JSON, **headers}).status_code == 421
    with pytest.raises(WebSocketDisconnect):
        answer_of_web_socket(browser, headers)
    assert not has_changed()


@pytest.mark.parametrize("event", ["materialization", "observation", "check"])
def test_an_event_is_reported_by_the_rule_of_mutations(browser: TestClient, has_changed, event: str) -> None:
    path = f"{desk.DAGSTER_PATH}/report_asset_{event}/planted?check_name=x&passed=true"
    for headers in FROM_ELSEWHERE:
        assert browser.post(path, content="{}", headers={**JSON, **headers}).status_code == 403
    assert browser.post(path).status_code == 415
    assert not has_changed()
    assert browser.post(path, content="{}", headers=JSON).status_code == 200


def answer_of_web_socket(browser: TestClient, headers: dict[str, str] | None = None) -> object:
    with browser.websocket_connect(SOCKET, headers=headers or {}) as socket:
        socket.send_json({"type": "connection_init"})
        return socket.receive_json()


def test_a_web_socket_of_the_ui_is_accepted_and_one_of_another_origin_refused(browser: TestClient) -> None:
    assert answer_of_web_socket(browser) == {"type": "connection_ack"}
    for headers in FROM_ELSEWHERE:
        with pytest.raises(WebSocketDisconnect) as refused:
            answer_of_web_socket(browser, headers)
        assert refused.value.reason, headers


def test_a_web_socket_ends_with_the_session(app: object) -> None:
    operator = Visitor(app)
    operator.login(OPERATOR)
    csrf = hidden_fields(operator.get("/files").text)
    with operator.browser.websocket_connect(SOCKET) as socket:
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json() == {"type": "connection_ack"}
        operator.browser.post("/logout", data=dict(csrf))
        socket.send_json({"type": "connection_init"})
        with pytest.raises(WebSocketDisconnect):
            socket.receive_json()


def test_a_page_is_not_given_to_another_origin(browser: TestClient) -> None:
    path = f"{desk.DAGSTER_PATH}/server_info"
    for headers in FROM_ELSEWHERE[:-1]:
        assert browser.get(path, headers=headers).status_code == 403
    framed = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"}
    assert browser.get(f"{desk.DAGSTER_PATH}/runs", headers=framed).status_code == 403


class FirstVisit:
    """A home without accounts, its link, and browsers that follow it."""

    def __init__(self, folder: Path, context: WorkspaceProcessContext) -> None:
        self.settings = Settings(folder / "home", SAMPLE_PARTNERS, folder / "keys")
        prepare_home(self.settings)
        self.link = FirstLink()
        self.path = self.link.path
        dagster = create_app_from_workspace_process_context(context, desk.DAGSTER_PATH)
        self._app = make_app(self.settings, 3030, ELSEWHERE, dagster, self.link)

    def visitor(self) -> Visitor:
        return Visitor(self._app)

    def enter(self, visitor: Visitor, to: str = "/") -> int:
        key = self.path.partition("key=")[2]
        return int(visitor.browser.post("/first", data={"key": key, "to": to}).status_code)


@pytest.fixture
def first_visit(tmp_path: Path, context: WorkspaceProcessContext) -> FirstVisit:
    return FirstVisit(tmp_path, context)


def test_the_first_link_opens_the_ui_once_and_decides_nothing(first_visit: FirstVisit) -> None:
    visitor = first_visit.visitor()
    for _ in range(2):
        assert visitor.get(first_visit.path).status_code == 200, "looking at it does not use it"
    assert visitor.get("/").status_code == 303
    assert first_visit.enter(visitor) == 303
    assert visitor.get(f"{desk.DAGSTER_PATH}/runs").status_code == 200
    assert visitor.get("/work").status_code == 200
    assert visitor.preview("row_exclude", record="r-0000000000000000").status_code == 403
    other = first_visit.visitor()
    assert first_visit.enter(other) == 403
    assert other.get(first_visit.path).status_code == 403
    assert other.get("/").status_code == 303


def test_a_wrong_key_opens_nothing_and_the_first_account_ends_the_visit(first_visit: FirstVisit) -> None:
    visitor = first_visit.visitor()
    for key in ("", "0" * 43, "Kéy"):
        assert visitor.browser.post("/first", data={"key": key}).status_code == 403
    assert first_visit.enter(visitor) == 303, "and does not use the link up"
    desk.add_account(first_visit.settings, STEWARD, PASSPHRASE)
    assert visitor.get("/").status_code == 303
    assert visitor.get("/first?key=").status_code == 403, "where there are accounts"
