"""Errors and lists of the `njia` command, in this process and without a refresh."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from orchestration.core import (
    Damaged,
    MachineFault,
    NjiaError,
    RefreshRunning,
    ReleaseRefused,
    ReleaseWaits,
    UsageError,
)  # fmt: skip
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["njia"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("refresh", "nothing to refresh"), ("status --nosuch", "No such option"), ("diff", "Missing argument"),
        ("diff a b", "no release a"), ("verify TYPO", "`njia refresh`"), ("place", "at least one name"),
        ("status --partners /nonexistent/partners", "does not exist"),
    ],
)  # fmt: skip
def test_an_error_under_json_is_one_object_on_stdout(njia: Njia, command: str, words: str) -> None:
    ended = njia(*command.split(), "--json")
    assert ended.code == 2 and len(ended.out.splitlines()) == 1
    assert list(ended.last_object) == ["outcome", "exit_code", "message"]
    assert (ended.last_object["outcome"], ended.last_object["exit_code"]) == ("error", 2)
    assert words in ended.last_object["message"] and words in ended.words


def test_each_kind_of_error_ends_with_its_own_code() -> None:
    kinds = (NjiaError, UsageError, ReleaseRefused, RefreshRunning, ReleaseWaits, Damaged, MachineFault)
    assert [kind.exit_code for kind in kinds] == [1, 2, 3, 4, 5, 6, 6]


def test_an_unexpected_error_shows_its_kind_and_place_alone(njia: Njia, monkeypatch: Any) -> None:
    failing = Mock(side_effect=KeyError("Amina Testperson"))
    monkeypatch.setattr("orchestration.operations.read_status", failing)
    ended = njia("status", "--json")
    assert ended.code == 1 == ended.last_object["exit_code"]
    assert "KeyError at" in ended.words and "Testperson" not in ended.err + ended.out


def test_json_lists_are_one_object(njia: Njia) -> None:
    assert njia("refresh").out == "", "an error without it"
    assert njia("releases", "--json").last_object == {"releases": []}
    assert njia("decide", "list", "--json").last_object == {"decisions": []}


def test_status_of_a_folder_that_is_no_home_says_so(njia: Njia) -> None:
    """A disk that is not mounted looks like an empty home."""
    assert "is no home of Njia yet." in " ".join(njia("status").out.split())


def test_wrong_boundaries_are_reported_before_the_inbox_is_read(
    njia: Njia, tmp_path: Path, monkeypatch: Any
) -> None:
    waiting = tmp_path / "home" / "inbox" / "kobe_shelter"
    waiting.mkdir(parents=True)
    (waiting / "register.csv").write_text("fixture")
    monkeypatch.setenv("NJIA_BOUNDARIES", str(tmp_path / "nowhere.gpkg"))
    ended = njia("refresh")
    assert ended.code == 2 and "nowhere.gpkg" in ended.words
    assert "Reading" not in ended.err and "private key" not in ended.err


@pytest.mark.parametrize("command", ["place", "decide"])
def test_an_unknown_country_lists_the_accepted_forms(njia: Njia, command: str) -> None:
    alias = ("decide", "place-alias", "Maraba", "KE040", "--author", "a steward", "--reason", "told so")
    ended = njia(*(("place", "Malaba") if command == "place" else alias), "--country", "Kenia")
    assert ended.code == 2 and "'Kenia'" in ended.words
    assert "(KEN)" in ended.words and "(KE)" in ended.words and "(Kenya)" in ended.words


def test_every_form_of_a_country_is_accepted_and_a_name_of_two_lists_both(njia: Njia) -> None:
    for written in ("UGA", "ug", "Uganda"):
        (found,) = json.loads(njia("place", "Busia", "--country", written, "--json").out)
        assert found["country"] == "UG"
    ended = njia("place", "Goma", "--country", "Congo")
    assert ended.code == 2 and "(COD)" in ended.words and "(COG)" in ended.words
