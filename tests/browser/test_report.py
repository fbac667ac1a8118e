"""The report as it is read: on a desk and on a phone, from a folder, by everybody, with no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.outputs.report.write import write_reports
from orchestration.places.boundaries import generalised
from tests.fixtures.published_world import MANIFEST, write_release


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_release(tmp_path_factory.mktemp("reports"))
    write_reports(folder, MANIFEST, generalised(), None)
    return folder


@pytest.mark.parametrize(("name", "width"), [("public", 1280), ("members", 390)])
def test_the_report_fits_asks_for_nothing_and_can_be_read_by_everybody(
    browser: Any, reports: Path, name: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    address = (reports / name / "report/index.html").as_uri()
    page.goto(address)
    assert [url for url in asked if not url.startswith("data:")] == [address]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []
    page.close()


def test_the_contents_lead_to_the_chapters_by_keyboard(browser: Any, reports: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((reports / "public/report/index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_role("link", name="Corridors", exact=True).press("Enter")
    assert page.url.endswith("#corridors")
    assert page.locator("#corridors-title").is_visible()
    page.close()


@pytest.mark.parametrize("name", ["public", "members"])
def test_no_label_of_the_map_covers_another(browser: Any, reports: Path, name: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((reports / name / "report/index.html").as_uri())
    boxes = page.evaluate(
        "[...document.querySelector('#brief svg').querySelectorAll('text:not([aria-hidden])')].map(one => {"
        " const box = one.getBoundingClientRect(); return [box.left, box.top + 2, box.right, box.bottom - 2] })"
    )
    covered = [
        (one, other)
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    assert len(boxes) > 4 and covered == []
    page.close()
