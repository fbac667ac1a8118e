"""Corrections of single values: through a refresh and back, bound to what was written, and what is refused."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.core import Settings, UsageError, load_keys, record_of, shown_record
from orchestration.refresh import extracts
from orchestration.release import current_release
from orchestration.stewardship import export_lines, list_decisions, record_decision, review
from orchestration.stewardship.decisions.previews import try_decisions
from orchestration.stewardship.decisions.recording import revoke
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of
from tests.fixtures.desk_world import OBSERVER, Visitor, make_accounts, shown, visitor

PARTNER = "swala_post"
REASON = "confirmed by telephone"


def record(settings: Settings, reference: str) -> str:
    return shown_record(load_keys(settings).record_id(PARTNER, f"{PARTNER}_cases|{reference}"))


def correct(settings: Settings, reference: str, field: str, value: str) -> dict[str, Any]:
    named = {"record": record(settings, reference), "field": field, "value": value}
    return record_decision(settings, "value_correction", "A. Fixture", REASON, settings.as_of(), **named)


def typed(settings: Settings, table: str, reference: str) -> list[dict[str, Any]]:
    """The rows of a record in the newest extract of its partner."""
    extracts_of_all = [
        one
        for path in (settings.typed / "extracts").glob("*.parquet")
        for one in pq.read_table(path).to_pylist()
    ]
    newest = max(
        (one for one in extracts_of_all if one["partner"] == PARTNER), key=lambda one: one["sequence"]
    )
    wanted = record_of(record(settings, reference))
    path = settings.typed / table / f"{newest['extract_id']}.parquet"
    return pq.read_table(path, filters=[("record_id", "=", wanted)]).to_pylist()


def retype(settings: Settings) -> None:
    steps.do(settings, lambda run: (extracts.take_in(run), extracts.type_extracts(run)))


def content(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob(pattern)
        if path.is_file()
    }


def of_partner(settings: Settings, partner: str) -> set[str]:
    return {path.stem for path in (settings.landing / partner).glob("*.json")}


def test_corrected_value_is_typed_published_and_told_until_it_is_revoked(evidence_base: EvidenceBase) -> None:
    settings = evidence_base.settings
    before, landed = current_release(settings), content(settings.landing)
    notes = content(settings.work / "artifacts" / "typed")
    made = correct(settings, "S5", "event_on", "03/03/2025")
    ended = evidence_base.at(scenario.AS_OF + timedelta(hours=1)).refresh()
    assert (ended.outcome, ended.error) == ("published", None)
    [row] = typed(settings, "records", "S5")
    assert (row["event_on"], row["date_precision"]) == (date(2025, 3, 3), "day")
    after = current_release(settings)
    assert before and after
    assert after.manifest["rows"] == before.manifest["rows"] | {"current": 19, "quarantined": 1}
    assert {"id": made["id"], "kind": "value_correction"} in after.manifest["decisions"]

    assert content(settings.landing) == landed, "the file as sent stays"
    again = content(settings.work / "artifacts" / "typed")
    changed = {name.removesuffix(".json") for name in notes if notes[name] != again[name]}
    assert changed == of_partner(settings, PARTNER), "nobody else is typed anew"

    folder = max((settings.receipts / PARTNER).glob("*"))
    with (folder / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        told = [line for line in csv.DictReader(file) if "corrected" in line["what_became_of_it"]]
    [line] = told
    assert (line["row"], line["column"]) == ("6", "Date")
    assert REASON in line["meaning"]
    page = shown((folder / "receipt.html").read_text(encoding="utf-8"))
    assert "1 value is read as corrected" in page and REASON in page
    others = [path for path in settings.receipts.rglob("*.html") if PARTNER not in path.parts]
    assert others and not any(REASON in path.read_text(encoding="utf-8") for path in others)
    told_to_partner = b"".join(content(folder).values())
    assert b"31/02/2025" not in told_to_partner and b"03/03/2025" not in told_to_partner

    revoke(settings, made["id"], "A. Fixture", "it was a test", scenario.AS_OF)
    retype(settings)
    assert typed(settings, "records", "S5")[0]["event_on"] is None
    assert [one["problem_code"] for one in typed(settings, "problems", "S5")] == ["date_invalid"]


def test_value_that_the_partner_writes_anew_holds(evidence_base: EvidenceBase) -> None:
    settings = evidence_base.settings
    made = correct(settings, "S5", "event_on", "03/03/2025")
    retype(settings)
    assert list_decisions(settings)[0]["without_effect"] is None
    mended = scenario.SWALA.replace("31/02/2025", "04/03/2025")
    evidence_base.deliver(PARTNER, "swala_2026-03.csv", mended)
    retype(settings)
    assert typed(settings, "records", "S5")[0]["event_on"] == date(2025, 3, 4)
    assert "value_corrected" not in {one["problem_code"] for one in typed(settings, "problems", "S5")}
    [listed] = list_decisions(settings)
    assert (listed["id"], "has sent Day of the event of record" in str(listed["without_effect"])) == (
        made["id"],
        True,
    )
    revoke(settings, made["id"], "A. Fixture", "the partner wrote it", settings.as_of())
    with pytest.raises(UsageError, match=r"has sent Day of the event of record r-[0-9a-f]{16} again"):
        record_decision(
            settings, "value_correction", "A. Fixture", REASON, settings.as_of(), record=record(settings, "S5"),
            field="event_on", value="05/03/2025", written=made["written"],
        )  # fmt: skip
    assert correct(settings, "S5", "event_on", "05/03/2025")["written"] != made["written"]


def test_same_value_sent_again_stays_corrected(evidence_base: EvidenceBase) -> None:
    correct(evidence_base.settings, "S5", "event_on", "03/03/2025")
    evidence_base.deliver(PARTNER, "swala_2026-03.csv", scenario.SWALA.replace("S1;04/03", "S1;05/03"))
    retype(evidence_base.settings)
    assert typed(evidence_base.settings, "records", "S5")[0]["event_on"] == date(2025, 3, 3)


@pytest.mark.parametrize(
    ("reference", "field", "value", "found"),
    [
        ("S3", "sex", "F", {"sex": "female"}),
        ("S3", "age_band", "16", {"age_band": "a09_17", "is_child": True}),
        ("S6", "place(origin).place_text", "Kisumu", {"sex": "female"}),
        ("S6", "place(exploitation).place_text", "KE047", {"sex": "female"}),
    ],
)
def test_fields_are_typed_by_the_contract(
    evidence_base: EvidenceBase, reference: str, field: str, value: str, found: dict[str, Any]
) -> None:
    correct(evidence_base.settings, reference, field, value)
    retype(evidence_base.settings)
    [row] = typed(evidence_base.settings, "records", reference)
    assert {name: row[name] for name in found} == found
    flagged = typed(evidence_base.settings, "problems", reference)
    assert [
        (one["field"], one["outcome"]) for one in flagged if one["problem_code"] == "value_corrected"
    ] == [(field, "flag")]


def test_place_that_was_left_empty_is_filled(evidence_base: EvidenceBase) -> None:
    assert {one["place_role"] for one in typed(evidence_base.settings, "place_mentions", "S6")} == {"origin"}
    made = correct(evidence_base.settings, "S6", "place(exploitation).place_text", "KE047")
    assert made["value"] == "Nairobi"
    retype(evidence_base.settings)
    roles = {one["place_role"] for one in typed(evidence_base.settings, "place_mentions", "S6")}
    assert roles == {"origin", "exploitation"}


def place_read(settings: Settings, reference: str, role: str) -> str | None:
    """The place that a refresh gives a record's role."""
    steps.do(settings, extracts.locate)
    [mention] = [one for one in typed(settings, "place_mentions", reference) if one["place_role"] == role]
    matches = pq.read_table(settings.work / "places" / "matches.parquet").to_pylist()
    [place_id] = [one["place_id"] for one in matches if one["mention_id"] == mention["mention_id"]]
    return str(place_id) if place_id else None


