"""Great Expectations judges planted extracts; a file that has not landed gets the same answers without it."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from expectations import Expectation, Limit
from expectations.extract_gate import EXTRACT_GATE
from orchestration.core import Settings, read_json
from orchestration.gates import judging, would_fail
from orchestration.gates.extract_profile import TYPED_TABLES
from orchestration.gates.judging import judge
from orchestration.gates.verdicts import ExtractVerdicts, judge_extracts
from tests.fixtures.gate_world import AS_OF, decisions_of, land, make_settings, read_plainly

# The check that holds the extract, what is planted, and the number that decides.
FAULTS: list[tuple[str, dict[str, Any], float]] = [
    ("agreement_is_valid", {"received_on": "2022-12-31"}, 0),
    ("agreement_is_valid", {"agreement_to": date(2026, 10, 31)}, 0),
    ("agreement_covers_statistics", {"statistics_agreed": False}, 0),
    ("required_columns_present", {"columns_found": ["Date", "Town of victim", "Sex"]}, 1),
    ("every_row_is_typed", {"typed_records": 39}, 1), ("columns_are_readable", {"bad_dates": 9}, 31 / 40),
    ("columns_are_readable", {"bad_dates": 40}, 0), ("places_are_known", {"bad_places": 11}, 29 / 40),
    ("codes_are_mapped", {"bad_codes": 3}, 37 / 40),
    ("quarantine_is_not_flooded", {"bad_dates": 7, "bad_places": 13}, 13 / 40),
    ("record_refs_are_unique", {"repeated": 3}, 3 / 40),
    ("something_is_usable", {"records": 3, "bad_places": 3}, 0),
    ("row_volume_is_plausible", {"records": 0}, 0),
]  # fmt: skip
HARMLESS: list[dict[str, Any]] = [{}, {"bad_codes": 2}, {"records": 10, "bad_places": 4}]  # too few to hold


@pytest.fixture(autouse=True, scope="module")
def judged_plainly() -> None:
    """Here Great Expectations judges."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A partner for each fault, and three without."""
    settings = make_settings(tmp_path_factory.mktemp("faults"))
    for number, planted in enumerate([*(planted for _, planted, _ in FAULTS), *HARMLESS]):
        land(settings, f"e{number:02}", partner=f"partner_{number:02}", **planted)
    return settings


@pytest.fixture(scope="module")
def verdicts(settings: Settings) -> ExtractVerdicts:
    return judge_extracts(settings, AS_OF, decisions_of())


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[check for check, *_ in FAULTS])
def test_a_planted_fault_holds_its_extract(verdicts: ExtractVerdicts, number: int) -> None:
    check, _, observed = FAULTS[number]
    held = verdicts.holding[f"partner_{number:02}", f"e{number:02}"]
    (verdict,) = [one for one in held if one.check_name == check]
    assert (verdict.outcome, verdict.observed) == ("failed", pytest.approx(observed))


def test_a_planted_fault_holds_nobody_elses_extract(verdicts: ExtractVerdicts) -> None:
    assert {extract for _, extract in verdicts.holding} == {f"e{at:02}" for at in range(len(FAULTS))}
    good = verdicts.of_partner(f"partner_{len(FAULTS):02}")
    assert {one.outcome for one in good} == {"passed"}
    assert {one.check_name for one in good} == {check.name for check in EXTRACT_GATE}


def test_limits_read_without_great_expectations_give_the_same_answers(
    settings: Settings, verdicts: ExtractVerdicts
) -> None:
    profiles = pq.read_table(settings.work / "gates" / "profiles.parquet").to_pandas()
    limits = [limit for check in EXTRACT_GATE for limit in check.limits]
    assert judging._validate(profiles, limits) == read_plainly(profiles, limits)


def test_a_dry_run_gives_the_verdicts_of_the_landed_file(
    settings: Settings, verdicts: ExtractVerdicts
) -> None:
    matches = pq.read_table(settings.work / "places" / "matches.parquet")
    for path in settings.landing.glob("*/*.json"):
        typed = {name: pq.read_table(settings.typed / name / f"{path.stem}.parquet") for name in TYPED_TABLES}
        found = would_fail(read_json(path), typed | {"matches": matches}, AS_OF.date())
        landed = [one for one in verdicts.of_partner(path.parent.name) if not one.passed]
        assert [(one.check_name, one.holds, one.observed) for one in found] == [
            (one.check_name, one.holds, one.observed) for one in landed
        ], path.stem


def test_judging_writes_no_page_of_great_expectations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own pages load styles and a logo from outside; the quality report is ours."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "TMPDIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    expectation = Expectation("some_rows", (Limit("rows", minimum=1),), "hold", "Why.", "Ask.")
    (judged,) = judge(pd.DataFrame({"rows": [0]}), [expectation])
    assert judged.outcome == "failed"
    assert list(tmp_path.rglob("*")) == []


def test_a_check_that_raises_is_an_error_and_an_empty_cell_passes_where_nothing_was_to_be_measured() -> None:
    frame = pd.DataFrame({"share": [0.9, 0.1, float("nan")]})
    checks = [
        Expectation("raises", (Limit("no_such_column", minimum=1),), "hold", "why", "what"),
        Expectation("lenient", (Limit("share", minimum=0.5),), "hold", "why", "what"),
        Expectation("strict", (Limit("share", minimum=0.5, empty_fails=True),), "hold", "why", "what"),
    ]
    found = {
        check.name: [one.outcome for one in judge(frame, checks) if one.expectation is check]
        for check in checks
    }
    assert found == {
        "raises": ["error"] * 3, "lenient": ["passed", "failed", "passed"], "strict": ["passed", "failed", "failed"],
    }  # fmt: skip
