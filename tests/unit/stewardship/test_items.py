"""Names of what waits for a steward: the same everywhere, and never a partner's words."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.stewardship import items
from orchestration.stewardship.items import Item

OUTSIDE = items.file_not_taken("", "loose.xlsx")


@given(st.sampled_from(items.KINDS), st.lists(st.text(min_size=1), min_size=1, max_size=3))
@example(OUTSIDE.kind, list(OUTSIDE.key))
@settings(max_examples=30)
def test_a_name_is_read_back_as_the_item_it_names(kind: str, key: list[str]) -> None:
    item = Item(kind, tuple(key))
    assert Item.parse(str(item)) == item


@pytest.mark.parametrize("name", ["", "check", "check:", "nothing:key", "check:a::b"])
def test_what_names_no_item_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="names no item"):
        Item.parse(name)


def test_a_name_holds_no_word_that_a_partner_wrote() -> None:
    assert "Testperson" not in str(items.file_not_taken("kobe_shelter", "Testperson list.xlsx"))


def test_the_path_at_the_desk_leads_to_the_item() -> None:
    item = items.extract_check("kobe_shelter", "0c8c697b51dff708", "dates_are_plausible")
    assert item.path == "/items/check/kobe_shelter/0c8c697b51dff708/dates_are_plausible"
