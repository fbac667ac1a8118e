"""What a partner's extracts mean for each other and for the marts.

These are the rows of the catalogue of dirty values (K1, K5, X2, X4, X5, X12, V2, V3) that only a whole refresh can
show; the others are in tests/unit/test_dirty_values_*.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pyarrow.parquet as pq
import pytest

from orchestration.contracts import load_contracts
from orchestration.outputs.receipts import receipt
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, new_evidence_base

HEADER = scenario.CASE_HEADER.replace("Notes\n", "Notes;Status;Embargo\n")


def contract(partner: str, mode: str = "full", valid_to: str = "2035-12-31") -> str:
    text = scenario.CASES.format(
        partner=partner, mode=mode, agreement=scenario.AGREEMENT.format(valid_to=valid_to)
    )
    text = text.replace('"No": refused', '"No": refused, "Taken back": withdrawn')
    return text.replace("deny:", "  trafficking_status: Status\n  embargo_until: Embargo\ndeny:")


def cases(
    *references: str,
    origin: str = "Busia",
    form: str = "Domestic",
    consent: str = "Yes",
    status: str = "",
    embargo: str = "",
    age: str = "16",
) -> str:
    row = f"04/03/2025;F;{age};{origin};Nakuru;Nairobi;Nairobi;{form};bus;{consent};;;;{status};{embargo}\n"
    return "".join(f"{reference};{row}" for reference in references)


def numbered(letter: str, last: int) -> list[str]:
    return [f"{letter}{number:02}" for number in range(1, last + 1)]


BOTH = cases("B1", origin="Garissa", status="trafficked_smuggled")
FULL_AGAIN = (
    cases(*numbered("F", 11))
    + BOTH
    + cases("E1", origin="Lamu", embargo="31/12/2030")
    + cases("N1", consent="")
    + cases("N2", consent="No")
)
PARTNERS: dict[str, tuple[str, list[str | bytes]]] = {
    "fisi_full": (contract("fisi_full"), [cases(*numbered("F", 12)), FULL_AGAIN]),
    "paa_added": (
        contract("paa_added", "incremental")
        + 'extracts: [{match: "*_3*", period: {from: 2025-06-01, to: 2025-06-30}}]\n',
        [cases("A1", "A2"), cases("A3"), ""],
    ),
    "swara_taken": (
        contract("swara_taken", "incremental"),
        [cases("W1", "W2", origin="Kwale"), cases("W1", origin="Kwale", consent="Taken back")],
    ),
    "twiga_shrunk": (contract("twiga_shrunk"), [cases(*numbered("S", 10)), cases(*numbered("S", 7))]),
    "duma_zero": (contract("duma_zero"), [cases(*numbered("Z", 5)), ""]),
    "nyani_torn": (contract("nyani_torn"), [cases("T1"), b"PK\x03\x04" + bytes(400)]),
    "kima_codes": (
        contract("kima_codes"),
        [cases(*numbered("C", 23)) + cases("C24", "C25", form="Kazi ngumu")],
    ),
    "ngiri_ages": (
        contract("ngiri_ages"),
        [cases(*numbered("G", 9), age="43894") + cases(*numbered("H", 3), age="2004", form="Kazi ngumu")],
    ),
    "mbogo_ended": (contract("mbogo_ended", valid_to="2025-12-31"), [cases("M1")]),
}


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    base = new_evidence_base(tmp_path_factory.mktemp("dirty"))
    for partner, (text, files) in PARTNERS.items():
        base.write_contract(partner, text)
        for number, rows in enumerate(files, start=1):
            base.deliver(partner, f"sent_{number}.csv", rows if isinstance(rows, bytes) else HEADER + rows)
    steps.build_marts(base.settings)
    return base


def fates(base: EvidenceBase, partner: str) -> Counter[tuple[str, str | None]]:
    """How many records of a partner met each fate, and by which rule."""
    found = base.work(f"select fate, rule_codes from quarantine.judged_records where partner = '{partner}'")
    return Counter((fate, rules) for fate, rules in found)


def extract_fates(base: EvidenceBase, partner: str) -> list[tuple[int, str, str | None]]:
    rows = base.work(
        f"select sequence, fate, fate_reason from staging.stg_extracts where partner = '{partner}' order by 1"
    )
    return [(int(sequence), str(fate), reason) for sequence, fate, reason in rows]


def test_newer_full_extract_supersedes_and_withdraws_records(
    dirty: EvidenceBase,
) -> None:
    """X2, X4 (full), V2 and V3."""
    assert fates(dirty, "fisi_full") == {
        ("superseded", "newer_copy"): 11,
        ("withdrawn", "record_retracted"): 1,
        ("current", None): 12,
        ("embargoed", "embargoed"): 1,
    }
    refused = pq.read_table(dirty.settings.typed / "refusals", columns=["reason", "row_count"]).to_pylist()
    withheld = [row for row in refused if row["reason"].startswith("withheld:")]
    assert sorted((row["reason"], row["row_count"]) for row in withheld) == [
        ("withheld:consent_not_recorded", 1),
        ("withheld:no_consent", 1),
        ("withheld:withdrawn", 1),
    ]


def test_withdrawn_consent_removes_the_record(dirty: EvidenceBase) -> None:
    """V2."""
    assert Counter(fate for fate, _ in fates(dirty, "swara_taken").elements()) == {
        "withdrawn": 1,
        "current": 1,
    }


def test_incremental_extract_keeps_records_it_does_not_repeat(dirty: EvidenceBase) -> None:
    """X4 (incremental), and X5: its header alone is a reported zero."""
    assert fates(dirty, "paa_added") == {("current", None): 3}
    assert extract_fates(dirty, "paa_added") == [(number, "in_force", None) for number in (1, 2, 3)]


def test_empty_incremental_extract_counts_as_an_active_month(dirty: EvidenceBase) -> None:
    """X5: a header alone, for a declared period."""
    active = dirty.work(
        "select distinct month_start from intermediate.int_source_activity where source = 'paa_added' order by 1"
    )
    assert active == [(date(2025, 3, 1),), (date(2025, 6, 1),)]


@pytest.mark.parametrize(("partner", "kept"), [("twiga_shrunk", 10), ("duma_zero", 5)], ids=["X5", "X5-zero"])
def test_full_extract_with_too_few_rows_is_held(dirty: EvidenceBase, partner: str, kept: int) -> None:
    assert extract_fates(dirty, partner) == [
        (1, "in_force", None),
        (2, "held", "row_volume_is_plausible"),
    ]
    assert fates(dirty, partner)["current", None] == kept


def test_broken_file_leaves_the_last_good_extract_in_force(dirty: EvidenceBase) -> None:
    """X5."""
    assert fates(dirty, "nyani_torn") == {("current", None): 1}
    assert (dirty.settings.inbox / "nyani_torn" / "sent_2.csv").exists()


def test_many_unknown_codes_hold_the_extract(dirty: EvidenceBase) -> None:
    """K5."""
    assert extract_fates(dirty, "kima_codes") == [(1, "held", "codes_are_mapped")]


def test_a_column_that_cannot_be_read_holds_the_extract_and_is_explained_once(dirty: EvidenceBase) -> None:
    assert extract_fates(dirty, "ngiri_ages") == [(1, "held", "columns_are_readable")]
    outcome = receipt.Outcome("published", None)
    contracts = load_contracts(dirty.settings.partners)
    receipts = receipt.gather_receipts(dirty.settings, contracts, [], scenario.AS_OF, "run", outcome)
    [own] = [one for one in receipts if one.partner == "ngiri_ages"]
    cause, reason = own.files[0].held_by
    assert "there is no earlier file to compare it with" in cause.title
    assert (
        "“Age”: 100 % of 12 filled cells cannot be read. Probably another column stands there."
        in reason.meaning
    )
    listed = {problem.field for _, problem, _ in own.problems}
    assert "exploitation_type" in listed and "age_band" not in listed


def test_extract_without_a_valid_agreement_is_held(dirty: EvidenceBase) -> None:
    """X12."""
    assert extract_fates(dirty, "mbogo_ended") == [(1, "held", "agreement_is_valid")]
    assert fates(dirty, "mbogo_ended") == {("held", "extract_held"): 1}


def test_undecided_trafficking_status_is_listed_but_not_counted(dirty: EvidenceBase) -> None:
    """K1."""
    origin = "(select place_id from marts.dim_place where name = 'Garissa' and kind = 'county')"
    told = dirty.work(f"select trafficking_status from marts.fct_movements where start_place_id = {origin}")
    assert told == [("trafficked_or_smuggled",)]
    for mart, place in (("mart_places", "place_id"), ("mart_corridors", "start_place_id")):
        counted = dirty.work(f"select count(*) from marts.{mart} where {place} = {origin}")
        assert counted == [(0,)], mart
    busia = dirty.work(
        "select max(record_count) from marts.mart_corridors where level = 'od' and record_grain = 'case'"
    )
    assert busia == [(11 + 3 + 10 + 5 + 1,)]


def test_embargoed_record_is_in_no_mart(dirty: EvidenceBase) -> None:
    """V3."""
    assert dirty.work("select count(*) from marts.fct_movements where record_grain = 'case'") == [(32,)]
    lamu = "(select place_id from marts.dim_place where name = 'Lamu' and kind = 'county')"
    assert dirty.work(f"select count(*) from marts.fct_movement_legs where from_place_id = {lamu}") == [(0,)]
