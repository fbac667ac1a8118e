"""Partners without a contract are held; an unreadable contract is warned of."""

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from expectations.checks import is_waivable
from orchestration.core import Settings
from orchestration.gates.extract_profile import write_table
from orchestration.gates.in_force import FATE_SCHEMA, InForce, put_in_force
from orchestration.gates.verdicts import judge_extracts
from orchestration.operations import warnings
from orchestration.stewardship import Decisions
from tests.fixtures.gate_world import AS_OF, KEY_IDS, decisions_of, land, make_settings, on_extract


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = make_settings(tmp_path)
    land(settings, "e1")
    land(settings, "e2", partner="mbogo_house")
    return settings


def settled(settings: Settings, decisions: Decisions | None = None) -> InForce:
    decisions = decisions or decisions_of()
    return put_in_force(settings, AS_OF, decisions, KEY_IDS, judge_extracts(settings, AS_OF, decisions))


def test_only_the_partner_without_a_contract_is_held(settings: Settings) -> None:
    before = settled(settings)
    shutil.rmtree(settings.partners / "mbogo_house")
    after = settled(settings)
    assert before.partners_in_force == ("mbogo_house", "pwani_shelter")
    assert after.partners_in_force == ("pwani_shelter",) and after.partners_held == ("mbogo_house",)
    (fate,) = [fate for fate in after.fates if fate.partner == "mbogo_house"]
    assert fate.reason == "partner_has_a_contract"
    assert after.inputs_hash != before.inputs_hash


def test_a_missing_contract_file_holds_its_partner_and_can_be_neither_waived_nor_accepted(
    settings: Settings,
) -> None:
    contract = settings.partners / "mbogo_house" / "contract.yml"
    contract.rename(contract.with_suffix(".old"))
    assert settled(settings).partners_held == ("mbogo_house",)
    accepted = decisions_of(extract_accept=[on_extract("mbogo_house", "e2")])
    assert settled(settings, accepted).partners_held == ("mbogo_house",)
    assert not is_waivable("partner_has_a_contract")


def test_an_unreadable_contract_is_warned_of_and_landed_extracts_stay_in_force(settings: Settings) -> None:
    (settings.partners / "mbogo_house" / "contract.yml").write_text("fields: [unclosed")
    assert "mbogo_house" in settled(settings).partners_in_force
    (warning,) = [one for one in warnings(settings) if one.startswith("mbogo_house")]
    assert "a contract cannot be used" in warning and "mbogo_house/contract.yml" in warning


def test_partners_without_contract_are_counted_with_the_folder_searched(
    settings: Settings, tmp_path: Path
) -> None:
    elsewhere = replace(settings, partners=tmp_path / "elsewhere")
    elsewhere.partners.mkdir()
    (warning,) = warnings(elsewhere)
    assert warning.startswith("2 partners have no contract: held (mbogo_house, pwani_shelter).")
    assert "NJIA_PARTNERS" in warning and str(elsewhere.partners) in warning


@pytest.mark.parametrize(("fate", "count"), [("in_force", 1), ("withdrawn", 0), ("held", 0)])
def test_the_same_file_from_two_partners_is_warned_of_while_both_count(
    settings: Settings, fate: str, count: int
) -> None:
    given = [
        ("e1", "pwani_shelter", "in_force"),
        ("e1", "mbogo_house", fate),
        ("e2", "mbogo_house", "in_force"),
    ]
    fates = [
        {"extract_id": one, "partner": partner, "fate": found, "reason": None}
        for one, partner, found in given
    ]
    for extract, partner, _ in given:
        landed = settings.landing / partner / f"{extract}.json"
        landed.parent.mkdir(parents=True, exist_ok=True)
        landed.write_text("{}")
    write_table(pa.Table.from_pylist(fates, FATE_SCHEMA), settings.work / "gates" / "in_force.parquet")
    found = [one for one in warnings(settings) if "same file" in one]
    assert len(found) == count
    assert all("each of pwani_shelter, mbogo_house (extract e1)" in one for one in found)
