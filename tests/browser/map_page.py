"""What a reader sees on the map page: its table, and when it is drawn."""

from __future__ import annotations

import time
from typing import Any

from tests.command import PATIENCE

VIEWS = ("corridors", "places", "changes")


def drawn(page: Any) -> None:
    """Wait until the map is drawn, or says that there is nothing to draw."""
    until(page, "document.getElementById('map').dataset.drawn || document.getElementById('app').hidden")


def until(page: Any, expression: str) -> None:
    """Playwright's own waiting evaluates texts in the page, which the page's policy forbids."""
    end = time.monotonic() + PATIENCE
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def table(page: Any) -> list[list[str]]:
    """Return what the table shows, all of it, with its headings."""
    if page.locator("#more").is_visible():
        page.locator("#more").click()
    return page.evaluate(
        "[...document.querySelectorAll('#table tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def columns(page: Any, *names: str) -> list[tuple[str, ...]]:
    """Return the cells of some columns of the table."""
    rows = table(page)
    heads = [head.rstrip(" ▲▼") for head in rows[0]]
    return [tuple(row[heads.index(name)] for name in names) for row in rows[1:]]


def box(page: Any, selector: str) -> dict[str, float]:
    return dict(page.locator(selector).bounding_box())
