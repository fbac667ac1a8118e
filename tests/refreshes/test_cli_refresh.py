"""`njia refresh` through the days of one installation: two streams, an exit code, and what stands afterwards."""

from __future__ import annotations

import json
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings
from tests import scenario
from tests.command import ANSI, NARROW, Ran, Started, last_object, listed_decisions, njia
from tests.evidence_base import EvidenceBase, copy_of

# design.md §7, word for word
SUMMARY_KEYS = ["outcome", "release_id", "extracts", "rows", "movements", "alerts", "checks", "seconds"]
EXTRACT_KEYS = [
    "partner", "file", "extract_id", "outcome", "rows_read", "rows_landed", "rows_refused", "reason",
]  # fmt: skip
ROW_KEYS = ["landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed"]
CHECK_KEYS = ["passed", "warned", "failed", "waived"]

K4 = "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"


@dataclass
class Story:
    """One installation through its days: interrupted, published, unchanged, refused, rolled back."""

    base: EvidenceBase
    first: str
    ran: dict[str, Ran] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)


def interrupted_refreshes(settings: Settings, folder: Path, told: Story) -> dict[str, Ran]:
    """Ctrl-C where it is likeliest, because there the time goes: while dbt parses, and while dbt builds.

    The first is stopped for a moment, holding the lock, and a second one is tried beside it.
    """
    ran = {}
    target = folder / "target"
    # As after an update of Njia: dbt has to parse.
    started = Started(folder / "parsing", "refresh", settings=settings, DBT_TARGET_PATH=str(target))
    try:
        started.wait_until(lambda: any(target.glob("parsed/.tmp-*")), "dbt parsing")
        started.signal(signal.SIGSTOP)
        told.seen["pid"] = started.pid
        ran["second"] = njia("refresh", "--json", settings=settings)
        started.signal(signal.SIGCONT)
        time.sleep(1)
        started.signal(signal.SIGINT)
        ran["parsing"] = started.ended()
        told.seen["parsed"] = any(target.rglob("manifest.json"))
    finally:
        started.process.kill()
    started = Started(folder / "building", "refresh", settings=settings)
    written = settings.work / "building" / f"{settings.warehouse.name}.wal"
    try:
        started.wait_until(lambda: written.exists() and written.stat().st_size > 0, "dbt building")
        started.signal(signal.SIGINT)
        ran["building"] = started.ended()
    finally:
        started.process.kill()
    return ran


