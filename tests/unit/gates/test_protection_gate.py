"""The release gate on published tables: each planted fault is found by its measure, and only there."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq
import pytest

from expectations.release_gate import RELEASE_GATE
from orchestration.core import Settings, load_keys, load_publication_policy, read_json
from orchestration.core.policies import POLICY_SEED
from orchestration.gates import protection
from orchestration.gates.protection import MEASURES, protection_measures
from orchestration.stewardship import Decisions
from tests.fixtures.gate_world import decisions_of
from tests.fixtures.protected_world import AS_OF, JOURNEYS, Journey, add_labels, change, noise, write_world

NOTHING_WRONG = dict.fromkeys(MEASURES, 0.0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(tmp_path_factory.mktemp("candidate"))
    _, candidate = write_world(root)
    add_labels(candidate)
    return root


class Candidate(NamedTuple):
    settings: Settings
    folder: Path

    def measured(self, decisions: Decisions | None = None) -> dict[str, Any]:
        manifest = read_json(self.folder / "manifest.json")
        return protection_measures(self.settings, self.folder, manifest, AS_OF, decisions or decisions_of())

    def change(self, edition: str, *statements: str) -> None:
        change(self.folder, edition, *statements)

    def note(self, period: str, **changes: Any) -> None:
        """Change what the manifest says of a period."""
        file = self.folder / "manifest.json"
        manifest = read_json(file)
        manifest["periods"][period] |= changes
        file.write_text(json.dumps(manifest))

    @property
    def earlier(self) -> Path:
        return self.settings.current.resolve()


@pytest.fixture
def world(built: Path, tmp_path: Path) -> Candidate:
    """A candidate of its own for each test."""
    root = tmp_path / "world"
    shutil.copytree(built, root, symlinks=True)
    settings = Settings(root, root, root)
    earlier = next(path for path in settings.releases.iterdir() if not path.name.startswith("."))
    settings.current.unlink()
    settings.current.symlink_to(earlier)
    return Candidate(settings, next(settings.releases.glob(".candidate-*")))


def test_the_candidate_of_a_refresh_passes(world: Candidate) -> None:
    """Its counts are those of the project's SQL."""
    assert world.measured() == NOTHING_WRONG


def test_journeys_first_known_at_a_border_point_have_no_start_whatever_the_agreement(tmp_path: Path) -> None:
    met = "bp-ken-malaba#not_said"
    journeys = [Journey(met, "KE047", finest=finest) for finest in ("town", "county") for _ in range(20)]
    candidate = Candidate(*write_world(tmp_path, [*JOURNEYS, *journeys]))
    assert candidate.measured() == NOTHING_WRONG
    with duckdb.connect(str(candidate.folder / "members" / "evidence_base.duckdb"), read_only=True) as con:
        starts = con.execute(
            "select movement_count from published.starts where period_id = 'year-2025' and place_id = 'unknown'"
        ).fetchall()
    assert starts == [(42,)], "with the two whose start is not stated"


def test_where_no_age_band_of_children_is_shown_no_children_of_a_place_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = [
        Journey("UGA", "KE047", is_child=True, age_band=band)
        for band in ("a00_08", "a09_17")
        for _ in range(9)
    ]
    others = [journey for journey in JOURNEYS if not journey.is_child and journey.year == 2025]
    least = {"public_least_label_count": 10}
    policy = load_publication_policy()
    changed = replace(policy, numbers=policy.numbers | least)
    monkeypatch.setattr(protection, "load_publication_policy", lambda: changed)
    candidate = Candidate(*write_world(tmp_path, [*others, *children], policy=least))
    assert candidate.measured() == NOTHING_WRONG