def previewed(settings: Settings, reference: str, field: str, value: str) -> list[str]:
    """Why the correction cannot be made."""
    payload = {"record": record(settings, reference), "field": field, "value": value}
    wanted = [("value_correction", payload)]
    return try_decisions(settings, wanted, "A. Fixture", REASON, settings.as_of()).faults


def test_place_is_read_with_the_country_beside_it(evidence_base: EvidenceBase) -> None:
    settings, origin = evidence_base.settings, "place(origin)."
    origin_line = "  place(origin).place_text: {column: From, basis: home}\n"
    beside = f"{origin_line}  place(origin).country_text: State\n"
    contract = scenario.PARTNERS[PARTNER].replace(origin_line, beside)
    evidence_base.write_contract(PARTNER, contract.replace("version: 1", "version: 2"))
    head, *lines = scenario.SWALA.replace("F;16;Busia", "F;16;Kisumu").splitlines()
    sent = "".join(f"{line}\n" for line in (f"{head};State", *(f"{line};Kenya" for line in lines)))
    evidence_base.deliver(PARTNER, "swala_2026-03.csv", sent)
    retype(settings)

    for reference in ("S1", "S6"):
        assert "means no single" in previewed(settings, reference, f"{origin}place_text", "Kampala")[0]
        with pytest.raises(UsageError, match="means no single known place"):
            correct(settings, reference, f"{origin}place_text", "Kampala")
    assert list_decisions(settings) == []

    assert previewed(settings, "S6", f"{origin}country_text", "Uganda") == []
    correct(settings, "S6", f"{origin}country_text", "Uganda")
    assert previewed(settings, "S6", f"{origin}place_text", "Busia") == []
    correct(settings, "S6", f"{origin}place_text", "Busia")
    retype(settings)
    assert place_read(settings, "S6", "origin") == "bp-uga-busia", "not the Busia in Kenya"


