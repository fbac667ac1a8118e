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


def test_a_name_holds_no_word_of_a_partner_and_leads_to_the_page_at_the_desk() -> None:
    for name in ("", "check", "check:", "nothing:key", "check:a::b"):
        with pytest.raises(ValueError, match="names no item"):
            Item.parse(name)
    assert "Testperson" not in str(items.file_not_taken("kobe_shelter", "Testperson list.xlsx"))
    item = items.extract_check("kobe_shelter", "0c8c697b51dff708", "dates_are_plausible")
    assert item.path == "/items/check/kobe_shelter/0c8c697b51dff708/dates_are_plausible"
