"""The whole job over the scenario: what comes out is what was worked out by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import intake, typing
from orchestration.contracts import load_contracts
from orchestration.core import Settings, clear_work, load_keys
from orchestration.core.work import KEPT
from orchestration.operations import read_status
from orchestration.places import name_token
from orchestration.refresh import extracts
from orchestration.release import current_release, list_releases, rollback
from orchestration.stewardship import record_decision, review
from tests import scenario
from tests.evidence_base import EvidenceBase, copy_of
from tests.fixtures import other_program
from tests.fixtures.boundary_files import counties, with_boundaries, write


def test_every_row_has_exactly_one_fate(published_world: EvidenceBase) -> None:
    release = current_release(published_world.settings)
    assert release is not None
    assert release.manifest["rows"] == scenario.ROWS
    read, refused = published_world.ask(
        "select cast(sum(rows_read) as integer), cast(sum(rows_refused) as integer) from quality.reconciliation"
    )[0]
    assert (read, refused) == (scenario.ROWS_READ, scenario.ROWS_REFUSED)


def test_movements_are_counted_by_grain(published_world: EvidenceBase) -> None:
    counted = dict(
        published_world.ask("select record_grain, count(*) from marts.fct_movements group by record_grain")
    )
    assert counted == scenario.MOVEMENTS


def test_direction_is_seen_from_kenya(published_world: EvidenceBase) -> None:
    counted = published_world.ask(
        "select direction, count(*) from marts.fct_movements where record_grain = 'case' group by direction"
    )
    assert dict(counted) == scenario.DIRECTIONS


def test_corridor_counts_records_and_partners(published_world: EvidenceBase) -> None:
    found = published_world.ask(
        "select population, record_count, partner_count from marts.mart_corridors "
        "where level = 'od' and start_place_id = 'KE040' and end_place_id = 'KE047' "
        "and record_grain = 'case' and period_id = 'year-2025' order by population"
    )
    expected = (scenario.BUSIA_NAIROBI["record_count"], scenario.BUSIA_NAIROBI["partner_count"])
    assert found == [("all", *expected), ("children", *expected)]


def test_destination_other_than_promised_is_diverted(published_world: EvidenceBase) -> None:
    diverted = published_world.ask(
        "select start_place_id, intended_place_id, end_place_id from marts.fct_movements where is_diverted"
    )
    assert diverted == [("tn-eth-addis-ababa", "ZAF", "KE047")]


def test_promised_destination_is_marked_as_intended(published_world: EvidenceBase) -> None:
    found = published_world.ask(
        "select end_place_id, is_diverted from marts.fct_movements "
        "where end_basis = 'intended' and record_grain = 'case'"
    )
    assert found == [("tn-are-dubai", None)]


def test_novelty_separates_confirmed_destinations_from_new_sources(
    published_world: EvidenceBase,
) -> None:
    # Two of tai's four reports are of 2020, and all of chui's: Greece has a chance of 1/2 to be new, Rwanda of 1.
    found = published_world.ask(
        "select item, evidence_class, chance from marts.mart_novelty where item_kind = 'country' "
        "and role = 'destination' and round = '2020' and evidence_class <> 'seen_before' order by item"
    )
    assert found == [("GRC", "panel_confirmed", 0.5), ("RWA", "new_source", 1.0)]


def test_no_shift_is_measured_without_a_baseline(published_world: EvidenceBase) -> None:
    # All cases are of 2025: no partner has a baseline. Of the rounds only tai_routes reported both, one record each.
    found = published_world.ask(
        "select comparison, corridor_id, status, reason from marts.mart_corridor_shifts where level = 'od' order by all"
    )
    assert [row[1:] for row in found if row[0] == "months"] == [
        (corridor, "new_source", None)
        for corridor in ("ETH>KE047", "KE040>KE047", "KE042>KE047", "KE047>ARE", "UGA>KE001")
    ]
    assert [row[1:] for row in found if row[0] == "rounds"] == [("KE047>RWA", "new_source", None)]
    assert published_world.ask(
        "select reason, row_count, record_count from marts.mart_not_measured "
        "where measure = 'corridor_shifts' and comparison = 'rounds' and level = 'od'"
    ) == [("below_minimum", 3, 5)]


def test_absent_destination_is_listed_with_its_panel(published_world: EvidenceBase) -> None:
    found = published_world.ask(
        "select item, round, last_round, absence_class from marts.mart_not_seen_again "
        "where item_kind = 'country' and role = 'destination'"
    )
    assert found == [("SAU", "2020", "2019", "panel_silent")]


def test_quarantine_names_the_rule_and_what_to_do(published_world: EvidenceBase) -> None:
    found = published_world.ask(
        "select rule_code, row_count, steward_action from quality.quarantine_summary order by rule_code"
    )
    assert [(code, rows) for code, rows, _ in found] == [("date_invalid", 1), ("no_place_resolved", 1)]
    assert all(action for _, _, action in found)


def test_unchanged_inputs_build_nothing(evidence_base: EvidenceBase) -> None:
    before = evidence_base.release_id()
    for partner, name, content in scenario.EXTRACTS:
        evidence_base.deliver(partner, name, content)
    ended = evidence_base.run_job()
    assert ended.error is None
    assert ended.outcome == "unchanged"
    assert {one.outcome for one in extracts.taken_of(evidence_base.settings)} == {"already_landed"}
    assert evidence_base.release_id() == before
    assert not [path for path in evidence_base.settings.inbox.rglob("*") if path.is_file()]
    with dg.DagsterInstance.from_config(str(evidence_base.settings.dagster_home)) as instance:
        (run,) = instance.get_runs()
        (confirmed,) = instance.fetch_materializations(dg.AssetKey(["release", "published"]), limit=2).records
    assert run.tags["njia/outcome"] == "unchanged"
    assert confirmed.asset_materialization is not None, "a quiet night is no stale release"
    told = confirmed.asset_materialization.metadata
    assert (told["outcome"].value, told["release_id"].value) == ("unchanged", before)


def test_unchanged_inputs_without_a_work_folder_build_nothing(
    evidence_base: EvidenceBase,
) -> None:
    """As after a refresh with NJIA_DELETE_WORK: no typed record and no work file, and one more refresh."""
    base = EvidenceBase(replace(evidence_base.settings, delete_work=True))
    before, settings = base.release_id(), base.settings
    clear_work(settings)
    told_before = read_status(settings)
    partner, name, content = scenario.EXTRACTS[0]
    base.deliver(partner, name, content)
    ended = base.refresh()
    assert ended.error is None
    assert ended.outcome == "unchanged"
    assert base.release_id() == before
    left = {path.relative_to(settings.work).as_posix() for path in settings.work.rglob("*") if path.is_file()}
    assert left <= KEPT
    assert read_status(settings)["partners"] == told_before["partners"]
    assert read_status(settings)["held"] == told_before["held"]
    newest = max((settings.receipts / partner).glob("*/receipt.html"), key=lambda page: page.stat().st_mtime)
    receipt = " ".join(newest.read_text(encoding="utf-8").split())
    assert receipt.count("since your last receipt of a release") >= 3
    for untrue in ("not judged yet", "Nothing of yours is set aside", "Every filled cell", "Nothing yet."):
        assert untrue not in receipt
    from_landing = known_records(settings)
    contracts = load_contracts(settings.partners)
    typing.type_extracts(settings, load_keys(settings), contracts=contracts)
    assert from_landing == known_records(settings)
    assert len(from_landing) > 20


def known_records(settings: Settings) -> list[dict[str, Any]]:
    return sorted(intake.known_records(settings).to_pylist(), key=str)


def test_failed_refresh_deletes_the_work_folder_where_asked(evidence_base: EvidenceBase) -> None:
    settings = replace(evidence_base.settings, delete_work=True)
    settings.database.write_text("no database")
    assert EvidenceBase(settings).refresh().error is not None
    assert not settings.typed.exists()
    assert not settings.warehouse.exists()


def test_manifest_names_no_partner(published_world: EvidenceBase) -> None:
    release = current_release(published_world.settings)
    assert release is not None
    text = json.dumps(release.manifest)
    assert not [partner for partner in scenario.PARTNERS if partner in text]
    assert not [name for _, name, _ in scenario.EXTRACTS if name in text]


FROM_KISUMU = (
    "select count(*) from marts.fct_movements inner join marts.dim_place "
    "on start_place_id = place_id where name = 'Kisumu'"
)


@dataclass
class Ended:
    base: EvidenceBase
    decision_id: str


@pytest.fixture(scope="module")
def month_later(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """April: S7 is old enough, swala's contract is corrected, a partner is new, a decision has lost its place,
    one holds for swala's origins alone, and the operator has a boundary file of its own."""
    folder = tmp_path_factory.mktemp("april")
    base = copy_of(published_world, folder).at(scenario.AS_OF.replace(month=4))
    base = with_boundaries(base, write(counties(), folder / "own.gpkg"))
    (folder / "own.gpkg.about.yml").write_text("name: COD-AB Kenya\nlicence: CC BY-IGO\n")
    swala = scenario.PARTNERS["swala_post"].replace("Labour: forced_labour", "Labour: forced_begging")
    base.write_contract("swala_post", swala)
    base.write_contract("mbili_post", scenario.PARTNERS["kobe_post"].replace("kobe_post", "mbili_post"))
    base.deliver("mbili_post", "mbili_1.csv", scenario.KOBE_FIRST)
    made = record_decision(
        base.settings, "place_alias", "A. Fixture", "by telephone", scenario.AS_OF, text="Kisumu",
        place_id="KE001", override=True,
    )  # fmt: skip
    for place_id, scope in (("tn-uga-jinja", {"role": "origin"}), ("tn-uga-mbale", {"role": "destination"})):
        record_decision(
            base.settings, "place_alias", "A. Fixture", "by telephone", scenario.AS_OF, text="Kampala",
            place_id=place_id, partner="swala_post", **scope,
        )  # fmt: skip
    other_program.rewrite(base.settings, "KE001", "KE999")
    ended = base.refresh()
    assert ended.error is None, ended.error
    return Ended(base, made["id"])


