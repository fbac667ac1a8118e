"""Publishing after review: a candidate that passes waits until stewards have signed exactly its content."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, UsageError
from orchestration.release import current_release
from orchestration.release.publishing import publish
from orchestration.stewardship import confirm, record_decision, review
from tests.fixtures.release_world import START, build_warehouse, settings_in, stage_candidate, write_verdict


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = replace(settings_in(tmp_path), publishes_after_review=True)
    build_warehouse(settings)
    return settings


def stage_and_publish(settings: Settings, days: int = 0, counts: tuple[int, ...] = (3, 1, 2)) -> str | None:
    """Stage a candidate that passes, try to publish it; the id of the release in force afterwards."""
    build_warehouse(settings, counts)
    write_verdict(stage_candidate(settings, START + timedelta(days=days)))
    publish(settings, START + timedelta(days=days))
    current = current_release(settings)
    return current.release_id if current else None


def sign(settings: Settings, **given: Any) -> dict[str, Any]:
    return record_decision(settings, "candidate_signature", "A. Steward", "it is right", START, **given)


def test_automatic_publishing_asks_for_no_signature(settings: Settings) -> None:
    assert stage_and_publish(replace(settings, publishes_after_review=False))
    assert review.standing_candidate(settings) is None


def test_candidate_waits_until_it_is_signed(settings: Settings) -> None:
    assert stage_and_publish(settings) is None
    standing = review.standing_candidate(settings)
    assert standing and standing["outcome"] == "waits"
    assert publish(settings, START) is None, "asked again, it still waits"
    signed = sign(settings)
    assert (signed["candidate"], signed["content_hash"]) == (standing["candidate"], standing["content_hash"])
    published = publish(settings, START)
    assert published and published.release_id == standing["candidate"]
    assert review.standing_candidate(settings) is None


def test_candidate_is_closed_to_readers_until_it_is_published(settings: Settings) -> None:
    settings.releases.mkdir()
    settings.releases.chmod(0o755)
    stage_and_publish(settings)
    (candidate,) = settings.releases.glob(".candidate-*")
    assert candidate.stat().st_mode & 0o777 == 0o700
    sign(settings)
    published = publish(settings, START)
    assert published and published.path.stat().st_mode & 0o777 == 0o755


def test_a_signature_is_of_the_content_and_not_of_the_candidate(settings: Settings) -> None:
    stage_and_publish(settings)
    sign(settings)
    assert stage_and_publish(settings, days=1, counts=(3, 1, 2, 4)) is None
    assert stage_and_publish(settings, days=2)
    stage_and_publish(settings, days=3, counts=(3, 1, 2, 4))
    sign(settings)
    assert publish(settings, START)


def test_two_stewards_sign(settings: Settings) -> None:
    both = replace(settings, signatures=2)
    stage_and_publish(settings)
    first = sign(both)
    assert publish(both, START) is None
    with pytest.raises(UsageError):
        confirm(both, first["id"], "a. steward", "again", START)
    confirm(both, first["id"], "B. Steward", "so it is", START)
    assert publish(both, START)


def test_one_signature_from_before_is_not_two(settings: Settings) -> None:
    stage_and_publish(settings)
    sign(settings)
    assert publish(replace(settings, signatures=2), START) is None


def test_only_the_content_that_waits_can_be_signed(settings: Settings) -> None:
    other = {"candidate": "20261124T020000Z-a1b2c3d4", "content_hash": "a" * 64}
    with pytest.raises(UsageError, match="No candidate waits for review"):
        sign(settings, **other)
    stage_and_publish(settings)
    with pytest.raises(UsageError, match="has another content"):
        sign(settings, **other)
    assert publish(settings, START) is None


@pytest.mark.parametrize(
    ("name", "value"), [("NJIA_PUBLISH", "later"), ("NJIA_SIGNATURES", "3"), ("NJIA_SIGNATURES", "two")]
)
def test_wrong_setting_names_the_right_ones(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=f"{name} must be .+ or "):
        Settings.from_environment()
