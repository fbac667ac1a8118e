"""Agreements, consent and time through a whole refresh: what may not be published is in no edition, and is counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestration.core import load_keys
from orchestration.operations import read_status
from orchestration.refresh import extracts
from orchestration.release import current_release
from orchestration.release.releases import open_edition
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of

HEADER = scenario.CASE_HEADER.replace("\n", ";Not before\n")
K1_TAKEN_BACK = "K1;;;;;;;;;;Taken back;;;;\n"
K1_AGAIN = "K1;10/03/2025;F;15;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Testperson;;;\n"
# 12 May 2025: the only record of that month, at a place that partner watches.
K4 = "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;;05/03/2026\n"
KOBE = (
    scenario.PARTNERS["kobe_post"]
    .replace('"No": refused', '"No": refused, "Taken back": withdrawn')
    .replace("fields:\n", "fields:\n  embargo_until: Not before\n")
)


def swala(valid_to: str) -> str:
    return scenario.CASES.format(
        partner="swala_post", mode="full", agreement=scenario.AGREEMENT.format(valid_to=valid_to)
    )


# Reports June 2020: six years end on 30 June 2026.
CHUI = scenario.PARTNERS["chui_routes"].replace("retention_years: 10", "retention_years: 6")


def manifest(base: EvidenceBase) -> dict[str, Any]:
    release = current_release(base.settings)
    assert release is not None
    return release.manifest


def fates(base: EvidenceBase) -> dict[str, set[tuple[str, str | None]]]:
    """By partner: the fates of its extracts, with the reasons."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for fate in extracts.settled_of(base.settings).fates:
        found.setdefault(fate.partner, set()).add((fate.fate, fate.reason))
    return found


def terms_of(base: EvidenceBase, partner: str) -> dict[str, int]:
    code = load_keys(base.settings).partner_code(partner)
    return {row["term"]: row["row_count"] for row in manifest(base)["terms"] if row["partner_code"] == code}


def record_id(base: EvidenceBase, partner: str, reference: str) -> int:
    return load_keys(base.settings).record_id(partner, f"{partner}_cases|{reference}")


def published_values(base: EvidenceBase) -> set[tuple[str, str]]:
    """Every value of every published table but gazetteer and dictionary, as text, with the table's name."""
    release = current_release(base.settings)
    assert release is not None
    values = set()
    with open_edition(base.settings, "members") as con:
        tables = con.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns "
            "where table_schema in ('marts', 'quality', 'meta') and table_name not in ('dim_place', 'columns')"
        ).fetchall()
        for table, column in tables:
            found = con.execute(
                f'select distinct cast("{column}" as varchar) from {table} where "{column}" is not null'
            ).fetchall()
            values |= {(table, value) for (value,) in found}
    return values


@dataclass
class Day:
    """What a refresh of one day decided and published."""

    is_unchanged: bool
    fates: dict[str, set[tuple[str, str | None]]]
    manifest: dict[str, Any]
    terms: dict[str, dict[str, int]]
    agreements: list[tuple[str, str]]
    counted: dict[str, list[tuple[int, ...]]]
    published: set[str]
    sealed: list[str] = field(default_factory=list)


COUNTED = {
    "K1": "select count(*) from marts.fct_movements where movement_id = {K1}",
    "K4": "select count(*) from marts.fct_movements where movement_id = {K4}",
    "Busia to Nairobi": "select record_count, partner_count from marts.mart_corridors where level = 'od' "
    "and period_id = 'year-2025' and corridor_id = 'KE040>KE047' and record_grain = 'case' and population = 'all'",
    "effort in Busia": "select effort_months from marts.mart_coverage "
    "where place_id = 'KE040' and period_id = '2025-Q2' and record_grain = 'case'",
}