@pytest.mark.parametrize(
    ("fault", "statement"),
    [
        ("one too many", "update passings set passing_count = passing_count + 1 where place_id = 'KE040'"),
        ("a table of members", "create table corridors_via as select 'year-2025' as period_id, 12 as passing_count"),
        ("a missing row", "delete from directions where direction = 'within' and period_id = 'year-2025'"),
        ("a row without a number", "update traits set trait_count = null where code = 'adult'"),
        ("a count of four", "insert into traits by name select 'year-2025' as period_id, 'sex' as trait, "
         "'male' as code, 4 as trait_count"),
        ("a hidden corridor", "insert into corridors by name select 'year-2025' as period_id, "
         "'KE001' as start_place_id, 'KE047' as end_place_id, 'within' as direction, 10 as movement_count"),
        ("a small place instead of fewer", "update starts set place_id = 'KE001' where place_id = 'fewer'"),
        ("children beyond what is shown", "update starts set child_count = child_count + 1 where place_id = 'UGA'"),
        ("sex by age", "update traits set trait = 'sex_age' where trait = 'sex' and period_id = 'year-2025'"),
        ("an open year among the periods", "insert into periods by name "
         "select 'year-2026' as period_id, 'year' as period_kind"),
        ("a quarter", "insert into periods by name select '2025-Q2' as period_id, 'quarter' as period_kind"),
        ("a table without a rule", "create table persons as select 'year-2025' as period_id, 3 as movement_count"),
        ("a table of the marts", "create schema marts; create table marts.fct_movements as select 1 as movement_id"),
        ("a column of members", "alter table starts add column home_count integer"),
        ("what like for like compares", "alter table ends add column like_count integer"),
        ("a comparison", "update starts set comparison = 'same_reporting' where period_id = 'year-2025'"),
        ("a change", "update corridors set change = 'more' where period_id = 'year-2025'"),
        ("another number per head", "update starts set per_100000 = 9.3 where period_id = 'year-2025' "
         "and place_id = 'KE040'"),
        ("another population", "update areas set population = 1 where place_id = 'KE040'"),
        ("a label of a small place", "update hotspots set place_id = 'KE001'"),
        ("a label of children where they are few", "update hotspots set people = 'children'"),
        ("an end of an interval", "update hotspots set ratio_low = 2.1"),
        ("a ratio of a change", "update shifts set ratio = 1.1"),
        ("a trend", "update hotspots set trend_category = 'rising'"),
        ("a change of a small corridor", "update shifts set corridor_id = 'KE001>KE047', "
         "earlier_count = null, later_count = null"),
        ("a change with another count", "update shifts set later_count = later_count - 1"),
        ("a change of twelve months", "update shifts set compared = 'months'"),
        ("a band of members", "create table risk as select 'year-2025' as period_id, 'KE040' as place_id, 'higher' as band"),
        ("another label", "update hotspots set label = 'elevated'"),
        ("a larger multiple", "update hotspots set at_least_times = 20"),
        ("a label that was drawn, and is not listed", "delete from hotspots"),
        ("a stable corridor as growing", "update shifts set status = 'growing'"),
        ("another band of its share", "update shifts set factor_band = 'twice_or_more'"),
        ("a stable corridor that took over", "update shifts set displaced_from = 'KE001>KE047'"),
        ("the exact number of reports", "update mentions set mention_count = 20 where subject = 'round'"),
        ("a road that was drawn, and is not listed", "delete from mentions where subject = 'corridor'"),
        ("a number of reports", "update mentions set mention_count = 4 where subject = 'corridor'"),
        ("a road that no three reports name", "update mentions set mention_id = 'corridor|SOM>KE047' "
         "where subject = 'corridor'"),
        ("a town on the way", "update mentions set via_place_id = 'KE027' where subject = 'corridor'"),
        ("news of one partner", "update novelty set evidence_class = 'single_partner'"),
        ("an exact share", "update coverage set one_partner_share = 0.3333"),
        ("a number of others without its source", "update context_counts set publication_licence = null"),
        ("a number of others at a town", "update context_counts set counted_at_place_id = 'tn-ken-nambale'"),
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
    for other in ("_carried", "_contradictions", "_unknown_to_members"):
        monkeypatch.setattr(protection, other, lambda editions: {})
    world.change("public", statement)
    assert world.measured()["public_counts_wrong"] >= 1, fault


def test_a_label_is_drawn_from_its_margin_and_the_keys_of_its_records_once_a_year(world: Candidate) -> None:
    with duckdb.connect(str(world.settings.warehouse), read_only=True) as con:
        ids = con.execute(
            "select movement_id from intermediate.int_movements where event_year = 2025 "
            "and start_counting_place_id = 'KE040'"
        ).to_arrow_table()["movement_id"]
        drawn = con.execute(
            "select protected_count from intermediate.int_drawn_labels where noise_name = 'hotspots|origin|all'"
        ).fetchall()
    key_sum = sum(load_keys(world.settings).protection_keys(ids.combine_chunks()).to_pylist())
    of_year = {
        year: noise(f"hotspots|origin|all|year-{year}|KE040|{key_sum}|0", 84, "5") for year in (2024, 2025)
    }
    assert len(ids) == 84 and drawn == [(1680 + of_year[2025],)]
    assert of_year[2024] != of_year[2025]
    with duckdb.connect(str(world.folder / "public" / "evidence_base.duckdb"), read_only=True) as con:
        shown = con.execute("select label, at_least_times from published.hotspots").fetchall()
    low_end = math.exp((1680 + of_year[2025]) / 1000)
    assert shown == [("hotspot", max(times for times in (2, 3, 5, 10, 20) if low_end >= times))]


def test_another_epoch_means_other_noise(world: Candidate) -> None:
    world.note("year-2025", epoch=3)
    assert world.measured()["public_counts_wrong"] > 5


def test_counts_that_are_not_the_best_fit_are_wrong(world: Candidate) -> None:
    file = world.settings.fitted / "leaves.parquet"
    leaves = pq.read_table(file).to_pandas()
    largest = leaves["fitted_count"].idxmax()
    leaves.loc[largest, "fitted_count"] += 1
    leaves.to_parquet(file)
    assert world.measured()["public_counts_wrong"] >= 2, "the leaf, and the rows that it is part of"
    file.unlink()
    assert world.measured()["public_counts_wrong"] > 5


@pytest.mark.parametrize("edition", ["public", "members"])
@pytest.mark.parametrize(
    ("fault", "statement"),
    [
        ("another total", "update starts set movement_count = movement_count + 1 where place_id = 'UGA'"),
        ("a missing rest", "delete from corridors where start_place_id = 'fewer' and direction = 'within'"),
        ("no directions", "delete from directions where period_id = 'year-2025'"),
        ("parts of an end", "update ends set last_known_count = movement_count where place_id = 'KE047'"),
        ("children", "update ends set child_count = movement_count + 1 where place_id = 'KE047'"),
        ("more passed than travelled", "update passings set passing_count = 1000 where place_id = 'KE040'"),
        ("more first known", "update border_points set first_known_count = 1000"),
        ("a trait of more", "update traits set trait_count = 1000 where code = 'female'"),
    ],
)  # fmt: skip
def test_counts_that_contradict_each_other_are_counted(
    world: Candidate, edition: str, fault: str, statement: str
) -> None:
    where = "and" if "where" in statement else "where"
    world.change(edition, f"{statement} {where} period_id = 'year-2025'")
    assert world.measured()["counts_that_contradict"] >= 1, fault


def test_a_direction_may_fall_to_nothing_without_a_corridor(world: Candidate) -> None:
    fell = "'year-2025' as period_id, 'outside' as direction, 0 as movement_count, 0 as child_count"
    world.change("members", f"insert into directions by name select {fell}")
    assert world.measured() == NOTHING_WRONG


@pytest.mark.parametrize(
    "statement",
    [
        "update corridors_via set passing_count = 99 where start_place_id = 'UGA'",
        "update border_points set passing_count = 11",
    ],
)
def test_by_place_passed_no_more_pass_than_travel(world: Candidate, statement: str) -> None:
    world.change(
        "members", f"{statement} {'and' if 'where' in statement else 'where'} period_id = 'year-2025'"
    )
    assert world.measured()["counts_that_contradict"] >= 1


def test_counts_by_quarter_must_agree(world: Candidate) -> None:
    world.change("members", "delete from evidence_base.series.starts where period_id = '2025-Q2'")
    assert world.measured() == NOTHING_WRONG | {"counts_that_contradict": 1}


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("update traits set label = 'all' where code = 'female'", 2),
        ("delete from traits where code = 'female'", 1),
        (
            "insert into hotspots by name select 'year-2024' as period_id, 'KE040' as place_id, "
            "'origin' as role, 'all' as people",
            1,
        ),
        ("create table dispatches as select 'year-2024' as period_id", 1),
    ],
)
def test_a_carried_row_that_changed_is_counted(world: Candidate, statement: str, rows: int) -> None:
    where = " and period_id = 'year-2024'" if "where" in statement else ""
    world.change("public", statement + where)
    assert world.measured() == NOTHING_WRONG | {"carried_rows_changed": rows}


