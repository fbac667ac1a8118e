"""A browser; and the map pages of a made-up release, opened as a reader does: from a disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.map_page import write_map_pages
from orchestration.outputs.pages import MAP_PAGE
from orchestration.places.boundaries import generalised
from tests.browser.map_page import drawn
from tests.browser.test_dagster_ui import BROWSER_FLAGS
from tests.unit.printed_world import write_release


@pytest.fixture(scope="session")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edition]:
    folder = tmp_path_factory.mktemp("release")
    manifest = write_release(folder)
    write_map_pages(folder, manifest, generalised())
    return {edition.name: edition for edition in editions_of(folder, manifest)}


@pytest.fixture(scope="module")
def browser(program: Callable[[str, str], str]) -> Iterator[Any]:
    """One for a file and not for longer: while it is open, nothing else in this process can use asyncio."""
    from playwright.sync_api import sync_playwright

    chromium = program("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, editions: dict[str, Edition]) -> Iterator[Callable[..., Any]]:
    """Opens the page of an edition and, at the end, holds it to its word: no request, no error."""
    opened = []

    def open_page(
        address: str = "",
        edition: str = "partner",
        width: int = 1200,
        scheme: str = "light",
        path: Path | None = None,
    ) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        seen: list[str] = []
        file = (path or editions[edition].path / MAP_PAGE).as_uri()
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.goto(f"{file}#{address}")
        drawn(page)
        opened.append((page, file, seen))
        return page

    yield open_page
    for page, file, seen in opened:
        rest = [one for one in seen if not one.startswith((file, "blob:"))]
        page.close()
        assert rest == []
