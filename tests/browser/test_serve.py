"""The Dagster UI in a real browser: an operator refreshes in it, pages of other origins can do nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error

from orchestration.core import Settings
from orchestration.stewardship import audit, desk
from tests import scenario
from tests.command import PATIENCE
from tests.evidence_base import EvidenceBase, copy_of
from tests.servers import OPERATOR, PASSPHRASE, Operator, free_port, reset_signals, wait_until

GROUPS = ["extracts", "places", "gates", "shape", "link", "measure", "marts", "protect", "release"]


@dataclass(frozen=True)
class Served:
    """`njia serve` over the published scenario: its address and the link that it printed."""

    settings: Settings
    site: str
    link: str

    @property
    def ui(self) -> str:
        return f"{self.site}{desk.DAGSTER_PATH}"


@pytest.fixture(scope="module")
def served(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Without accounts at first. Ctrl-C must end it with all that it has started."""
    port = free_port()
    njia = Path(sys.executable).with_name("njia")
    folder = tmp_path_factory.mktemp("ui")
    settings = copy_of(published_world, folder).settings
    said = folder / "said"
    with said.open("wb") as stdout:
        process = subprocess.Popen(
            [njia, "serve", "--home", settings.home, "--partners", settings.partners, "--port", str(port)],
            env={**os.environ, "NJIA_AS_OF": scenario.AS_OF.isoformat(), "NJIA_KEYS": str(settings.keys)},
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=reset_signals,
        )
    site = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: "/first?key=" in said.read_text(), PATIENCE)
        link = re.search(r"http\S+/first\S+", said.read_text())
        assert link
        yield Served(settings, site, link[0])
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        wait_until(lambda: not is_group_alive(process.pid), PATIENCE)
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
def operator(served: Served) -> Operator:
    """The account of an operator, and a program that has logged in with it."""
    found = Operator(served.settings, served.site)
    assert found.log_in()
    return found