def day(base: EvidenceBase) -> Day:
    ended = base.refresh()
    assert ended.error is None, ended.error
    ids = {reference: record_id(base, "kobe_post", reference) for reference in ("K1", "K4")}
    return Day(
        ended.outcome == "unchanged",
        fates(base),
        manifest(base),
        {partner: terms_of(base, partner) for partner in scenario.PARTNERS},
        [(one["partner"], one["state"]) for one in read_status(base.settings)["agreements"]],
        {name: base.ask(sql.format(**ids)) for name, sql in COUNTED.items()},
        {value for _, value in published_values(base)},
    )


@pytest.fixture(scope="module")
def days(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Day]:
    """One installation from March to July 2026, in which each partner has terms of another kind.

    1 March    swala's agreement ends on the 15th. kobe reports that K1 withdrew her consent, and K4 with an
               embargo until the 5th. chui agreed to six years of keeping.
    4, 5 March only the day changes: nothing on the 4th, and K4 is due on the 5th.
    16 March   swala sends all again, too late. K1 consents again. tai's agreement turns out to be for research.
    1 July     swala's and tai's agreements are mended. chui's six years ended yesterday: its records are
               forgotten, in the landing and in the originals that hold them.
    """
    base = copy_of(published_world, tmp_path_factory.mktemp("terms"))
    base.write_contract("swala_post", swala("2026-03-15"))
    base.write_contract("kobe_post", KOBE)
    base.deliver("kobe_post", "kobe_3.csv", HEADER + K1_TAKEN_BACK + K4)
    base.write_contract("chui_routes", CHUI)
    found = {"1 March": day(base)}
    found["4 March"] = day(base.at(scenario.AS_OF.replace(day=4)))
    fifth = base.at(scenario.AS_OF.replace(day=5))
    assert steps.do(fifth.settings, steps.settle_inbox), "there is something to publish"

    base.deliver("swala_post", "swala_2026-03.csv", scenario.SWALA.replace("S1;04/03", "S1;05/03"))
    base.deliver("kobe_post", "kobe_4.csv", HEADER + K1_AGAIN)
    tai = scenario.PARTNERS["tai_routes"]
    base.write_contract("tai_routes", tai.replace("purposes: [statistics]", "purposes: [research]"))
    found["16 March"] = day(base.at(scenario.AS_OF.replace(day=16)))

    base.write_contract("swala_post", swala("2035-12-31"))
    base.write_contract("tai_routes", tai)
    found["1 July"] = day(base.at(scenario.AS_OF.replace(month=7, day=1)))
    found["1 July"].sealed = sorted(path.name for path in (base.settings.sealed / "chui_routes").iterdir())
    return found


def test_rows_are_counted_by_their_terms(days: dict[str, Day]) -> None:
    # 1 March: K1 is withdrawn, K4 waits beside S7.
    first = scenario.ROWS | {"landed": 23, "current": 17, "withdrawn": 1, "embargoed": 2}
    assert days["1 March"].manifest["rows"] == first
    # 16 March: 13 rows of swala and 4 of tai are held; K1, K4 and S7 are in; the older K1 is superseded.
    assert days["16 March"].manifest["rows"] == {
        "landed": 37, "current": 16, "superseded": 2, "quarantined": 2, "withdrawn": 0, "held": 17,
        "embargoed": 0,
    }  # fmt: skip


def test_withdrawn_consent_removes_the_record_until_consent_is_given_again(
    days: dict[str, Day], published_world: EvidenceBase
) -> None:
    k1 = record_id(published_world, "kobe_post", "K1")
    assert published_world.ask(COUNTED["K1"].format(K1=k1)) == [(1,)]
    taken_back = days["1 March"]
    assert taken_back.counted["K1"] == [(0,)] and str(k1) not in taken_back.published
    assert taken_back.terms["kobe_post"] == {"withheld:withdrawn": 1, "withheld_since": 1, "embargoed": 1}
    assert taken_back.counted["Busia to Nairobi"] == [(2, 1)], "S1 and S2"
    assert days["16 March"].counted["K1"] == [(1,)] and str(k1) in days["16 March"].published


