"""The guard of Dagster's web server: what it refuses, and what passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_webserver.webserver import DagsterWebserver
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from orchestration.cli.ui.dagster_ui import GuardedWebserver

UI = "http://127.0.0.1:3000"
SOCKET = "ws://127.0.0.1:3000/graphql"
REPORT = """mutation { reportRunlessAssetEvents(eventParams: {
  eventType: ASSET_MATERIALIZATION, assetKey: {path: ["planted"]}}) { __typename } }"""
AS_QUERY = "/graphql?" + urlencode({"query": REPORT})
AS_JSON = json.dumps({"query": REPORT})
JSON = {"Content-Type": "application/json"}
FROM_ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:3001"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "https://127.0.0.1:3000"},
    {"Origin": "null"},
]
PLANTED = dg.AssetKey("planted")


class Webserver:
    """A webserver without code locations, and whether a request has changed its event log."""

    def __init__(self, kind: type[DagsterWebserver], context: WorkspaceProcessContext) -> None:
        self._instance = context.instance
        self.client = TestClient(kind(context).create_asgi_app(), base_url=UI)

    def has_changed(self) -> bool:
        return self._instance.has_asset_key(PLANTED)

    def reset(self) -> None:
        self._instance.wipe_assets([PLANTED])


@pytest.fixture(scope="module")
def context() -> Iterator[WorkspaceProcessContext]:
    with (
        dg.instance_for_test() as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def webserver(context: WorkspaceProcessContext) -> Webserver:
    return Webserver(GuardedWebserver, context)


@pytest.fixture
def guarded(webserver: Webserver) -> Webserver:
    webserver.reset()
    return webserver


def test_without_the_guard_a_page_of_another_origin_changes_the_event_log(
    context: WorkspaceProcessContext,
) -> None:
    server = Webserver(DagsterWebserver, context)
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    for method in ("GET", "POST"):
        server.reset()
        server.client.request(method, AS_QUERY, headers={**elsewhere, "Content-Type": "text/plain"})
        assert server.has_changed()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": UI, "Sec-Fetch-Site": "same-origin"},
        {"Origin": UI},
        {"Sec-Fetch-Site": "same-origin"},
        {},
        {"Host": "localhost:3000", "Origin": "http://localhost:3000"},
        {"Host": "[::1]:3000", "Origin": "http://[::1]:3000"},
        {"Content-Type": "application/json; charset=utf-8"},
    ],
)
def test_a_mutation_of_the_ui_or_of_a_program_is_executed(
    guarded: Webserver, headers: dict[str, str]
) -> None:
    answer = guarded.client.post("/graphql", content=AS_JSON, headers={**JSON, **headers})
    assert answer.status_code == 200 and guarded.has_changed()


@pytest.mark.parametrize(
    "headers", [*FROM_ELSEWHERE, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_a_mutation_of_another_origin_is_refused(guarded: Webserver, headers: dict[str, str]) -> None:
    answer = guarded.client.post("/graphql", content=AS_JSON, headers={**JSON, **headers})
    assert answer.status_code == 403 and not guarded.has_changed()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/plain; application/json",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
def test_a_mutation_that_is_not_sent_as_json_is_refused(guarded: Webserver, content_type: str) -> None:
    headers = {"Content-Type": content_type, "Origin": UI}
    for content in (AS_JSON, REPORT):
        assert guarded.client.post(AS_QUERY, content=content, headers=headers).status_code == 415
    assert not guarded.has_changed()


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_graphql_by_get_is_refused(guarded: Webserver, method: str, accept: str) -> None:
    answer = guarded.client.request(method, AS_QUERY, headers={"Accept": accept})
    assert answer.status_code == 405 and not guarded.has_changed()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:3000", "127.0.0.1", "127.0.0.1:3001", "127.0.0.1.evil.example:3000", ""],
)
def test_an_unknown_host_is_refused(guarded: Webserver, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    for path in ("/", "/server_info", "/runs"):
        assert guarded.client.get(path, headers=headers).status_code == 421
    assert guarded.client.post("/graphql", content=AS_JSON, headers={**JSON, **headers}).status_code == 421
    with pytest.raises(WebSocketDisconnect):
        guarded.client.websocket_connect(SOCKET, headers=headers).__enter__()
    assert not guarded.has_changed()


@pytest.mark.parametrize("event", ["materialization", "observation", "check"])
def test_an_event_is_reported_by_the_rule_of_mutations(guarded: Webserver, event: str) -> None:
    path = f"/report_asset_{event}/planted?check_name=x&passed=true"
    for headers in FROM_ELSEWHERE:
        assert guarded.client.post(path, content="{}", headers={**JSON, **headers}).status_code == 403
    assert guarded.client.post(path).status_code == 415
    assert not guarded.has_changed()
    assert guarded.client.post(path, content="{}", headers={**JSON, "Origin": UI}).status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": UI}, {}])
def test_a_web_socket_of_the_ui_or_of_a_program_is_accepted(
    guarded: Webserver, headers: dict[str, str]
) -> None:
    with guarded.client.websocket_connect(SOCKET, headers=headers) as socket:
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json() == {"type": "connection_ack"}


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_a_web_socket_of_another_origin_is_refused(guarded: Webserver, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDisconnect) as refused:
        guarded.client.websocket_connect(SOCKET, headers=headers).__enter__()
    assert "another origin" in refused.value.reason


def test_a_link_of_another_site_opens_a_page_but_no_frame_shows_it(guarded: Webserver) -> None:
    answer = guarded.client.get("/runs", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200 and answer.headers["X-Frame-Options"] == "DENY"


def test_a_page_is_not_given_to_another_origin(guarded: Webserver) -> None:
    for headers in FROM_ELSEWHERE:
        assert guarded.client.get("/server_info", headers=headers).status_code == 403