RELEASE_ALERT = (
    "insert into alerts (corridor_id, direction, first_month) values ('KE001>KE047', 'fall', '2026-03-01')"
)
ALERT_DECISION = {"corridor": "KE001>KE047", "direction": "fall", "first_month": "2026-03-01"}


def test_an_alert_is_public_by_a_decision_alone(world: Candidate) -> None:
    for edition in ("public", "members"):
        world.change(edition, RELEASE_ALERT)
    assert world.measured() == NOTHING_WRONG | {"public_counts_wrong": 1}
    assert world.measured(decisions_of(alert_release=[ALERT_DECISION])) == NOTHING_WRONG
    others = ({"direction": "rise"}, {"first_month": "2026-02-01"}, {"corridor": "KE009>KE047"})
    decided = decisions_of(alert_release=[ALERT_DECISION | other for other in others])
    assert world.measured(decided)["public_counts_wrong"] == 1


def test_a_released_alert_shows_no_count_and_no_range(world: Candidate) -> None:
    said = [
        "witness_count = 2", "expected_low = 24", "expected_high = 47",
        "partner_count = 3", "evidence = 'panel'", "newest_month = '2026-06-01'", "alerted_month = '2026-05-01'",
    ]  # fmt: skip
    released = [ALERT_DECISION | {"first_month": f"2026-{month:02}-01"} for month in range(3, 11)]
    for edition in ("public", "members"):
        world.change(edition, *(RELEASE_ALERT.replace("2026-03", one["first_month"][:7]) for one in released))
    for one, more in zip(released, said, strict=False):  # the last shows nothing more
        world.change("public", f"update alerts set {more} where first_month = '{one['first_month']}'")
    found = world.measured(decisions_of(alert_release=released))
    assert found == NOTHING_WRONG | {"public_counts_wrong": len(said)}