def test_place_is_read_with_the_decisions_on_names_that_hold(evidence_base: EvidenceBase) -> None:
    settings, field = evidence_base.settings, "place(origin).place_text"
    named = {"text": "Mombasa", "partner": PARTNER, "place_id": "KE042"}
    record_decision(settings, "place_alias", "A. Fixture", REASON, settings.as_of(), **named)
    assert previewed(settings, "S6", field, "Mombasa") == []
    correct(settings, "S6", field, "Mombasa")
    retype(settings)
    steps.do(settings, extracts.locate)
    [mention] = [one for one in typed(settings, "place_mentions", "S6") if one["place_role"] == "origin"]
    scoped = pq.read_table(settings.work / "places" / "scoped_mentions.parquet").to_pylist()
    assert (mention["mention_id"], "origin") in {(one["mention_id"], one["place_role"]) for one in scoped}


@pytest.mark.parametrize(
    ("reference", "field", "value", "why"),
    [
        ("S6", "place(origin).place_text", scenario.PLANTED_NAMES[0], "know no such name"),
        ("S6", "place(origin).place_text", "Amina Testperson", "know no such name"),
        ("S6", "Name", "Amina Testperson", "is never corrected here"),
        ("S6", "Phone", "0712345678", "is never corrected here"),
        ("S6", "consent_state", "given", "is never corrected here"),
        ("S6", "place(transit).list", "Nakuru", "is never corrected here"),
        ("S5", "event_on", "the day Amina Testperson came", "would not be read: "),
        ("S5", "event_on", "31/04/2025", "would not be read: No such day"),
        ("S5", "sex", "Amina Testperson", "would not be read: "),
        ("S5", "age_band", "14/03/2006", "would not be read: "),
        ("S5", "age_band", "2006", "would not be read: "),
        ("S5", "exploitation_type", "Domestic", "is read as domestic_servitude already"),
        ("S5", "event_on", "", "value: is empty"),
        ("S99", "event_on", "03/03/2025", "No extract in the landing holds a record"),
    ],
)
def test_what_is_no_value_of_the_field_enters_no_decision(
    still: EvidenceBase, reference: str, field: str, value: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why) as refused:
        correct(still.settings, reference, field, value)
    assert "Testperson" not in str(refused.value)
    assert export_lines(still.settings) == []


