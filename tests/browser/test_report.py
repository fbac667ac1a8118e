"""The report as it is read: on a desk and on a phone, from a folder, by everybody, with no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.report.write import write_report
from orchestration.places.boundaries import generalised
from tests.unit import printed_world


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The page of each edition, with its figures beside it."""
    folder = tmp_path_factory.mktemp("reports")
    manifest = printed_world.write_release(folder)
    return {
        name: write_report(Edition(name, folder, manifest), None, generalised()) / "index.html"
        for name in ("public", "partner")
    }


@pytest.mark.parametrize(("name", "width"), [("public", 1280), ("partner", 390)])
def test_the_report_fits_asks_for_its_figures_alone_and_can_be_read_by_everybody(
    browser: Any, reports: dict[str, Path], name: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reports[name].as_uri())
    beside = reports[name].parent.as_uri() + "/"
    assert {url.removeprefix(beside).partition("/")[0] for url in asked if not url.startswith("data:")} == {
        "index.html", "figures",
    }  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = "[...document.images].filter(image => image.getBoundingClientRect().width > image.closest('figure').clientWidth).length"
    assert page.evaluate(cut) == 0
    hints = page.get_by_text("Tap the figure to enlarge it.")
    assert [hint.is_visible() for hint in hints.all()] == [width < 700] * len(
        page.query_selector_all("figure")
    )
    drawn = "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
    assert page.evaluate(drawn)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []
    page.close()


def test_the_contents_lead_to_the_chapters_by_keyboard(browser: Any, reports: dict[str, Path]) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(reports["public"].as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.get_by_role("link", name="Corridors", exact=True).press("Enter")
    assert page.url.endswith("#corridors")
    assert page.locator("#corridors h2").is_visible()
    page.close()


def test_no_table_of_twelve_months_hides_its_newest_column(browser: Any, tmp_path: Path) -> None:
    """Their heads are long, and two tables stand side by side."""
    manifest = printed_world.write_release(tmp_path)
    for table in ("ends", "children"):
        printed_world.change(
            tmp_path, "partner", table, lambda rows: rows.assign(period_id=rows.period_id + "-Q4-12m")
        )
    report = write_report(Edition("partner", tmp_path, manifest), None, generalised())
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((report / "index.html").as_uri())
    assert page.get_by_text("Year to December 2025").count() > 4
    cut = "[...document.querySelectorAll('.table')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(cut) == 0
    page.close()