def test_embargoed_record_is_published_on_its_day_and_not_before(
    days: dict[str, Day], published_world: EvidenceBase
) -> None:
    waiting, eve, entered = days["1 March"], days["4 March"], days["16 March"]
    assert waiting.terms["kobe_post"]["embargoed"] == 1
    assert str(record_id(published_world, "kobe_post", "K4")) not in waiting.published
    assert waiting.counted["effort in Busia"] == [(2,)], "swala's April and June"
    assert eve.is_unchanged, "on the 5th it is not"
    assert (waiting.counted["K4"], entered.counted["K4"]) == ([(0,)], [(1,)])
    assert entered.counted["effort in Busia"] == [(3,)]


def test_ended_agreement_keeps_earlier_extracts_and_holds_later_ones(
    days: dict[str, Day], published_world: EvidenceBase
) -> None:
    code = load_keys(published_world.settings).partner_code("swala_post")
    ending = [{"partner_code": code, "ends_on": "2026-03-15"}]
    assert days["1 March"].manifest["agreements_ending"] == ending
    assert days["1 March"].agreements == [("swala_post", "ends in 14 days")]
    after = days["16 March"]
    assert after.fates["swala_post"] == {("in_force", None), ("held", "agreement_is_valid")}
    assert after.agreements == [("swala_post", "ended: what comes now is held")]
    assert days["1 July"].fates["swala_post"] == {("in_force", None)}, "renewed"


def test_agreement_without_statistics_holds_only_its_partner(days: dict[str, Day]) -> None:
    found = days["16 March"].fates
    assert found["tai_routes"] == {("held", "agreement_covers_statistics")}
    assert (
        found["kobe_post"]
        == found["chui_routes"]
        == days["1 July"].fates["tai_routes"]
        == {("in_force", None)}
    )


def test_records_past_their_retention_are_forgotten(days: dict[str, Day]) -> None:
    before, after = days["16 March"], days["1 July"]
    assert before.terms["chui_routes"] == {}
    assert after.terms["chui_routes"] == {"withheld:forgotten": 2}
    assert after.manifest["rows"]["landed"] == before.manifest["rows"]["landed"] - 2
    assert not [name for name in after.sealed if name.endswith(".age")], "no key was given to seal them again"


def test_no_place_finer_than_the_agreement_is_published(
    published_world: EvidenceBase, empty_base: EvidenceBase
) -> None:
    """Of records and of coverage, in every column of every published table."""
    finer = r"\b(tn-|lo-|bp-|KE\d{3})"
    assert [one for one in published_values(published_world) if re.search(finer, one[1])]
    for partner, contract in scenario.PARTNERS.items():
        empty_base.write_contract(partner, contract.replace("finest_place: town", "finest_place: country"))
    for partner, name, content in scenario.EXTRACTS:
        empty_base.deliver(partner, name, content)
    ended = empty_base.refresh()
    assert ended.error is None, ended.error
    assert [one for one in published_values(empty_base) if re.search(finer, one[1])] == []
    assert manifest(empty_base)["rows"] == scenario.ROWS, "coarser, not fewer"
    assert terms_of(empty_base, "swala_post")["place_coarsened"] == 10


def test_withheld_rows_are_counted_in_the_manifest_and_in_status(published_world: EvidenceBase) -> None:
    assert terms_of(published_world, "swala_post") == {"withheld:no_consent": 1, "lag_not_passed": 1}
    found = read_status(published_world.settings)
    assert {row["partner"]: row["withheld"] for row in found["partners"]} == {
        "chui_routes": 0, "kobe_post": 0, "swala_post": 1, "tai_routes": 0,
    }  # fmt: skip
    assert found["release"]["rows_embargoed"] == 1
    assert found["agreements"] == []
    assert manifest(published_world)["movements_by_grain"] == scenario.MOVEMENTS