@pytest.fixture(scope="module")
def still(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    """For tests that change nothing."""
    return copy_of(published_world, tmp_path_factory.mktemp("still"))


def test_second_correction_of_a_value_names_the_first(evidence_base: EvidenceBase) -> None:
    first = correct(evidence_base.settings, "S5", "event_on", "03/03/2025")
    with pytest.raises(UsageError, match=f"Decision {first['id']} corrects this value already") as refused:
        correct(evidence_base.settings, "S5", "event_on", "04/03/2025")
    assert f"njia decide revoke {first['id']}" in str(refused.value)


# --- at the desk ------------------------------------------------------------------------------------


@pytest.fixture
def steward(evidence_base: EvidenceBase) -> Visitor:
    make_accounts(evidence_base.settings)
    return visitor(evidence_base.settings)


def page_of(settings: Settings, rule: str = "date_invalid") -> str:
    row = next(one for one in review.read(settings, review.QUARANTINED_ROWS) if one["rule_code"] == rule)
    return f"/record?partner={row['partner']}&extract={row['extract_id']}&sheet={row['sheet']}&row={row['row_number']}"


def test_desk_previews_decides_and_shows_a_correction(evidence_base: EvidenceBase, steward: Visitor) -> None:
    settings = evidence_base.settings
    page = steward.get(page_of(settings))
    form = page.text.partition('action="/preview"')[2].partition("</form>")[0]
    offered = [part.partition('"')[0] for part in form.split('<option value="')[1:]]
    assert offered[0] == "event_on", "the field with a problem comes first"
    assert {"sex", "place(origin).place_text"} < set(offered)
    assert not {"consent_state", "record_ref"} & set(offered)
    asked = {"record": record(settings, "S5"), "field": "event_on", "value": "03/03/2025"}
    previewed = steward.preview("value_correction", REASON, **asked)
    told = shown(previewed.text)
    assert "Records that enter the release: 1." in told
    assert "State, 1 record Set aside: No such day In the release" in told
    assert export_lines(settings) == [], "a preview writes nothing"
    assert "is corrected, until the partner writes it anew" in shown(steward.confirm(previewed).text)
    [made] = list_decisions(settings)
    record_page = shown(steward.get(page_of(settings)).text)
    assert f"No such day Mar 2025 {made['author']}" in record_page and REASON in record_page
    assert "03/03/2025" not in record_page
    revoked = steward.preview("revoke", id=made["id"])
    told = shown(revoked.text)
    assert "Records that leave the release: 1." in told
    assert "State, 1 record In the release Set aside: No such day" in told


def test_desk_refuses_a_persons_name_as_a_place(evidence_base: EvidenceBase, steward: Visitor) -> None:
    asked = {"record": record(evidence_base.settings, "S6"), "field": "place(origin).place_text"}
    previewed = steward.preview("value_correction", REASON, value="Amina Testperson", **asked)
    assert previewed.status_code == 400
    assert "know no such name" in shown(previewed.text)


def test_reader_without_the_right_to_decide_sees_no_form(
    evidence_base: EvidenceBase, steward: Visitor
) -> None:
    guest = visitor(evidence_base.settings, OBSERVER)
    page = guest.get(page_of(evidence_base.settings)).text
    assert "As it should have been written" not in page
    assert "may look but not decide" in page


def test_decision_line_holds_a_token_of_what_was_written(evidence_base: EvidenceBase) -> None:
    made = correct(evidence_base.settings, "S5", "event_on", "03/03/2025")
    (line,) = export_lines(evidence_base.settings)
    assert json.loads(line)["written"] == made["written"]
    assert "31/02/2025" not in line
