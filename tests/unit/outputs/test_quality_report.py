"""The quality report opens with the verdict and loads nothing."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import Settings, refreshes
from orchestration.outputs.quality_report import (
    ExtractRows,
    Finding,
    QualityReport,
    RuleCount,
    page,
    quality_of_refresh,
    quality_of_release,
)
from orchestration.stewardship import review

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
DESK = "http://127.0.0.1:3030"


def finding(outcome: Any = "passed", **changes: Any) -> Finding:
    given: dict[str, Any] = {
        "stage": "release_gate", "name": "movements_are_plausible", "subject": "release", "severity": "refuse",
        "observed": 1.5, "expected": "movements ≤ 1", "why": "They vanish.", "steward_action": "Compare.",
    }  # fmt: skip
    return Finding(outcome=outcome, **{**given, **changes})


def report(*findings: Finding, **changes: Any) -> QualityReport:
    given: dict[str, Any] = {
        "title": "Quality report of a refresh", "made": NOW, "outcome": "refused", "headline": "Refused",
        "verdict": "Not published.", "findings": findings, "rules": [], "extracts": [],
        "desk": f"{DESK}/",
    }  # fmt: skip
    return QualityReport(**{**given, **changes})


def text(html: str) -> str:
    """What a reader sees, in order."""
    without_style = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", without_style).split())


@pytest.mark.parametrize(
    ("one", "result"),
    [
        (finding(), "passed"), (finding("failed"), "failed"), (finding("failed", severity="hold"), "failed"),
        (finding("failed", severity="warn"), "warning"),
        (finding("failed", waived_by="abcdefabcdef"), "waived"),
        (finding("waived", severity="warn"), "waived"), (finding("error", severity="warn"), "not judged"),
        (finding("not_run", severity="warn"), "did not run"),
    ],
)  # fmt: skip
def test_each_finding_has_one_result_and_is_counted_once(one: Finding, result: str) -> None:
    assert one.result == result
    shown = text(page(report(one)))
    assert sum(map(int, re.findall(r"(\d+) (?:failed|waived|warnings?|passed)\b", shown))) == 1


def test_the_verdict_comes_first_then_failed_waived_and_warnings() -> None:
    shown = text(page(report(
        finding("failed", name="first_check"), finding("failed", name="second_check", waived_by="abcdefabcdef"),
        finding("failed", name="third_check", severity="warn"), finding(name="fourth_check"),
    )))  # fmt: skip
    order = ["Refused", "Not published.", "1 failed", "Failed first check", "Waived These", "second check",
             "Warnings These", "third check"]  # fmt: skip
    places = [shown.index(words) for words in order]
    assert places == sorted(places) and "1 passed" in shown and "fourth check" not in shown
    assert "Found 1.5, expected movements ≤ 1. They vanish. Compare." in shown


def test_page_loads_and_runs_nothing() -> None:
    html = page(report(finding("failed", link=f"{DESK}/items/check/release/x")))
    assert f"{DESK}/items/check/release/x" in html
    assert not re.search(
        r"<(script|link|img|iframe|object|embed)\b|<[^>]*\s(src|on\w+)\s*=|@import|url\(", html, re.IGNORECASE
    )


def test_markup_in_texts_is_escaped_and_commands_are_shown_as_code() -> None:
    failed = finding("failed", steward_action="Run `njia decide <x>` then.")
    html = page(report(failed, rules=[RuleCount("r", "<b>Fixture</b>", "Ask.", 3)]))
    assert "<b>Fixture" not in html and "&lt;b&gt;Fixture" in html
    assert "Run <code>njia decide &lt;x&gt;</code> then." in html


def test_refusing_checks_come_before_holding_ones(settings: Settings) -> None:
    first, second = finding("failed", severity="hold"), finding("failed")
    assert report(first, second).with_result("failed") == [second, first]
    ended = end(settings, refreshes.REFUSED, refused_by=["rows_hold", "sums_hold"], release_id="r1",
                held=[{"partner": "kobe", "extract_id": "e1", "held_by": ["columns_are_readable"]}])  # fmt: skip
    assert quality_of_refresh(settings, ended, None).verdict == (
        "The new release was not published, because 2 checks refused it (rows hold, sums hold); 1 extract "
        "kept out. Release r1 stays in force."
    )


def test_extracts_whose_rows_do_not_add_up_are_marked() -> None:
    right = ExtractRows("kobe", "e1", "in force", 10, 1, 9, {"current": 9})
    wrong = ExtractRows("kobe", "e2", "in force", 10, 1, 9, {"current": 8})
    lost = ExtractRows("kobe", "e3", "in force", 10, 1, 8, {"current": 8})
    assert [one.adds_up for one in (right, wrong, lost)] == [True, False, False]
    assert text(page(report(extracts=[wrong]))).count("8 0 0 0 0 0 no") == 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "home" / "work").mkdir(parents=True)
    return Settings(tmp_path / "home", tmp_path / "partners", tmp_path / "keys", desk_url=DESK)


def end(settings: Settings, outcome: str, **found: Any) -> refreshes.End:
    return refreshes.end(settings, refreshes.begin(settings, "run-1", NOW), outcome, **found)


def test_crash_shows_its_reason_and_that_the_release_stays(settings: Settings) -> None:
    ended = end(settings, refreshes.CRASHED, reason="The step take_in failed: OSError.", release_id="r1")
    shown = text(page(quality_of_refresh(settings, ended, None)))
    assert "ended without a result: The step take_in failed: OSError. Release r1 stays in force." in shown
    assert "The release gate did not run" in shown


def test_quarantined_records_link_to_the_desk_by_partner_and_rule(settings: Settings) -> None:
    columns = ("partner", "extract_id", "sheet", "row_number", "rule_code", "record")
    rows = [("kobe", "e1", "", "4", "date_missing", "x1"), ("kobe", "e1", "", "5", "date_missing", "x2"),
            ("swala", "e2", "", "4", "date_missing", "x3"), ("swala", "e2", "", "4", "date_invalid", "x3")]  # fmt: skip
    lines = [dict(zip(columns, row, strict=True)) for row in rows]
    review.write(settings, review.QUARANTINED_ROWS, lines, columns)
    found = quality_of_refresh(settings, end(settings, refreshes.PUBLISHED), None)
    assert [(one.rule, one.records) for one in found.rules] == [("date_missing", 3), ("date_invalid", 1)]
    assert found.rules[0].partners == [
        ("kobe", 2, f"{DESK}/items/rows/kobe/date_missing"),
        ("swala", 1, f"{DESK}/items/rows/swala/date_missing"),
    ]


def test_the_page_in_a_release_is_made_of_its_own_tables_and_names_partners_by_code(tmp_path: Path) -> None:
    (tmp_path / "members").mkdir()
    with duckdb.connect(str(tmp_path / "members" / "evidence_base.duckdb")) as con:
        con.execute(
            """create schema quality;
            create table quality.check_results as select 'extract_gate' as stage, 'columns_are_readable' as check_name,
                'e1' as subject, 'p-00c0ffee' as partner_code, 'warn' as severity, 'failed' as outcome, 0.5 as observed,
                '0.8 ≤ share' as expected, null::varchar as waived_by, 'Why.' as why, 'Ask.' as steward_action;
            create table quality.quarantine_summary as select 'date_missing' as rule_code, 'No date' as rule_title,
                'Ask.' as steward_action, 'e1' as extract_id, cast(count as bigint) as record_count
            from (values (2), (5)) as given(count);
            create table quality.reconciliation as select 'e1' as extract_id, 'p-00c0ffee' as partner_code,
                10 as rows_read, 1 as rows_refused, 9 as rows_landed, 2 as rows_current, 0 as rows_superseded,
                7 as rows_quarantined, 0 as rows_withdrawn, 0 as rows_held, 0 as rows_embargoed;
            create table quality.extracts as select 'e1' as extract_id, 'p-00c0ffee' as partner_code, 'in_force' as fate"""
        )
    manifest = {"release_id": "r2", "as_of": NOW.isoformat()}
    found = quality_of_release(tmp_path, manifest)
    html = page(found)
    assert [(one.subject, one.result) for one in found.findings] == [("p-00c0ffee/e1", "warning")]
    assert [(one.rule, one.records) for one in found.rules] == [("date_missing", 7)]
    assert [one.adds_up for one in found.extracts] == [True]
    assert "release_gate in manifest.json" in text(html)
    assert "<a " not in html, "no link of the desk leaves this machine"