@pytest.fixture(scope="module")
def story(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")
    base = copy_of(published_world, folder)
    settings = base.settings
    first = base.release_id()
    assert first
    told = Story(base, first)

    extract = folder / "kobe_3.csv"
    extract.write_text(scenario.CASE_HEADER + K4)
    njia("inbox", "add", "kobe_post", extract, settings=settings)

    told.ran |= interrupted_refreshes(settings, folder, told)
    told.seen["after_interrupt"] = base.release_id()

    told.ran["published"] = njia("refresh", "--json", settings=settings)
    told.seen["second"] = base.release_id()
    told.seen["inbox"] = [path for path in settings.inbox.rglob("*") if path.is_file()]
    told.ran["unchanged"] = njia("refresh", "--json", settings=settings)
    rows = "".join(K4.replace("K4", f"K{number}").replace("12/05", "31/02") for number in range(11, 18))
    base.deliver("kobe_post", "kobe_4.csv", scenario.CASE_HEADER + K4.replace("K4", "K10") + rows)
    told.ran["refused"] = njia("refresh", "--json", settings=settings)
    told.seen["after_refusal"] = base.release_id()
    told.ran["status"] = njia("status", settings=settings, **NARROW)
    told.ran["status_json"] = njia("status", "--json", settings=settings)
    told.ran["diff"] = njia("diff", first, "current", settings=settings)
    told.ran["diff_narrow"] = njia("diff", first, "current", settings=settings, **NARROW)
    told.ran["diff_json"] = njia("diff", first, "current", "--json", settings=settings)
    told.ran["rollback"] = njia(
        "rollback", first, "--author", "data steward", "--reason", "K4 was a test", settings=settings
    )
    told.seen["after_rollback"] = base.release_id()
    told.ran["releases"] = njia("releases", "--json", settings=settings)
    return told


def test_refresh_prints_the_documented_summary(story: Story) -> None:
    ran = story.ran["published"]
    summary = last_object(ran)
    assert ran.returncode == 0
    assert list(summary) == SUMMARY_KEYS
    assert sorted(summary["rows"]) == sorted(ROW_KEYS)
    assert sorted(summary["checks"]) == sorted(CHECK_KEYS)
    assert summary["outcome"] == "published"
    assert summary["release_id"] == story.seen["second"] != story.first
    assert summary["rows"] == scenario.ROWS | {"landed": 23, "current": 19}
    assert summary["movements"] == sum(scenario.MOVEMENTS.values()) + 1
    assert summary["checks"]["passed"] > 100
    assert (summary["checks"]["failed"], summary["checks"]["waived"]) == (0, 0)
    assert summary["seconds"] > 0


def test_each_file_of_the_inbox_is_listed(story: Story) -> None:
    (refused,) = last_object(story.ran["refused"])["extracts"]
    assert list(refused) == EXTRACT_KEYS
    assert (refused["partner"], refused["file"][:21]) == ("kobe_post", "kobe_post 2026-03-01 ")
    assert re.fullmatch(r"[0-9a-f]{16}", refused["extract_id"])
    counted = (refused["outcome"], refused["rows_read"], refused["rows_landed"], refused["rows_refused"])
    assert counted == ("landed", 8, 8, 0)
    assert refused["reason"] is None


def test_progress_goes_to_stderr(story: Story) -> None:
    for name in ("published", "refused"):
        assert "· Reading, minimising and landing the inbox" in story.ran[name].stderr
        assert "· Reading" not in story.ran[name].stdout
    assert [line for line in story.ran["published"].stdout.splitlines() if line.startswith("{")] == [
        story.ran["published"].stdout.splitlines()[-1]
    ]


def test_unchanged_inputs_exit_0(story: Story) -> None:
    ran = story.ran["unchanged"]
    summary = last_object(ran)
    assert ran.returncode == 0
    assert (summary["outcome"], summary["release_id"], summary["extracts"]) == (
        "unchanged", story.seen["second"], [],
    )  # fmt: skip
    assert summary["rows"] == last_object(story.ran["published"])["rows"]
    assert "Unchanged" in ran.stdout
    assert "Judging and shaping" not in ran.stderr, "dbt ran although nothing had changed"


def test_a_refused_candidate_exits_3_and_names_the_checks(story: Story) -> None:
    ran = story.ran["refused"]
    summary = last_object(ran)
    assert ran.returncode == 3
    assert list(summary) == SUMMARY_KEYS
    assert (summary["outcome"], summary["release_id"]) == ("refused", story.seen["second"])
    assert summary["rows"]["quarantined"] == scenario.ROWS["quarantined"] + 7
    assert summary["checks"]["failed"] > 0
    assert "quarantine_is_normal" in ran.stderr
    assert "current release stays" in ran.stderr
    assert story.seen["after_refusal"] == story.seen["second"]


def test_a_second_refresh_exits_4_naming_the_holder(story: Story) -> None:
    ran = story.ran["second"]
    assert ran.returncode == 4
    assert f"process {story.seen['pid']}" in ran.stderr
    assert "Wait for it to end" in ran.stderr
    assert (last_object(ran)["outcome"], last_object(ran)["exit_code"]) == ("error", 4)
    assert f"process {story.seen['pid']}" in last_object(ran)["message"]


@pytest.mark.parametrize("moment", ["parsing", "building"])
def test_ctrl_c_exits_130_and_says_that_nothing_is_half_done(story: Story, moment: str) -> None:
    ran = story.ran[moment]
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 130, ran.stderr
    assert "Stopped." in ran.stderr
    assert ran.stdout == ""
    assert story.seen["after_interrupt"] == story.first
    assert not story.seen["parsed"], "Ctrl-C came after dbt had parsed"


def test_after_ctrl_c_the_next_refresh_finishes_the_work(story: Story) -> None:
    assert story.ran["published"].returncode == 0
    assert story.seen["inbox"] == []
    ids = [path.stem for path in (story.base.settings.landing / "kobe_post").glob("*.json")]
    assert len(ids) == 4


def test_status_shows_refused_releases_and_reasons(story: Story) -> None:
    assert "Refused since" in story.ran["status"].stdout
    assert "quarantine_is_normal" in " ".join(story.ran["status"].stdout.split())
    found = json.loads(story.ran["status_json"].stdout)
    assert found["release"]["release_id"] == story.seen["second"]
    assert [reason for reason in found["last_refused"]["why"] if "quarantine_is_normal" in reason]


def test_releases_lists_the_newest_first_and_marks_the_current(story: Story) -> None:
    found = last_object(story.ran["releases"])["releases"]
    assert [(one["release_id"], one["is_current"]) for one in found] == [
        (story.seen["second"], False), (story.first, True),
    ]  # fmt: skip
    ran = njia("releases", settings=story.base.settings, **NARROW)
    assert ran.returncode == 0 and "→" in ran.stdout and not ANSI.search(ran.stdout)


def test_diff_counts_what_came(story: Story) -> None:
    found = json.loads(story.ran["diff_json"].stdout)
    assert (found["before"], found["after"]) == (story.first, story.seen["second"])
    (movements,) = [table for table in found["tables"] if table["table"] == "marts.fct_movements"]
    assert (movements["rows_before"], movements["rows_after"]) == (18, 19)
    assert (movements["added"], movements["removed"], movements["changed"]) == (1, 0, 0)
    assert [extract["came"] for extract in found["extracts"]] == [True]
    assert story.ran["diff"].returncode == 0 and "marts.fct_movements" in story.ran["diff"].stdout


def test_rollback_goes_back_and_is_a_decision(story: Story) -> None:
    ran = story.ran["rollback"]
    assert ran.returncode == 0 and story.first in ran.stdout
    assert story.seen["after_rollback"] == story.first
    listed = listed_decisions(story.base.settings)
    assert [(one["kind"], one["author"], one["reason"]) for one in listed] == [
        ("rollback", "data steward", "K4 was a test")
    ]
    again = njia(
        "rollback", story.first, "--author", "data steward", "--reason", "twice", settings=story.base.settings
    )
    assert again.returncode == 2 and "is already current" in again.stderr


def test_diff_shows_whole_table_names_in_a_narrow_terminal(story: Story) -> None:
    assert "marts.fct_movements" in story.ran["diff_narrow"].stdout