@pytest.fixture
def context(served: Served, operator: Operator, browser: Any) -> Iterator[Any]:
    """The browser of an operator who is logged in."""
    found = browser.new_context(viewport={"width": 1700, "height": 700})
    page = found.new_page()
    page.goto(f"{served.site}/login")
    page.get_by_label("Name").fill(OPERATOR)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Today").wait_for()
    page.close()
    yield found
    found.close()


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
  method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({query}),
  credentials: "include"
}).then((answer) => answer.status)"""
READ = """(address) => fetch(address, {credentials: "include"}).then((answer) => answer.text())"""
SEND_ALL_THAT_A_PAGE_CAN = """async ([site, ui, query, name]) => {
  const asQuery = `${ui}/graphql?query=${encodeURIComponent(query)}`;
  const blindly = {mode: "no-cors", credentials: "include"};
  const asText = {...blindly, method: "POST", headers: {"Content-Type": "text/plain"}, body: query};
  const send = (address, how) => fetch(address, how).catch(() => null);
  await send(asQuery, blindly);
  await send(`${site}/files/evidence_base.duckdb`, blindly);
  await send(asQuery, asText);
  await send(`${ui}/report_asset_materialization/${name}`, {...blindly, method: "POST"});
  const forms = [[asQuery, "text/plain"], [`${site}/logout`, "application/x-www-form-urlencoded"]];
  for (const [at, [action, kind]] of forms.entries()) {  // each in a frame of its own: a second would stop the first
    document.body.insertAdjacentHTML("beforeend",
      `<iframe name="at${at}"></iframe><form method="post" target="at${at}" action="${action}" enctype="${kind}"></form>`);
    document.body.lastChild.submit();
  }
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


def shown(page: Any, is_so: Callable[[], bool]) -> None:
    """Wait for what the browser tells of after the page's own scripts have ended."""
    for _ in range(PATIENCE * 20):
        if is_so():
            return
        page.wait_for_timeout(50)


def test_the_printed_link_opens_the_ui_without_an_account(served: Served, browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.link)
    page.get_by_role("button", name="Open the Dagster UI").click()
    page.get_by_text("Lineage", exact=True).first.wait_for()
    page.goto(served.site)
    page.get_by_role("link", name="Open the Dagster UI").wait_for()
    page.goto(served.link)
    page.get_by_text("This link was used").wait_for()
    context.close()


# Chromium leads every name under `localhost` to this machine: one page of another site, one of another port, to
# which the browser sends the cookie of the login.
@pytest.mark.parametrize("host", ["another-site.localhost", "127.0.0.1"])
def test_pages_of_other_origins_start_stop_and_read_nothing(
    served: Served, operator: Operator, context: Any, other_port: int, host: str
) -> None:
    name = f"planted_from_{host}"
    command = [served.ui, REPORT % name]

    def exports() -> int:
        return sum(line["action"] == "exported" for line in audit.read(served.settings).lines)

    def is_planted() -> bool:
        return bool(operator.ask(PLANTED, name=name)["assetOrError"].get("assetMaterializations"))

    page, exported = context.new_page(), exports()
    answers: list[tuple[str, int]] = []
    page.on("response", lambda answer: answers.append((answer.request.method, answer.status)))
    page.goto(f"http://{host}:{other_port}/")
    answers.clear()
    page.evaluate(SEND_ALL_THAT_A_PAGE_CAN, [served.site, *command, name])
    shown(page, lambda: len(answers) == 2)
    assert answers == [("POST", 403)] * 2, "of the forms; what a script sent, the browser keeps from the page"
    with pytest.raises(Error, match="Failed to fetch"):
        page.evaluate(SEND_AS_THE_UI_DOES, command)
    for address in (f"{served.ui}/server_info", f"{served.site}/files/evidence_base.duckdb"):
        with pytest.raises(Error, match="Failed to fetch"):
            page.evaluate(READ, address)
    assert page.evaluate(OPEN_WEB_SOCKET, served.ui) == "refused"
    page.evaluate(SHOW_IN_A_FRAME, f"{served.ui}/runs")
    shown(page, lambda: page.frames[1].url != "about:blank")
    assert page.frames[1].url.startswith("chrome-error:")
    assert not is_planted()
    assert exports() == exported

    page.goto(f"{served.ui}/runs")
    assert page.evaluate(SEND_AS_THE_UI_DOES, command) == 200
    assert page.evaluate(OPEN_WEB_SOCKET, served.ui) == "open"
    assert is_planted()


def test_unknown_host_name_is_refused(served: Served, context: Any) -> None:
    answer = context.new_page().goto(served.ui.replace("127.0.0.1", "another-site.localhost"))
    assert answer.status == 421 and "does not stand at that address" in answer.text()


def test_report_map_and_quality_page_open_without_a_complaint(served: Served, context: Any) -> None:
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.text} {said.location['url']}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for link, name in (("Report", "index"), ("Map", "map"), ("Quality of the data", "quality")):
        page.goto(f"{served.site}/files")
        page.get_by_role("link", name=link, exact=True).click()
        # The map writes what it shows behind the address.
        page.wait_for_url(re.compile(rf"/report/{name}\.html(#.*)?$"))
        page.get_by_role("heading").first.wait_for()
    with page.expect_download() as download:
        page.goto(f"{served.site}/files")
        page.get_by_role("link", name="Download evidence_base.duckdb").click()
    assert download.value.suggested_filename.endswith("evidence_base.duckdb")
    assert [one for one in complaints if not one.endswith("/favicon.ico")] == []


def test_lineage_shows_the_steps_and_a_run_can_be_started(
    served: Served, operator: Operator, context: Any, tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(f"{served.ui}/asset-groups")
    for group in GROUPS:
        page.get_by_text(group, exact=True).first.wait_for()
    page.screenshot(path=tmp_path / "lineage.png")
    page.goto(f"{served.ui}/assets/landing/swala_post?view=checks")
    page.get_by_text("extracts_are_fit_and_on_time").first.wait_for()

    received: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))))
    page.goto(f"{served.ui}/locations/orchestration.definitions/jobs/refresh")
    page.get_by_role("button", name="Materialize all").click()
    page.locator("a[href*='/runs/']").first.click()
    page.wait_for_url("**/runs/*")
    run_id = page.url.partition("/runs/")[2].partition("?")[0]
    # Of a run this quick, the log shows its first lines or its last ones: what reaches the page is asked for.
    is_streamed = lambda: any("ExecutionStepOutputEvent" in frame for frame in received)  # noqa: E731
    wait_until(lambda: page.wait_for_timeout(200) or is_streamed(), PATIENCE)
    page.close()

    def status() -> str:
        return str(operator.ask(STATUS, id=run_id)["runOrError"]["status"])

    wait_until(lambda: status() in ("SUCCESS", "FAILURE", "CANCELED"), PATIENCE)
    assert status() == "SUCCESS"