def test_a_released_alert_that_members_lack_is_counted(world: Candidate) -> None:
    world.change("public", RELEASE_ALERT)
    decided = decisions_of(alert_release=[ALERT_DECISION])
    found = world.measured(decided)
    assert (found["public_counts_wrong"], found["public_rows_unknown_to_members"]) == (1, 1)


def test_columns_of_later_versions_are_no_change(world: Candidate) -> None:
    change(world.earlier, "public", "alter table traits drop column label", "drop table alerts")
    assert world.measured() == NOTHING_WRONG


def test_a_published_year_is_carried_unless_a_decision_publishes_it_anew(world: Candidate) -> None:
    file = world.earlier / "manifest.json"
    file.chmod(0o600)
    published = read_json(file)
    published["periods"]["year-2025"] = {**published["periods"]["year-2024"], "epoch": -1}
    file.write_text(json.dumps(published))
    assert world.measured()["carried_rows_changed"] == 1, "2025 is drawn anew without a decision"
    published["periods"]["year-2023"] = published["periods"]["year-2024"]
    file.write_text(json.dumps(published))
    assert world.measured()["carried_rows_changed"] == 2, "and 2023 is not there any more"
    world.note("year-2025", republished_by=["d1"])
    assert world.measured()["carried_rows_changed"] == 2, "the decision does not hold"
    decided = decisions_of(year_republication=[{"id": "d1"}])
    assert world.measured(decided)["carried_rows_changed"] == 1


