"""The `njia` command as people and scripts meet it: a process with arguments, two streams and an exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest

from orchestration.cli import cli
from orchestration.settings import SAMPLE_PARTNERS, Settings
from tests import scenario
from tests.conftest import EvidenceBase

NJIA = Path(sys.executable).with_name("njia")
Ran = subprocess.CompletedProcess[str]
ANSI = re.compile(r"\x1b\[")
PRIVATE_KEY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")
NARROW = {"NO_COLOR": "1", "COLUMNS": "60"}
PATIENCE = 300

# design.md §7, word for word
SUMMARY_KEYS = ["outcome", "release_id", "extracts", "rows", "movements", "checks", "seconds"]
EXTRACT_KEYS = [
    "partner", "file", "extract_id", "outcome", "rows_read", "rows_landed", "rows_refused", "reason",
]  # fmt: skip
ROW_KEYS = ["landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed"]
CHECK_KEYS = ["passed", "failed", "waived"]
PLACE_KEYS = [
    "name", "status", "place_id", "kind", "country", "county", "method", "confidence", "rivals",
]  # fmt: skip

K4 = "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"


def environment(**more: str) -> dict[str, str]:
    """As at a shell, without what the tests' own process has set."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("NJIA_", "DAGSTER_"))}
    return own | {"NJIA_AS_OF": scenario.AS_OF.isoformat()} | more


def njia(*arguments: str | Path, settings: Settings | None = None, **env: str) -> Ran:
    at = ["--home", settings.home, "--partners", settings.partners] if settings else []
    if settings:
        env = {"NJIA_KEYS": str(settings.keys)} | env
    ran = subprocess.run(
        [NJIA, *arguments, *at], capture_output=True, text=True, env=environment(**env), timeout=PATIENCE
    )
    assert "Traceback" not in ran.stdout + ran.stderr, ran.stderr
    return ran


def last_object(ran: Ran) -> dict[str, Any]:
    """The one JSON object, alone on the last line of stdout."""
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def listed_decisions(settings: Settings) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = last_object(njia("decide", "list", "--json", settings=settings))[
        "decisions"
    ]
    return found


def copy_of(base: EvidenceBase, folder: Path) -> EvidenceBase:
    home = folder / "home"
    shutil.copytree(base.settings.home, home, symlinks=True, ignore=shutil.ignore_patterns("dagster"))
    shutil.copytree(base.settings.partners, folder / "partners")
    return EvidenceBase(Settings(home, folder / "partners", home / "keys", scenario.AS_OF))


