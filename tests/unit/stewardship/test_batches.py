"""Several decisions at once: all stand or none, each is checked as if it were alone, and all can be undone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, UsageError, shown_record
from orchestration.intake import contact_in_prose
from orchestration.stewardship import audit, export_lines, list_decisions, record_decision
from orchestration.stewardship.audit import gaps
from orchestration.stewardship.decisions.recording import id_of, record_decisions
from tests.fixtures import steward_world as world
from tests.fixtures.steward_world import HELD, NOW, PARTNER

Wanted = Sequence[tuple[str, dict[str, Any]]]
EXTRACT = {"partner": PARTNER, "extract_id": HELD}
WAIVER = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 3, 20)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = world.make_home(tmp_path)
    world.set_aside(settings, (1, "date_invalid"), (2, "date_invalid"))
    return settings


def decide(settings: Settings, wanted: Wanted) -> list[dict[str, Any]]:
    return record_decisions(settings, "A. Fixture", "agreed by telephone", NOW, wanted)


def take_back(settings: Settings, ids: Sequence[str], author: str = "B. Fixture") -> list[dict[str, Any]]:
    return record_decisions(settings, author, "a mistake", NOW, [("revoke", {"id": one}) for one in ids])


def rows(*numbers: int) -> Wanted:
    return [("row_release", {"record": shown_record(number)}) for number in numbers]


def test_list_is_recorded_like_single_decisions(settings: Settings, tmp_path: Path) -> None:
    made = decide(settings, [*rows(1, 2), ("check_waiver", WAIVER)])
    assert {one["id"] for one in made} == {one["id"] for one in list_decisions(settings)}
    assert [one["kind"] for one in made] == ["row_release", "row_release", "check_waiver"]
    assert made[0]["rules"] == ["date_invalid"], "completed as a single one is"
    log = audit.read(settings)
    assert [line["what"] for line in log.lines] == [one["id"] for one in made]
    assert gaps(settings)["unlogged"] == []
    other = world.make_home(tmp_path / "other")
    alone = record_decision(other, "extract_accept", "A. Fixture", "agreed by telephone", NOW, **EXTRACT)
    assert decide(settings, [("extract_accept", EXTRACT)]) == [alone]


def test_one_fault_refuses_the_whole_list(settings: Settings) -> None:
    decide(settings, [("check_waiver", WAIVER)])
    before = export_lines(settings)
    wanted = [*rows(1, 3), ("extract_accept", EXTRACT | {"extract_id": "0" * 16}), ("nonsense", {})]
    with pytest.raises(UsageError, match="3 of 4") as told:
        decide(settings, wanted)
    assert re.findall(r"Number (\d):", str(told.value)) == ["2", "3", "4"]
    assert export_lines(settings) == before
    assert len(audit.read(settings).lines) == 1


ROLLBACK = ("rollback", {"from_release": "x", "to_release": "y"})


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(rows(1, 1), r"Number 2: Decision [0-9a-f]{12} "), ([ROLLBACK], "njia rollback"), ([], "empty")],
)
def test_a_duplicate_a_rollback_and_an_empty_list_are_refused(
    settings: Settings, wanted: Wanted, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        decide(settings, wanted)


def test_list_is_revoked_whole_or_not_at_all(settings: Settings) -> None:
    ids = [one["id"] for one in decide(settings, [*rows(1, 2), ("check_waiver", WAIVER)])]
    with pytest.raises(UsageError, match=r"1 of 4 .*Number 4: .*0{12}"):
        take_back(settings, [*ids, "0" * 12])
    assert [one["revoked_by"] for one in list_decisions(settings)] == [None] * 3
    taken_back = take_back(settings, ids)
    assert [one["revokes"] for one in taken_back] == ids
    assert [line["action"] for line in audit.read(settings).lines] == ["decided"] * 3 + ["revoked"] * 3
    with pytest.raises(UsageError, match=r"B\. Fixture on 2026-03-01 at 09:00 EAT"):
        take_back(settings, ids, "A. Fixture")
    (made,) = decide(settings, rows(1))
    with pytest.raises(UsageError, match=r"Number 2: .*taken back by"):
        take_back(settings, [made["id"]] * 2)


def test_no_id_passes_for_a_phone_number() -> None:
    """One of digits alone would: the audit log does not take it, so nobody could take the decision back."""
    seeds = [str(number) for number in range(3000)]
    plain = [hashlib.sha256(seed.encode()).hexdigest()[:12] for seed in seeds]
    assert any(map(contact_in_prose, plain)), "the seeds have such a case"
    assert [seed for seed in seeds if contact_in_prose(id_of(seed))] == []
