"""Every status, label and band of the statistics has one plain sentence, and every sentence its code."""

import csv
import re

from orchestration.core import DBT_PROJECT, REFERENCE_SEEDS
from orchestration.linkage.policy import TIERS
from orchestration.statistics.comparable import WITHOUT_NUMBERS
from orchestration.statistics.regional_risk import BANDS, BETWEEN_BANDS, NOT_RATED
from tests.simulated_corridors import EVIDENCE, REASONS, STATUSES

COLUMNS = (DBT_PROJECT / "models" / "columns.md").read_text(encoding="utf-8")


def codes_in_the_dictionary(doc: str) -> set[str]:
    """Codes that the prose of a column names in backticks."""
    prose = re.search(rf"{{% docs {doc} %}}(.*?){{% enddocs %}}", COLUMNS, re.DOTALL)
    assert prose is not None
    return set(re.findall(r"`([a-z_]+)`", prose[1]))


def words() -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / "statistics_words.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def codes_with_words(kind: str) -> set[str]:
    return {row["code"] for row in words() if row["kind"] == kind}


def test_every_code_of_the_shifts_has_its_sentence() -> None:
    assert codes_with_words("shift_status") == set(STATUSES)
    assert codes_with_words("shift_reason") == {"reappeared"}
    assert set(REASONS) - {"reappeared"} < codes_with_words("not_measured")
    assert codes_with_words("shift_evidence") == set(EVIDENCE)


def test_every_direction_of_an_alert_has_its_sentence() -> None:
    assert (
        codes_with_words("alert_direction") == codes_in_the_dictionary("alert_direction") == {"rise", "fall"}
    )


def test_every_band_has_its_sentence() -> None:
    assert codes_with_words("risk_band") == {*BANDS, BETWEEN_BANDS, NOT_RATED}


def test_every_label_and_class_that_the_dictionary_names_has_its_sentence() -> None:
    assert codes_with_words("hotspot_label") == codes_in_the_dictionary("hotspot_label")
    assert codes_with_words("not_measured") == codes_in_the_dictionary("unmeasured_reason")
    assert set(WITHOUT_NUMBERS) < codes_with_words("not_measured")
    assert codes_with_words("trend_category") == codes_in_the_dictionary("trend_category")
    assert codes_with_words("evidence_class") == codes_in_the_dictionary("evidence_class")
    assert codes_with_words("absence_class") == codes_in_the_dictionary("next_round_class")
    assert codes_in_the_dictionary("absence_class") < codes_with_words("absence_class")


def test_every_linkage_tier_and_kind_of_code_has_its_sentences() -> None:
    assert codes_with_words("linkage_tier") == codes_in_the_dictionary("linkage_tier") == set(TIERS)
    assert {row["kind"] for row in words()} == {
        "shift_status", "shift_reason", "shift_evidence", "shift_pair", "hotspot_label", "trend_category", "risk_band", "not_measured",
        "evidence_class", "absence_class", "linkage_tier", "alert_direction",
    }  # fmt: skip


def test_each_sentence_is_in_both_languages_with_its_source() -> None:
    for row in words():
        for language in ("sentence_en", "sentence_sw"):
            assert re.fullmatch(r"[A-Z][^.]+\.", row[language]), (row["kind"], row["code"], language)
        assert "Swahili: unverified" in row["source"]


def test_no_sentence_calls_absence_safety_or_a_pair_proof() -> None:
    of = {(row["kind"], row["code"]): row["sentence_en"] for row in words()}
    assert "consistent with displacement" in of["shift_pair", "displaced_from"]
    assert "no proof" in of["shift_pair", "displaced_from"]
    assert "does not mean that it is safe" in of["risk_band", "not_rated"]
    assert "does not mean that it is safe" in of["not_measured", "components_missing"]
    assert "absence is not abandonment" in of["absence_class", "panel_silent"]
