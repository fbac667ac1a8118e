"""Lists of the desk: facets, search, sorting, pages, and decisions on all rows that match."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, refreshes, shown_record
from orchestration.stewardship import audit, items, list_decisions, review
from orchestration.stewardship.desk.app import make_app
from orchestration.stewardship.desk.views.deciding import MOST_AT_ONCE
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import ELSEWHERE, OBSERVER, SECOND, Visitor, make_accounts, shown, visitor
from tests.fixtures.steward_world import HELD, PARTNER, SERVING

RULE = "date_invalid"
ROWS = items.quarantined_rows(PARTNER, RULE).path
# Record, extract, sheet; the fourth and fifth also fail a second rule.
ASIDE = (
    (1, SERVING, "Jan"), (2, SERVING, "Jan"), (3, SERVING, "Feb"), (4, SERVING, "Feb"), (5, SERVING, "Mar"),
    (7, HELD, "Jan"),
)  # fmt: skip


def row(number: int, extract_id: str, sheet: str, rule: str = RULE) -> dict[str, Any]:
    return {"partner": PARTNER, "extract_id": extract_id, "sheet": sheet, "row_number": number * 10,
            "rule_code": rule, "record": shown_record(number)}  # fmt: skip


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = world.make_home(tmp_path_factory.mktemp("lists"))
    make_accounts(settings)
    again = [
        row(4, SERVING, "Feb", "duplicate_key_conflict"),
        row(5, SERVING, "Mar", "duplicate_key_conflict"),
    ]
    world.put(settings, review.QUARANTINED_ROWS, *(row(*one) for one in ASIDE), *again)
    stage, corner = (
        (world.OPEN_NAME, "Kwa Fixture stage", "KEN"),
        (world.COUNTRYLESS, "Fixture corner", "KEN"),
    )
    hidden = (world.HIDDEN, "Sampleton")
    world.put_names(
        settings,
        {one[0]: [one[1]] for one in (stage, corner, hidden)},
        world.open_name(*stage, named_by=f"{PARTNER}/origin/2"),
        world.open_name(*corner, status="ambiguous", candidates="KE040", named_by="kobe_post//1"),
        world.open_name(*hidden),
    )
    world.refreshed(settings)
    return settings


@pytest.fixture
def settings(ready: Settings, tmp_path: Path) -> Settings:
    return world.copied(ready, tmp_path)


@pytest.fixture
def steward(settings: Settings) -> Visitor:
    return visitor(settings)


def facet(page: str, label: str) -> dict[str, int]:
    """The values of a facet and their counts."""
    section = page.partition(f"<h2>{label}</h2>")[2].partition("</section>")[0]
    values = re.findall(r"<a [^>]*>([^<]*)</a> <span class=\"quiet\">([\d,]+)</span>", section)
    return {unescape(name): int(count.replace(",", "")) for name, count in values}


def linked(page: str, text: str) -> str:
    """The address of the link with this text."""
    found = re.search(rf'<a href="([^"]*)"[^>]*>{re.escape(text)}</a>', page)
    assert found, text
    return unescape(found[1])


def numbers(page: str) -> list[str]:
    """The row numbers in the order of the table."""
    return re.findall(r'<a href="/record\?[^"]*">(\d+)</a>', page)


def search(of: Visitor, path: str, text: str) -> str:
    """Search in the list of an address; returns the address that it leads to."""
    page = of.get(path).text
    to = re.search(r'name="to" value="([^"]*)"', page.partition('action="/search"')[2])
    assert to
    sent = {"csrf": of.csrf(), "to": unescape(to[1]), "list": "search", "search": text}
    return str(of.browser.post("/search", data=sent).headers["location"])


def preview_all(of: Visitor, path: str, kind: str, **fields: Any) -> Any:
    """Send the list's form with "Select all that match"."""
    page = of.get(path).text
    names = ("all", "matched", "partner", "role")
    sent = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in names}
    return of.preview(kind, **{name: unescape(one[1]) for name, one in sent.items() if one}, **fields)


