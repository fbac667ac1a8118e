"""A browser; and the map pages of a made-up release, opened as a reader does: from a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.outputs.map_page.page import write_map_pages
from orchestration.outputs.pages import MAP_PAGE
from orchestration.places.boundaries import generalised
from tests.browser.chromium import BROWSER_FLAGS
from tests.browser.map_page import drawn
from tests.command import PATIENCE
from tests.fixtures.published_world import MANIFEST, write_release
from tests.needs import program


@pytest.fixture(scope="session")
def map_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a release with the map page of each edition."""
    folder = write_release(tmp_path_factory.mktemp("release"))
    write_map_pages(folder, MANIFEST, generalised())
    return folder


@dataclass
class PatientBrowser:
    """Its pages wait as long as a busy machine needs."""

    _browser: Any

    def new_context(self, **how: Any) -> Any:
        return self._patient(self._browser.new_context(**how))

    def new_page(self, **how: Any) -> Any:
        return self._patient(self._browser.new_page(**how))

    def _patient(self, opened: Any) -> Any:
        opened.set_default_timeout(PATIENCE * 1000)
        return opened


@pytest.fixture(scope="module")
def browser() -> Iterator[PatientBrowser]:
    """One for a file and not for longer: while it is open, nothing else in this process can use asyncio."""
    from playwright.sync_api import sync_playwright

    chromium = program("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        yield PatientBrowser(browser)
        browser.close()


@pytest.fixture
def open_map(browser: Any, map_release: Path) -> Iterator[Callable[..., Any]]:
    """Open the map page of an edition; at the end, fail if it made a request or logged an error."""
    opened = []

    def open_map(
        address: str = "",
        edition: str = "members",
        width: int = 1366,
        height: int = 768,
        release: Path = map_release,
        query: str = "",
    ) -> Any:
        page = browser.new_page(viewport={"width": width, "height": height})
        seen: list[str] = []
        file = (release / edition / MAP_PAGE).as_uri()
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.goto(f"{file}{query}#{address}")
        drawn(page)
        opened.append((page, file, seen))
        return page

    yield open_map
    for page, file, seen in opened:
        rest = [one for one in seen if not one.startswith((file, "blob:", "data:"))]
        page.close()
        assert rest == []