class Started:
    """A refresh under way, whose progress can be watched. `scratch` is its folder for temporary files."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.stderr, self.stdout, self.scratch = folder / "stderr", folder / "stdout", folder / "scratch"
        self.scratch.mkdir(parents=True)
        with self.stderr.open("wb") as err, self.stdout.open("wb") as out:
            self.process = subprocess.Popen(
                [NJIA, "refresh", "--home", settings.home, "--partners", settings.partners],
                stdout=out,
                stderr=err,
                env=environment(NJIA_KEYS=str(settings.keys), TMPDIR=str(self.scratch)),
                # A test run started in the background hands down an ignored Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def said(self) -> str:
        return self.stderr.read_text(encoding="utf-8")

    def wait_until(self, moment: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not moment():
            assert self.process.poll() is None, f"ended before {what}: {self.said()}"
            assert time.monotonic() < until, f"never came to {what}"
            time.sleep(0.02)

    def ctrl_c(self) -> Ran:
        self.process.send_signal(signal.SIGINT)
        returncode = self.process.wait(PATIENCE)
        return Ran([], returncode, self.stdout.read_text(encoding="utf-8"), self.said())


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
    shutil.rmtree(settings.work / "dbt")  # as after an update of Njia: dbt has to parse
    started = Started(settings, folder / "parsing")
    try:
        started.wait_until(lambda: any(started.scratch.glob("njia-dbt-*")), "dbt parsing")
        started.process.send_signal(signal.SIGSTOP)
        told.seen["pid"] = started.process.pid
        ran["second"] = njia("refresh", "--json", settings=settings)
        started.process.send_signal(signal.SIGCONT)
        time.sleep(1)
        ran["parsing"] = started.ctrl_c()
        told.seen["parsed"] = (settings.work / "dbt" / "manifest.hash").exists()
    finally:
        started.process.kill()
    started = Started(settings, folder / "building")
    written = settings.warehouse.with_suffix(".duckdb.wal")
    try:
        started.wait_until(lambda: written.exists() and written.stat().st_size > 0, "dbt building")
        ran["building"] = started.ctrl_c()
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
    told.ran["add"] = njia("inbox", "add", "kobe_post", extract, settings=settings)
    os.utime(settings.inbox / "kobe_post" / "kobe_3.csv", (0, 0))

    told.ran |= interrupted_refreshes(settings, folder, told)
    told.seen["after_interrupt"] = base.release_id()

    told.ran["published"] = njia("refresh", "--json", settings=settings)
    told.seen["second"] = base.release_id()
    told.seen["inbox"] = list(settings.inbox.glob("*/*"))
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


# --- refresh -------------------------------------------------------------------------------------


def test_a_published_refresh_ends_in_the_objects_of_the_design(story: Story) -> None:
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
    assert 0 < summary["seconds"] < PATIENCE


def test_each_file_of_the_inbox_is_accounted_for(story: Story) -> None:
    (refused,) = last_object(story.ran["refused"])["extracts"]
    assert list(refused) == EXTRACT_KEYS
    assert (refused["partner"], refused["file"]) == ("kobe_post", "kobe_4.csv")
    assert re.fullmatch(r"[0-9a-f]{16}", refused["extract_id"])
    counted = (refused["outcome"], refused["rows_read"], refused["rows_landed"], refused["rows_refused"])
    assert counted == ("landed", 8, 8, 0)
    assert refused["reason"] is None


def test_progress_and_complaints_go_to_stderr(story: Story) -> None:
    for name in ("published", "refused"):
        assert "· Reading, minimising and landing the inbox" in story.ran[name].stderr
        assert "· Reading" not in story.ran[name].stdout
    assert [line for line in story.ran["published"].stdout.splitlines() if line.startswith("{")] == [
        story.ran["published"].stdout.splitlines()[-1]
    ]


def test_unchanged_inputs_exit_0_and_say_so(story: Story) -> None:
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


@pytest.fixture(scope="module")
def first_refresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A new installation, told where it is by the environment alone, and its first words."""
    folder = tmp_path_factory.mktemp("new")
    contract = folder / "partners" / "kobe_post" / "contract.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(scenario.PARTNERS["kobe_post"])
    extract = folder / "kobe_1.csv"
    extract.write_text(scenario.KOBE_FIRST)
    places = {"NJIA_HOME": "home", "NJIA_PARTNERS": "partners", "NJIA_KEYS": "secret"}
    env = {name: str(folder / where) for name, where in places.items()} | NARROW
    assert njia("inbox", "add", "kobe_post", extract, **env).returncode == 0
    return folder, njia("refresh", **env)


def test_the_first_refresh_shows_the_private_key_once_and_stores_it_nowhere(
    first_refresh: tuple[Path, Ran],
) -> None:
    folder, ran = first_refresh
    assert ran.returncode == 0, ran.stderr
    (key,) = PRIVATE_KEY.findall(ran.stderr)
    assert not PRIVATE_KEY.search(ran.stdout)
    assert not (folder / "home" / "keys").exists(), "NJIA_KEYS names another place"
    assert (folder / "secret").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (folder / "secret").iterdir()} == {0o600}
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert [path for path in files if key.encode() in path.read_bytes()] == []