def test_facet_counts_the_rows_that_match_the_other_facets(steward: Visitor) -> None:
    page = steward.get(ROWS).text
    assert facet(page, "Sheet") == {"Jan": 3, "Feb": 2, "Mar": 1}
    assert facet(page, "Other rules") == {"–": 4, "duplicate key conflict": 2}
    page = steward.get(linked(page, "Feb")).text
    assert numbers(page) == ["30", "40"] and "2 of 6 match" in shown(page)
    assert facet(page, "Sheet") == {"Jan": 3, "Feb": 2, "Mar": 1}
    assert facet(page, "Other rules") == {"–": 1, "duplicate key conflict": 1}
    both = steward.get(linked(page, "Mar")).text
    assert numbers(both) == ["30", "40", "50"], "two values of one facet add up"
    narrowed = steward.get(linked(both, "duplicate key conflict")).text
    assert numbers(narrowed) == ["40", "50"] and facet(narrowed, "Sheet") == {"Feb": 1, "Mar": 1}
    assert numbers(steward.get(linked(narrowed, "Clear all")).text) == ["10", "20", "30", "40", "50", "70"]
    without_feb = steward.get(linked(narrowed, "Feb")).text
    assert numbers(without_feb) == ["50"], "a chosen value is taken back by its own link"


def test_rows_are_sorted_by_a_column_with_unknown_last(steward: Visitor) -> None:
    page = steward.get(ROWS).text
    falling = steward.get(linked(page, "Row")).text
    assert numbers(falling) == ["70", "50", "40", "30", "20", "10"]
    assert 'aria-sort="descending"' in falling
    assert numbers(steward.get(linked(falling, "Row")).text) == ["10", "20", "30", "40", "50", "70"]
    for order in ("other_rules", "-other_rules"):
        assert set(numbers(steward.get(f"{ROWS}?sort={order}").text)[:2]) == {"40", "50"}
    assert steward.get(f"{ROWS}?sort=nothing&page=99&sheet=nowhere").status_code == 200


OLD_ADDRESSES = (
    "/work?kind=nothing", "/work?kind=check&about=nothing", "/work?turn=nothing&age=x",
    "/work?kind=place&status=nothing&near=nowhere&role=x", "/work?kind=link&agree=nothing&reason=x",
    "/partners?state=x", "/decisions?state=nothing&kind=x", "/releases?refreshes.outcome=nothing",
    f"{ROWS}?other_rules=nothing&page=x&sort=-x&search=x",
)  # fmt: skip


def test_value_of_an_old_address_matches_nothing(steward: Visitor) -> None:
    for address in OLD_ADDRESSES:
        page = steward.get(address)
        is_empty = 'class="list' not in page.text or "Nothing matches" in page.text
        assert page.status_code == 200 and (is_empty or "refreshes" in address), address


def test_pages_keep_what_narrows_the_list(settings: Settings, steward: Visitor) -> None:
    many = [row(number, SERVING, "Jan" if number % 2 else "Feb") for number in range(1, 121)]
    world.put(settings, review.QUARANTINED_ROWS, *many)
    page = steward.get(f"{ROWS}?sheet=Jan&sort=-row").text
    assert "60 of 120 match" in shown(page) and "Page 1 of 2" in shown(page)
    following = steward.get(linked(page, "On")).text
    assert numbers(following) == [str(number) for number in range(190, 0, -20)]


def test_search_text_stands_in_no_address_and_in_no_audit_line(settings: Settings, steward: Visitor) -> None:
    address = search(steward, "/work?kind=place&country=KEN", "fixture STAGE")
    assert "ixture" not in address and "country=KEN" in address
    page = steward.get(address).text
    assert "1 of 3 match" in shown(page) and "Kwa Fixture stage" in page and "Fixture corner" not in page
    addresses = re.findall(r'(?:href|action|value)="([/?][^"]*)"', page)
    assert addresses and [one for one in addresses if "ixture" in one.casefold()] == []
    assert "ixture" not in json.dumps(audit.read(settings).lines)
    assert facet(page, "Country named") == {"KEN": 1}, "a facet counts what the search finds"


def test_search_of_a_place_stands_in_no_address(steward: Visitor) -> None:
    item = linked(steward.get("/work?kind=place").text, "Sampleton")
    address = search(steward, item, "Malaba")
    page = steward.get(address).text
    assert "alaba" not in address and "bp-ken-malaba" in page
    sent = re.findall(r'(?:href|action|name="to" value)="([^"]*)"', page)
    assert address in sent and [one for one in sent if "alaba" in one] == []
    assert 'action="/search"' in page and f'method="get" action="{item}"' not in page
    typed = steward.get(f"{item}?search=Malaba").text
    assert "bp-ken-malaba" not in typed and 'class="warning"' in typed


