"""Decisions about records, agreements, and those that need two persons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.contracts import load_contracts, with_changes
from orchestration.core import REFERENCE_SEEDS, Settings, UsageError
from orchestration.stewardship import active_decisions, list_decisions, record_decision
from orchestration.stewardship.decisions.recording import confirm, revoke
from orchestration.stewardship.kinds.subjects import releasable_rules
from tests import scenario

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
SET_ASIDE, TAKEN, BOUND = "r-0000000000000001", "r-0000000000000002", "r-0000000000000003"
EXTRACT = "0123456789abcdef"
CHECK = {"check": "movements_are_plausible", "scope": "release", "expires": date(2026, 3, 20)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Three records on two sheets: the first fails two rules that can be released, the third one that cannot."""
    partner = tmp_path / "partners" / "swala_post"
    partner.mkdir(parents=True)
    (partner / "contract.yml").write_text(scenario.PARTNERS["swala_post"])
    records = tmp_path / "work" / "typed" / "records"
    records.mkdir(parents=True)
    rows = {
        "extract_id": [EXTRACT] * 3,
        "sheet": ["Jan", "Feb", "Feb"],
        "row_number": [4, 4, 5],
        "record_id": [1, 2, 3],
    }
    pq.write_table(pa.table(rows), records / "x.parquet")
    review = tmp_path / "review"
    review.mkdir()
    (review / "quarantined_rows.csv").write_text(
        "partner,extract_id,sheet,row_number,rule_code,record\n"
        f"swala_post,{EXTRACT},Jan,4,date_invalid,{SET_ASIDE}\n"
        f"swala_post,{EXTRACT},Jan,4,count_zero,{SET_ASIDE}\n"
        f"swala_post,{EXTRACT},Feb,5,consent_missing,{BOUND}\n"
    )
    return Settings(tmp_path, tmp_path / "partners", tmp_path / "keys", NOW)


def decide(settings: Settings, kind: str, author: str = "A. Fixture", **payload: Any) -> dict[str, Any]:
    return record_decision(settings, kind, author, "agreed by telephone", NOW, **payload)


def test_row_release_covers_all_failed_rules(settings: Settings) -> None:
    made = decide(settings, "row_release", record=SET_ASIDE)
    assert made["rules"] == ["count_zero", "date_invalid"]
    (held,) = active_decisions(settings, NOW)["row_release"]
    assert held["record"] == SET_ASIDE
    (told,) = list_decisions(settings)
    assert SET_ASIDE in told["says"] and "count_zero, date_invalid" in told["says"]


