"""Promise 12: what a preview says of a decision is what a refresh of the same inputs does, for each kind."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest

from orchestration.core import RefreshLock, Sentence, load_keys, refreshes, seed_rows, shown_record
from orchestration.places import place_names
from orchestration.stewardship import Preview, record_decision, try_decisions, try_revocations
from orchestration.stewardship.decisions import trial
from orchestration.stewardship.decisions.recording import revoke
from orchestration.stewardship.decisions.trial import (
    CHANGE,
    COUNTS,
    ENTER,
    FIELDS,
    LEAVE,
    NUMBERS,
    number_named,
)
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of

BY = ("A. Fixture", "agreed by telephone")
KEY = ("table_name", "row_id", "start_place_id", "via_place_id", "end_place_id", "place_id", "direction", "trait", "code", "period_id")  # fmt: skip


# A record of several extracts stands where it counts, else where its newest copy does that is not held: the last.
STATES = """
    select record_id, judged.fate, rule_codes from quarantine.judged_records as judged
    inner join staging.stg_extracts using (partner, extract_id)
    order by judged.fate = 'current', stg_extracts.fate = 'in_force', sequence
"""


class Tables(NamedTuple):
    """What a refresh made: fields of the records that count, and the counts that members' tables print.

    `states`: the fate of every record, and the rules that decided it. `movements`: how many there are.
    """

    records: dict[int, dict[str, Any]]
    numbers: dict[tuple[Any, ...], int]
    states: dict[int, tuple[str, str | None]]
    movements: int


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
    states: dict[int, tuple[str, str | None]] = {one: (fate, rules) for one, fate, rules in base.work(STATES)}
    [(movements,)] = base.work("select count(distinct movement_id) from intermediate.int_linked_records")
    return Tables(records, numbers, states, movements)


LABELS = {(row["domain"], row["code"]): row["label"] for row in seed_rows("codes")}
TITLES = {row["rule_code"]: row["title"] for row in seed_rows("quality_rules")}
DIRECTIONS = {
    "into": "Into Kenya", "out_of": "Out of Kenya", "within": "Within Kenya", "through": "Through Kenya",
    "outside": "Outside Kenya", "first_known_at_border": "First known at the border", "unknown": "Start or end unknown",
}  # fmt: skip
ERASED = ("withdrawn", "past_retention")  # the refresh destroys it at once, so that no table has it
NAMED = {
    "event_month": "Month", "event_year": "Year", "start_place_id": "Start", "start_basis": "What the start is",
    "end_place_id": "End", "end_basis": "What the end is", "direction": "Direction", "transit": "Places passed",
    "intended_place_id": "Promised place", "first_known_place_id": "First known place",
}  # fmt: skip


def shown(name: str, value: str | list[str] | None) -> str:
    """What a person reads of a value."""
    each = [value] if isinstance(value, str) else value or ["Not known"]
    if name == "direction":
        each = [DIRECTIONS[one] for one in each]
    if name.endswith("place_id") or name == "transit":
        each = [place_names().get(one, one) for one in each]
    domain = "place_basis" if name.endswith("_basis") else name
    return ", ".join(one[:7] if name == "event_month" else LABELS.get((domain, one), one) for one in each)


def state(fate: str, rules: str | None) -> str:
    if fate == "current":
        return "In the release"
    said = "Set aside" if fate == "quarantined" else fate.capitalize()
    return f"{said}: {', '.join(TITLES[rule] for rule in rules.split(';'))}" if rules else said


def rows_of(before: Tables, after: Tables) -> list[tuple[str, str, str]]:
    """The rows of the preview's table: what changes in how many records, now and then."""
    found: Counter[tuple[str, str, str]] = Counter()
    for one, old_state in before.states.items():
        new_state = after.states.get(one, ERASED)
        if old_state != new_state:
            found["State", state(*old_state), state(*new_state)] += 1
    for one in before.records.keys() & after.records.keys():
        old, new = before.records[one], after.records[one]
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name):
                found[NAMED[name], shown(name, old.get(name)), shown(name, new.get(name))] += 1
    return sorted(
        (f"{what}, {'1 record' if count == 1 else f'{count} records'}", one, other)
        for (what, one, other), count in found.items()
    )


def difference(before: Tables, after: Tables) -> dict[str, Any]:
    both = before.records.keys() & after.records.keys()
    keys = before.numbers.keys() | after.numbers.keys()
    counts = {key: (before.numbers.get(key, 0), after.numbers.get(key, 0)) for key in keys}
    return {
        "entering": len(after.records.keys() - before.records.keys()),
        "leaving": len(before.records.keys() - after.records.keys()),
        "changing": sum(before.records[one] != after.records[one] for one in both),
        "movements": after.movements - before.movements,
        "rows": rows_of(before, after),
        "numbers": sorted((str(number_named(key)), *two) for key, two in counts.items() if two[0] != two[1]),
        "number_count": sum(one != other for one, other in counts.values()),
    }


def said(preview: Preview) -> dict[str, Any]:
    assert preview.faults == []
    number = {one.template: one.given.get("number") for one in preview.says if isinstance(one, Sentence)}
    more = [one.given["after"] - one.given["before"] for one in preview.says if "Movements" in one]  # type: ignore[attr-defined]
    return {
        "entering": number.get(ENTER, 0),
        "leaving": number.get(LEAVE, 0),
        "changing": number.get(CHANGE, 0),
        "movements": sum(more),
        "rows": sorted((str(one.what), str(one.before), str(one.after)) for one in preview.changes),
        "numbers": sorted((str(one.what), one.before, one.after) for one in preview.numbers),
        "number_count": number.get(NUMBERS, 0),
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
    base.deliver("chui_routes", "chui_2020_few.csv", scenario.ROUTE_HEADER + "Nairobi;Rwanda;Labour;1\n")
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
        ("check_waiver", {"check": "row_volume_is_plausible", "scope": extract(base, "chui_routes", 2)["extract_id"], "expires": LATER.date() + timedelta(days=30)}),
        ("extract_accept", extract(base, "swala_post", 2)),
    ]  # fmt: skip


def test_nothing_is_counted_while_a_refresh_makes_the_tables_anew(base: EvidenceBase) -> None:
    withdrawn = [("extract_withdraw", extract(base, "kobe_post", 2))]
    refresh = RefreshLock(base.settings)
    refresh.take("run")
    found = try_decisions(base.settings, withdrawn, *BY, base.settings.as_of())
    refresh.release()
    assert (found.says, found.numbers) == ((), ())
    assert [note for note in found.notes if "nothing is counted now" in note]


def test_a_fault_in_counting_is_a_note_without_its_text(
    base: EvidenceBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(trial._KEPT, "states", "select cast('canary' as integer)")
    withdrawn = [("extract_withdraw", extract(base, "kobe_post", 2))]
    found = try_decisions(base.settings, withdrawn, *BY, base.settings.as_of())
    assert (found.faults, found.says) == ([], ())
    [note] = [note for note in found.notes if "cannot be counted" in note]
    assert "ConversionException" in note and "canary" not in str(found)


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