def test_front_page_leads_to_the_parts_that_refused_the_release(settings: Settings, steward: Visitor) -> None:
    name = "partners_records_are_as_last_time"
    refusing = world.REFUSING | {"check_name": name, "subject": PARTNER}
    world.failed(settings, refusing, world.HOLDING)
    begun = refreshes.begin(settings, "run", world.NOW)
    refreshes.end(settings, begun, refreshes.REFUSED, refused_by=[name])
    world.refreshed(settings, outcome=refreshes.REFUSED)
    title = "Many records of a partner have changed"
    page = steward.get(linked(steward.get("/").text, title)).text
    item = linked(page, f"{title}: {PARTNER} in the release")
    assert item == items.release_check(name, PARTNER).path and steward.get(item).status_code == 200


def test_names_are_narrowed_by_who_writes_them_and_what_they_may_be(steward: Visitor) -> None:
    page = steward.get("/work?kind=place").text
    assert facet(page, "Who names it") == {PARTNER: 2, "kobe_post": 1}
    assert facet(page, "As") == {"no stop of a journey": 2, "origin": 1}
    assert facet(page, "May be") == {"–": 2, "Busia (county, Kenya)": 1}
    assert "Fixture corner" in steward.get(linked(page, "Busia (county, Kenya)")).text


def test_search_is_combined_with_a_facet_chosen_later_and_leads_to_no_other_server(steward: Visitor) -> None:
    found = steward.get(search(steward, "/work?kind=place", "fixture")).text
    assert facet(found, "Why") == {"fits several places": 1, "fits no known place": 1}
    both = shown(steward.get(linked(found, "fits several places")).text)
    assert "1 of 3 match" in both and "Fixture corner" in both
    assert "3 in all" in shown(steward.get(search(steward, "/work?kind=place", "")).text)
    sent = {"csrf": steward.csrf(), "to": "https://example.org/", "list": "search", "search": "x"}
    assert steward.browser.post("/search", data=sent).headers["location"].startswith("/?search=")
    assert steward.browser.post("/search", data=sent | {"csrf": ""}).status_code == 403


@pytest.mark.parametrize(
    ("narrowed", "scope"),
    [(f"partner={PARTNER}", (PARTNER, None)), (f"partner={PARTNER}&role=origin", (PARTNER, "origin")),
     ("role=origin&role=transit", (None, None)), ("role=other", (None, None))],
)  # fmt: skip
def test_names_of_a_narrowed_list_are_decided_within_its_partner_and_role(
    settings: Settings, steward: Visitor, narrowed: str, scope: tuple[str | None, str | None]
) -> None:
    named_by = f"{PARTNER}/origin/2;{PARTNER}//1"
    name = world.open_name(world.HIDDEN, "Sampleton", named_by=named_by)
    world.put_names(settings, {world.HIDDEN: ["Sampleton"]}, name)
    previewed = preview_all(
        steward, f"/work?kind=place&{narrowed}", "place_alias", place_id="unknown", place=""
    )
    assert (f"only at {PARTNER}" in shown(previewed.text)) is (scope[0] is not None)
    steward.confirm(previewed)
    made = list_decisions(settings, "place_alias")
    assert made and {(one["partner"], one["role"]) for one in made} == {scope}


def test_search_of_another_session_is_unknown_and_decides_nothing(settings: Settings) -> None:
    desk = make_app(settings, 3030, ELSEWHERE)
    first, second = Visitor(desk), Visitor(desk)
    first.login()
    second.login(SECOND)
    address = search(first, "/work?kind=place", "corner")
    page = second.get(address).text
    assert "This search has expired" in shown(page) and "corner" in page
    refused = second.preview("place_alias", all=address, matched="1", place_id="unknown")
    assert refused.status_code == 400 and "search again" in shown(refused.text)


def test_all_that_match_are_decided_as_previewed(settings: Settings, steward: Visitor) -> None:
    assert 'name="matched" value="3"' in steward.get(f"{ROWS}?sheet=Jan").text
    asked = preview_all(steward, f"{ROWS}?sheet=Jan", "row_exclude")
    said = shown(asked.text)
    assert "All 3 that match, of 6" in said and "Sheet: Jan" in said and "has changed" not in said
    world.put(settings, review.QUARANTINED_ROWS, *(row(*one) for one in ASIDE), row(6, SERVING, "Jan"))
    again = shown(steward.preview("row_exclude", all=f"{ROWS}?sheet=Jan", matched="3").text)
    assert "3 matched when you chose" in again and "All 4 that match, of 7" in again
    assert steward.confirm(asked).status_code == 200
    decided = {entry["record"] for entry in list_decisions(settings, "row_exclude")}
    assert decided == {shown_record(number) for number in (1, 2, 7)}, "not what came after the preview"


