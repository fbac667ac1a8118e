"""The noise key is made once, and refused where kept releases have noise of another key."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from orchestration.core import Settings, UsageError, create_missing_keys, load_keys, require_noise_key

OLD, NEW = "20260101T000000Z-aaaaaaaa", "20260201T000000Z-bbbbbbbb"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path / "home" / "keys")
    make_keys(settings)
    return settings


def make_keys(settings: Settings) -> None:
    create_missing_keys(settings.keys, settings.landing, settings.link_codes, settings.releases)


def publish(settings: Settings, release: str, noise: str | None) -> None:
    ids = {"record": "00000000"} | ({"noise": noise} if noise else {})
    (settings.releases / release).mkdir(parents=True)
    (settings.releases / release / "manifest.json").write_text(json.dumps({"key_ids": ids}))


def check(settings: Settings) -> None:
    require_noise_key(load_keys(settings.keys), settings.keys, settings.releases)


def test_a_fresh_home_gets_a_noise_key(settings: Settings) -> None:
    check(settings)
    first, again = (load_keys(settings.keys).protection_keys(pa.array([7])) for _ in range(2))
    assert first == again
    assert first.null_count == 0


def test_the_key_of_every_kept_release_is_accepted(settings: Settings) -> None:
    publish(settings, OLD, None)
    publish(settings, NEW, load_keys(settings.keys).ids["noise"])
    check(settings)


def test_a_lost_key_is_not_replaced(settings: Settings) -> None:
    publish(settings, OLD, load_keys(settings.keys).ids["noise"])
    (settings.keys / "noise.key").unlink()
    for ask in (make_keys, check):
        with pytest.raises(UsageError, match=rf"noise\.key is missing, .* of the release {OLD} .* backup"):
            ask(settings)
    assert not (settings.keys / "noise.key").exists()


def test_key_that_an_earlier_release_does_not_know_is_refused(settings: Settings) -> None:
    publish(settings, OLD, "12345678")
    publish(settings, NEW, load_keys(settings.keys).ids["noise"])
    with pytest.raises(UsageError, match=f"the release {OLD} were made with the key 12345678"):
        check(settings)


def test_a_candidate_that_was_never_published_needs_no_key(settings: Settings) -> None:
    publish(settings, f".candidate-{OLD}", "12345678")
    check(settings)


def test_a_refresh_with_another_key_stops_before_anything_is_built(settings: Settings) -> None:
    from orchestration.refresh import Runs

    publish(settings, OLD, "12345678")
    (settings.home / "home.json").write_text('{"layout_version": 5}')
    with pytest.raises(UsageError, match="Restore it from the backup"):
        Runs(settings).begin("a-run")
    assert not settings.warehouse.exists()
