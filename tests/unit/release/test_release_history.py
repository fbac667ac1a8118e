"""Releases after publishing: list, compare, roll back, query."""

import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.core import NjiaError, ReleaseRefused, Settings, UsageError, interrupts_kept
from orchestration.intake import TakenExtract
from orchestration.release import Release, current_release, diff, find_release, list_releases
from orchestration.release.earlier import is_left_behind, is_rolled_back, rollback
from orchestration.release.publishing import refresh_summary
from orchestration.release.query import run_query
from orchestration.stewardship import active_decisions
from orchestration.stewardship.decisions.recording import revoke
from tests.fixtures.release_world import EXTRACT, START, publish_one, settings_in


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with two releases. Read only."""
    settings = settings_in(tmp_path_factory.mktemp("published"))
    publish_one(settings, 0)
    publish_one(settings, 1, counts=(3, 1, 9))
    return settings


@pytest.fixture
def settings(published: Settings, tmp_path: Path) -> Settings:
    home = Path(shutil.copytree(published.home, tmp_path / "home", symlinks=True))
    return Settings(home, home / "partners", home / "keys")


def back_to(settings: Settings, to: str, reason: str = "wrong counts") -> Release:
    return rollback(settings, to, "A. Fixture", reason, START)


def test_releases_are_listed_newest_first_and_found_by_name(published: Settings) -> None:
    second, first = list_releases(published)
    assert (second.is_current, first.is_current) == (True, False)
    assert find_release(published, "current").release_id == second.release_id
    assert find_release(published, "20261124").release_id == first.release_id
    with pytest.raises(UsageError, match=f"More than one.+{second.release_id}, {first.release_id}"):
        find_release(published, "2026")


def test_link_to_a_missing_release_is_reported(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.current.symlink_to("releases/20200101T000000Z-00000000")
    with pytest.raises(NjiaError, match="njia restore"):
        current_release(settings)


def movements_of(found: dict[str, Any]) -> Any:
    return next(table for table in found["tables"] if table["table"] == "marts.fct_movements")


def test_a_diff_counts_rows_and_extracts(settings: Settings) -> None:
    other = {**EXTRACT, "extract_id": "f" * 16}
    after = publish_one(settings, 2, counts=(3, 5), extracts=[other])
    before = list_releases(settings)[2]
    found = diff(settings, before.release_id, "current")
    movements = movements_of(found)
    assert movements == {
        "table": "marts.fct_movements", "rows_before": 3, "rows_after": 2, "added": 0, "removed": 1, "changed": 1,
    }  # fmt: skip
    extracts = [(one["extract_id"], one["came"]) for one in found["extracts"]]
    assert extracts == [(EXTRACT["extract_id"], False), ("f" * 16, True)]
    assert movements_of(diff(settings, after.release_id, before.release_id))["added"] == 1


def test_a_release_is_not_compared_with_itself(published: Settings) -> None:
    with pytest.raises(UsageError, match="Name two releases: both are"):
        diff(published, "current", "current")


def test_a_rollback_is_recorded_and_keeps_its_inputs_from_being_published_again(settings: Settings) -> None:
    second, first = list_releases(settings)
    inputs = [release.manifest["given_hash"] for release in (first, second)]
    assert back_to(settings, first.release_id).is_current
    assert find_release(settings, "current").release_id == first.release_id
    decisions = active_decisions(settings, START)
    assert decisions["rollback"][-1]["from_release"] == second.release_id
    assert [is_rolled_back(settings, decisions, one) for one in inputs] == [False, True]
    # Forth again: the second is wanted once more, the first is what was left behind.
    back_to(settings, second.release_id, "the counts were right")
    decisions = active_decisions(settings, START)
    assert [is_rolled_back(settings, decisions, one) for one in inputs] == [True, False]
    for entry in decisions["rollback"]:
        revoke(settings, entry["id"], "A. Fixture", "settled", START)
    assert not is_rolled_back(settings, active_decisions(settings, START), inputs[0])


def test_same_content_from_other_inputs_stays_rolled_back(settings: Settings) -> None:
    second, first = list_releases(settings)
    back_to(settings, first.release_id)
    with pytest.raises(ReleaseRefused, match="equals a release that a steward rolled back"):
        publish_one(settings, 2, counts=(3, 1, 9), boundaries={"name": "another map"})
    assert find_release(settings, "current").release_id == first.release_id
    decisions = active_decisions(settings, START)
    hashes = [release.manifest["content_hash"] for release in (first, second)]
    assert [is_left_behind(settings, decisions, one) for one in hashes] == [False, True]
    assert publish_one(settings, 3).release_id  # what readers have may be published under a new name
    assert publish_one(settings, 4, counts=(3, 1, 8)).release_id  # other content is news


def test_impossible_rollback_changes_nothing(settings: Settings) -> None:
    second, first = list_releases(settings)
    for to, reason, words in (
        ("2020", "wrong counts", f"no release 2020.+{second.release_id}, {first.release_id}"),
        (second.release_id, "wrong counts", "is already current"),
        (first.release_id, " ", "reason"),
    ):
        with pytest.raises(UsageError, match=words):
            back_to(settings, to, reason)
    (first.path / "members/parquet/meta.grains.parquet").unlink()
    with pytest.raises(NjiaError, match="changed after it was published"):
        back_to(settings, first.release_id)
    assert find_release(settings, "current").release_id == second.release_id
    assert active_decisions(settings, START)["rollback"] == []


def test_a_query_is_answered_from_the_current_release(settings: Settings) -> None:
    answer = run_query(settings, "select movement_id, person_count from marts.fct_movements order by 1;")
    assert answer.release_id == find_release(settings, "current").release_id
    assert answer.columns == ["movement_id", "person_count"]
    assert answer.rows == [(1000, 3), (2000, 1), (3000, 9)]
    path = settings.current / "members" / "evidence_base.duckdb"  # readers open the file by its link
    with duckdb.connect(str(path), read_only=True) as con:
        assert con.execute("select count(*) from marts.fct_movements").fetchone() == (3,)
    assert run_query(settings, "show tables").columns
    publish_one(settings, 2, counts=(8,))
    assert run_query(settings, "select sum(person_count) from marts.fct_movements").rows == [(8,)]


NOT_ONE_SELECT = [
    "", "select 1; select 2", "delete from marts.fct_movements", "create table x as select 1",
    "copy marts.fct_movements to 'x.csv'", "attach 'x.duckdb'", "set memory_limit = '9GB'", "install httpfs",
]  # fmt: skip


@pytest.mark.parametrize(("sql", "words"), [
    *((sql, "Only a single SELECT") for sql in NOT_ONE_SELECT),
    ("selec 1", "near 'selec'"),
    ("select 1 +", "ends too early"),
    ("select * from marts.nothing", "no table nothing.+marts.fct_movements"),
    ("select * from fct_movements", "Did you mean marts.fct_movements?"),
    ("select nothing from marts.fct_movements", "no column nothing"),
    ("select record_grain from marts.fct_movements a, marts.fct_movements b", "have a column record_grain"),
    ("select record_grain, count(*) from marts.fct_movements", "record_grain is neither grouped"),
    ("select sum(record_grain) from marts.fct_movements", "cast the value"),
    ("select nofunction(1)", "no function nofunction"),
    ("select cast(record_grain as integer) from marts.fct_movements", "try_cast"),
    ("select * from read_csv('/etc/passwd')", "nothing else"),
    ("select * from read_text('/etc/passwd')", "nothing else"),
    ("select * from '/etc/passwd.csv'", "nothing else|no table"),
    ("pragma database_list", "not allowed"),
    ("select * from DuckDB_Databases()", "not allowed"),
    ("select * from query('select * from duckdb' || '_databases()')", "not allowed"),
])  # fmt: skip
def test_impossible_query_is_refused_with_a_plain_sentence(published: Settings, sql: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as error:
        run_query(published, sql)
    message = str(error.value)
    assert "LINE 1" not in message and "Error" not in message and "\n" not in message
    assert str(published.home) not in message and "'case'" not in message


def test_refused_query_shows_an_example_of_its_edition(settings: Settings) -> None:
    public = find_release(settings, "current").path / "public/evidence_base.duckdb"
    public.parent.mkdir(exist_ok=True)
    duckdb.connect(str(public)).close()
    for edition, table in (("public", "published.hotspots"), ("members", "marts.mart_hotspots")):
        with pytest.raises(UsageError, match=f"such as: select [*] from {table} limit"):
            run_query(settings, "delete from x", edition)


def test_query_of_an_empty_home_or_unknown_edition_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NjiaError, match="no release yet"):
        run_query(settings_in(tmp_path), "select 1", "public")
    with pytest.raises(UsageError, match="editions are: members, public"):
        run_query(settings_in(tmp_path), "select 1", "secret")


def test_summary_lists_landed_held_and_unreadable_extracts(settings: Settings) -> None:
    release = find_release(settings, "current")
    gates = settings.work / "gates"
    gates.mkdir()
    held = {
        "partner": "kobe_shelter",
        "fate": "held",
        "reason": "columns_are_readable",
        "finding": "Held: 1 %.",
    }
    fates = [{**held, "extract_id": "a" * 16, "fate": "in_force"}, {**held, "extract_id": "b" * 16}]
    pq.write_table(pa.Table.from_pylist(fates), gates / "in_force.parquet")
    taken = [
        TakenExtract("kobe_shelter", "jan.xlsx", "landed", "a" * 16),
        TakenExtract("kobe_shelter", "feb.xlsx", "landed", "b" * 16),
        TakenExtract("kobe_shelter", "mar.xlsx", "unreadable", reason="It is empty."),
    ]
    extracts = refresh_summary(settings, taken, release.manifest, 1, "published")["extracts"]
    assert [one["outcome"] for one in extracts] == ["landed", "held", "unreadable"]
    assert (extracts[0]["reason"], extracts[2]["reason"]) == (None, "It is empty.")
    for words in ("feb.xlsx", "columns_are_readable", "review/failed_checks.csv", "Held: 1 %."):
        assert words in extracts[1]["reason"]


ENDLESS = "select sum(a.range * b.range) from range(10000000) as a, range(10000000) as b"


def test_a_query_that_takes_too_long_is_stopped_with_a_sentence(published: Settings) -> None:
    with pytest.raises(UsageError, match=r"took longer than 0\.5 seconds .*--timeout"):
        run_query(published, ENDLESS, timeout=0.5)
    assert run_query(published, "select 1").rows == [(1,)]


def test_ctrl_c_ends_a_query_as_ctrl_c(published: Settings) -> None:
    key = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        key.start()
        with pytest.raises(KeyboardInterrupt), interrupts_kept():
            run_query(published, ENDLESS)
    finally:
        key.cancel()
        signal.signal(signal.SIGINT, earlier)
