"""Two stewards decide at once, each in a process of their own: nothing is lost, and the second is told who was first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, UsageError
from orchestration.stewardship import active_decisions, audit, list_decisions, record_decision, revoke
from tests.command import FORKS, PATIENCE

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
EXTRACTS = [f"{number:016x}" for number in range(10)]
Act = Callable[[Settings, str, str], object]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    landed = tmp_path / "landing" / "kobe_shelter"
    landed.mkdir(parents=True)
    for extract_id in EXTRACTS:
        (landed / f"{extract_id}.json").write_text("{}")
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys", waivers_need_second=True)


def accept(settings: Settings, author: str, extract_id: str) -> None:
    extract = {"partner": "kobe_shelter", "extract_id": extract_id}
    record_decision(settings, "extract_accept", author, "as agreed", NOW, **extract)


def take_back(settings: Settings, author: str, decision_id: str) -> None:
    revoke(settings, decision_id, author, "a mistake", NOW)


def _act(settings: Settings, act: Act, author: str, objects: list[str], start: Any, answers: Any) -> None:
    """In a process of its own: act on one object after the other; tell what was refused."""
    start.wait()
    refused = {}
    for one in objects:
        try:
            act(settings, author, one)
        except UsageError as error:
            refused[one] = str(error)
    answers.put((author, refused))


def at_once(settings: Settings, act: Act, objects: dict[str, Iterable[str]]) -> dict[str, dict[str, str]]:
    """What was refused of each steward's acts, by author and object."""
    start, answers = FORKS.Barrier(len(objects)), FORKS.Queue()
    started = [
        FORKS.Process(target=_act, args=(settings, act, author, list(ids), start, answers))
        for author, ids in objects.items()
    ]
    for process in started:
        process.start()
    found = dict(answers.get(timeout=PATIENCE) for _ in started)
    for process in started:
        process.join()
    return found


def test_second_of_two_equal_decisions_names_the_first_author(settings: Settings) -> None:
    refused = at_once(settings, accept, {"A. Fixture": EXTRACTS, "B. Fixture": EXTRACTS[::-1]})
    first = {one["extract_id"]: one["author"] for one in active_decisions(settings, NOW)["extract_accept"]}
    assert first.keys() == set(EXTRACTS)
    for author, told in refused.items():
        for extract_id, sentence in told.items():
            assert first[extract_id] != author and first[extract_id] in sentence
    assert sum(map(len, refused.values())) == len(EXTRACTS)

    decided = [one["id"] for one in active_decisions(settings, NOW)["extract_accept"]]
    refused = at_once(settings, take_back, {"A. Fixture": decided, "B. Fixture": decided})
    by = {one["revokes"]: one["author"] for one in list_decisions(settings) if one["revokes"]}
    assert by.keys() == set(decided) and sum(map(len, refused.values())) == len(decided)
    for told in refused.values():
        assert [one for one, said in told.items() if one not in said or by[one] not in said] == []
    assert audit.read(settings).faults == [] and not any(audit.gaps(settings).values())
