"""Review lists of a running refresh: invisible until it ends, then switched all at once."""

import os
from pathlib import Path

import pytest

from orchestration.core import Settings, write_json
from orchestration.stewardship import review

COLUMNS = ("item",)
FILES = {review.LINKS, review.OPEN_ITEMS, review.OPEN_ITEMS_SAID, ".sums.json"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys")
    write(found, "old")
    return found


def write(settings: Settings, item: str) -> None:
    review.write(settings, review.LINKS, [{"item": item}], COLUMNS)
    review.write(settings, review.OPEN_ITEMS, [{"item": item}])
    write_json(review.written_to(settings) / review.OPEN_ITEMS_SAID, {item: {}})


def shown(settings: Settings) -> list[str]:
    return [row["item"] for name in (review.LINKS, review.OPEN_ITEMS) for row in review.read(settings, name)]


def draft(settings: Settings) -> Settings:
    drafting = review.drafting(settings)
    review.sweep(settings)
    write(drafting, "new")
    return drafting


def test_drafted_lists_are_visible_to_their_refresh_alone_until_the_switch(settings: Settings) -> None:
    drafting = draft(settings)
    assert shown(drafting) == ["new", "new"]
    assert shown(settings) == ["old", "old"]
    review.switch(settings)
    assert shown(settings) == ["new", "new"]
    assert {path.name for path in settings.review.iterdir()} == FILES


def test_an_unwritten_list_stays_as_it_was(settings: Settings) -> None:
    drafting = review.drafting(settings)
    review.write(drafting, review.LINKS, [{"item": "new"}], COLUMNS)
    assert shown(drafting) == ["new", "old"]
    review.switch(settings)
    assert shown(settings) == ["new", "old"]


def test_drafts_of_a_killed_refresh_never_take_effect(settings: Settings) -> None:
    draft(settings)
    review.sweep(settings)  # the next refresh begins
    review.switch(settings)  # and ends, with nothing to say
    assert shown(settings) == ["old", "old"]


def test_a_switch_killed_half_way_is_completed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    draft(settings)
    moved: list[str] = []

    def die_after_one(path: Path, target: Path) -> None:
        if moved:
            raise KeyboardInterrupt
        if path.parent.name == ".ended":
            moved.append(path.name)
        path.rename(target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die_after_one)
        with pytest.raises(KeyboardInterrupt):
            review.switch(settings)
    assert len(moved) == 1
    assert shown(settings) == ["new", "new"]
    review.sweep(settings)
    assert shown(settings) == ["new", "new"]
    assert {path.name for path in settings.review.iterdir()} == FILES
