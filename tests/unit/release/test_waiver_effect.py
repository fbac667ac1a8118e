"""What a waiver did to the published numbers: told for the first release it let pass, and never overstated."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, UsageError
from orchestration.release import Release, ReleaseDiff, waiver_effect
from orchestration.release.differences import _also_changed, _in_force_anyhow
from orchestration.release.publishing import publish
from orchestration.stewardship import record_decision
from tests.fixtures import release_world
from tests.fixtures.release_world import PASSED, START, publish_one, settings_in, write_verdict

Row = dict[str, Any]
MADE = {"id": "aaaaaaaaaaaa", "kind": "check_waiver"}
EXTRACT = {"partner_code": "p-00000001", "extract_id": "a" * 16, "fate": "in_force", "parquet_sha256": "1"}
OTHER = {**EXTRACT, "extract_id": "b" * 16}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def waive(settings: Settings, check: str) -> dict[str, Any]:
    expires = (START + timedelta(days=9)).date()
    return record_decision(
        settings, "check_waiver", "A. Fixture", "a partner joined", START, check=check, scope="release",
        expires=expires,
    )  # fmt: skip


def failed(check: str, waiver: dict[str, Any]) -> dict[str, Any]:
    return {**PASSED, "name": check, "outcome": "waived", "waived_by": waiver["id"]}


def test_all_of_a_release_that_a_waiver_let_pass_reached_readers_through_it(settings: Settings) -> None:
    before = publish_one(settings, 0, counts=(3, 1, 2), decisions=[])
    first, second = waive(settings, "quarantine_is_normal"), waive(settings, "quarantine_is_as_last_time")
    unused = waive(settings, "movements_are_plausible")
    release_world.build_warehouse(settings, (3, 5))
    moment = START + timedelta(days=1)
    decisions = [{"id": one["id"], "kind": one["kind"]} for one in (first, second, unused)]
    used = {"waivers": [first, second], "decisions": decisions}
    candidate = release_world.stage_candidate(settings, moment, "0000002a" * 8, **used)
    write_verdict(candidate, *(failed(one["check"], one) for one in used["waivers"]))
    release = publish(settings, moment)
    publish_one(settings, 2, counts=(3, 5, 7))  # a later release is not the one that it first let pass

    found = waiver_effect(settings, first["id"])
    assert (found.first, found.let_pass) == (release.release_id, ["quarantine_is_normal"])
    assert found.diff and (found.diff.before, found.diff.after) == (before.release_id, release.release_id)
    movements = next(table for table in found.diff.tables if table.table == "marts.fct_movements")
    assert (movements.added, movements.removed, movements.changed) == (0, 1, 1)
    assert f"{before.release_id} would have stayed" in found.meaning
    assert found.also_changed == [f"the waivers {second['id']}, which it needed as well"]
    assert {one["id"] for one in found.diff.decisions_came or []} == {one["id"] for one in decisions}
    for other, words in (
        (unused["id"], "No kept release passed by the waiver"),
        ("0" * 12, "no waiver 0000"),
    ):
        with pytest.raises(UsageError, match=words):
            waiver_effect(settings, other)


def compared(came: list[Row], left: list[Row], *extracts: Row, inputs: tuple[str, ...] = ()) -> str:
    """What else changed between a release with OTHER alone and one with these extracts."""
    releases = [
        Release(name, Path(name), {"as_of": name, "extracts": list(found)}, is_current=False)
        for name, found in (("2026-03-01", [OTHER]), ("2026-03-02", extracts))
    ]
    changed = ["decisions", "extracts", *inputs]
    found = ReleaseDiff("2026-03-01", "2026-03-02", [], [], [], [], came, left, changed)
    return "; ".join(_also_changed(found, *releases, MADE["id"], "a" * 16))


def test_a_difference_is_a_waivers_alone_only_where_nothing_else_changed() -> None:
    assert compared([MADE], [], OTHER, EXTRACT) == ""
    another = {**MADE, "id": "b" * 12}
    assert compared([MADE, another], [], OTHER, EXTRACT) == "decisions came: bbbbbbbbbbbb"
    assert compared([MADE], [another], OTHER, EXTRACT) == "decisions left: bbbbbbbbbbbb"
    assert "other extracts" in compared([MADE], [], {**OTHER, "fate": "withdrawn"}, EXTRACT)
    inputs = compared([MADE], [], OTHER, EXTRACT, inputs=("code", "time"))
    assert inputs == "inputs changed: code, time"


def test_nothing_is_a_waivers_where_the_extract_was_accepted_as_well() -> None:
    accepted = {"id": "b" * 12, "partner": "kobe_shelter", "extract_id": "a" * 16}
    waiver = {"scope": f"kobe_shelter/{'a' * 16}"}

    def told(scope: dict[str, str], *used: str) -> str | None:
        manifest = {"decisions": [{"id": one, "kind": "extract_accept"} for one in used]}
        return _in_force_anyhow([accepted], scope, Release("r", Path("r"), manifest, is_current=True))

    assert "still have been in force: decision bbbbbbbbbbbb" in (told(waiver, "b" * 12) or "")
    assert told(waiver) is None, "accepted later, or taken back before"
    assert told({"scope": f"swala_house/{'a' * 16}"}, "b" * 12) is None
