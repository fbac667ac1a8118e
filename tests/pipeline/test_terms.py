"""Agreements, consent and time through the whole job: what may not be told is in no edition, and is counted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestration.keys import load_keys
from orchestration.release import current_release
from orchestration.status import read_status
from tests import scenario
from tests.conftest import EvidenceBase

KOBE = scenario.PARTNERS["kobe_post"]
TAKEN_BACK = KOBE.replace('"No": refused', '"No": refused, "Taken back": withdrawn')
K1_TAKEN_BACK = scenario.CASE_HEADER + "K1;;;;;;;;;;Taken back;;;\n"
K1_AGAIN = (
    scenario.CASE_HEADER + "K1;10/03/2025;F;15;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Testperson;;\n"
)


def manifest(base: EvidenceBase) -> dict[str, Any]:
    release = current_release(base.settings)
    assert release is not None
    return release.manifest


def refreshed(base: EvidenceBase) -> dict[str, Any]:
    ended = base.refresh()
    assert ended.error is None, ended.error
    return manifest(base)


def fates(base: EvidenceBase) -> dict[str, set[tuple[str, str | None]]]:
    """By partner: the fates of its extracts, with the reasons."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for fate in base.refresh().refresh.found["in_force"].fates:
        found.setdefault(fate.partner, set()).add((fate.fate, fate.reason))
    return found


def terms_of(base: EvidenceBase, partner: str) -> dict[str, int]:
    code = load_keys(base.settings.keys).partner_code(partner)
    return {row["term"]: row["row_count"] for row in manifest(base)["terms"] if row["partner_code"] == code}


def record_id(base: EvidenceBase, partner: str, reference: str) -> int:
    return load_keys(base.settings.keys).record_id(partner, f"{partner}_cases|{reference}")


def published_values(base: EvidenceBase) -> set[tuple[str, str]]:
    """Every value of every published table but gazetteer and dictionary, as text, with the table's name."""
    tables = base.ask(
        "select table_schema || '.' || table_name, column_name from information_schema.columns "
        "where table_schema in ('marts', 'quality', 'meta') and table_name not in ('dim_place', 'columns')"
    )
    values = set()
    for table, column in tables:
        found = base.ask(
            f'select distinct cast("{column}" as varchar) from {table} where "{column}" is not null'
        )
        values |= {(table, value) for (value,) in found}
    return values


def test_a_record_taken_back_leaves_what_it_was_in_and_may_return(evidence_base: EvidenceBase) -> None:
    k1 = record_id(evidence_base, "kobe_post", "K1")
    count_k1 = f"select count(*) from marts.fct_movements where movement_id = {k1}"
    assert evidence_base.ask(count_k1) == [(1,)]
    evidence_base.write_contract("kobe_post", TAKEN_BACK)
    evidence_base.deliver("kobe_post", "kobe_3.csv", K1_TAKEN_BACK)
    after = refreshed(evidence_base)
    assert after["rows"] == scenario.ROWS | {"current": 17, "withdrawn": 1}
    assert not [table for table, value in published_values(evidence_base) if value == str(k1)]
    assert terms_of(evidence_base, "kobe_post") == {"withheld:withdrawn": 1, "withheld_since": 1}
    assert evidence_base.ask(
        "select record_count, partner_count from marts.mart_corridors where level = 'od' and period_id = '2025' "
        "and corridor_id = 'KE040>KE047' and record_grain = 'case' and population = 'all'"
    ) == [(2, 1)]
    evidence_base.deliver("kobe_post", "kobe_4.csv", K1_AGAIN)
    again = refreshed(evidence_base)
    assert again["rows"] == scenario.ROWS | {"landed": 23, "superseded": 2}
    assert evidence_base.ask(count_k1) == [(1,)]


def test_an_embargoed_record_enters_on_its_day_and_leaves_no_trace_before(
    evidence_base: EvidenceBase,
) -> None:
    k4 = record_id(evidence_base, "kobe_post", "K4")
    evidence_base.write_contract(
        "kobe_post", KOBE.replace("fields:\n", "fields:\n  embargo_until: Not before\n")
    )
    header = scenario.CASE_HEADER.replace("\n", ";Not before\n")
    # 12 May 2025: the only record of that month, at a place that partner watches.
    evidence_base.deliver(
        "kobe_post", "kobe_3.csv",
        header + "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;;05/03/2026\n",
    )  # fmt: skip
    effort = (
        "select effort_months from marts.mart_coverage "
        "where place_id = 'KE040' and period_id = '2025-Q2' and record_grain = 'case'"
    )
    waiting = refreshed(evidence_base)
    assert waiting["rows"] == scenario.ROWS | {"landed": 23, "embargoed": 2}
    assert terms_of(evidence_base, "kobe_post") == {"embargoed": 1}
    assert not [table for table, value in published_values(evidence_base) if value == str(k4)]
    assert evidence_base.ask(effort) == [(2,)], "swala's April and June"
    eve = evidence_base.at(scenario.AS_OF.replace(day=4))
    assert eve.refresh().refresh.found["unchanged"]
    day = evidence_base.at(scenario.AS_OF.replace(day=5))
    entered = refreshed(day)
    assert entered["inputs_hash"] != waiting["inputs_hash"]
    assert entered["rows"] == scenario.ROWS | {"landed": 23, "current": 19}
    assert day.ask(f"select count(*) from marts.fct_movements where movement_id = {k4}") == [(1,)]
    assert day.ask(effort) == [(3,)]


