"""Keys in the lists of the desk, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import uvicorn

from orchestration.core import shown_record
from orchestration.stewardship import items, review
from orchestration.stewardship.desk.app import make_app
from tests.command import PATIENCE
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import ELSEWHERE, PASSPHRASE, STEWARD, make_accounts
from tests.fixtures.steward_world import PARTNER, SERVING
from tests.servers import free_port, wait_until

RULES = ("count_zero", "date_invalid", "date_missing")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A desk on which rows of three rules wait, those of one rule three."""
    settings = world.make_home(tmp_path_factory.mktemp("desk"))
    make_accounts(settings)
    numbers = ((1, RULES[0]), (2, RULES[1]), (3, RULES[2]), (4, RULES[2]), (5, RULES[2]))
    rows = (
        {"partner": PARTNER, "extract_id": SERVING, "sheet": "Jan", "row_number": number + 1, "rule_code": rule,
         "record": shown_record(number)}
        for number, rule in numbers
    )  # fmt: skip
    world.put(settings, review.QUARANTINED_ROWS, *rows)
    world.refreshed(settings)
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(make_app(settings, port, ELSEWHERE), port=port, log_level="warning")
    )
    thread = Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, PATIENCE)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(base_url=address, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Name").fill(STEWARD)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("navigation", name="Views").wait_for()
    yield page
    context.close()


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.name"))


def press(page: Any, *keys: str) -> str:
    for key in keys:
        page.keyboard.press(key)
    return focused(page)


def test_keys_move_to_rows_and_open_them(page: Any) -> None:
    page.goto("/work")
    links = [one.get_attribute("href") for one in page.locator("td:first-child > a").all()]
    assert len(links) == 3
    assert [press(page, key) for key in "jjjj"] == [*links, links[-1]], "the last row stays"
    assert press(page, "k") == links[1]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{links[1]}")


def test_keys_mark_a_row_and_go_from_item_to_item_of_the_narrowed_list(page: Any) -> None:
    path = items.quarantined_rows(PARTNER, "date_missing").path
    page.goto(f"{path}?sort=row")
    page.get_by_role("link", name="Row", exact=True).click()
    rows = [one.get_attribute("href") for one in page.locator("td.n > a").all()]
    press(page, "j", "x")
    assert page.locator("tr", has=page.locator(f"a[href='{rows[0]}']")).get_by_role("checkbox").is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{rows[0]}")
    press(page, "j", "k", "j")
    page.wait_for_timeout(500)
    assert page.url.endswith(rows[0]), "these keys are for rows"
    page.keyboard.press("J")
    page.wait_for_url(f"**{rows[1]}")
    page.keyboard.press("K")
    page.wait_for_url(f"**{rows[0]}")
    page.goto("/work?kind=rows")
    first, second = [one.get_attribute("href") for one in page.locator("td > a").all()][:2]
    page.goto(first)
    page.keyboard.press("J")
    page.wait_for_url(f"**{second}")


def test_page_that_follows_a_refresh_fetches_its_progress_alone(page: Any) -> None:
    page.goto("/")
    with page.expect_request("**/refresh"), page.expect_navigation(url="**/"):
        page.evaluate("document.querySelector('#refresh').dataset.follow = 'soon'")
    assert page.locator("#refresh[data-follow]").count() == 0, "loaded again, as nothing runs"


def test_keys_are_no_keys_while_somebody_types_or_where_they_are_off(page: Any) -> None:
    page.goto("/work")
    assert press(page, "/") == "search"
    page.keyboard.type("jkx?/")
    assert page.get_by_label("Search").input_value() == "jkx?/"
    page.get_by_role("heading", name="What waits").click()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys in lists")
    dialog.get_by_text("next row").wait_for()
    dialog.get_by_label("Keys are on").uncheck()
    dialog.get_by_role("link", name="Close").click()
    assert not dialog.is_visible()
    page.reload()
    before = focused(page)
    assert press(page, "j", "?") == before and not dialog.is_visible()
    page.get_by_role("link", name="Keys", exact=True).click()
    dialog.get_by_label("Keys are on").check()
    page.keyboard.press("Escape")
    assert press(page, "j").startswith("/items/")


def test_list_works_without_javascript(browser: Any, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login?to=/work")
    page.get_by_label("Name").fill(STEWARD)
    page.get_by_label("Passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("Search").fill("no such day")
    page.get_by_role("button", name="Find").click()
    page.get_by_text("1 of 3 match.").wait_for()
    assert "such" not in page.url
    page.get_by_role("link", name="Keys", exact=True).click()
    assert (
        page.get_by_text("Keys in lists").is_visible() and not page.get_by_label("Keys are on").is_visible()
    )
    context.close()
