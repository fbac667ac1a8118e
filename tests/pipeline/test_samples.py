"""The committed sample partners, refreshed once: every published fact of the seed report comes out of the marts.

The facts are those of the STTK rounds 2019 and 2020 that were published; none of them is written into code.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from orchestration.core import SAMPLE_PARTNERS, read_json
from orchestration.release import Release, current_release
from orchestration.stewardship import review
from seeds.build.partners.partners import CASE_PARTNERS
from seeds.build.partners.planted import HOTSPOTS, NEW_WAYS, PARTNER_CHANGES
from seeds.build.partners.planted import SHIFTS as SHIFTS_PLANTED
from seeds.build.partners.truth import activity
from tests.evidence_base import EvidenceBase

# Official county numbers of the 17; Kismayo is in Somalia, whatever a contract's default country.
COUNTY_OF_TRANSIT = {
    "Busia (border point)": "KE040", "Nambale": "KE040", "Malaba": "KE040", "Rongo": "KE044",
    "Isebania": "KE044", "Garissa": "KE007", "Liboi": "KE007", "Moyale": "KE010", "Marsabit": "KE010",
    "Mandera (border point)": "KE009", "Mwingi": "KE015", "Isiolo": "KE011", "Namanga": "KE034",
    "Kwale": "KE002", "Taveta": "KE006", "Mombasa": "KE001", "Kismayo": None,
}  # fmt: skip
ROUTES = "record_grain = 'route_report' and population = 'all'"


@pytest.fixture(scope="module")
def release(samples: EvidenceBase) -> Release:
    found = current_release(samples.settings)
    assert found is not None
    return found


def names(samples: EvidenceBase, sql: str) -> set[Any]:
    return {row[0] for row in samples.ask(sql)}


# --- the first round -----------------------------------------------------------------------------


def test_the_first_round_has_115_route_reports(samples: EvidenceBase) -> None:
    counted = samples.ask(
        "select round, count(*) from marts.fct_movements where record_grain = 'route_report' and round = '2019' "
        "group by round"
    )
    assert counted == [("2019", 115)]
    by_corridor = samples.ask(
        f"select sum(record_count) from marts.mart_corridors where {ROUTES} and level = 'od' "
        "and period_id = 'round-2019'"
    )
    assert by_corridor == [(115,)]


def test_the_first_round_names_38_countries_of_which_8_3_and_5(samples: EvidenceBase) -> None:
    counted = dict(
        samples.ask(
            "select region, count(*) from marts.mart_novelty inner join marts.dim_place using (place_id) "
            "where item_kind = 'country' and role = 'any' and round = '2019' group by region"
        )
    )
    assert counted == {"middle_east_gulf": 8, "europe": 3, "asia": 5, "africa": 22}
    in_any_role = names(
        samples,
        "select distinct item from marts.mart_novelty where item_kind = 'country' and round = '2019' "
        "and role in ('origin', 'transit', 'destination')",
    )
    assert in_any_role <= names(
        samples,
        "select item from marts.mart_novelty where item_kind = 'country' and round = '2019' and role = 'any'",
    )


def test_the_first_round_has_17_forms_led_by_domestic_servitude_and_commercial_sex(
    samples: EvidenceBase,
) -> None:
    forms = samples.ask(
        "select form_label, count(*) as n from marts.fct_movements where round = '2019' "
        "group by form_label order by n desc nulls last"
    )
    assert len(forms) == 17
    assert [label for label, _ in forms[:2]] == ["Domestic servitude", "Sexual exploitation / Commercial sex"]
    told = samples.ask(
        "select count(*) from marts.mart_novelty where item_kind = 'form' and round = '2019' and role = 'any'"
    )
    assert told == [(17,)]


def test_nairobi_is_the_first_destination_within_kenya(samples: EvidenceBase) -> None:
    found = samples.ask(
        f"select end_place_id, sum(record_count) as n from marts.mart_corridors where {ROUTES} "
        "and level = 'od' and period_id = 'round-2019' and direction = 'within' "
        "group by end_place_id order by n desc nulls last limit 2"
    )
    assert found[0][0] == "KE047" and found[0][1] > found[1][1]


def test_nairobi_is_the_first_hub_and_the_first_on_the_way_out_of_africa(samples: EvidenceBase) -> None:
    hubs = samples.ask(
        f"select place_id, record_count, rank from marts.mart_places where {ROUTES} and role = 'transit' "
        "and period_id = 'round-2019' and place_level = 'county' order by rank nulls last limit 2"
    )
    assert hubs[0][0] == "KE047" and hubs[0][2] == 1 and hubs[0][1] > hubs[1][1]
    # A partner whose agreement lets out countries only says `KEN`, which is no rival of a place in Kenya.
    for region in ("europe", "asia", "middle_east_gulf"):
        on_the_way = samples.ask(
            "select via.name, sum(record_count) as n from marts.mart_corridors "
            "inner join marts.dim_place as via on mart_corridors.via_place_id = via.place_id "
            "inner join marts.dim_place as ends on mart_corridors.end_place_id = ends.place_id "
            f"where {ROUTES} and level = 'odv' and period_id = 'round-2019' and ends.region = '{region}' "
            "and via.kind <> 'country' group by via.name order by n desc nulls last"
        )
        assert on_the_way[0][0] == "Nairobi", region
        assert len(on_the_way) == 1 or on_the_way[0][1] > on_the_way[1][1]


def test_no_journey_passes_the_place_it_comes_from_or_goes_to(samples: EvidenceBase) -> None:
    """Also where an agreement coarsens two places to one: a leg from KEN to KEN says nothing of a route."""
    standing = samples.ask(
        "select from_place_id, count(*) from marts.fct_movement_legs where from_place_id = to_place_id "
        "and from_role = 'transit' or from_place_id = to_place_id and to_role = 'transit' group by from_place_id"
    )
    assert standing == []
    vias = samples.ask(
        "select corridor_id from marts.mart_corridors where level = 'odv' "
        "and via_place_id in (start_place_id, end_place_id)"
    )
    assert vias == []


# --- the second round ----------------------------------------------------------------------------


def new_countries(samples: EvidenceBase, role: str) -> set[str]:
    return names(
        samples,
        "select name from marts.mart_novelty inner join marts.dim_place using (place_id) "
        f"where item_kind = 'country' and role = '{role}' and round = '2020' "
        "and evidence_class not in ('seen_before', 'baseline')",
    )


def test_the_second_round_adds_two_origin_and_eight_destination_countries(samples: EvidenceBase) -> None:
    assert new_countries(samples, "origin") == {"Finland", "Somaliland"}
    found = {re.sub("Türkiye", "Turkey", name) for name in new_countries(samples, "destination")}
    assert found == {
        "Ethiopia", "Namibia", "Thailand", "Turkey", "Greece", "Italy", "Netherlands", "Rwanda",
    }  # fmt: skip


def test_what_only_a_new_partner_says_is_called_so(samples: EvidenceBase) -> None:
    told = dict(
        samples.ask(
            "select item, evidence_class from marts.mart_novelty where item_kind = 'country' and role = 'any' "
            "and round = '2020' and evidence_class not in ('seen_before', 'baseline')"
        )
    )
    assert told == {
        "SOM-somaliland": "panel_confirmed", "THA": "panel_confirmed", "TUR": "panel_confirmed",
        "FIN": "new_source", "NAM": "new_source", "ITA": "new_source",
        "GRC": "single_partner", "NLD": "single_partner",
    }  # fmt: skip


def test_all_17_transit_places_of_the_second_round_are_resolved(samples: EvidenceBase) -> None:
    found = dict(
        samples.ask(
            "select name, county_place_id from marts.mart_novelty inner join marts.dim_place using (place_id) "
            "where item_kind = 'place' and role = 'transit' and round = '2020'"
        )
    )
    assert found == COUNTY_OF_TRANSIT
    countries = samples.ask(
        "select item from marts.mart_novelty where item_kind = 'country' and role = 'transit' "
        "and round = '2020' order by item nulls last"
    )
    assert countries == [("KEN",), ("SOM",)]


def test_two_rounds_of_few_reports_tell_no_shift(samples: EvidenceBase) -> None:
    told = names(
        samples,
        "select distinct status from marts.mart_corridor_shifts where comparison = 'rounds'",
    )
    assert told == {"new_source"}


def test_no_county_is_rated_on_route_reports_alone(samples: EvidenceBase) -> None:
    rated = set(samples.ask("select distinct record_grain, band from marts.mart_regional_risk"))
    assert {grain for grain, _ in rated} == {"case"}
    assert {"lower", "higher"} <= {band for _, band in rated}
    not_rated = names(
        samples, "select record_grain from marts.mart_not_measured where reason = 'components_missing'"
    )
    assert not_rated == {"case", "route_report"}


def test_the_public_edition_says_how_many_partners_came_and_left_and_has_no_bands(
    samples: EvidenceBase, release: Release
) -> None:
    moved = "select partners_started, partners_stopped from published.coverage"
    newest = f"{moved} where period_id in ('year-2025', 'year-2026') order by period_id"
    assert samples.ask(newest) == [(1, 0), (0, 1)], "a partner joined and one stopped"
    with duckdb.connect(str(release.path / "public" / "evidence_base.duckdb"), read_only=True) as con:
        assert con.execute(f"{moved} where period_id = 'year-2025'").fetchall() == [(1, 0)]
        tables = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
    assert "hotspots" in tables and "risk" not in tables


def test_transport_and_recruitment_are_asked_from_the_second_round_on(samples: EvidenceBase) -> None:
    known = {
        (field, period): count
        for field, period, count in samples.ask(
            "select field, period_id, known_count from marts.mart_completeness where record_grain = 'route_report' "
            "and field in ('transport_mode', 'recruitment_method') and period_id like 'round-%'"
        )
    }
    assert known["transport_mode", "round-2019"] == known["recruitment_method", "round-2019"] == 0
    assert known["transport_mode", "round-2020"] > 50 and known["recruitment_method", "round-2020"] > 50


def test_more_partners_report_in_the_second_round(samples: EvidenceBase) -> None:
    partners = dict(
        samples.ask(
            "select round, count(distinct partner_code) from quality.extracts where round is not null group by round"
        )
    )
    assert partners["2019"] == 6 and partners["2020"] > partners["2019"]


# --- what is planted in the world of the cases ---------------------------------------------------

# The newest 12 complete months at AS_OF: the windows of the shifts, and the last whole quarter's of the hotspots.
SHIFTS = "marts.mart_corridor_shifts where comparison = 'months' and record_grain = 'case'"
YEAR = "period_id = '2026-Q2-12m' and record_grain = 'case' and population = 'all' and place_level = 'county'"


def told_on_a_panel(samples: EvidenceBase, level: str) -> dict[str, str]:
    return dict(
        samples.ask(f"select corridor_id, status from {SHIFTS} and level = '{level}' and evidence = 'panel'")
    )


def places_of(change: str) -> set[str]:
    """What the partner watches that joins, leaves, doubles or moves, before and after."""
    found = [
        {*partner.watches, *one.watches}
        for one in PARTNER_CHANGES
        for partner in CASE_PARTNERS
        if one.change == change and one.partner == partner.code
    ]
    return set().union(*found)


def test_the_planted_hotspots_are_found_in_their_role(samples: EvidenceBase) -> None:
    found = set(
        samples.ask(f"select place_id, role from marts.mart_hotspots where {YEAR} and label = 'hotspot'")
    )
    assert {(one.place_id, one.role) for one in HOTSPOTS} <= found
    # Nothing else is called one without truly lying above the mark of 1.5, by the weights that the world is drawn by.
    true_ratio = activity("origin", date(2026, 6, 1))
    assert all(true_ratio[place_id] > 1.5 for place_id, role in found if role == "origin")


@pytest.mark.parametrize("change", ["joins", "leaves", "doubles", "moves"])
def test_no_place_is_a_hotspot_because_a_partner_changes(samples: EvidenceBase, change: str) -> None:
    listed = ", ".join(f"'{place_id}'" for place_id in sorted(places_of(change)))
    found = set(
        samples.ask(
            f"select place_id, role from marts.mart_hotspots where {YEAR} and place_id in ({listed}) "
            "and label = 'hotspot' and role <> 'intended_destination'"  # Kisumu is where many are told to go
        )
    )
    assert found <= {(one.place_id, one.role) for one in HOTSPOTS}


def test_abandoned_corridor_is_shown_beside_its_replacement(samples: EvidenceBase) -> None:
    """And nothing else is told of any pair of ends on the word of several partners."""
    assert told_on_a_panel(samples, "od") == {one.corridor_id: one.status for one in SHIFTS_PLANTED}
    displaced = dict(
        samples.ask(
            f"select corridor_id, displaced_from from {SHIFTS} and level = 'od' and displaced_from is not null"
        )
    )
    assert displaced == {one.corridor_id: one.instead_of for one in SHIFTS_PLANTED if one.instead_of}


def test_new_via_is_found_while_its_corridor_is_stable(samples: EvidenceBase) -> None:
    told = told_on_a_panel(samples, "odv")
    pairs = dict(samples.ask(f"select corridor_id, status from {SHIFTS} and level = 'od'"))
    for new in NEW_WAYS:
        assert {told.get(corridor_id) for corridor_id in new.corridor_ids} == {"emerging"}
        assert pairs[new.pair] == "stable"
    # The other ways that are told are those of the planted pairs: the ways left, and the ways of the roads above.
    planted = {one.corridor_id for one in SHIFTS_PLANTED} | {new.pair for new in NEW_WAYS}
    told_pairs = {re.sub(">.*>", ">", corridor_id) for corridor_id in told}
    assert planted <= told_pairs
    assert len(told_pairs - planted) <= 1  # one claim in twenty may be chance


def test_a_partner_that_moved_makes_no_road_fade_or_grow(samples: EvidenceBase) -> None:
    """It left Kakamega for Bungoma, and its contract declares it: its records there are not compared."""
    found = samples.ask(
        f"select corridor_id, evidence, moved_record_count > 0 from {SHIFTS} "
        "and corridor_id in ('KE037>KE047', 'KE039>KE047')"
    )
    assert [one for one in found if one[1]] == []
    assert {corridor_id for corridor_id, _, has_left_out in found if has_left_out} == {
        "KE037>KE047",
        "KE039>KE047",
    }
    assert {"KE037", "KE039"} <= places_of("moves")


@pytest.mark.parametrize(
    ("corridor_id", "partners", "rises"),
    [("KE012>KE047", "partners_started", True), ("KE043>KE042", "partners_stopped", False)],
)
def test_a_partner_that_joins_or_leaves_moves_the_counts_and_no_status(
    samples: EvidenceBase, corridor_id: str, partners: str, rises: bool
) -> None:
    of_corridor = f"comparison = 'months' and record_grain = 'case' and corridor_id = '{corridor_id}'"
    [(then, now, how_many, status)] = samples.work(
        f"select record_count_baseline, record_count_current, {partners}, status "
        f"from statistics.corridor_shifts where {of_corridor}"
    )
    assert (now > 3 * then) if rises else (then > 3 * now)
    assert how_many == 1 and status == "too_few"
    assert samples.ask(f"select corridor_id from marts.mart_corridor_shifts where {of_corridor}") == []


def test_a_place_or_corridor_is_measured_or_counted_with_its_reason(samples: EvidenceBase) -> None:
    for measure, measured, asked in (
        ("hotspots", "marts.mart_hotspots", "marts.mart_places"),
        ("corridor_shifts", "marts.mart_corridor_shifts", "statistics.corridor_shifts"),
        ("regional_risk", "marts.mart_regional_risk", "statistics.county_ratings"),
    ):
        [(rows,)] = samples.work(f"select count(*) from {asked}")
        [(found,)] = samples.work(f"select count(*) from {measured}")
        [(without,)] = samples.work(
            f"select sum(row_count) from marts.mart_not_measured where measure = '{measure}'"
        )
        assert found + without == rows and found > 0, measure


def test_corridor_of_a_joining_partner_only_is_new_source(samples: EvidenceBase) -> None:
    origins = names(samples, f"select start_place_id from {SHIFTS} and status = 'new_source'")
    assert origins and origins <= places_of("joins")
    watching = dict(
        samples.ask(
            "select period_id, partner_count from marts.mart_coverage where record_grain = 'case' "
            "and place_id = 'KE013' and period_id in ('2025-Q3', '2025-Q4')"
        )
    )
    assert watching["2025-Q4"] == watching["2025-Q3"] + 1


def test_a_partner_that_doubles_its_staff_moves_the_counts_and_no_status(samples: EvidenceBase) -> None:
    [(then, now, status)] = samples.ask(
        f"select record_count_baseline, record_count_current, status from {SHIFTS} and level = 'od' "
        "and corridor_id = 'KE033>KE034'"
    )
    assert {"KE033", "KE034"} <= places_of("doubles")
    assert now > 1.3 * then and status == "stable"


# --- the cases -----------------------------------------------------------------------------------


def test_ten_or_more_case_partners_bring_about_8000_cases_over_36_months(samples: EvidenceBase) -> None:
    partners, first, last = samples.ask(
        "select count(distinct partner_code), min(period_from), max(period_to) from quality.extracts "
        "where record_grain = 'case'"
    )[0]
    assert partners >= 10
    assert (last.year - first.year) * 12 + last.month - first.month + 1 == 36
    (cases,) = samples.ask("select count(*) from marts.fct_movements where record_grain = 'case'")[0]
    assert 7_400 <= cases <= 8_400
    months = names(
        samples, "select distinct event_month from marts.fct_movements where record_grain = 'case'"
    )
    within = {month for month in months if month and first <= month <= last}
    assert len(within) == 36


def test_partners_that_keep_names_share_persons_and_surveys_share_routes(samples: EvidenceBase) -> None:
    tiers = dict(samples.ask("select linkage_tier, link_count from quality.linkage"))
    assert set(tiers) == {"name_codes", "poor_form", "not_linked"}
    assert tiers["name_codes"] >= 20 and tiers["poor_form"] == 0
    linked = "from marts.fct_movements where partner_count = 2 and record_grain = 'case'"
    assert samples.ask(f"select count(*) {linked}") == [(tiers["name_codes"],)]
    (groups,) = samples.ask("select count(distinct route_group_id) from marts.fct_movements")[0]
    assert groups > 10


def test_grains_are_never_added(samples: EvidenceBase) -> None:
    counted = {"case", "route_report", "interception"}
    tables = {"mart_places": counted, "mart_corridors": counted}
    tables |= {
        "mart_completeness": counted,
        "fct_movements": counted,
        "mart_coverage": counted | {"flow_count"},
    }
    for table, grains in tables.items():
        assert names(samples, f"select distinct record_grain from marts.{table}") == grains, table


def test_a_published_table_stands_in_both_editions_as_it_was_printed(
    samples: EvidenceBase, release: Release
) -> None:
    """Its totals of each year, and its parts; flow counts that nobody published are in the mart alone."""
    path = next((SAMPLE_PARTNERS / "bundi_statistics" / "extracts").iterdir())
    with path.open(encoding="utf-8", newline="") as lines:
        printed = sorted(
            (int(row["Year"]), None if row["Victims"] == "<5" else int(row["Victims"]))
            for row in csv.DictReader(lines)
            if not row["Came from"]
        )
        lines.seek(0)
        rows = sum(1 for _ in csv.DictReader(lines))
    for edition in ("members", "public"):
        with duckdb.connect(str(release.path / edition / "evidence_base.duckdb"), read_only=True) as con:
            assert (
                con.execute(
                    "select counted_year, person_count from published.context_counts "
                    "where origin_place_id = 'unknown' order by 1"
                ).fetchall()
                == printed
            )
            assert con.execute(
                "select count(*), count(distinct publication_url), min(edition) from published.context_counts"
            ).fetchall() == [(rows, 1, edition)]
    assert names(samples, "select distinct publication is null from marts.mart_context_counts") == {
        True,
        False,
    }
    assert names(
        samples, "select person_count_high from published.context_counts where person_count is null"
    ) <= {4}


def test_interceptions_are_prevented_and_never_victims(samples: EvidenceBase) -> None:
    for table in ("mart_places", "mart_corridors"):
        [(records, prevented)] = samples.ask(
            f"select sum(record_count), sum(prevented_count) from marts.{table} where record_grain = 'interception'"
        )
        assert records == 0 and prevented > 0, table
    assert names(
        samples,
        "select distinct trafficking_status from marts.fct_movements where record_grain = 'interception'",
    ) == {"prevented", "high_risk", "not_trafficking"}


def test_a_long_export_and_rows_of_persons_are_one_movement_a_record(samples: EvidenceBase) -> None:
    """Rows in, records out; persons are the rows themselves, not the number stated on each of them."""
    rows = "select source_row_count, person_count from typed.records where partner = '{}'"
    items = samples.work(rows.format("faru_registry"))
    assert sum(row[0] for row in items) > 5 * len(items)
    persons = samples.work(rows.format("twiga_border_watch"))
    assert all(count <= rows_of_record for rows_of_record, count in persons)
    assert sum(count for _, count in persons) > len(persons)


def test_every_file_is_in_force_and_every_row_has_one_fate(samples: EvidenceBase, release: Release) -> None:
    files = sum(path.is_file() for path in SAMPLE_PARTNERS.glob("*/extracts/*"))
    assert samples.ask("select fate, count(*) from quality.extracts group by fate") == [("in_force", files)]
    fates = "rows_current, rows_superseded, rows_quarantined, rows_withdrawn, rows_held, rows_embargoed"
    wrong = samples.ask(
        "select extract_id from quality.reconciliation where rows_read <> rows_refused + rows_landed "
        f"or rows_landed <> {fates.replace(',', ' +')}"
    )
    assert wrong == []
    sums = ", ".join(f"sum({name})" for name in ("rows_landed", *fates.split(", ")))
    (found,) = samples.ask(f"select {sums} from quality.reconciliation")
    printed = release.manifest["rows"]
    assert list(found) == [
        printed[name]
        for name in ("landed", "current", "superseded", "quarantined", "withdrawn", "held", "embargoed")
    ]
    assert sum(found[1:]) == found[0]
    assert all(printed[name] > 0 for name in ("current", "superseded", "quarantined", "withdrawn"))


def test_rows_refused_by_a_rule_at_reading_are_listed_for_the_steward(samples: EvidenceBase) -> None:
    noted: dict[tuple[str, str], int] = {}
    for path in samples.settings.landing.glob("*/[!.]*.json"):
        note = read_json(path)
        for one in (*note["refusals"], *note["child_refusals"]):
            if one["reason"].startswith("Q:"):
                key = note["partner"], one["reason"].removeprefix("Q:")
                noted[key] = noted.get(key, 0) + one["rows"]
    listed: dict[tuple[str, str], int] = {}
    for row in review.read(samples.settings, review.REFUSED_ROWS):
        key = row["partner"], row["rule_code"]
        listed[key] = listed.get(key, 0) + int(row["rows"])
    assert listed == noted and ("kasuku_network", "awaiting_partner") in listed


def test_quarantine_is_small_and_every_row_of_it_says_what_to_do(
    samples: EvidenceBase, release: Release
) -> None:
    rows = release.manifest["rows"]
    assert 0 < rows["quarantined"] / rows["landed"] < 0.05
    assert names(
        samples, "select steward_action is null or steward_action = '' from quality.quarantine_summary"
    ) == {False}


def test_coverage_says_who_watched(samples: EvidenceBase) -> None:
    partners, months, places = samples.ask(
        "select max(partner_count), max(effort_months), count(distinct place_id) from marts.mart_coverage"
    )[0]
    assert partners >= 3 and months >= 36 and places >= 20


def test_no_check_failed(release: Release) -> None:
    assert release.manifest["checks"]["failed"] == 0
    assert {check["outcome"] for check in release.manifest["release_gate"]} == {"passed"}


# --- what is published ---------------------------------------------------------------------------


def test_every_table_and_column_has_a_comment(release: Release) -> None:
    with duckdb.connect(str(release.evidence_base), read_only=True) as con:
        tables = con.execute("select schema_name, table_name, comment from duckdb_tables()").fetchall()
        columns = con.execute(
            "select table_name, column_name, comment from duckdb_columns() where not internal"
        )
        silent = [row[:2] for row in (*tables, *columns.fetchall()) if not (row[2] or "").strip()]
    assert {schema for schema, _, _ in tables} == {"marts", "published", "series", "quality", "meta"}
    assert silent == []


def test_the_dictionary_lists_every_published_column(samples: EvidenceBase) -> None:
    missing = samples.ask(
        "select schema_name, table_name, column_name from duckdb_columns() where database_name = 'evidence_base' "
        "except select table_schema, table_name, column_name from meta.columns"
    )
    assert missing == []


def test_the_parquet_holds_the_same_rows_as_the_evidence_base(release: Release) -> None:
    with duckdb.connect(str(release.evidence_base), read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            path = release.path / "members" / "parquet" / f"{schema}.{table}.parquet"
            (rows,) = con.execute(f"select count(*) from {schema}.{table}").fetchone() or (None,)
            assert pq.read_metadata(path).num_rows == rows, table
    assert len(list((release.path / "members" / "parquet").iterdir())) == len(tables)


def identities() -> list[str]:
    """What would name a partner: its folder, its name, its contract, its steward."""
    found: set[str] = set()
    for path in SAMPLE_PARTNERS.glob("*/contract.yml"):
        contract = yaml.safe_load(path.read_text(encoding="utf-8"))
        partner = contract["partner"]
        found |= {
            path.parent.name,
            contract["contract"],
            partner["steward"],
            partner["steward"].split("@")[1],
        }
        found.add(partner["name"].removesuffix(" (synthetic)"))
        found |= {extract.name for extract in (path.parent / "extracts").iterdir()}
    return sorted(found)


def published_texts(release: Release) -> dict[str, str]:
    """Every published table decoded, each Parquet file with its metadata, and the manifest."""
    texts = {"manifest.json": (release.path / "manifest.json").read_text(encoding="utf-8")}
    with duckdb.connect(str(release.evidence_base), read_only=True) as con:
        for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            texts[f"{schema}.{table}"] = repr(con.execute(f"select * from {schema}.{table}").fetchall())
        texts["comments"] = repr(con.execute("select comment from duckdb_columns()").fetchall())
    for path in (release.path / "members" / "parquet").iterdir():
        content = pq.read_table(path)
        texts[path.name] = repr(content.schema.metadata) + repr(content.to_pylist())
    return texts


def test_no_published_table_names_a_partner_or_its_steward(release: Release) -> None:
    wanted = [word.casefold() for word in identities()]
    assert len(wanted) > 100 and "swala_house" in wanted
    texts = {where: text.casefold() for where, text in published_texts(release).items()}
    assert len(texts) > 30
    assert {(where, word) for where, text in texts.items() for word in wanted if word in text} == set()


def test_the_search_would_have_found_a_partner(samples: EvidenceBase) -> None:
    """The work file does name partners: the same words are found there."""
    text = repr(samples.work("select partner from typed.extracts")).casefold()
    assert "swala_house" in text


def test_no_movement_has_a_day_or_an_age_in_years(samples: EvidenceBase) -> None:
    assert samples.ask("select count(*) from marts.fct_movements where day(event_month) <> 1") == [(0,)]
    bands = names(samples, "select distinct age_band from marts.fct_movements where age_band is not null")
    assert not [band for band in bands if re.fullmatch(r"\d+", band)]


def test_the_release_says_what_it_was_made_of(samples: EvidenceBase, release: Release) -> None:
    assert Path(samples.settings.current).resolve() == release.path
    inputs_hash, content_hash = samples.ask("select inputs_hash, content_hash from meta.release")[0]
    assert (inputs_hash, content_hash) == (release.manifest["inputs_hash"], release.manifest["content_hash"])
    assert read_json(release.path / "manifest.json")["movements"] == release.manifest["movements"]