def test_carried_years_without_their_release_cannot_be_judged(world: Candidate) -> None:
    earlier = world.earlier
    world.settings.current.unlink()
    shutil.rmtree(earlier)
    assert world.measured()["carried_rows_changed"] is None


@pytest.mark.parametrize(
    "statement",
    [
        "delete from corridors where start_place_id = 'UGA'",
        "delete from novelty",
        "update hotspots set role = 'transit'",
        "delete from border_points where place_id = 'bp-ken-malaba'",
    ],
)
def test_a_public_row_that_members_do_not_see_is_counted(world: Candidate, statement: str) -> None:
    world.change("members", statement)
    assert world.measured()["public_rows_unknown_to_members"] == 1


@pytest.mark.parametrize(
    ("least_movements", "least_share", "years"), [(100, 1.0, 1), (100, 0.9, 0), (1000, 1.0, 0)]
)
def test_a_large_year_of_small_corridors_shows_too_little(
    world: Candidate, monkeypatch: pytest.MonkeyPatch, least_movements: int, least_share: float, years: int
) -> None:
    """Of 145 cases between known places three are in a hidden corridor."""
    policy = load_publication_policy()
    numbers = policy.numbers | {
        "utility_least_movements": least_movements,
        "utility_least_share": least_share,
    }
    monkeypatch.setattr(protection, "load_publication_policy", lambda: replace(policy, numbers=numbers))
    assert world.measured() == NOTHING_WRONG | {"years_that_show_too_little": years}


def test_tables_and_gate_follow_another_policy(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"members_least_count": 3, "public_least_count": 14, "public_least_label_count": 80}
    policy = load_publication_policy()
    changed = replace(policy, numbers=policy.numbers | other)
    monkeypatch.setattr(protection, "load_publication_policy", lambda: changed)
    candidate = Candidate(*write_world(tmp_path, policy=other))
    assert candidate.measured() == NOTHING_WRONG
    shipped = next((built / "releases").glob(".candidate-*"))
    starts = {edition: _starts(candidate.folder, edition) for edition in ("public", "members")}
    assert min(starts["members"].values()) >= 3 and "KE001" in starts["members"]
    assert "KE001" not in _starts(shipped, "members")
    assert min(starts["public"].values()) >= 14 > _starts(shipped, "public")["KE047"]


def _starts(folder: Path, edition: str) -> dict[str, int]:
    with duckdb.connect(str(folder / edition / "evidence_base.duckdb"), read_only=True) as con:
        return dict(
            con.execute(
                "select place_id, movement_count from published.starts "
                "where period_id = 'year-2025' and place_id <> 'fewer'"
            ).fetchall()
        )


def test_a_changed_policy_waits_for_a_signature(
    world: Candidate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "publication_policy.csv"
    file.write_text(POLICY_SEED.read_text().replace("delay_days,90,90", "delay_days,91,90"))
    changed = load_publication_policy(file)
    monkeypatch.setattr(protection, "load_publication_policy", lambda: changed)
    assert world.measured()["policy_waits_for_signature"] == 1
    signed = decisions_of(policy_sign_off=[{"policy": changed.version}])
    assert world.measured(signed)["policy_waits_for_signature"] == 0
    another = decisions_of(policy_sign_off=[{"policy": "0123456789ab"}])
    assert world.measured(another)["policy_waits_for_signature"] == 1


def test_a_published_model_that_is_not_in_the_public_file_is_counted(world: Candidate) -> None:
    nodes = {
        name: {"resource_type": "model", "schema": "published", "name": name, "config": {}}
        for name in ("corridors", "dispatches")
    }
    (world.settings.work / "dbt").mkdir(exist_ok=True)
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
