"""The Dagster UI as an operator sees it: served by `njia ui`, looked at in a real browser, used to refresh."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error

from tests import scenario
from tests.conftest import EvidenceBase, copy_of
from tests.servers import ask, free_port, reset_signals, wait_until

GROUPS = ["extracts", "places", "gates", "judge", "shape", "link", "measure", "marts", "protect", "release"]


@pytest.fixture(scope="module")
def ui(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `njia ui` over the published scenario. Ctrl-C must end it with all that it has started."""
    port = free_port()
    njia = Path(sys.executable).with_name("njia")
    settings = copy_of(published_world, tmp_path_factory.mktemp("ui")).settings
    process = subprocess.Popen(
        [njia, "ui", "--home", settings.home, "--partners", settings.partners, "--port", str(port)],
        env={**os.environ, "NJIA_AS_OF": scenario.AS_OF.isoformat(), "NJIA_KEYS": str(settings.keys)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=reset_signals,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: urllib.request.urlopen(f"{address}/server_info", timeout=2).status == 200, 120)
        yield address
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        wait_until(lambda: not is_group_alive(process.pid), 30)
    finally:
        if is_group_alive(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def is_group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def other_port() -> Iterator[int]:
    """The port of a web server that has nothing to do with Njia: its pages have another origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


REPORT = """mutation { reportRunlessAssetEvents(eventParams: {
  eventType: ASSET_MATERIALIZATION, assetKey: {path: ["%s"]}}) { __typename } }"""
PLANTED = """query ($name: String!) { assetOrError(assetKey: {path: [$name]}) {
  ... on Asset { assetMaterializations { timestamp } } } }"""
SEND_AS_THE_UI_DOES = """([ui, query]) => fetch(`${ui}/graphql`, {
  method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({query})
}).then((answer) => answer.status)"""
SEND_ALL_THAT_A_PAGE_CAN = """async ([ui, query, name]) => {
  const asQuery = `${ui}/graphql?query=${encodeURIComponent(query)}`;
  const asText = {mode: "no-cors", method: "POST", headers: {"Content-Type": "text/plain"}, body: query};
  await fetch(asQuery, {mode: "no-cors"});
  await fetch(asQuery, asText);
  await fetch(`${ui}/report_asset_materialization/${name}`, {mode: "no-cors", method: "POST"});
  document.body.innerHTML = `<iframe name="target"></iframe>
    <form method="post" enctype="text/plain" target="target"></form>`;
  const frame = document.querySelector("iframe"), form = document.querySelector("form");
  form.action = asQuery;
  const isSubmitted = new Promise((done) => { frame.onload = done; });
  form.submit();
  await isSubmitted;
}"""
OPEN_WEB_SOCKET = """(ui) => new Promise((done) => {
  const socket = new WebSocket(`${ui.replace("http", "ws")}/graphql`, "graphql-ws");
  socket.onopen = () => done("open");
  socket.onerror = () => done("refused");
})"""
SHOW_IN_A_FRAME = """(address) => new Promise((done) => {
  document.body.innerHTML = "<iframe></iframe>";
  const frame = document.querySelector("iframe");
  frame.onload = done;
  frame.src = address;
})"""


# Chromium leads every name under `localhost` to this machine: one page of another site, one of another port.
@pytest.mark.parametrize("host", ["another-site.localhost", "127.0.0.1"])
def test_pages_of_other_origins_cannot_command_the_ui(
    ui: str, browser: Any, other_port: int, host: str
) -> None:
    name = f"planted_from_{host}"
    command = [ui, REPORT % name]

    def is_planted() -> bool:
        return bool(ask(ui, PLANTED, name=name)["assetOrError"].get("assetMaterializations"))

    page = browser.new_page()
    answers: list[tuple[str, int]] = []
    page.on("response", lambda answer: answers.append((answer.request.method, answer.status)))
    page.goto(f"http://{host}:{other_port}/")
    answers.clear()
    page.evaluate(SEND_ALL_THAT_A_PAGE_CAN, [*command, name])
    assert sorted(answers) == [("GET", 405), ("POST", 403), ("POST", 403), ("POST", 403)]
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate(SEND_AS_THE_UI_DOES, command)
    assert page.evaluate(OPEN_WEB_SOCKET, ui) == "refused"
    page.evaluate(SHOW_IN_A_FRAME, f"{ui}/runs")
    for _ in range(100):  # the browser shows its error page after the frame has loaded
        if page.frames[1].url != "about:blank":
            break
        page.wait_for_timeout(100)
    assert page.frames[1].url.startswith("chrome-error:")
    assert not is_planted()

    page.goto(f"{ui}/runs")
    assert page.evaluate(SEND_AS_THE_UI_DOES, command) == 200
    assert page.evaluate(OPEN_WEB_SOCKET, ui) == "open"
    assert is_planted()


def test_unknown_host_name_is_refused(ui: str, browser: Any) -> None:
    page = browser.new_page()
    answer = page.goto(ui.replace("127.0.0.1", "another-site.localhost"))
    assert answer.status == 421 and "Unknown host" in answer.text()


def test_lineage_shows_the_steps_and_a_run_can_be_started(ui: str, browser: Any, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1700, "height": 700})
    page.goto(f"{ui}/asset-groups")
    for group in GROUPS:
        page.get_by_text(group, exact=True).first.wait_for(timeout=60_000)
    page.screenshot(path=tmp_path / "lineage.png")
    page.goto(f"{ui}/assets/landing/swala_post?view=checks")
    page.get_by_text("extracts_are_fit").first.wait_for(timeout=60_000)

    received: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))))
    page.goto(f"{ui}/locations/orchestration.definitions/jobs/refresh")
    page.get_by_role("button", name="Materialize all").click(timeout=60_000)
    page.locator("a[href*='/runs/']").first.click(timeout=60_000)
    page.wait_for_url("**/runs/*", timeout=60_000)
    run_id = page.url.partition("/runs/")[2].partition("?")[0]
    # Of a run this quick, the log shows its first lines or its last ones: what reaches the page is asked for.
    is_streamed = lambda: any("ExecutionStepOutputEvent" in frame for frame in received)  # noqa: E731
    wait_until(lambda: page.wait_for_timeout(200) or is_streamed(), 180)
    page.close()
    ended = ("SUCCESS", "FAILURE", "CANCELED")
    wait_until(lambda: ask(ui, STATUS, id=run_id)["runOrError"]["status"] in ended, 180)
    assert ask(ui, STATUS, id=run_id)["runOrError"]["status"] == "SUCCESS"
