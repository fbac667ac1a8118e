"""What a reader sees on the map page: its table, and the names that it says."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd

from orchestration.outputs.edition import Edition

VIEWS = ("corridors", "places", "hotspots", "risk", "shifts", "coverage")
HIDDEN = "c"


def drawn(page: Any) -> None:
    until(page, "document.getElementById('map').dataset.drawn")


def until(page: Any, expression: str, seconds: float = 10) -> None:
    """Playwright's own waiting evaluates texts in the page, which the page's policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def table(page: Any) -> list[list[str]]:
    """What the table shows, all of it."""
    if page.locator("#more").is_visible():
        page.locator("#more").click()
    return page.evaluate(
        "[...document.querySelectorAll('#table tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def columns(rows: list[list[str]], *names: str) -> list[tuple[str, ...]]:
    heads = [head.rstrip(" ▲▼") for head in rows[0]]
    return [tuple(row[heads.index(name)] for name in names) for row in rows[1:]]


def names(edition: Edition) -> dict[str, str]:
    """Names as the page says them: a border point that is called like its county says that it is one."""
    places = edition.table("places")
    counties = set(places.loc[places["kind"] == "county", "name"])
    said = {
        place.place_id: f"{place.name} (border point)"
        if place.kind == "border_point" and place.name in counties
        else place.name
        for place in places[["place_id", "kind", "name"]].itertuples(index=False)
    }
    return said | {"KEN": "Kenya, county not told"}


def of_year(edition: Edition, name: str, year: str = "2025") -> pd.DataFrame:
    found = edition.table(name)
    return found[found["period_id"] == year]
