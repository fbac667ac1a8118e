"""The map page by mouse, by keys and by ear, on a screen and on a phone, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orchestration.outputs.map_page.frames import FRAMES
from tests.browser.map_page import VIEWS, table, until

GARISSA = (40.6, -1.0)


def test_keys_alone_reach_and_change_everything(open_page: Callable[..., Any]) -> None:
    page = open_page()
    reached = []
    for _ in range(200):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id || document.activeElement.textContent")
        if name in reached[:1]:
            break
        reached.append(name)
    visible = page.evaluate(
        "[...document.querySelectorAll('a, button:enabled, select, input:enabled, summary, [tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility()).map((one) => one.id || one.textContent)"
    )
    assert set(visible) <= set(reached)
    page.locator("#choose-period").focus()
    before = table(page)
    page.keyboard.press("ArrowLeft")
    assert page.locator("#period-now").text_content() == "2024"
    assert page.locator("#choose-period").get_attribute("aria-valuetext") == "2024"
    assert table(page) != before
    page.locator("#list button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#details").is_visible()
    assert "Persons" in str(page.locator("#details").text_content())
    assert page.locator("#list button").first.evaluate("(one) => one === document.activeElement"), (
        "focus stays"
    )
    page.keyboard.press("Escape")
    assert not page.locator("#details").is_visible()
    assert page.locator("#list button").first.evaluate("(one) => one === document.activeElement")
    page.locator("[data-view=hotspots]").focus()
    page.keyboard.press("Enter")
    assert page.locator("[aria-current]").evaluate("(one) => one === document.activeElement")
    assert page.locator("[aria-current]").text_content() == "Hotspots"
    page.locator("#map").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert page.locator("#map").get_attribute("data-zoom") == "1.50"
    page.keyboard.press("0")
    assert page.locator("#map").get_attribute("data-zoom") == "1.00"


def test_pointing_at_a_line_or_a_county_tells_its_row(open_page: Callable[..., Any]) -> None:
    page = open_page("view=hotspots")
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    west, south, east, north = FRAMES["kenya"].box
    degree = min(box["width"] / (east - west), box["height"] / (north - south))
    lon, lat = GARISSA
    x = box["x"] + box["width"] / 2 + (lon - (west + east) / 2) * degree
    y = box["y"] + box["height"] / 2 - (lat - (south + north) / 2) * degree
    page.mouse.move(x, y, steps=3)
    page.locator(".tip").wait_for()
    shown = str(page.locator(".tip").text_content())
    assert "Garissa" in shown and "Interval" in shown and "Partners" in shown
    page.mouse.click(x, y)
    assert page.locator("#details h2").text_content() == "Garissa"


@pytest.mark.parametrize(("width", "scheme", "language"), [(1200, "light", "en"), (390, "dark", "sw")])
def test_everybody_can_read_every_view(
    open_page: Callable[..., Any], width: int, scheme: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(f"lang={language}", width=width, scheme=scheme)
    assert page.locator("html").get_attribute("lang") == language
    for view in VIEWS if scheme == "dark" else ("corridors", "hotspots", "shifts"):
        page.evaluate(f"location.hash = 'lang={language}&view={view}'")
        until(page, f"location.hash.includes('view={view}&')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        page.locator("#list button").first.click()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], view


def test_the_page_speaks_swahili(open_page: Callable[..., Any]) -> None:
    page = open_page("view=hotspots")
    english = page.locator("body").inner_text()
    page.get_by_role("button", name="Kiswahili").click()
    swahili = page.locator("body").inner_text()
    left = {line for line in swahili.splitlines() if line in english.splitlines() and len(line.split()) > 3}
    assert left == set()
    assert "Panajitokeza waziwazi" in swahili
    page.get_by_role("button", name="English").click()
    assert page.locator("body").inner_text() == english