def test_the_summary_is_readable_in_a_narrow_terminal_without_colour(
    first_refresh: tuple[Path, Ran],
) -> None:
    _, ran = first_refresh
    assert not ANSI.search(ran.stdout + ran.stderr)
    assert re.search(r"Published release \d{8}T\d{6}Z-[0-9a-f]{8}", " ".join(ran.stdout.split()))
    for words in (
        "Files",
        "1 landed",
        "Rows landed",
        "Movements",
        "Checks",
        "Where to look next",
        "njia status",
    ):
        assert words in ran.stdout
    long = [line for line in ran.stdout.splitlines() if len(line) > 60 and "/" not in line]
    assert long == []


# --- asking --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def settings(published_world: EvidenceBase) -> Settings:
    return published_world.settings


COUNTED = (
    "select record_grain, count(*) as n from marts.fct_movements group by record_grain order by 1 nulls last"
)


def test_query_answers_as_a_table_as_csv_and_as_json(settings: Settings) -> None:
    table = njia("query", COUNTED, settings=settings, **NARROW)
    assert table.returncode == 0 and not ANSI.search(table.stdout)
    assert [line.split() for line in table.stdout.splitlines()] == [
        ["record_grain", "n"], ["case", "12"], ["route_report", "6"],
    ]  # fmt: skip
    as_csv = njia("query", COUNTED, "--format", "csv", settings=settings)
    assert list(csv.reader(io.StringIO(as_csv.stdout))) == [
        ["record_grain", "n"], ["case", "12"], ["route_report", "6"],
    ]  # fmt: skip
    as_json = njia("query", COUNTED, "--format", "json", settings=settings)
    assert json.loads(as_json.stdout) == [
        {"record_grain": "case", "n": 12},
        {"record_grain": "route_report", "n": 6},
    ]


def test_query_keeps_nulls_dates_and_commas_apart(settings: Settings) -> None:
    sql = "select null as nothing, date '2025-03-01' as month, 'a, \"b\"' as text, true as yes"
    as_csv = njia("query", sql, "--format", "csv", settings=settings)
    assert list(csv.reader(io.StringIO(as_csv.stdout)))[1][1:3] == ["2025-03-01", 'a, "b"']
    as_json = njia("query", sql, "--format", "json", settings=settings)
    assert json.loads(as_json.stdout) == [
        {"nothing": None, "month": "2025-03-01", "text": 'a, "b"', "yes": True}
    ]


def test_the_public_edition_says_that_it_is_not_built_yet(settings: Settings) -> None:
    ran = njia("query", "select 1", "--edition", "public", settings=settings)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "public edition is not built yet" in ran.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "insert into meta.grains select * from meta.grains",
        "delete from marts.fct_movements",
        "create table x as select 1",
        "copy marts.dim_place to '{folder}/out.csv'",
        "select 1; select 2",
        "select * from read_csv('/etc/passwd')",
        "attach '{folder}/other.duckdb'",
    ],
)
def test_query_refuses_what_is_no_question(settings: Settings, sql: str, tmp_path: Path) -> None:
    ran = njia("query", sql.format(folder=tmp_path), settings=settings)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Error: ") and len(ran.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_query_names_the_tables_and_the_column_that_is_missing(settings: Settings) -> None:
    table = njia("query", "select * from marts.movements", settings=settings)
    assert table.returncode == 2 and "marts.fct_movements" in table.stderr
    column = njia("query", "select nosuch from marts.fct_movements", settings=settings)
    assert column.returncode == 2 and "nosuch" in column.stderr and "meta.columns" in column.stderr


def test_status_shows_release_partners_and_what_waits(settings: Settings) -> None:
    ran = njia("status", settings=settings, **NARROW)
    assert ran.returncode == 0 and not ANSI.search(ran.stdout)
    for words in (
        "18 movements",
        *scenario.PARTNERS,
        "in force",
        "Waiting for a steward",
        "quarantined rows",
    ):
        assert words in ran.stdout
    found = json.loads(njia("status", "--json", settings=settings).stdout)
    assert found["release"]["movements"] == 18
    assert {one["partner"]: one["extracts"] for one in found["partners"]} == {
        "chui_routes": 1, "kobe_post": 2, "swala_post": 1, "tai_routes": 2,
    }  # fmt: skip
    assert found["held"] == []
    waiting = {name: number for name, number in found["review"].items() if number}
    assert waiting == {"unresolved_places": 1, "quarantined_rows": 2}
    assert {"failed_checks", "files_not_taken"} <= found["review"].keys()


