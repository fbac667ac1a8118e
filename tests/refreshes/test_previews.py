"""Promise 12: what a preview says of a decision is what a refresh of the same inputs does, for each kind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from orchestration.core import Sentence, load_keys, refreshes, shown_record
from orchestration.stewardship import Preview, record_decision, try_decisions, try_revocations
from orchestration.stewardship.decisions.recording import revoke
from orchestration.stewardship.decisions.trial import CHANGE, COUNTS, ENTER, FIELDS, LEAVE, number_named
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of

BY = ("A. Fixture", "agreed by telephone")
KEY = ("table_name", "row_id", "start_place_id", "via_place_id", "end_place_id", "place_id", "direction", "trait", "code", "period_id")  # fmt: skip


class Tables(NamedTuple):
    """What a refresh made: fields of the records that count, and the counts that members' tables print."""

    records: dict[int, dict[str, Any]]
    numbers: dict[tuple[Any, ...], int]


def made_by(base: EvidenceBase) -> Tables:
    fields = ", ".join(f"cast({name} as varchar)" for name in FIELDS)
    current = base.work("select record_id from quarantine.judged_records where fate = 'current'")
    records: dict[int, dict[str, Any]] = {record: {} for (record,) in current}
    for record, *values in base.work(f"select movement_id, {fields} from intermediate.int_movements"):
        records[record] |= dict(zip(FIELDS, values, strict=True))
    for record, places in base.work(
        "select movement_id, list(place_id order by stop_number, place_id) from intermediate.int_movement_stops "
        "where place_role = 'transit' group by 1"
    ):
        records[record]["transit"] = places
    for record, domain, codes in base.work(
        "select movement_id, domain, list(code order by seq) from intermediate.int_movement_codes group by all"
    ):
        records[record][domain] = codes
    rows = base.work(
        f"select {', '.join((*KEY, *COUNTS))} from intermediate.int_edition_rows where edition = 'members'"
    )
    numbers = {
        (*row[: len(KEY)], name): count
        for row in rows
        for name, count in zip(COUNTS, row[len(KEY) :], strict=True)
        if count
    }
    return Tables(records, numbers)


def difference(before: Tables, after: Tables) -> dict[str, Any]:
    both = before.records.keys() & after.records.keys()
    keys = before.numbers.keys() | after.numbers.keys()
    counts = {key: (before.numbers.get(key, 0), after.numbers.get(key, 0)) for key in keys}
    return {
        "entering": len(after.records.keys() - before.records.keys()),
        "leaving": len(before.records.keys() - after.records.keys()),
        "changing": sum(before.records[one] != after.records[one] for one in both),
        "numbers": sorted((str(number_named(key)), *two) for key, two in counts.items() if two[0] != two[1]),
    }


def said(preview: Preview) -> dict[str, Any]:
    assert preview.faults == []
    number = {one.template: one.given.get("number") for one in preview.says if isinstance(one, Sentence)}
    return {
        "entering": number.get(ENTER, 0),
        "leaving": number.get(LEAVE, 0),
        "changing": number.get(CHANGE, 0),
        "numbers": sorted((str(one.what), one.before, one.after) for one in preview.numbers),
    }


def record(base: EvidenceBase, partner: str, reference: str) -> str:
    return shown_record(load_keys(base.settings).record_id(partner, f"{partner}_cases|{reference}"))


def extract(base: EvidenceBase, partner: str, sequence: int) -> dict[str, str]:
    [(extract_id,)] = base.work(
        f"select extract_id from staging.stg_extracts where partner = '{partner}' and sequence = {sequence}"
    )
    return {"partner": partner, "extract_id": extract_id}


# S5 has no date that can be read, so its lag counts from the day it came.
LATER = scenario.AS_OF + timedelta(days=40)
# A tenth of the women of one day: swala_post again, with so few records that the gate holds it.
FEW = (
    scenario.CASE_HEADER
    + "S1;04/03/2025;F;16;Busia;Nakuru;Nairobi;Mombasa;Domestic;bus;Yes;Amina Testperson;;\n"
)


