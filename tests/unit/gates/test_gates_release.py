"""The release gate: each check refuses a planted candidate, and so does a check that did not run."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from expectations.checks import CHECKS
from orchestration.core import NjiaError, Settings, note_artifact, read_json
from orchestration.gates.candidate import (
    IN_FORCE,
    CheckOutcome,
    ReleaseVerdict,
    check_results,
    judge_candidate,
)
from orchestration.gates.in_force import put_in_force
from orchestration.gates.verdicts import judge_extracts
from orchestration.release import CHECK_RESULTS
from orchestration.release.releases import VERDICT, read_object
from orchestration.stewardship import Decisions
from tests.fixtures.gate_world import (
    AS_OF,
    KEY_IDS,
    dbt_ran,
    decisions_of,
    land,
    make_settings,
    write_empty_public,
    write_evidence_base,
)


@pytest.fixture(scope="module")
def at_the_gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gate")
    settings = make_settings(folder)
    land(settings, "e1", records=200)
    prepare(settings)
    return folder


@pytest.fixture
def settings(at_the_gate: Path, tmp_path: Path) -> Settings:
    """A refresh that has come as far as the release gate, with nothing wrong."""
    shutil.copytree(at_the_gate, tmp_path, dirs_exist_ok=True)
    return make_settings(tmp_path)


def prepare(settings: Settings) -> None:
    verdicts = judge_extracts(settings, AS_OF, decisions_of())
    put_in_force(settings, AS_OF, decisions_of(), KEY_IDS, verdicts)
    dbt_ran(settings)


def candidate(settings: Settings, **changes: Any) -> Path:
    hashed = read_json(settings.work / "gates" / "in_force.json")["inputs_hash"]
    inputs_hash = changes.pop("inputs", hashed)
    folder = settings.releases / f".candidate-20261124T020000Z-{inputs_hash[:8]}"
    write_evidence_base(folder / "members" / "evidence_base.duckdb", **changes)
    write_empty_public(folder)
    (folder / "manifest.json").write_text(json.dumps({"inputs_hash": inputs_hash}))
    return folder


def published(settings: Settings, **changes: Any) -> None:
    folder = settings.releases / "20261101T020000Z-00000000"
    write_evidence_base(folder / "members" / "evidence_base.duckdb", **changes)
    (folder / "manifest.json").write_text('{"sequence": 1, "previous_release": null}')
    settings.current.symlink_to(folder)


def judged(settings: Settings, folder: Path, decisions: Decisions | None = None) -> ReleaseVerdict:
    return judge_candidate(settings, folder, AS_OF, decisions or decisions_of())


def check(verdict: ReleaseVerdict, name: str) -> CheckOutcome:
    return next(one for one in verdict.checks if one.name == name)


def test_a_first_release_passes_with_the_hashes_of_its_files(settings: Settings) -> None:
    folder = candidate(settings)
    verdict = judged(settings, folder)
    assert verdict.reasons == ()
    assert verdict.passed
    written = read_object(folder / VERDICT)
    assert written is not None
    hashed = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in written["files"]}
    assert written["files"] == hashed
    assert {"members/evidence_base.duckdb", "public/evidence_base.duckdb", "manifest.json"} <= hashed.keys()
    assert written["verdict"] == "passed"
    assert {one["stage"] for one in written["checks"]} == {"extract_gate", "warehouse", "release_gate"}
    assert written["measures"]["movements"] == 100


@pytest.mark.parametrize(
    ("name", "last", "now"),
    [
        ("reconciliation_is_exact", None, {"missing_rows": 1}),
        ("reconciliation_is_exact", None, {"landed": 199}),  # the landing register says 200
        ("reconciliation_is_exact", None, {"without": "quality.reconciliation"}),
        ("tables_are_complete", None, {"without": "marts.dim_place"}),
        ("movements_are_plausible", None, {"movements": 0}),
        ("movements_are_plausible", {}, {"movements": 79}),
        ("movements_are_plausible", {}, {"movements": 401}),
        ("quarantine_is_normal", None, {"quarantined": 41}),
        ("quarantine_is_as_last_time", {}, {"quarantined": 13}),
        ("table_rows_are_plausible", {"movements": 100}, {"movements": 49}),
        ("partners_are_in_force", None, None),
        ("members_see_what_the_public_sees", None, {"without": "meta.columns"}),
        ("public_counts_are_protected", None, {"without": "published.periods"}),
    ],
)
def test_a_planted_fault_refuses(
    settings: Settings, name: str, last: dict[str, Any] | None, now: dict[str, Any] | None
) -> None:
    if last is not None:
        published(settings, **last)
    if now is None:
        path = settings.work / "gates" / "in_force.json"
        path.write_text(json.dumps({**read_json(path), "partners_in_force": []}))
    verdict = judged(settings, candidate(settings, **(now or {})))
    refusing = [one.name for one in verdict.checks if one.refuses]
    assert verdict.verdict == "refused"
    assert name in refusing
    assert any(reason.startswith(name) for reason in verdict.reasons)


def test_a_stale_held_or_overdue_partner_only_warns(settings: Settings) -> None:
    path = settings.work / "gates" / "in_force.json"
    partners = {f"partners_{state}": ["pwani_shelter"] for state in ("stale", "held", "overdue")}
    path.write_text(json.dumps({**read_json(path), **partners}))
    verdict = judged(settings, candidate(settings))
    for state in ("stale", "held", "overdue"):
        assert check(verdict, f"no_partner_is_{state}").outcome == "failed"
    assert verdict.passed


def test_a_held_extract_does_not_refuse_the_release(settings: Settings) -> None:
    land(settings, "e0", partner="mlima_centre", bad_dates=40)
    prepare(settings)
    verdict = judged(settings, candidate(settings, landed=240))
    assert any(one.subject == "e0" and one.outcome == "failed" for one in verdict.checks)
    assert verdict.passed


def test_a_dbt_test_that_did_not_pass_refuses_unless_it_only_warns(settings: Settings) -> None:
    statuses = {"fails": "fail", "breaks": "error", "is_skipped": "skipped", "has_no_result": ""}
    dbt_ran(settings, code_is_known="warn", **statuses)
    verdict = judged(settings, candidate(settings))
    found = {name: check(verdict, name).outcome for name in statuses if check(verdict, name).refuses}
    assert found == {
        "fails": "failed", "breaks": "error", "is_skipped": "not_run", "has_no_result": "not_run",
    }  # fmt: skip
    assert not verdict.passed and not check(verdict, "code_is_known").refuses


@pytest.mark.parametrize("stage", ["extract_gate", "warehouse"])
def test_a_stage_without_results_refuses(settings: Settings, stage: str) -> None:
    rows = [row for row in check_results(settings).to_pylist() if row["stage"] != stage]
    verdict = judge_candidate(settings, candidate(settings), AS_OF, decisions_of(), rows)
    assert not verdict.passed
    assert check(verdict, f"{stage}_ran").outcome == "not_run"


def test_results_and_candidates_of_other_inputs_refuse(settings: Settings) -> None:
    verdict = judged(settings, candidate(settings, inputs="ffffffff"))
    assert check(verdict, "candidate_has_the_inputs_in_force").outcome == "failed"
    assert not verdict.passed
    note_artifact(settings.work, IN_FORCE, "of other extracts", [], {})
    assert not judged(settings, candidate(settings)).passed


def _waiver(name: str) -> dict[str, Any]:
    given = {
        "check": name, "check_definition": CHECKS[name].definition, "scope": "release",
        "expires": "2026-12-24",
    }  # fmt: skip
    return {"id": "0123456789ab", **given}


def test_a_waived_check_passes_and_is_listed_unless_it_is_reconciliation(settings: Settings) -> None:
    published(settings)
    decided = decisions_of(
        check_waiver=[_waiver("movements_are_plausible"), _waiver("reconciliation_is_exact")]
    )
    verdict = judged(settings, candidate(settings, movements=79), decided)
    waived = check(verdict, "movements_are_plausible")
    assert (waived.outcome, waived.waived_by, verdict.passed) == ("failed", "0123456789ab", True)
    assert not judged(settings, candidate(settings, missing_rows=1), decided).passed, "reconciliation"


def test_ratios_of_a_tiny_release_are_ignored(settings: Settings) -> None:
    published(settings, movements=10)
    assert judged(settings, candidate(settings, movements=4)).passed


def test_an_incomplete_candidate_has_no_verdict(settings: Settings) -> None:
    folder = candidate(settings)
    judged(settings, folder)
    (folder / "members" / "evidence_base.duckdb").unlink()
    with pytest.raises(NjiaError):
        judged(settings, folder)
    assert read_object(folder / VERDICT) is None


def test_check_results_have_their_columns_and_no_partner_name(settings: Settings) -> None:
    table = check_results(settings)
    assert table.schema == CHECK_RESULTS
    assert set(table.column("partner_code").to_pylist()) == {"p-00000001", None}
    assert "pwani_shelter" not in json.dumps(table.to_pylist())
