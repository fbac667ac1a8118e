"""The dbt project on a tiny world whose answers are worked out by hand, in the comments beside the rows."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.fixtures.dbt_world import World, rows

Warehouse = duckdb.DuckDBPyConnection


def cases(world: World) -> None:
    """Kobe House sends its book twice; a later extract is held and one was withdrawn by a steward."""
    everywhere = [("KEN", role) for role in ("origin", "transit", "intended_destination", "exploitation")]
    # A contract that says one place twice, and one that no gazetteer holds, does not fail the release.
    everywhere += [("KEN", "origin"), ("tn-ken-nowhere", "origin")]
    house = {"partner": "kobe_house", "delivery": "full", "coverage": everywhere}
    world.extract("k1", sequence=1, received_on="2024-03-31", rows_refused=2, **house)
    world.record("k1", 1, on="2024-02-03")
    world.record("k1", 2, on="2024-02-04")  # gone from k2: withdrawn
    world.record("k1", 3, on="2024-02-05")  # its newest copy is quarantined: it stays superseded
    world.extract("k2", sequence=2, received_on="2025-06-25", **house)
    # Busia > Malaba > Dubai meant, exploited in Italy; a girl; the house may tell towns.
    world.record(
        "k2", 1, on="2024-02-03", sex="female", age_band="a09_17", is_child=True,
        trafficking_status="confirmed", persons=(1, 1),
        places={"origin": "tn-ken-nambale", "transit": ["bp-ken-malaba@bus", "lo-ken-eastleigh"],
                "intended_destination": "tn-are-dubai", "exploitation": "country:ITA"},
        codes={"exploitation_type": ["domestic_servitude"], "industry": ["domestic_work"],
               "recruitment_method": ["employment_agency"], "means_of_control": ["threats"]},
        problems=[("flag", "age_estimated")],
    )  # fmt: skip
    world.record("k2", 3, on="2024-02-05", rows=2, problems=[("Q", "date_ambiguous")])
    world.record("k2", 4, on="2024-02-06", places={"origin": "?"})  # no place is known
    world.record("k2", 5, on="2025-06-20")  # younger than 30 days
    world.record("k2", 6, on="2024-02-07", embargo_until=date(2030, 1, 1))
    world.record("k2", 7, on="2024-01-01", to="2024-12-31", precision="year", trafficking_status="presumed")
    world.record("k2", 8, on="2024-03-01", trafficking_status="smuggling", persons=(50, 50))
    world.extract(
        "k3", sequence=3, received_on="2025-06-29", fate="held", reason="columns_are_readable", **house
    )
    world.record("k3", 1, on="2024-02-03")
    world.extract("k4", sequence=4, received_on="2025-06-29", fate="withdrawn", reason="d1", **house)
    world.record("k4", 9, on="2024-02-03")
    # Another partner may tell counties only, and stops journeys at the border.
    world.extract("w1", "watch", grain="interception", finest_place="county", coverage=[("KE040", "transit")])
    world.record(
        "w1", 20, on="2024-02-10", trafficking_status="prevented", persons=(4, 4),
        places={"origin": "country:UGA", "transit": ["bp-ken-malaba"], "intended_destination": "KE047"},
    )  # fmt: skip
    # A third one sees the corridor of record 1 as well, and names no destination in record 31.
    world.extract("t1", "third", finest_place="county", coverage=[("KE047", "exploitation")])
    world.record(
        "t1", 30, on="2024-03-01", persons=(2, 3),
        places={"origin": "tn-ken-nambale", "transit": ["tn-ken-eldoret"], "exploitation": "country:ITA"},
    )  # fmt: skip
    world.record(
        "t1", 31, on="2024-03-02", trafficking_status="unknown",
        places={"origin": "KE047", "exploitation": ""},
    )  # fmt: skip


def rounds(world: World) -> None:
    """Two rounds of route reports: `new` joins the second, `moved` then watches another county."""
    first, second = ("2019-08-01", "2019-08-31"), ("2020-06-01", "2020-06-30")
    routes: dict[tuple[str, str], list[dict[str, str | list[str]]]] = {
        ("old", "2019"): [
            {"origin": "KE040", "exploitation": "KE047"},
            {"origin": "KE040", "exploitation": "ARE"},
        ],
        ("moved", "2019"): [{"origin": "KE001", "exploitation": "ARE"}],
        ("old", "2020"): [
            {"origin": "KE040", "transit": ["tn-ken-eldoret"], "exploitation": "ITA"},
            {"origin": "KE040", "exploitation": "KE047"},
        ],
        ("moved", "2020"): [{"origin": "SOM-somaliland", "exploitation": "KE047"}],
        ("new", "2020"): [
            {"origin": "ETH", "transit": ["bp-ken-malaba"], "intended_destination": "ITA"},
            {"origin": "SOM-somaliland", "exploitation": "KE047"},
        ],
    }
    record_id = 100
    for sequence, ((partner, name), reports) in enumerate(routes.items(), start=1):
        watched = "KE047" if (partner, name) == ("moved", "2020") else "KEN"
        world.extract(
            f"{partner}{name}", partner, sequence=sequence, contract="routes", grain="route_report",
            delivery="full", round=name, period=first if name == "2019" else second,
            received_on="2020-08-01", coverage=[(watched, "origin")],
        )  # fmt: skip
        for places in reports:
            record_id += 1
            start, end = first if name == "2019" else second
            world.record(
                f"{partner}{name}", record_id, on=start, to=end, precision="period", places=places,
                codes={"exploitation_type": ["forced_labour"], "industry": ["fishing"]},
            )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(Path(tmp_path_factory.mktemp("world")))
    cases(world)
    rounds(world)
    world.build().close()
    return world


def test_data_tests_hold(world: World) -> None:
    assert world.failed_data_tests() == set()


def test_without_a_day_no_record_is_old_enough_to_be_shown(tmp_path: Path) -> None:
    world = World(tmp_path, as_of="")
    cases(world)
    with world.build() as con:
        fates = rows(con, "select fate, count(*) from quarantine.judged_records group by fate")
    assert "embargoed" in dict(fates) and "current" not in dict(fates)


def test_a_record_keeps_the_day_of_its_first_delivery(tmp_path: Path) -> None:
    """Over a full delivery that replaces it and a held one; an earlier period of the same day has no day."""
    world = World(tmp_path)
    sent: dict[str, tuple[str, int, dict[str, Any]]] = {
        "f1": ("house", 1, {"received_on": "2025-01-10", "stated_delivery": "2024-09-02"}),
        "f2": ("house", 2, {"received_on": "2025-01-10", "fate": "held"}),
        "f3": ("house", 3, {"received_on": "2025-02-10", "delivery": "full"}),
        "s1": ("shelf", 1, {"period": ("2024-01-01", "2024-06-30")}),
        "s2": ("shelf", 2, {"period": ("2024-07-01", "2024-12-31")}),
    }
    for extract, (partner, sequence, about) in sent.items():
        world.extract(extract, partner, sequence=sequence, **about)
    for extract, record in (("f1", 1), ("f2", 2), ("f3", 1), ("f3", 2), ("f3", 3), ("s1", 4), ("s2", 5)):
        world.record(extract, record)
    with world.build() as con:
        firsts = rows(con, "select record_id, first_delivered_on from intermediate.int_first_deliveries")
    days = {record: day and str(day) for record, day in firsts}
    assert days == {1: "2024-09-02", 2: "2025-01-10", 3: "2025-02-10", 4: None, 5: "2025-01-31"}


def test_each_record_has_one_fate(warehouse: Warehouse) -> None:
    judged = rows(
        warehouse,
        """select extract_id, record_id, fate, rule_codes from quarantine.judged_records
        where record_id < 100 order by 1, 2""",
    )
    assert judged == [
        ("k1", 1, "superseded", "newer_copy"),
        ("k1", 2, "withdrawn", "record_retracted"),
        ("k1", 3, "superseded", "newer_copy"),
        ("k2", 1, "current", None),
        ("k2", 3, "quarantined", "date_ambiguous"),
        ("k2", 4, "quarantined", "no_place_resolved"),
        ("k2", 5, "embargoed", "lag_not_passed"),
        ("k2", 6, "embargoed", "embargoed"),
        ("k2", 7, "current", None),
        ("k2", 8, "current", None),
        ("k3", 1, "held", "extract_held"),
        ("k4", 9, "withdrawn", "extract_withdrawn"),
        ("t1", 30, "current", None),
        ("t1", 31, "current", None),
        ("w1", 20, "current", None),
    ]


def test_reconciliation_counts_rows_of_the_file(warehouse: Warehouse) -> None:
    # k1: 2 refused + 3 landed. k2: 8 rows, of which record 3 has two and they share its fate.
    assert rows(
        warehouse,
        """select extract_id, rows_read, rows_refused, rows_landed, rows_current, rows_superseded,
        rows_quarantined, rows_withdrawn, rows_held, rows_embargoed
        from quality.reconciliation where extract_id like 'k%' order by 1""",
    ) == [
        ("k1", 5, 2, 3, 0, 2, 0, 1, 0, 0),
        ("k2", 8, 0, 8, 3, 0, 3, 0, 0, 2),
        ("k3", 1, 0, 1, 0, 0, 0, 0, 1, 0),
        ("k4", 1, 0, 1, 0, 0, 0, 1, 0, 0),
    ]


def test_quarantine_has_rule_rows_and_steward_action(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        """select extract_id, rule_code, record_count, row_count, steward_action
        from quality.quarantine_summary order by 2""",
    ) == [
        ("k2", "date_ambiguous", 1, 2, "Ask the partner"),
        ("k2", "no_place_resolved", 1, 1, "Add an alias"),
    ]
    assert rows(
        warehouse,
        "select record_id, sheet, row_number, rule_code from quarantine.quarantined_records order by 1",
    ) == [(3, "Cases", 13, "date_ambiguous"), (4, "Cases", 14, "no_place_resolved")]


def test_a_held_newer_extract_makes_the_one_in_force_stale(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        """select extract_id, fate, fate_reason, is_newest, is_stale, failed_hold_count from quality.extracts
        where extract_id like 'k%' order by 1""",
    ) == [
        ("k1", "in_force", None, False, False, 0),
        ("k2", "in_force", None, False, True, 0),
        ("k3", "held", "columns_are_readable", True, False, 1),
        ("k4", "withdrawn", "d1", False, False, 0),
    ]


def test_movement_is_no_finer_than_its_agreement(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        """select movement_id, direction, event_month, event_year, start_place_id, intended_place_id,
        end_place_id, end_basis, is_diverted, form_label, recruitment_method, annotation_codes
        from marts.fct_movements where movement_id in (1, 7, 20, 30) order by 1""",
    ) == [
        # A child: the quarter for the month, the county or country for the town.
        (1, "out_of", None, 2024, "KE040", "ARE", "ITA", "exploited", True,
         "Domestic servitude", "employment_agency", "age_estimated;twin_assumed"),
        (7, "unknown", None, 2024, "KE040", "unknown", "unknown", None, None, None, None, None),
        (20, "into", date(2024, 2, 1), 2024, "UGA", "KE047", "KE047", "intended", None,
         None, None, "twin_assumed"),
        (30, "out_of", None, 2024, "KE040", "unknown", "ITA", "exploited", None,
         None, None, None),
    ]  # fmt: skip


def test_legs_end_at_the_destination(warehouse: Warehouse) -> None:
    # Eastleigh is finer than a town: it leaves as Nairobi. The watch may tell counties only.
    assert rows(
        warehouse,
        """select movement_id, leg_number, from_place_id, to_place_id, to_role, transport_mode,
        border_point_id from marts.fct_movement_legs where movement_id in (1, 20) order by 1, 2""",
    ) == [
        (1, 1, "KE040", "bp-ken-malaba", "transit", "bus", "bp-ken-malaba"),
        (1, 2, "bp-ken-malaba", "KE047", "transit", None, "bp-ken-malaba"),
        (1, 3, "KE047", "ITA", "exploitation", None, None),
        (20, 1, "UGA", "KE040", "transit", None, None),
        (20, 2, "KE040", "KE047", "intended_destination", None, None),
    ]


def test_places_finer_than_a_town_become_the_place_that_holds_them(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        """select place_id, town_place_id, counting_place_id from intermediate.int_places
        where kind not in ('world', 'unknown', 'country', 'county', 'border_point', 'town') order by 1""",
    ) == [
        ("KE040227", "KE040227", "KE040"),
        ("ar-ken-section", "KE047", "KE047"),
        ("cm-ken-camp", "KE001", "KE001"),
        ("lo-ken-eastleigh", "KE047", "KE047"),
        ("pr-eth-or", "pr-eth-or", "ETH"),
        ("wd-ken-1", "KE040227", "KE040"),
        ("xx-ken-new", "KE001", "KE001"),
    ]


def test_corridors_count_each_record_once_and_each_grain_apart(warehouse: Warehouse) -> None:
    # 2024-Q1 cases: 1 and 30 run Busia > Italy (1 + 2 to 3 persons, two partners); 31 leaves Nairobi, no end.
    # It counts though its status is unknown, and has no rank. 7 has only a year, 8 is smuggling; the interception
    # has no victims, only 1 prevented record, so no partner stands behind a count.
    assert rows(
        warehouse,
        """select record_grain, corridor_id, record_count, person_count_low, person_count_high,
        prevented_count, partner_count, share, rank from marts.mart_corridors
        where level = 'od' and period_id = '2024-Q1' and population = 'all' order by 1, 2""",
    ) == [
        ("case", "KE040>ITA", 2, 3, 4, 0, 2, 0.666667, 1),
        ("case", "KE047>unknown", 1, 1, 1, 0, 1, 0.333333, None),
        ("interception", "UGA>KE047", 0, 0, 0, 1, 0, None, None),
    ]
    # Malaba lies in Busia, where record 1 began: the county is no place passed, the crossing is.
    assert rows(
        warehouse,
        """select via_place_id, population, record_count from marts.mart_corridors
        where level = 'odv' and period_id = '2024-Q1' and record_grain = 'case' order by 1, 2""",
    ) == [
        ("KE027", "all", 1),
        ("KE047", "all", 1),
        ("KE047", "children", 1),
        ("bp-ken-malaba", "all", 1),
        ("bp-ken-malaba", "children", 1),
    ]
    assert rows(
        warehouse,
        """select corridor_id, record_count from marts.mart_corridors
        where level = 'od' and period_id = 'year-2024' and record_grain = 'case' and population = 'all'
        order by 1""",
    ) == [("KE040>ITA", 2), ("KE040>unknown", 1), ("KE047>unknown", 1)]


def test_places_are_counted_with_their_and_effort(warehouse: Warehouse) -> None:
    # Busia: records 1 and 30, one of them a girl; Nairobi: 31. Mombasa is watched, not reported: zeros.
    assert rows(
        warehouse,
        """select place_id, population, record_count, person_count_low, person_count_high, partner_count,
        share, rank from marts.mart_places where role = 'origin' and period_id = '2024-Q1'
        and record_grain = 'case' and place_level = 'county' and place_id in ('KE040', 'KE047', 'KE001')
        order by 1, 2""",
    ) == [
        ("KE001", "all", 0, 0, 0, 0, 0.0, None),
        ("KE001", "children", 0, 0, 0, 0, 0.0, None),
        ("KE040", "all", 2, 3, 4, 2, 0.666667, 1),
        ("KE040", "children", 1, 1, 1, 1, 1.0, 1),
        ("KE047", "all", 1, 1, 1, 1, 0.333333, 2),
        ("KE047", "children", 0, 0, 0, 0, 0.0, None),
    ]
    assert rows(
        warehouse,
        """select place_id, record_count, prevented_count, partner_count from marts.mart_places
        where role = 'transit'
        and period_id = '2024-Q1' and record_grain = 'interception' and population = 'all'
        and place_level = 'county'""",
    ) == [("KE040", 0, 1, 0)]


def test_effort_counts_months_of_accepted_reports_and_none_between(warehouse: Warehouse) -> None:
    # Kobe House declares no period. Its current records with a month lie in February and March 2024, those that wait
    # in June 2025: 2 months and none after. The third partner reports only March 2024, watching Nairobi.
    effort = """select period_id, effort_months, partner_count from marts.mart_coverage
        where record_grain = 'case' and place_id = '{}'
        and period_id in ('2024-Q1', '2024-Q4', '2025-Q2') order by 1"""
    assert rows(warehouse, effort.format("KE001")) == [
        ("2024-Q1", 2, 1),
    ]
    assert rows(warehouse, effort.format("KE047")) == [
        ("2024-Q1", 3, 2),
    ]


def test_novelty_is_believed_by_who_said_it(warehouse: Warehouse) -> None:
    countries = rows(
        warehouse,
        """select round, item, evidence_class, next_round_class, first_seen from marts.mart_novelty
        where item_kind = 'country' and role = 'any' order by 1, 2""",
    )
    assert countries == [
        ("2019", "ARE", "baseline", "panel_silent", date(2019, 8, 1)),
        ("2019", "KEN", "baseline", "seen_again", date(2019, 8, 1)),
        ("2020", "ETH", "new_source", None, date(2020, 6, 1)),
        ("2020", "ITA", "panel_confirmed", None, date(2020, 6, 1)),
        ("2020", "KEN", "seen_before", None, date(2019, 8, 1)),
        ("2020", "SOM-somaliland", "new_source", None, date(2020, 6, 1)),
    ]
    # Panel partners: `old`, and not `moved`, whose coverage changed.
    assert rows(
        warehouse,
        """select item, partner_count, panel_partner_count from marts.mart_novelty
        where item_kind = 'country' and role = 'any' and round = '2020' and item <> 'KEN' order by 1""",
    ) == [("ETH", 1, 0), ("ITA", 2, 1), ("SOM-somaliland", 2, 0)]
    assert rows(
        warehouse,
        """select item, evidence_class from marts.mart_novelty
        where item_kind = 'place' and role = 'transit' and round = '2020' order by 1""",
    ) == [("bp-ken-malaba", "new_source"), ("tn-ken-eldoret", "single_partner")]
    assert rows(
        warehouse, "select round, item from marts.mart_novelty where item_kind = 'form' order by 1"
    ) == [("2019", "Forced labour / Fishing"), ("2020", "Forced labour / Fishing")]


def test_missing_item_is_listed_in_the_round_that_lacks_it(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        """select round, role, item, last_round, earlier_partner_count, absence_class
        from marts.mart_not_seen_again where item_kind = 'country' order by 1, 2, 3""",
    ) == [
        ("2020", "any", "ARE", "2019", 2, "panel_silent"),
        ("2020", "destination", "ARE", "2019", 2, "panel_silent"),
    ]


def test_periods_are_complete_after_their_lag(warehouse: Warehouse) -> None:
    # as_of is 30 June 2025: the first quarter has three whole months behind it on 1 July.
    assert rows(
        warehouse,
        """select period_id, period_from, period_to, is_complete from marts.dim_period
        where period_id in ('2025-Q1', '2025-Q2', 'year-2024', '2025-Q1-12m', 'round-2019') order by 1""",
    ) == [
        ("2025-Q1", date(2025, 1, 1), date(2025, 3, 31), False),
        ("2025-Q1-12m", date(2024, 4, 1), date(2025, 3, 31), False),
        ("2025-Q2", date(2025, 4, 1), date(2025, 6, 30), False),
        ("round-2019", date(2019, 8, 1), date(2019, 8, 31), True),
        ("year-2024", date(2024, 1, 1), date(2024, 12, 31), True),
    ]


def test_repeated_place_of_a_contract_is_watched_once(warehouse: Warehouse) -> None:
    assert rows(
        warehouse,
        """select place_id, count(*) from staging.stg_coverage
        where extract_id = 'k2' and place_role = 'origin' group by place_id order by 1""",
    ) == [("KEN", 1), ("tn-ken-nowhere", 1)]


def test_only_non_trafficking_stays_outside_victim_totals() -> None:
    # high_risk: no act of trafficking was found. Asked and unknown counts like a status that was not asked.
    seed = Path(__file__).resolve().parents[3] / "seeds" / "reference" / "codes.csv"
    with seed.open(encoding="utf-8", newline="") as lines:
        statuses = [row for row in csv.DictReader(lines) if row["domain"] == "trafficking_status"]
    assert {row["code"] for row in statuses if row["counts_as_victim"] != "yes"} == {
        "prevented", "high_risk", "smuggling", "trafficked_or_smuggled", "not_trafficking",
    }  # fmt: skip


def test_completeness_has_known_and_precise_shares(warehouse: Warehouse) -> None:
    # Cases of 2024: 1, 7, 8, 30, 31. All tell an origin by county; 1 and 30 an exploitation; 7 no month.
    assert rows(
        warehouse,
        """select field, record_count, known_share, precise_share from marts.mart_completeness
        where period_id = 'year-2024' and record_grain = 'case'
        and field in ('origin', 'exploitation', 'event', 'sex') order by 1""",
    ) == [
        ("event", 5, 1.0, 0.8),
        ("exploitation", 5, 0.4, 0.4),
        ("origin", 5, 1.0, 1.0),
        ("sex", 5, 0.2, None),
    ]


def test_a_movement_takes_the_strongest_basis_that_has_a_place(tmp_path: Path) -> None:
    """`?` resolves to no place. A border point is a start only as home: else any other start comes before it."""
    world = World(tmp_path)
    world.extract("a1")
    malaba = "bp-ken-malaba#recruited"
    for record, origin, exploitation in (
        (1, ["KE040#home", "KE047#recruited"], ["KE047#exploited", "KE001#last_known"]),
        (2, ["?#home", "KE047#recruited"], ["?#exploited", "KE001#last_known"]),
        (3, [malaba, "KE001#not_said"], ["?#last_known", "KE027#identified"]),
        (4, [malaba, "?#not_said"], ["?#exploited", "?#identified"]),
    ):
        places = {"origin": origin, "exploitation": exploitation, "intended_destination": "country:ARE"}
        world.record("a1", record, places=places)
    connection = world.build()
    assert rows(
        connection,
        """select movement_id, start_place_id, start_basis, first_known_place_id, end_place_id, end_basis, direction
        from intermediate.int_movements order by 1""",
    ) == [
        (1, "KE040", "home", None, "KE047", "exploited", "within"),
        (2, "KE047", "recruited", None, "KE001", "last_known", "within"),
        (3, "KE001", "not_said", None, "KE027", "identified", "within"),
        (4, "unknown", None, "bp-ken-malaba", "ARE", "intended", "first_known_at_border"),
    ]
    # A weaker place is no stop: nobody was exploited in Mombasa in record 1.
    assert rows(
        connection,
        """select place_id, count(*) from intermediate.int_stop_places
        where place_role = 'exploitation' and place_level = 'county' group by 1 order by 1""",
    ) == [("KE001", 1), ("KE027", 1), ("KE047", 1)]
    connection.close()


def test_an_empty_world_builds(tmp_path: Path) -> None:
    connection = World(tmp_path).build()
    assert rows(connection, "select count(*) from marts.fct_movements") == [(0,)]
    connection.close()