def test_an_ended_agreement_keeps_what_came_in_time_and_holds_what_comes_later(
    evidence_base: EvidenceBase,
) -> None:
    def swala(valid_to: str) -> str:
        return scenario.CASES.format(
            partner="swala_post", mode="full", agreement=scenario.AGREEMENT.format(valid_to=valid_to)
        )

    evidence_base.write_contract("swala_post", swala("2026-03-15"))
    refreshed(evidence_base)
    code = load_keys(evidence_base.settings.keys).partner_code("swala_post")
    ending = [{"partner_code": code, "ends_on": "2026-03-15"}]
    assert manifest(evidence_base)["agreements_ending"] == ending
    assert [(one["partner"], one["state"]) for one in read_status(evidence_base.settings)["agreements"]] == [
        ("swala_post", "ends in 14 days")
    ]
    later = evidence_base.at(scenario.AS_OF.replace(day=16))
    later.deliver("swala_post", "swala_2026-03.csv", scenario.SWALA.replace("S1;04/03", "S1;05/03"))
    found = fates(later)["swala_post"]
    assert found == {("in_force", None), ("held", "agreement_is_valid")}
    # All of the earlier extract still counts, S7 too: its thirty days have passed.
    assert manifest(later)["rows"] == scenario.ROWS | {
        "landed": 35,
        "current": 19,
        "held": 13,
        "embargoed": 0,
    }
    assert [one["state"] for one in read_status(later.settings)["agreements"]] == [
        "ended: what comes now is held"
    ]
    later.write_contract("swala_post", swala("2035-12-31"))
    assert fates(later)["swala_post"] == {("in_force", None)}


def test_an_agreement_for_another_purpose_holds_the_partner_and_nobody_else(
    evidence_base: EvidenceBase,
) -> None:
    contract = scenario.PARTNERS["chui_routes"].replace("purposes: [statistics]", "purposes: [research]")
    evidence_base.write_contract("chui_routes", contract)
    found = fates(evidence_base)
    assert found.pop("chui_routes") == {("held", "agreement_covers_statistics")}
    assert set().union(*found.values()) == {("in_force", None)}
    assert manifest(evidence_base)["rows"] == scenario.ROWS | {"current": 16, "held": 2}


def test_records_older_than_agreed_leave(evidence_base: EvidenceBase) -> None:
    # Chui reports June 2020: five years are over, six are not, and end on 30 June 2026.
    for years, current in ((5, 16), (6, 18)):
        contract = scenario.PARTNERS["chui_routes"].replace(
            "retention_years: 10", f"retention_years: {years}"
        )
        evidence_base.write_contract("chui_routes", contract)
        after = refreshed(evidence_base)
        assert after["rows"] == scenario.ROWS | {"current": current, "withdrawn": 18 - current}
    last_day = evidence_base.at(scenario.AS_OF.replace(month=6, day=30))
    assert terms_of(last_day, "chui_routes") == {}
    refreshed(last_day)
    assert terms_of(last_day, "chui_routes") == {}
    day_after = evidence_base.at(scenario.AS_OF.replace(month=7, day=1))
    refreshed(day_after)
    assert terms_of(day_after, "chui_routes") == {"past_retention": 2}


@pytest.mark.parametrize(
    ("finest", "finer", "coarsened"),
    [("county", r"\b(tn-|lo-|bp-|KE\d{6})", 4), ("country", r"\b(tn-|lo-|bp-|KE\d{3})", 10)],
)
def test_no_place_finer_than_the_agreement_leaves_the_work_folder(
    published_world: EvidenceBase, empty_base: EvidenceBase, finest: str, finer: str, coarsened: int
) -> None:
    """Of records and of what partners watch, in every column of every published table."""
    assert [one for one in published_values(published_world) if re.search(finer, one[1])]
    for partner, contract in scenario.PARTNERS.items():
        empty_base.write_contract(partner, contract.replace("finest_place: town", f"finest_place: {finest}"))
    for partner, name, content in scenario.EXTRACTS:
        empty_base.deliver(partner, name, content)
    after = refreshed(empty_base)
    assert [one for one in published_values(empty_base) if re.search(finer, one[1])] == []
    assert after["rows"] == scenario.ROWS, "coarser, not fewer"
    # Of swala's ten, to counties: Busia and Malaba are border points (S1 S2 S3), Dubai is a town (S4). To countries: all.
    assert terms_of(empty_base, "swala_post")["place_coarsened"] == coarsened


def test_what_is_kept_out_is_told_by_code_and_where_an_operator_looks(published_world: EvidenceBase) -> None:
    assert terms_of(published_world, "swala_post") == {"withheld:no_consent": 1, "lag_not_passed": 1}
    found = read_status(published_world.settings)
    assert {row["partner"]: row["withheld"] for row in found["partners"]} == {
        "chui_routes": 0, "kobe_post": 0, "swala_post": 1, "tai_routes": 0,
    }  # fmt: skip
    assert found["release"]["rows_embargoed"] == 1
    assert found["agreements"] == []
    assert manifest(published_world)["movements_by_grain"] == scenario.MOVEMENTS