def test_records_that_cannot_be_let_in_are_named_and_a_facet_leaves_them_out(
    settings: Settings, steward: Visitor
) -> None:
    refused = preview_all(steward, ROWS, "row_release")
    assert refused.status_code == 400 and "duplicate_key_conflict" in shown(refused.text)
    narrowed = linked(steward.get(ROWS).text, "–")
    assert steward.confirm(preview_all(steward, narrowed, "row_release")).status_code == 200
    released = {entry["record"] for entry in list_decisions(settings, "row_release")}
    assert released == {shown_record(number) for number in (1, 2, 3, 7)}


def test_more_than_can_be_decided_at_once_are_refused_with_the_number(
    settings: Settings, steward: Visitor
) -> None:
    many = [row(number, SERVING, "Jan") for number in range(1, MOST_AT_ONCE + 2)]
    world.put(settings, review.QUARANTINED_ROWS, *many)
    refused = preview_all(steward, ROWS, "row_exclude")
    assert refused.status_code == 400
    assert "These are 1,001" in shown(refused.text) and "Narrow the list" in shown(refused.text)


def test_all_of_a_list_that_is_not_decided_together_is_refused(steward: Visitor) -> None:
    for address in ("/work?kind=check", "/work", "/items/place/0123456789ab", "/nothing", "//example.org/x"):
        refused = steward.preview("row_exclude", all=address, matched="1")
        assert refused.status_code == 404 and 'action="/decide"' not in refused.text, address


def test_form_without_a_choice_leads_back(steward: Visitor) -> None:
    answer = steward.preview("alert_release", "Fixture partners agreed", back="/work?direction=rise")
    assert answer.status_code == 400 and "Nothing was chosen." in shown(answer.text)
    assert "Fixture partners" not in answer.text, "a refused text may hold contact data"
    assert 'href="/work?direction=rise"' in answer.text
    elsewhere = steward.preview("alert_release", back="//sampleton.example")
    assert elsewhere.status_code == 400 and "sampleton" not in elsewhere.text


def test_open_items_are_counted_by_kind(steward: Visitor) -> None:
    assert "All 5 Rows set aside 2 Place names 3" in shown(steward.get("/work").text)


def test_names_get_one_place_or_none_together(settings: Settings, steward: Visitor) -> None:
    in_kenya = linked(steward.get("/work?kind=place").text, "KEN")
    done = steward.confirm(preview_all(steward, in_kenya, "place_alias", place_id="", place="KE040"))
    assert done.status_code == 200
    made = {(one["text"], one["country"], one["place_id"]) for one in list_decisions(settings, "place_alias")}
    assert made == {("Kwa Fixture stage", "KEN", "KE040"), ("Fixture corner", "KEN", "KE040")}
    token = world.name_of("Sampleton")
    assert steward.decide("place_alias", name=[token], place_id="unknown", place="").status_code == 200
    assert list_decisions(settings, "place_alias")[-1]["text"] == token
    assert 'class="list' not in steward.get("/work?kind=place").text


def test_name_of_one_place_alone_stands_for_its_id(steward: Visitor) -> None:
    token = world.name_of("Sampleton")
    refused = steward.preview("place_alias", name=[token], place_id="", place="Busia")
    assert refused.status_code == 400, "a county, towns and border points are called so"
    assert steward.decide("place_alias", name=[token], place_id="", place="Lodwar").status_code == 200


def test_observer_searches_what_an_observer_sees_and_chooses_nothing(settings: Settings) -> None:
    observer = visitor(settings, OBSERVER)
    assert "0 of 3 match" in shown(observer.get(search(observer, "/work?kind=place", "corner")).text)
    found = observer.get(search(observer, "/work?kind=place", world.name_of("Fixture corner")))
    assert "1 of 3 match" in shown(found.text)
    assert 'type="checkbox" name=' not in found.text and 'name="reason"' not in found.text