def test_status_tells_what_was_refused_and_why(story: Story) -> None:
    assert "Refused since" in story.ran["status"].stdout
    assert "quarantine_is_normal" in " ".join(story.ran["status"].stdout.split())
    found = json.loads(story.ran["status_json"].stdout)
    assert found["release"]["release_id"] == story.seen["second"]
    assert [reason for reason in found["last_refused"]["why"] if "quarantine_is_normal" in reason]


def test_status_and_query_before_the_first_release(tmp_path: Path) -> None:
    (tmp_path / "partners").mkdir()
    at = ("--home", tmp_path / "home", "--partners", tmp_path / "partners")
    ran = njia("status", *at)
    assert ran.returncode == 0 and "No release yet" in ran.stdout
    asked = njia("query", "select 1", *at)
    assert asked.returncode == 1 and "`njia refresh` publishes the first" in asked.stderr
    assert "No release yet" in njia("releases", *at).stdout


def test_place_gives_exactly_the_fields_of_the_design(settings: Settings, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Kismayo\nQwertyville\n", encoding="utf-8")
    ran = njia("place", "Malaba", "Busia, Uganda", "--file", names, "--json", settings=settings)
    found = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert [list(one) for one in found] == [PLACE_KEYS] * 4
    assert [(one["name"], one["status"], one["country"], one["county"]) for one in found] == [
        ("Malaba", "resolved", "KE", "KE040"),
        ("Busia, Uganda", "resolved", "UG", None),
        ("Kismayo", "resolved", "SO", None),
        ("Qwertyville", "unresolved", None, None),
    ]
    assert all((one["confidence"] >= 0.6) == (one["status"] == "resolved") for one in found)
    nothing = njia("place", settings=settings)
    assert nothing.returncode == 2 and "at least one name" in nothing.stderr


def test_contract_check_tells_what_a_refresh_would_make_of_a_file(settings: Settings, tmp_path: Path) -> None:
    contract = settings.partners / "swala_post" / "contract.yml"
    good = tmp_path / "swala.csv"
    good.write_text(scenario.SWALA)
    ran = njia("contract", "check", contract, good, settings=settings, **NARROW)
    assert ran.returncode == 0 and not ANSI.search(ran.stdout)
    assert "14 rows read = 1 refused + 13 landed" in ran.stdout
    found = json.loads(njia("contract", "check", contract, good, "--json", settings=settings).stdout)
    assert found["ok"] and (found["rows_read"], found["rows_refused"], found["rows_landed"]) == (14, 1, 13)
    assert "date_invalid" in {problem["code"] for problem in found["typing_problems"]}
    shown = ran.stdout + json.dumps(found)
    assert not [name for name in (*scenario.PLANTED_NAMES, scenario.PLANTED_PHONE) if name in shown]


def test_contract_check_needs_no_home_and_leaves_no_trace(tmp_path: Path) -> None:
    contract = tmp_path / "partners" / "swala_post" / "contract.yml"
    contract.parent.mkdir(parents=True)
    contract.write_text(scenario.PARTNERS["swala_post"].replace("grain: case", "grian: case"))
    extract = tmp_path / "swala.csv"
    extract.write_text(scenario.SWALA)
    home = tmp_path / "home"
    ran = njia(
        "contract", "check", contract, extract, NJIA_HOME=str(home), NJIA_PARTNERS=str(contract.parents[1])
    )
    assert ran.returncode == 1
    assert "swala_post/contract.yml: key `grian` is not known. Did you mean `grain`?" in ran.stdout
    assert not home.exists()


def test_releases_lists_the_newest_first_and_marks_the_current(story: Story, settings: Settings) -> None:
    found = last_object(story.ran["releases"])["releases"]
    assert [(one["release_id"], one["is_current"]) for one in found] == [
        (story.seen["second"], False), (story.first, True),
    ]  # fmt: skip
    ran = njia("releases", settings=settings, **NARROW)
    assert ran.returncode == 0 and "→" in ran.stdout and not ANSI.search(ran.stdout)


def test_diff_counts_what_came(story: Story) -> None:
    found = json.loads(story.ran["diff_json"].stdout)
    assert (found["before"], found["after"]) == (story.first, story.seen["second"])
    (movements,) = [table for table in found["tables"] if table["table"] == "marts.fct_movements"]
    assert (movements["rows_before"], movements["rows_after"]) == (18, 19)
    assert (movements["added"], movements["removed"], movements["changed"]) == (1, 0, 0)
    assert len(found["extracts_came"]) == 1 and found["extracts_left"] == []
    assert story.ran["diff"].returncode == 0 and "marts.fct_movements" in story.ran["diff"].stdout


def test_diff_and_rollback_name_the_releases_there_are(settings: Settings) -> None:
    for arguments in (
        ("diff", "nosuch", "current"),
        ("rollback", "nosuch", "--author", "data steward", "--reason", "a mistake"),
    ):
        ran = njia(*arguments, settings=settings)
        assert ran.returncode == 2
        assert "There is no release nosuch. The releases are: 2026" in ran.stderr


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
    assert again.returncode == 2 and "is the current one already" in again.stderr


# --- deciding and adding -------------------------------------------------------------------------


def test_decisions_are_recorded_listed_and_revoked(evidence_base: EvidenceBase) -> None:
    settings, by = evidence_base.settings, ("--author", "data steward", "--reason", "the partner said so")
    extract_id = next((settings.landing / "swala_post").glob("*.json")).stem
    for arguments in (
        ("place-alias", "Qwertyville", "KE047"),
        ("accept-extract", "swala_post", extract_id),
        ("withdraw-extract", "swala_post", extract_id),
        ("waive-check", "quarantine_is_normal", "--expires", "2026-04-01"),
    ):
        ran = njia("decide", *arguments, *by, settings=settings)
        assert ran.returncode == 0 and "recorded" in ran.stdout, ran.stderr
    listed = listed_decisions(settings)
    assert {one["kind"] for one in listed} == {
        "place_alias", "extract_accept", "extract_withdraw", "check_waiver",
    }  # fmt: skip
    assert njia("decide", "revoke", listed[0]["id"], *by, settings=settings).returncode == 0
    again = listed_decisions(settings)
    assert again[0]["revoked_by"] and not again[1]["revoked_by"]
    assert njia("decide", "revoke", listed[0]["id"], *by, settings=settings).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("place-alias", "Qwertyville", "nowhere"), "no place nowhere"),
        (("accept-extract", "swala_post", "0" * 16), "no landed extract"),
        (("waive-check", "reconciliation_is_exact", "--expires", "2026-04-01"), "cannot be waived"),
        (("waive-check", "no_such_check", "--expires", "2026-04-01"), "no_such_check"),
        (("waive-check", "quarantine_is_normal", "--expires", "soon"), "not a date"),
        (("waive-check", "quarantine_is_normal", "--expires", "2031-01-01"), "at most 31 days"),
        (("revoke", "000000000000"), "No active decision"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_a_decision_that_could_have_no_effect_is_refused(
    evidence_base: EvidenceBase, arguments: tuple[str, ...], words: str
) -> None:
    by = ("--author", "data steward", "--reason", "the partner said so")
    ran = njia("decide", *arguments, *by, settings=evidence_base.settings)
    assert ran.returncode == 2 and words in ran.stderr
    assert listed_decisions(evidence_base.settings) == []


def test_a_decision_needs_author_and_reason(settings: Settings) -> None:
    ran = njia("decide", "place-alias", "Qwertyville", "KE047", "--author", "data steward", settings=settings)
    assert ran.returncode == 2 and "--reason" in ran.stderr


def test_inbox_add_copies_whole_files(story: Story, evidence_base: EvidenceBase, tmp_path: Path) -> None:
    assert story.ran["add"].returncode == 0 and "1 file(s) in the inbox" in story.ran["add"].stdout
    extract = tmp_path / "kobe 9.csv"
    extract.write_text(scenario.KOBE_SECOND)
    assert njia("inbox", "add", "kobe_post", extract, settings=evidence_base.settings).returncode == 0
    inbox = evidence_base.settings.inbox / "kobe_post"
    assert [path.name for path in inbox.iterdir()] == ["kobe 9.csv"]
    assert extract.exists() and (inbox / "kobe 9.csv").read_text() == scenario.KOBE_SECOND


def test_inbox_add_names_what_is_wrong(evidence_base: EvidenceBase, tmp_path: Path) -> None:
    extract = tmp_path / "kobe_9.csv"
    extract.write_text(scenario.KOBE_SECOND)
    unknown = njia("inbox", "add", "kobe_pots", extract, settings=evidence_base.settings)
    assert unknown.returncode == 2 and "kobe_pots" in unknown.stderr and "kobe_post" in unknown.stderr
    missing = njia("inbox", "add", "kobe_post", tmp_path / "none.csv", settings=evidence_base.settings)
    assert missing.returncode == 2 and "none.csv" in missing.stderr
    nothing = njia("inbox", "add", settings=evidence_base.settings)
    assert nothing.returncode == 2 and "njia inbox add PARTNER FILE" in nothing.stderr
    assert not list(evidence_base.settings.inbox.glob("*/*"))


def test_inbox_add_samples_needs_nothing_else(tmp_path: Path) -> None:
    ran = njia("inbox", "add", "--samples", "--quiet", "--home", tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "")
    added = [path.name for path in (tmp_path / "inbox").glob("*/*")]
    assert sorted(added) == sorted(path.name for path in SAMPLE_PARTNERS.glob("*/extracts/*"))


# --- wrong use -----------------------------------------------------------------------------------


def test_help_lists_every_command() -> None:
    ran = njia("--help", **NARROW)
    assert ran.returncode == 0 and not ANSI.search(ran.stdout)
    listed = re.findall(r"^  (\w+) ", ran.stdout.partition("Commands:")[2], re.MULTILINE)
    assert sorted(listed) == [
        "contract", "decide", "diff", "inbox", "place", "query", "refresh", "releases", "rollback",
        "status", "synth", "ui",
    ]  # fmt: skip
    described = ran.stdout.partition("Commands:")[2].splitlines()
    assert max(map(len, described)) <= 60


def commands(group: click.Group = cli, name: str = "njia") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for word, command in group.commands.items():
        deeper = isinstance(command, click.Group)
        found |= commands(command, f"{name} {word}") if deeper else {f"{name} {word}": command}
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_takes_home_and_partners_and_says_what_it_does(name: str) -> None:
    command = commands()[name]
    assert (command.help or "").strip()
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--home", "--partners"} <= options


def test_texts_tell_only_commands_that_exist() -> None:
    """`njia decide place-alias` in a text is what a person types next."""
    root = Path(__file__).resolve().parents[2]
    texts = [
        *root.glob("orchestration/**/*.py"), *root.glob("expectations/*.py"), *root.glob("seeds/**/*.md"),
        root / "seeds/reference/quality_rules.csv", root / "README.md", *root.glob("dbt_project/models/**/*.yml"),
    ]  # fmt: skip
    known, groups = commands(), {name.rsplit(" ", 1)[0] for name in commands()}
    wrong = []
    for path in texts:
        for line in path.read_text(encoding="utf-8").splitlines():
            for words in re.findall(
                r"njia ((?:inbox|contract|decide) [a-z][\w-]*|(?!is |needs )[a-z]+)\b", line
            ):
                is_told = re.search(
                    rf"`njia {words}|^\s*njia {words}|run njia|with njia {words}|  njia {words}", line
                )
                if is_told and f"njia {words}" not in known and f"njia {words}" not in groups:
                    wrong.append(f"{path.relative_to(root)}: njia {words}")
    assert sorted(set(wrong)) == []


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        (("frobnicate",), {}, "No such command"),
        (("status", "--nosuch"), {}, "No such option"),
        (("query",), {}, "Missing argument"),
        (("query", "select 1", "--format", "xml"), {}, "'xml' is not one of"),
        (("status", "--partners", "/nonexistent/partners"), {}, "/nonexistent/partners does not exist"),
        (("status",), {"NJIA_PARTNERS": "/nonexistent/partners"}, "NJIA_PARTNERS"),
        (("status",), {"NJIA_AS_OF": "yesterday"}, "NJIA_AS_OF is not a date"),
        (("refresh", "extra"), {}, "unexpected extra argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_use_exits_2_with_a_sentence(
    arguments: tuple[str, ...], env: dict[str, str], words: str, tmp_path: Path
) -> None:
    ran = njia(*arguments, **({"NJIA_HOME": str(tmp_path)} | env))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert words in ran.stderr


def test_a_home_of_another_layout_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written into it and no key is made for it."""
    (tmp_path / "home.json").write_text('{"layout_version": 99}')
    ran = njia("refresh", "--home", tmp_path)
    assert ran.returncode == 2 and "layout 99" in ran.stderr
    assert not PRIVATE_KEY.search(ran.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["home.json"]


@pytest.mark.parametrize("command", [("refresh",), ("inbox", "add", "--samples")], ids=" ".join)
def test_a_home_that_cannot_be_one_is_a_sentence(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    ran = njia(*command, "--home", tmp_path / "file")
    assert ran.returncode == 2
    assert str(tmp_path / "file") in ran.stderr.replace("\n", "")


def test_a_spoilt_home_marker_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("garbage")
    ran = njia("refresh", "--home", tmp_path)
    assert ran.returncode in (1, 2) and "home.json" in ran.stderr


def test_what_is_broken_behind_current_exits_1_with_a_sentence(evidence_base: EvidenceBase) -> None:
    release = evidence_base.settings.current.resolve()
    release.rename(release.with_name("moved-away"))
    for command in (("status",), ("query", "select 1")):
        ran = njia(*command, settings=evidence_base.settings)
        assert ran.returncode == 1
        assert "which is not there" in ran.stderr and "Restore" in ran.stderr


# --- narrow terminals ----------------------------------------------------------------------------


def test_a_diff_names_its_tables_whole_in_a_narrow_terminal(story: Story) -> None:
    assert "marts.fct_movements" in story.ran["diff_narrow"].stdout


def test_what_the_next_command_needs_stands_whole_in_a_narrow_terminal(evidence_base: EvidenceBase) -> None:
    """An id folded over two lines can be neither read nor copied."""
    settings = evidence_base.settings
    by = ("--author", "data steward", "--reason", "the partner said so")
    njia("decide", "place-alias", "Qwertyville", "KE047", *by, settings=settings)
    (decision,) = listed_decisions(settings)
    needed = {
        ("releases",): str(evidence_base.release_id()),
        ("decide", "list"): decision["id"],
        ("place", "Malaba"): "bp-ken-malaba",
        ("query", "select release_id, as_of from meta.release"): str(evidence_base.release_id()),
    }
    folded = [
        " ".join(command)
        for command, word in needed.items()
        if word not in njia(*command, settings=settings, **NARROW).stdout
    ]
    assert folded == []


def test_piped_output_has_no_colour_even_where_nothing_forbids_it(settings: Settings) -> None:
    for command in (("status",), ("releases",), ("query", COUNTED), ("place", "Malaba"), ("decide", "list")):
        ran = njia(*command, settings=settings, TERM="xterm-256color")
        assert not ANSI.search(ran.stdout + ran.stderr), command
