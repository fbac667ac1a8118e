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


BOXES = """() => {
  const found = [];
  for (const svg of document.querySelectorAll("svg")) {
    const points = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    if (!points) continue;  // drawn for another width
    const texts = [...svg.querySelectorAll("text:not([aria-hidden])")];
    const boxes = texts.map((one) => one.getBoundingClientRect());
    texts.forEach((one, at) => {
      const name = svg.getAttribute("aria-label").slice(0, 60), size = Number(one.getAttribute("font-size"));
      if (size < 6) found.push([name, one.textContent, size]);
      boxes.slice(at + 1).forEach((other, beyond) => {
        const wide = Math.min(boxes[at].right, other.right) - Math.max(boxes[at].left, other.left);
        const high = Math.min(boxes[at].bottom, other.bottom) - Math.max(boxes[at].top, other.top);
        if (wide > 1.5 * points && high > 3 * points) found.push([name, one.textContent, texts[at + 1 + beyond].textContent]);
      });
    });
  }
  return [document.querySelectorAll("svg text").length, found];
}"""


@pytest.mark.parametrize("name", ["public", "members"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_text_of_a_chart_is_small_or_covers_another(
    browser: Any, reports: Path, name: str, width: int
) -> None:
    """Six points at least; line boxes of type reach three points beyond what is drawn."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((reports / name / "report/index.html").as_uri())
    texts, found = page.evaluate(BOXES)
    assert texts > 100 and found == []
    page.close()