def test_movement_enters_after_its_lag(month_later: Ended) -> None:
    release = current_release(month_later.base.settings)
    assert release is not None
    # S7, and two of mbili_post
    assert release.manifest["rows"] == scenario.ROWS | {"landed": 24, "current": 21, "embargoed": 0}


def test_corrected_contract_types_landed_rows_again(month_later: Ended) -> None:
    assert {one.partner for one in extracts.taken_of(month_later.base.settings)} == {"mbili_post"}
    forms = month_later.base.ask(
        "select distinct form_label from marts.fct_movements where start_place_id like 'tn-uga-%'"
    )
    assert forms == [("Forced begging",)]


def test_same_file_from_two_partners_counts_for_both(month_later: Ended) -> None:
    counted = month_later.base.ask("select count(*) from marts.fct_movements where record_grain = 'case'")
    assert counted == [(scenario.MOVEMENTS["case"] + 2 + 1,)], "K1 and K2 of mbili_post, and S7"


def test_decision_on_an_unknown_place_is_listed_without_effect(
    month_later: Ended, published_world: EvidenceBase
) -> None:
    assert published_world.ask(FROM_KISUMU) == [(6,)]
    # The steward had said that Kisumu is not what the rules make of it: nobody guesses instead.
    from_kisumu_county = "select count(*) from marts.fct_movements where start_place_id = 'KE042'"
    assert month_later.base.ask(from_kisumu_county) == [(0,)]
    settings = month_later.base.settings
    (told,) = review.read(settings, review.DECISIONS_WITHOUT_EFFECT)
    assert (
        told["decision_id"] == month_later.decision_id
        and "KE999" in told["says"]
        and "revoke" in told["what_to_do"]
    )
    kisumu = name_token(load_keys(settings), "Kisumu")
    assert kisumu in {row["name"] for row in review.read(settings, review.UNRESOLVED_PLACES)}


