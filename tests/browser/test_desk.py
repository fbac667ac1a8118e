"""The steward's desk in a real browser: decisions that a real refresh acts on, and pages that everybody can use."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import scenario
from tests.command import PATIENCE
from tests.evidence_base import EvidenceBase, copy_of
from tests.servers import free_port, reset_signals, wait_until

NJIA = Path(sys.executable).with_name("njia")
STEWARD, PASSPHRASE = "A. Steward", "several words for nobody"
# The same file without the women of June: so many rows fewer hold it.
SHORTER = "".join(
    line for line in scenario.SWALA.splitlines(keepends=True) if not re.match(r"S(9|1\d);", line)
)
VIEWS = (
    "/", "/work", "/work?kind=place", "/work?kind=rows", "/work?kind=link", "/work?kind=alert",
    "/partners", "/partners/swala_post", "/releases", "/decisions", "/files",
)  # fmt: skip


@dataclass
class Desk:
    base: EvidenceBase
    address: str

    def njia(self, *arguments: str) -> str:
        settings = self.base.settings
        return subprocess.run(
            [NJIA, *arguments, "--home", settings.home, "--partners", settings.partners],
            env=environment(self.base), capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip


def environment(base: EvidenceBase) -> dict[str, str]:
    """The test itself refreshes: the sensor of a slow machine would do so first, half-way through the decisions."""
    own = {"NJIA_KEYS": str(base.settings.keys), "NJIA_REFRESH_AFTER_DECISIONS": "off"}
    return {**os.environ, **own, "NJIA_AS_OF": scenario.AS_OF.isoformat()}


@pytest.fixture(scope="module")
def desk(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """`njia serve` over a world in which an extract is held, rows are quarantined and a place is unknown."""
    folder = tmp_path_factory.mktemp("desk")
    base = copy_of(published_world, folder)
    base.deliver("swala_post", "swala_2026-03.csv", SHORTER)
    assert base.refresh().error is None
    port = free_port()
    found = Desk(base, f"http://127.0.0.1:{port}")
    (folder / "passphrase").write_text(PASSPHRASE)
    found.njia(
        "account", "add", STEWARD, "--role", "steward", "--passphrase-file", str(folder / "passphrase")
    )
    settings = base.settings
    process = subprocess.Popen(
        [NJIA, "serve", "--port", str(port), "--home", settings.home, "--partners", settings.partners],
        env=environment(base),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=reset_signals,
    )
    try:
        wait_until(
            lambda: urllib.request.urlopen(f"{found.address}/login", timeout=2).status == 200, PATIENCE
        )
        second = subprocess.run(
            [NJIA, "serve", "--port", str(port), "--home", settings.home, "--partners", settings.partners],
            env=environment(base), capture_output=True, text=True,
        )  # fmt: skip
        assert second.returncode == 2 and f"Port {port} of this machine is taken" in second.stderr
        yield found
    finally:
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, "Ctrl-C ends it in order"
    assert "Traceback" not in complained and complained == "", "what was done in it is nobody else's to read"
    assert found.address in said


@pytest.fixture(scope="module")
def asked() -> list[str]:
    """Every address that any page asked for."""
    return []


@pytest.fixture
def page(desk: Desk, browser: Any, asked: list[str]) -> Iterator[Any]:
    """A window that nobody is logged in to."""
    context = browser.new_context(base_url=desk.address, viewport={"width": 1200, "height": 900})
    found = context.new_page()
    complaints: list[str] = []
    found.on("request", lambda request: asked.append(request.url))
    found.on(
        "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
    )
    yield found
    context.close()
    assert complaints == [], "the page wanted what its policy forbids"


def log_in(page: Any, passphrase: str = PASSPHRASE) -> None:
    page.goto("/")
    page.get_by_label("Name").fill(STEWARD)
    page.get_by_label("Passphrase").fill(passphrase)
    page.get_by_role("button", name="Log in").click()


def decide(page: Any, reason: str) -> None:
    page.get_by_label("Why").last.fill(reason)
    page.get_by_role("button", name="See what it would change").last.click()
    page.get_by_role("heading", name="What would change").wait_for()
    found = faults(page)
    page.get_by_role("button", name="Decide so").click()
    page.get_by_role("heading", name="Decided").wait_for()
    assert found + faults(page) == []


def addresses(page: Any) -> list[str]:
    found = page.eval_on_selector_all("main a[href^='/']", "all => all.map(one => one.getAttribute('href'))")
    return [str(one) for one in found]


def faults(page: Any) -> list[tuple[str, str, str]]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (page.url, one["id"], one["nodes"][0]["html"])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_views_are_accessible_on_a_desk_and_on_a_phone(desk: Desk, page: Any) -> None:
    page.goto("/login")
    found = faults(page)
    log_in(page)
    page.get_by_text("is in force").first.wait_for()
    one_of_each: dict[str, str] = {}
    for view in VIEWS:
        page.goto(view)
        for address in addresses(page):
            kind = "record" if address.startswith("/record") else "/".join(address.split("/")[:3])
            if address.startswith(("/items/", "/record")):
                one_of_each.setdefault(kind, address)
    page.goto(next(address for kind, address in one_of_each.items() if kind == "/items/rows"))
    one_of_each["record"] = next(one for one in addresses(page) if one.startswith("/record"))
    assert {
        "/items/extract",
        "/items/rows",
        "/items/place",
        "/items/agreement",
        "record",
    } <= one_of_each.keys()
    for number, address in enumerate([*VIEWS, *one_of_each.values(), "/nothing"]):
        page.emulate_media(color_scheme="dark" if number % 2 else "light")
        page.set_viewport_size({"width": 1200, "height": 900})
        page.goto(address)
        found += faults(page)
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    page.goto("/")
    page.get_by_role("button", name="Kiswahili").click()
    page.get_by_role("button", name="English").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert found + faults(page) == []


def test_wrong_passphrase_is_refused_and_login_works_by_keyboard(page: Any) -> None:
    log_in(page, "wrong words for nobody")
    page.get_by_role("alert").get_by_text("That did not open Njia").wait_for()
    page.get_by_label("Name").focus()
    page.keyboard.type(STEWARD)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSPHRASE)
    page.keyboard.press("Enter")
    page.get_by_text("is in force").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in ("main", "#main")


def test_decisions_at_the_desk_change_the_next_release(desk: Desk, page: Any) -> None:
    before = desk.base.release_id()
    from_busia = "select count(*) from marts.movements where start_county = 'Busia'"
    counted = desk.base.ask(from_busia)
    log_in(page)
    # A name gets its place, by the keyboard.
    page.get_by_role("link", name="Qwertyville").click()
    page.get_by_label("Another place").fill("Malaba")
    page.keyboard.press("Enter")
    page.locator("input[value='bp-ken-malaba']").focus()
    page.keyboard.press("Space")
    decide(page, "the partner confirmed it by letter")
    # A row is let in, after a look at it.
    page.goto("/work?kind=rows")
    page.locator("tr", has_text="No such day").get_by_role("link").click()
    page.get_by_role("link", name="6", exact=True).click()
    page.get_by_text("njia unseal swala_post").wait_for()
    page.go_back()
    page.get_by_role("checkbox", name="Row 6").check()
    page.get_by_label("Let them in").check()
    decide(page, "the day is lost, the journey is confirmed")
    # A check of the held extract is waived.
    page.goto("/")
    page.get_by_role("link", name="is held").click()
    page.get_by_role("link", name="Far fewer or far more rows").click()
    decide(page, "the women of June were taken out as agreed")
    page.goto("/decisions")
    assert page.get_by_role("cell", name="holds", exact=True).count() == 3

    assert desk.base.refresh().outcome == "published"

    after = desk.base.release_id()
    assert after != before
    page.goto("/")
    page.get_by_text("is in force").first.wait_for()
    assert page.get_by_role("link", name="is held").count() == 0
    page.goto("/work")
    assert page.get_by_text("No such day").count() == page.get_by_text("Qwertyville").count() == 0
    page.goto("/releases")
    page.get_by_role("link", name="is waived until").wait_for()
    # A border point is a start as home, and counts as its county.
    assert desk.base.ask(from_busia) > counted


def test_pages_make_no_request_to_another_server(desk: Desk, asked: list[str]) -> None:
    assert len(asked) > 50
    assert [url for url in asked if not url.startswith(f"{desk.address}/")] == []


def test_desk_listens_on_loopback_only(desk: Desk) -> None:
    port = f"{int(desk.address.rsplit(':', 1)[1]):04X}"
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    listening = [line.split() for table in tables for line in table]
    here = {columns[1] for columns in listening if columns[3] == "0A" and columns[1].endswith(f":{port}")}
    assert here == {f"0100007F:{port}"}
