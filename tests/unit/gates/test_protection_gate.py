"""The release gate on published tables: each planted fault is found by its measure, and only there."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from expectations.release_gate import RELEASE_GATE
from orchestration.core import Settings, load_publication_policy, read_json
from orchestration.core.policies import POLICY_SEED
from orchestration.gates import protection
from orchestration.gates.protection import MEASURES, protection_measures
from tests.fixtures.gate_world import Decided
from tests.fixtures.protected_world import AS_OF, EARLIER, Journey, write_world

NOTHING_WRONG = dict.fromkeys(MEASURES, 0.0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(tmp_path_factory.mktemp("candidate"))
    write_world(root)
    return root


def change(folder: Path, edition: str, *statements: str) -> None:
    with duckdb.connect(str(folder / edition / "evidence_base.duckdb")) as con:
        con.execute("use evidence_base.published")
        for statement in statements:
            con.execute(statement)
            assert con.fetchall() != [(0,)], f"nothing changed: {statement}"


class Candidate(NamedTuple):
    settings: Settings
    folder: Path

    def measured(self, decisions: Decided | None = None) -> dict[str, Any]:
        manifest = read_json(self.folder / "manifest.json")
        return protection_measures(self.settings, self.folder, manifest, AS_OF, decisions or Decided())

    def change(self, edition: str, *statements: str) -> None:
        change(self.folder, edition, *statements)


@pytest.fixture
def world(built: Path, tmp_path: Path) -> Candidate:
    """A candidate of its own for each test."""
    root = tmp_path / "world"
    shutil.copytree(built, root)
    settings = Settings(root / "home", root, root / "home" / "keys")
    return Candidate(settings, next(settings.releases.glob(".candidate-*")))


def test_the_counts_worked_out_by_hand_pass(world: Candidate) -> None:
    assert world.measured() == NOTHING_WRONG


@pytest.mark.parametrize(
    ("fault", "statement"),
    [
        ("one too many", "update corridors set movement_count = movement_count + 1, "
         "movement_count_text = (movement_count + 1)::varchar where corridor_id = 'UGA>bp-ken-malaba>KE047'"),
        ("a number and another text", "update places set movement_count_text = 'about 45' "
         "where place_id = 'UGA' and population = 'all'"),
        ("a missing row", "delete from codes where domain = 'direction' and code = 'within'"),
        ("the same row twice", "insert into codes from codes where domain = 'sex' and period_id = 'year-2025'"),
        ("a count of four", "insert into codes (period_id, record_grain, population, subject, domain, code, "
         "movement_count, movement_count_text) values ('year-2025', 'case', 'all', 'all', 'sex', 'male', 4, '4')"),
        ("a hidden corridor", "insert into corridors (period_id, record_grain, population, level, corridor_id, "
         "movement_count, movement_count_text) values ('year-2025', 'case', 'all', 'od', 'KE001>KE047', 10, '10')"),
        ("a corridor of children", "insert into corridors (period_id, record_grain, population, level, "
         "corridor_id, movement_count, movement_count_text) "
         "values ('year-2025', 'case', 'children', 'od', 'UGA>KE047', 45, '45')"),
        ("codes of a place", "update codes set subject = 'place' where domain = 'exploitation_type'"),
        ("another grain", "update codes set record_grain = 'route_report' where domain = 'sex'"),
        ("a year that is not closed", "insert into codes (period_id, record_grain, population, subject, domain, "
         "code, movement_count, movement_count_text) "
         "values ('2026', 'case', 'all', 'all', 'total', 'total', 30, '30')"),
        ("an open year among the periods", "insert into periods (period_id, period_kind) values ('2026', 'year')"),
        ("a row of no period", "insert into risk (record_grain, place_id) values ('case', 'KE040')"),
        ("a table without a rule", "create table persons as select 'year-2025' as period_id, 3 as movement_count"),
        ("a table of the marts", "create schema marts; create table marts.fct_movements as select 1 as movement_id"),
        ("a share of the true total", "update corridors set share = 0.5555 where corridor_id = 'UGA>KEN'"),
        ("a rank by true counts", "update corridors set rank = 2 where corridor_id = 'KE040>KE047' "
         "and period_id = 'year-2025'"),
        ("a number of partners", "update places set partner_count = 2 where place_id = 'UGA'"),
        ("a label of a small place", "update hotspots set place_id = 'KE001' where role = 'origin'"),
        ("a label with the true count", "update hotspots set movement_count = 60 where role = 'exploitation'"),
        ("an end of an interval", "update hotspots set ratio_low = 2.1"),
        ("a ratio of a change", "update shifts set ratio = 1.1"),
        ("a trend", "update hotspots set trend_category = 'rising'"),
        ("a change of a small corridor", "update shifts set corridor_id = 'KE001>KE047', baseline_count = null, "
         "baseline_count_text = null, current_count = null, current_count_text = null"),
        ("a change with another count", "update shifts set baseline_count = 51, baseline_count_text = '51'"),
        ("a change of twelve months", "update shifts set comparison = 'months'"),
        ("a band of a small county", "update risk set place_id = 'KE001'"),
        ("what a band rests on", "update risk set components = 'origin;transit;change'"),
        ("a number of reports", "update routes set report_count = 4 where line = 'corridor'"),
        ("a road that no three reports name", "update routes set line_id = 'od|TZA>KE047' where line = 'corridor'"),
        ("news of one partner", "update novelty set evidence_class = 'single_partner'"),
        ("an exact share", "update coverage set one_partner_share = 0.3333"),
        ("partners that came", "update coverage set partners_started = 1"),
        ("a number of others without its source", "update context_counts set publication_licence = null"),
        ("a number of others at a town", "update context_counts set counted_at_place_id = 'tn-ken-ruiru'"),
        ("a number of others that members lack", "update context_counts set person_count = 854"),
        ("a number of others as cases", "update context_counts set record_grain = 'case'"),
        ("an alert that no steward released", "insert into alerts (corridor_id, direction, first_month) "
         "values ('KE009>KE047', 'rise', '2026-04-01')"),
        ("an exact share of records", "update completeness set known_share = 0.9612"),
    ],
)  # fmt: skip
def test_public_row_that_discloses_too_much_is_counted(
    world: Candidate, monkeypatch: pytest.MonkeyPatch, fault: str, statement: str
) -> None:
    for other in ("_carried", "_unknown_to_members"):
        monkeypatch.setattr(protection, other, lambda editions: {})
    world.change("public", statement)
    assert world.measured()["public_counts_wrong"] >= 1, fault


def test_another_epoch_means_other_noise(world: Candidate) -> None:
    manifest = read_json(world.folder / "manifest.json")
    manifest["periods"]["year-2025"]["epoch"] = 3
    (world.folder / "manifest.json").write_text(json.dumps(manifest))
    assert world.measured()["public_counts_wrong"] > 5


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("update codes set label = 'all' where period_id = 'year-2024'", 2),
        ("delete from codes where period_id = 'year-2024'", 1),
        ("insert into risk (period_id, place_id) values ('year-2024', 'KE040')", 1),
        ("insert into codes from codes where period_id = 'year-2024'", 1),
        ("create table dispatches as select 'year-2024' as period_id", 1),
    ],
)
def test_a_carried_row_that_changed_is_counted(world: Candidate, statement: str, rows: int) -> None:
    world.change("public", statement)
    found = world.measured()
    assert found == NOTHING_WRONG | {"carried_rows_changed": rows}


RELEASE_ALERT = (
    "insert into alerts (corridor_id, direction, first_month) values ('KE010>KE047', 'fall', '2026-03-01')"
)
ALERT_DECISION = {"corridor": "KE010>KE047", "direction": "fall", "first_month": "2026-03-01"}


def test_an_alert_is_public_by_a_decision_alone(world: Candidate) -> None:
    world.change("public", RELEASE_ALERT)
    assert world.measured() == NOTHING_WRONG | {"public_counts_wrong": 1}
    assert world.measured(Decided(alert_releases=[ALERT_DECISION])) == NOTHING_WRONG
    others = ({"direction": "rise"}, {"first_month": "2026-02-01"}, {"corridor": "KE009>KE047"})
    decided = Decided(alert_releases=[ALERT_DECISION | other for other in others])
    assert world.measured(decided)["public_counts_wrong"] == 1


def test_a_released_alert_shows_no_count_and_no_range(world: Candidate) -> None:
    said = [
        "record_count = 2", "record_count_text = '<5'", "expected_low = 24", "expected_high = 47",
        "partner_count = 3", "evidence = 'panel'", "newest_month = '2026-06-01'", "alerted_month = '2026-05-01'",
    ]  # fmt: skip
    released = [ALERT_DECISION | {"first_month": f"2026-{month:02}-01"} for month in range(3, 12)]
    for edition in ("public", "members"):
        again = [RELEASE_ALERT.replace("2026-03", one["first_month"][:7]) for one in released]
        world.change(edition, *again[edition == "members" :])  # which has the first
    for one, more in zip(released, said, strict=False):  # the last shows nothing more
        world.change("public", f"update alerts set {more} where first_month = '{one['first_month']}'")
    found = world.measured(Decided(alert_releases=released))
    assert found == NOTHING_WRONG | {"public_counts_wrong": len(said)}


def test_a_released_alert_that_members_lack_is_counted(world: Candidate) -> None:
    world.change("public", RELEASE_ALERT)
    world.change("members", "delete from alerts where direction = 'fall'")
    decided = Decided(alert_releases=[ALERT_DECISION])
    found = world.measured(decided)
    assert (found["public_counts_wrong"], found["public_rows_unknown_to_members"]) == (1, 1)


def test_later_versions_and_numbers_of_others_are_no_change(world: Candidate) -> None:
    """Numbers of others may come late, and change as their source does."""
    change(world.settings.releases / EARLIER, "public", "alter table corridors drop column partner_count")
    for edition in ("public", "members"):
        world.change(edition, "update context_counts set person_count = 854, counted_year = 2024")
    assert world.measured() == NOTHING_WRONG
    change(world.settings.releases / EARLIER, "public", "drop table context_counts")
    assert world.measured() == NOTHING_WRONG


def test_a_published_year_is_carried_unless_a_decision_publishes_it_anew(world: Candidate) -> None:
    note = {"epoch": 0, "first_release": EARLIER, "carried_from": None, "republished_by": []}
    published = {"release_id": EARLIER, "sequence": 1, "previous_release": None}
    periods = {"year-2024": note, "year-2025": note | {"epoch": 1}}
    earlier = world.settings.releases / EARLIER / "manifest.json"
    earlier.write_text(json.dumps(published | {"periods": periods}))
    world.settings.current.symlink_to(world.settings.releases / EARLIER)
    assert world.measured()["carried_rows_changed"] == 1, "2025 is drawn anew without a decision"
    periods["year-2023"] = note
    earlier.write_text(json.dumps(published | {"periods": periods}))
    assert world.measured()["carried_rows_changed"] == 2, "and 2023 is not there any more"
    staged = read_json(world.folder / "manifest.json")
    staged["periods"]["year-2025"]["republished_by"] = ["d1"]
    (world.folder / "manifest.json").write_text(json.dumps(staged))
    assert world.measured()["carried_rows_changed"] == 2, "the decision does not hold"
    decided = replace(Decided(), year_republications=[{"id": "d1"}])
    assert world.measured(decided)["carried_rows_changed"] == 1


def test_carried_years_without_their_release_cannot_be_judged(world: Candidate) -> None:
    shutil.rmtree(world.settings.releases / EARLIER)
    assert world.measured()["carried_rows_changed"] is None


@pytest.mark.parametrize(
    "statement",
    [
        "delete from corridors where corridor_id = 'UGA>KE047'",
        "delete from risk",
        "update hotspots set role = 'transit' where role = 'origin'",
        "delete from periods where period_id = 'year-2025'",
    ],
)
def test_a_public_row_that_members_do_not_see_is_counted(world: Candidate, statement: str) -> None:
    world.change("members", statement)
    assert world.measured()["public_rows_unknown_to_members"] == 1


@pytest.mark.parametrize(
    ("movements", "each", "years"), [(1000, 5, 1), (60, 3, 0)], ids=["of a thousand", "smaller: no judgement"]
)
def test_a_large_year_of_small_corridors_shows_too_little(
    tmp_path: Path, movements: int, each: int, years: int
) -> None:
    roads = [Journey("KE040", "KE047")] * 60
    roads += [Journey(f"KE9{number // each:02}", "KE047") for number in range(movements)]
    measured = Candidate(*write_world(tmp_path, roads)).measured()
    assert measured == NOTHING_WRONG | {"years_that_show_too_little": years}


def test_a_changed_policy_waits_for_a_signature(
    world: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "publication_policy.csv"
    file.write_text(POLICY_SEED.read_text().replace("delay_days,90,90", "delay_days,91,90"))
    changed = load_publication_policy(file)
    monkeypatch.setattr(protection, "load_publication_policy", lambda: changed)
    assert world.measured()["policy_waits_for_signature"] == 1
    signed = replace(Decided(), policy_sign_offs=[{"policy": changed.version}])
    assert world.measured(signed)["policy_waits_for_signature"] == 0
    another = replace(Decided(), policy_sign_offs=[{"policy": "0123456789ab"}])
    assert world.measured(another)["policy_waits_for_signature"] == 1


def test_a_published_model_that_is_not_in_the_public_file_is_counted(world: Candidate) -> None:
    nodes = {
        name: {"resource_type": "model", "schema": "published", "name": name, "config": {}}
        for name in ("corridors", "dispatches")
    }
    (world.settings.work / "dbt").mkdir()
    (world.settings.work / "dbt" / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    assert world.measured()["public_tables_missing"] == 1
    shutil.rmtree(world.folder / "public")
    found = world.measured()
    assert found["public_tables_missing"] == 2 and found["public_counts_wrong"] is None


def test_counts_that_cannot_be_recomputed_are_not_taken_as_right(world: Candidate) -> None:
    world.settings.warehouse.unlink()
    assert world.measured()["public_counts_wrong"] is None


def test_unmeasured_protection_refuses_and_is_not_waivable() -> None:
    """And no waiver lets it pass, but for how much a year shows."""
    checks = {limit.column: check for check in RELEASE_GATE for limit in check.limits}
    assert all(checks[name].limits[0].empty_fails for name in MEASURES)
    assert [name for name in MEASURES if checks[name].waivable] == ["years_that_show_too_little"]
    assert {checks[name].severity for name in MEASURES} == {"refuse"}