def test_decision_holds_for_one_partner_and_role(month_later: Ended, published_world: EvidenceBase) -> None:
    origins = "select distinct start_place_id from marts.fct_movements where start_place_id like 'tn-uga-%'"
    assert published_world.ask(origins) == [("tn-uga-kampala",)]
    assert month_later.base.ask(origins) == [("tn-uga-jinja",)]


def test_release_names_the_operators_boundaries(month_later: Ended) -> None:
    record = read_status(month_later.base.settings)["release"]["boundaries"]
    assert (record["name"], record["licence"]) == ("COD-AB Kenya", "CC BY-IGO")
    assert record["is_generalised"] is False


def test_rollback_outlives_another_boundary_file(month_later: Ended, tmp_path: Path) -> None:
    """A rollback outlives inputs that change nothing but the inputs: another map, and the same tables."""
    settings = month_later.base.settings
    base = copy_of(month_later.base, tmp_path).at(settings.as_of())
    assert settings.boundaries
    same = with_boundaries(base, settings.boundaries).refresh()
    assert same.error is None and same.outcome == "unchanged", "the same file again changes nothing"
    left, first = str(base.release_id()), str(list_releases(base.settings)[-1].release_id)
    assert left != first
    rollback(base.settings, first, "A. Fixture", "wrong counts", scenario.AS_OF)
    ended = base.refresh()  # with the generalised layer again
    assert ended.error is None, ended.error
    assert ended.is_rolled_back and ended.outcome == "unchanged"
    assert base.release_id() == first
    assert not list(base.settings.releases.glob(".candidate-*"))
