"""What a candidate would change: found before it is published, shown at the desk, signed where that is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.core import read_json, refreshes
from orchestration.operations import read_status
from orchestration.release import current_release
from orchestration.stewardship import list_decisions, record_decision, review
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of
from tests.fixtures.desk_world import make_accounts, shown, visitor
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["njia"]
MORE_OF_KOBE = scenario.CASE_HEADER + (
    "".join(
        f"K{number};12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
        for number in range(4, 9)
    )
    + "K2;11/03/2025;M;30;Addis Ababa;Moyale;South Africa;South Africa;Labour;lori;Yes;;;\n"
)


def after_review(base: EvidenceBase) -> EvidenceBase:
    return EvidenceBase(replace(base.settings, publishes_after_review=True))


def causes(changes: dict[str, Any], partner: str) -> dict[str, tuple[int, int, int]]:
    """Of a partner, by cause: new, gone and changed records."""
    (found,) = (one for one in changes["partners"] if one["partner"] == partner)
    return {"+".join(one["causes"]): (one["new"], one["gone"], one["changed"]) for one in found["causes"]}


@pytest.fixture(scope="module")
def waiting(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    """kobe sends five girls more and takes back what it said of K2; the candidate waits. Read only."""
    base = after_review(copy_of(published_world, tmp_path_factory.mktemp("waiting")))
    base.deliver("kobe_post", "kobe_3.csv", MORE_OF_KOBE)
    ended = base.refresh()
    assert (ended.outcome, ended.error) == (refreshes.WAITS, None)
    return base


def test_candidate_has_its_changes_beside_it(waiting: EvidenceBase, published_world: EvidenceBase) -> None:
    (candidate,) = waiting.settings.releases.glob(".candidate-*")
    changes = read_json(candidate / "changes.json")
    assert changes["before"] == published_world.release_id() == waiting.release_id()
    assert changes["grains"] == [
        {"record_grain": "case", "before": 12, "now": 17},
        {"record_grain": "route_report", "before": 6, "now": 6},
    ]
    assert causes(changes, "kobe_post") == {"new_extract": (5, 0, 1)}
    assert causes(changes, "swala_post") == causes(changes, "tai_routes") == {}
    lines = [
        (one["start_place"]["name"], one["end_place"]["name"], one["before"], one["now"], one["of_partner"])
        for one in changes["corridors"]["rows"]
    ]
    most = scenario.BUSIA_NAIROBI["record_count"]
    assert lines == [
        ("Busia", "Nairobi", most, most + 5, 5),
        ("Ethiopia", "Nairobi", 1, 0, -1),
        ("Ethiopia", "South Africa", 0, 1, 1),
    ]
    by_table = {(one["place"], one["table"]): one["now"] - one["before"] for one in changes["places"]["rows"]}
    assert by_table == {
        ("Busia", "starts"): 5, ("Nakuru", "passings"): 5, ("Nairobi", "ends"): 4, ("South Africa", "ends"): 1,
    }  # fmt: skip
    assert changes["places"]["rows"][-1]["partner"] == "kobe_post"


def test_gate_compares_the_records_of_both_releases(waiting: EvidenceBase) -> None:
    verdict = review.standing_candidate(waiting.settings)
    assert verdict and verdict["measures"]["lineages_missing"] == 0
    observed = {one["name"]: one["observed"] for one in verdict["checks"] if one["stage"] == "release_gate"}
    assert observed["partners_records_are_as_last_time"] == 0


def test_partners_read_that_the_release_waits(waiting: EvidenceBase) -> None:
    pages = (waiting.settings.receipts / "kobe_post").glob("*/receipt.html")
    newest = max(pages, key=lambda path: path.stat().st_mtime)
    said = " ".join(newest.read_text(encoding="utf-8").split())
    assert "waits until a data steward has looked at it" in said and "Would be in use" in said


def test_candidate_waits_on_until_a_steward_looks_and_signs(
    waiting: EvidenceBase, tmp_path: Path, njia: Njia, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = after_review(copy_of(waiting, tmp_path))
    settings = base.settings
    for name, value in (
        ("NJIA_PARTNERS", str(settings.partners)),
        ("NJIA_AS_OF", scenario.AS_OF.isoformat()),
        ("NJIA_PUBLISH", "after_review"),
    ):
        monkeypatch.setenv(name, value)
    ended = njia("refresh", "--json")
    assert (ended.code, ended.last_object["outcome"]) == (5, "waits")
    assert "passed the release gate and waits for review" in ended.words and "/releases" in ended.words
    assert base.release_id() == waiting.release_id()
    with dg.DagsterInstance.from_config(str(base.settings.dagster_home)) as instance:
        (run,) = instance.get_runs()
    assert (run.status, run.tags["njia/outcome"]) == (dg.DagsterRunStatus.SUCCESS, "waits")
    status = njia("status")
    assert "waits for review" in status.out and "njia decide sign-candidate" in status.out

    make_accounts(settings)
    steward = visitor(settings)
    assert 'href="/releases"' in steward.get("/").text
    page = steward.get("/releases").text
    assert "A candidate waits for review" in page and "Busia → Nairobi" in page and "kobe_post +5" in page
    standing = review.standing_candidate(settings)
    assert standing
    bound = {name: standing[name] for name in ("candidate", "content_hash")}
    steward.decide("candidate_signature", **bound)
    page = shown(steward.get("/releases").text)
    assert "the next refresh publishes it" in page and "Decisions made since" not in page
    steward.decide("place_alias", text="Qwertyville", place_id="KE047")
    assert "Decisions made since: 1. The next refresh makes another" in shown(steward.get("/releases").text)
    (alias,) = list_decisions(settings, "place_alias")
    steward.decide("revoke", id=alias["id"])
    ended = base.refresh()
    assert (ended.outcome, ended.error) == (refreshes.PUBLISHED, None)
    current = current_release(settings)
    assert current and current.release_id == standing["candidate"]
    assert not list(current.path.rglob("changes.json")) and not list(current.path.rglob("verdict.json"))
    page = steward.get("/releases").text
    assert current.release_id in page and "Busia → Nairobi" in page
    assert steward.get("/releases?release=20200101T000000Z-00000000").status_code == 404
    assert read_status(settings)["candidate"] is None


def test_each_change_has_its_cause(published_world: EvidenceBase, tmp_path: Path) -> None:
    base = copy_of(published_world, tmp_path).at(scenario.AS_OF.replace(month=5))
    settings = base.settings
    second = steps.newest_note(settings, "kobe_post").stem
    (swala,) = (note.stem for note in (settings.landing / "swala_post").glob("*.json"))
    contract = scenario.PARTNERS["chui_routes"].replace("Labour: forced_labour", "Labour: forced_begging")
    base.write_contract("chui_routes", contract)
    for kind, asked in (
        ("extract_withdraw", {"partner": "kobe_post", "extract_id": second}),
        ("row_exclude", {"record": f"{swala}:2"}),
    ):
        record_decision(settings, kind, "A. Steward", "the partner says so", scenario.AS_OF, **asked)
    ended = base.refresh()
    assert ended.error is None, ended.error
    changes = review.changes_of(settings, str(base.release_id()))
    assert changes and [one["kind"] for one in changes["decisions"]] == ["extract_withdraw", "row_exclude"]
    assert causes(changes, "kobe_post") == {"held_or_withdrawn": (0, 0, 1)}
    assert causes(changes, "swala_post") == {"decision": (0, 1, 0), "time": (1, 0, 0)}
    assert causes(changes, "chui_routes") == {"contract+decision+time": (0, 0, 2)}