@pytest.fixture(scope="module")
def base(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    base = copy_of(published_world, tmp_path_factory.mktemp("previews")).at(LATER)
    base.deliver("swala_post", "swala_few.csv", FEW)
    base.deliver("kobe_post", "kobe_3.csv", scenario.CASE_HEADER + "K3;12/05/2025;F;28;Qwertyville;;Nairobi;Nairobi;Domestic;bus;Yes;;;\n")  # fmt: skip
    agreement = scenario.AGREEMENT.format(valid_to="2026-03-31")  # before the extract comes
    base.write_contract(
        "mto_post", scenario.CASES.format(partner="mto_post", mode="incremental", agreement=agreement)
    )
    base.deliver(
        "mto_post",
        "mto.csv",
        scenario.CASE_HEADER + "M1;12/05/2025;F;24;Kitui;Direct;Nairobi;Nairobi;Domestic;bus;Yes;;;\n",
    )
    ended = base.refresh()  # public years are printed, and stay
    assert (ended.outcome, ended.error) == (refreshes.PUBLISHED, None)
    return base


def decisions(base: EvidenceBase) -> list[tuple[str, dict[str, Any]]]:
    """One after the other, and what each is about."""
    of_swala = {"partner": "swala_post", "contract": "swala_post_cases"}
    return [
        ("place_alias", {"text": "Qwertyville", "place_id": "KE040"}),
        ("place_alias", {"text": "Kisumu", "place_id": "KE001", "partner": "swala_post", "role": "origin"}),
        ("row_release", {"record": record(base, "swala_post", "S5")}),
        ("row_exclude", {"record": record(base, "swala_post", "S9")}),
        ("value_correction", {"record": record(base, "kobe_post", "K1"), "field": "event_on", "value": "10/09/2025"}),
        ("value_correction", {"record": record(base, "swala_post", "S4"), "field": "place(exploitation).place_text", "value": "Mombasa"}),
        ("link_accept", {"record_a": record(base, "swala_post", "S1"), "record_b": record(base, "kobe_post", "K1")}),
        ("agreement_change", {**of_swala, "terms": {"finest_place": "country"}}),
        ("agreement_change", {"partner": "mto_post", "contract": "mto_post_cases", "terms": {"valid_to": date(2027, 1, 1)}}),
        ("link_reject", {"record_a": record(base, "swala_post", "S10"), "record_b": record(base, "kobe_post", "K2")}),
        ("extract_withdraw", extract(base, "kobe_post", 2)),
        ("extract_accept", extract(base, "swala_post", 2)),
    ]  # fmt: skip


def test_preview_of_each_kind_is_what_a_refresh_does(base: EvidenceBase) -> None:
    settings, before = base.settings, made_by(base)
    recorded = []
    for at, (kind, payload) in enumerate(decisions(base)):
        now = settings.as_of() + timedelta(minutes=at)
        foreseen = said(try_decisions(settings, [(kind, payload)], *BY, now))
        recorded.append(record_decision(settings, kind, *BY, now, **payload)["id"])
        if kind == "link_reject":  # it changes nothing, and waits beside the next
            assert foreseen == difference(before, before)
            continue
        steps.build_marts(settings)
        after = made_by(base)
        assert foreseen == difference(before, after), (kind, payload)
        assert before != after, kind
        before = after
    later = settings.as_of() + timedelta(hours=1)
    _, *recorded = recorded  # without any decision it would be the release in force, which is not made again
    foreseen = said(try_revocations(settings, recorded, *BY, later))
    for one in recorded:
        revoke(settings, one, *BY, later)
    steps.build_marts(settings)
    after = made_by(base)
    assert foreseen == difference(before, after)
    shorter = {"partner": "swala_post", "contract": "swala_post_cases", "terms": {"retention_years": 1}}
    foreseen = said(try_decisions(settings, [("agreement_change", shorter)], *BY, later))
    record_decision(settings, "agreement_change", *BY, later, **shorter)
    steps.build_marts(settings)
    assert foreseen == difference(after, made_by(base)) != difference(after, after)