@pytest.mark.parametrize(
    ("record", "rules", "words"),
    [
        (SET_ASIDE, ["date_invalid"], "also fails count_zero"),
        (SET_ASIDE, ["date_invalid", "count_zero", "no_place"], "not fail no_place"),
        (TAKEN, ["date_invalid"], f"No record {TAKEN}"), (TAKEN, [], f"No record {TAKEN}"),
        ("nonsense", [], "No record nonsense"), (BOUND, [], "consent_missing"),
        ("r-00000000000000aa", ["date_invalid"], "No extract holds"), ("17", ["date_invalid"], "r- and 16 digits"),
    ],
)  # fmt: skip
def test_row_release_without_effect_is_refused(
    settings: Settings, record: str, rules: list, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        decide(settings, "row_release", record=record, rules=rules)
    assert active_decisions(settings, NOW)["row_release"] == []


def test_protective_rules_cannot_be_released() -> None:
    bound = {"consent_missing", "purpose_not_agreed", "embargo_unreadable", "duplicate_key_conflict"}
    assert not bound & releasable_rules().keys()
    rules = (REFERENCE_SEEDS / "quality_rules.csv").read_text(encoding="utf-8")
    assert [rule for rule in releasable_rules() if f"\n{rule},Q," not in rules] == []


def test_row_is_found_by_its_place_in_the_file(settings: Settings) -> None:
    assert decide(settings, "row_exclude", record=f"{EXTRACT}:Feb:4")["record"] == TAKEN
    assert decide(settings, "row_exclude", record=f"{EXTRACT}:5")["record"] == BOUND
    for place, words in (("4", f"{EXTRACT}:Feb:4, {EXTRACT}:Jan:4"), ("9", "row 9"), ("Jan", "names no row")):
        with pytest.raises(UsageError, match=words):
            decide(settings, "row_exclude", record=f"{EXTRACT}:{place}")


def test_record_is_not_released_and_excluded_at_once(settings: Settings) -> None:
    for first, second in (("row_exclude", "row_release"), ("row_release", "row_exclude")):
        made = decide(settings, first, record=SET_ASIDE)
        with pytest.raises(UsageError, match=f"Decision {made['id']} "):
            decide(settings, second, record=SET_ASIDE)
        revoke(settings, made["id"], "A. Fixture", "asked again", NOW)


def test_later_change_of_an_agreement_holds_term_by_term(settings: Settings) -> None:
    of = {"partner": "swala_post", "contract": "swala_post_cases"}
    first = decide(settings, "agreement_change", **of, terms={"finest_place": "county", "retention_years": 5})
    decide(settings, "agreement_change", **of, terms={"finest_place": "country"})
    before = load_contracts(settings.partners)
    changes = active_decisions(settings, NOW)["agreement_change"]
    (contract,) = with_changes(before, changes).valid["swala_post"]
    assert (contract.agreement.finest_place, contract.agreement.retention_years) == ("country", 5)
    assert contract.agreement.valid_to == date(2035, 12, 31), "what no decision names stays"
    assert contract.reading_hash == before.valid["swala_post"][0].reading_hash, "nothing is read again"
    revoke(settings, first["id"], "A. Fixture", "it was another partner", NOW)
    (contract,) = with_changes(before, active_decisions(settings, NOW)["agreement_change"]).valid[
        "swala_post"
    ]
    assert contract.agreement.retention_years == 10


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"contract": "swala_cases"}, "swala_cases.* has swala_post_cases"), ({"partner": "nobody"}, "no partner nobody"),
        ({"terms": {}}, "at least one of valid_to"), ({"terms": {"retention_years": 0}}, "retention_years"),
        ({"terms": {"purposes": ["research"]}}, "purposes"),
    ],
)  # fmt: skip
def test_change_without_agreement_or_term_is_refused(settings: Settings, changes: dict, words: str) -> None:
    change = {"partner": "swala_post", "contract": "swala_post_cases", "terms": {"retention_years": 5}}
    with pytest.raises(UsageError, match=words):
        decide(settings, "agreement_change", **change | changes)


@pytest.fixture
def two_needed(settings: Settings) -> Settings:
    return replace(settings, waivers_need_second=True)


def test_waiver_holds_once_another_person_confirms_it(two_needed: Settings) -> None:
    made = decide(two_needed, "check_waiver", **CHECK)
    for settings in (two_needed, replace(two_needed, waivers_need_second=False)):
        assert active_decisions(settings, NOW)["check_waiver"] == []
    (told,) = list_decisions(two_needed)
    assert f"`njia decide confirm {made['id']}`" in told["without_effect"]
    with pytest.raises(UsageError, match="same person"):
        confirm(two_needed, made["id"], "a. fixture", "me again", NOW)
    decide(two_needed, "check_waiver", **CHECK | {"check": "movements_have_counties"})
    confirm(two_needed, made["id"], "B. Sampleton", "looked at it too", NOW)
    (held,) = active_decisions(two_needed, NOW)["check_waiver"]
    assert held["id"] == made["id"]
    assert list_decisions(two_needed)[0]["confirmed_by"] == "B. Sampleton"
    with pytest.raises(UsageError, match="confirmed it already"):
        confirm(two_needed, made["id"], "C. Testperson", "so did I", NOW)
    revoke(two_needed, made["id"], "C. Testperson", "no longer needed", NOW)
    assert active_decisions(two_needed, NOW)["check_waiver"] == []


def test_decision_without_need_of_confirmation_is_not_confirmed(settings: Settings) -> None:
    made = decide(settings, "row_exclude", record=TAKEN)
    for decision, words in ((made["id"], "needs no second person"), ("ffffffffffff", "ffffffffffff")):
        with pytest.raises(UsageError, match=words):
            confirm(settings, decision, "B. Sampleton", "looked at it too", NOW)
