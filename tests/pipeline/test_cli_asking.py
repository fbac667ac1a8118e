"""What people and scripts ask the `njia` command about a published release, in wide and narrow terminals."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from orchestration.core import Settings
from tests import scenario
from tests.command import ANSI, HEAVY, NARROW, from_a_shell, listed_decisions, njia
from tests.evidence_base import EvidenceBase


@pytest.fixture(scope="module")
def settings(published_world: EvidenceBase) -> Settings:
    return published_world.settings


PLACE_KEYS = [
    "name", "status", "place_id", "kind", "country", "county", "method", "confidence", "rivals",
]  # fmt: skip
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


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        (["--help"], set()),
        (["status"], set()),
        (["releases"], set()),
        (["decide", "list"], set()),
        (["query", "select 1"], {"duckdb"}),
    ],
    ids=lambda given: " ".join(given) or "nothing",
)
def test_what_need_not_be_computed_is_answered_without_the_libraries_that_compute(
    settings: Settings, command: list[str], needed: set[str]
) -> None:
    """Each of them costs a tenth of a second or more to load, and the answer is to come within half a one."""
    at = settings if command != ["--help"] else None
    ran = from_a_shell(*command, settings=at, PYTHONPROFILEIMPORTTIME="1")
    assert ran.returncode == 0, ran.stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in ran.stderr.splitlines()}
    assert loaded & HEAVY == needed


def test_query_keeps_nulls_dates_and_commas_apart(settings: Settings) -> None:
    sql = "select null as nothing, date '2025-03-01' as month, 'a, \"b\"' as text, true as yes"
    as_csv = njia("query", sql, "--format", "csv", settings=settings)
    assert list(csv.reader(io.StringIO(as_csv.stdout)))[1][1:3] == ["2025-03-01", 'a, "b"']
    as_json = njia("query", sql, "--format", "json", settings=settings)
    assert json.loads(as_json.stdout) == [
        {"nothing": None, "month": "2025-03-01", "text": 'a, "b"', "yes": True}
    ]


def test_the_public_edition_is_asked_by_itself(settings: Settings) -> None:
    """Of the tiny world nothing is large enough to be shown; its tables stand there all the same."""
    ran = njia(
        "query", "select count(*) as n from published.starts", "--edition", "public", settings=settings
    )
    assert ran.returncode == 0 and ran.stdout.split() == ["n", "0"], ran.stderr
    microdata = njia("query", "select 1 from marts.fct_movements", "--edition", "public", settings=settings)
    assert microdata.returncode == 2 and "There is no table" in microdata.stderr


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
def test_query_refuses_anything_but_a_select(settings: Settings, sql: str, tmp_path: Path) -> None:
    ran = njia("query", sql.format(folder=tmp_path), settings=settings)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("Error: ") and len(ran.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_query_names_the_tables_and_the_column_that_is_missing(settings: Settings) -> None:
    table = njia("query", "select * from marts.journeys", settings=settings)
    assert table.returncode == 2 and "marts.fct_movements" in table.stderr
    gone = njia("query", "select * from published.places", settings=settings)
    assert "There is no table places. Now: published.starts, ends, passings and border_points." in gone.stderr
    column = njia("query", "select nosuch from marts.fct_movements", settings=settings)
    assert column.returncode == 2 and "nosuch" in column.stderr and "meta.columns" in column.stderr


def test_status_begins_with_what_waits_and_counts_what_is_in_force(settings: Settings) -> None:
    ran = njia("status", settings=settings, **NARROW)
    assert ran.returncode == 0 and not ANSI.search(ran.stdout)
    assert ran.stdout.startswith("Waiting for a steward: ")
    assert "records set aside" in ran.stdout and "rows refused" not in ran.stdout
    assert "18 movements; 4 of 4 partners" in " ".join(ran.stdout.split())
    every = njia("status", "--all", settings=settings, **NARROW).stdout
    assert [name for name in scenario.PARTNERS if name not in every or f"\n{name} " in ran.stdout] == []
    found = json.loads(njia("status", "--json", settings=settings).stdout)
    assert found["release"]["movements"] == 18
    assert {one["partner"]: one["extracts"] for one in found["partners"]} == {
        "chui_routes": 1, "kobe_post": 2, "swala_post": 1, "tai_routes": 2,
    }  # fmt: skip
    assert found["held"] == []
    waiting = {name: number for name, number in found["review"].items() if number}
    assert waiting == {"unresolved_places": 1, "records_set_aside": 2}
    assert {"failed_checks", "files_not_taken"} <= found["review"].keys()


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


def test_contract_check_shows_the_outcome_of_a_refresh(settings: Settings, tmp_path: Path) -> None:
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
    assert "swala_post/contract.yml: line 4: key `grian` is not known." in ran.stdout
    assert not home.exists()


def test_diff_and_rollback_name_the_releases_there_are(settings: Settings) -> None:
    for arguments in (
        ("diff", "nosuch", "current"),
        ("rollback", "nosuch", "--author", "data steward", "--reason", "a mistake"),
    ):
        ran = njia(*arguments, settings=settings)
        assert ran.returncode == 2
        assert "There is no release nosuch. The releases are: 2026" in ran.stderr


def test_ids_for_the_next_command_are_not_cut_in_a_narrow_terminal(evidence_base: EvidenceBase) -> None:
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
