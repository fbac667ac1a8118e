"""A steward sees of a landed record what identifies nobody, and is told what is hidden and why."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.core import Settings, UsageError, shown_record
from orchestration.stewardship import record_decision
from orchestration.stewardship.desk.views.rows import rows_set_aside
from orchestration.stewardship.worklists.record_fields import SHOWN, Field, fields_of
from orchestration.typing.tables import SCHEMAS
from tests.fixtures import steward_world as world
from tests.fixtures.steward_world import NOW, PARTNER, SERVING

# Columns of the typed records that are never shown as they are, and the keys by which a record is found.
HIDDEN = {
    "event_on", "submitted_at", "embargo_until", "period_from", "period_to", "round", "protection_key",
    "submission_key",
}  # fmt: skip
KEYS = {"extract_id", "partner", "record_id", "sheet", "row_number", "source_row_count", "key_basis"}
CONTRACT = {
    "fields": {
        "event_on": {"column": "Date"}, "age_band": {"column": "Age", "from_": "birth_date"},
        "place(origin).place_text": {"column": "From", "basis": "home"}, "industry": {"column": "Work"},
    },
    "link": {"given": "First name", "surname": "Surname", "phone": None},
    "deny": ["Remarks by R. Testperson"],
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = world.make_home(tmp_path)
    note = settings.landing / PARTNER / f"{SERVING}.json"
    note.write_text(json.dumps({"contract": world.CONTRACT, "contract_content": CONTRACT}))
    whole = dict.fromkeys(SCHEMAS["records"].names, None)
    days = {"event_on": date(2025, 1, 17), "submitted_at": datetime(2025, 1, 18, tzinfo=UTC), "sex": "female"}
    rows = [whole | _record(1, "Jan", 2) | days, whole | _record(2, "Feb", 2), whole | _record(3, "Jan", 3)]
    world.write_table(settings.typed / "records" / f"{SERVING}.parquet", rows)
    (settings.typed / "records" / "x.parquet").unlink()
    return settings


def _record(number: int, sheet: str, row: int) -> dict[str, Any]:
    return {"partner": PARTNER, "extract_id": SERVING, "record_id": number, "sheet": sheet, "row_number": row}


def of_row(settings: Settings, sheet: str | None = "Jan", row: int = 2) -> dict[str, Field]:
    return {one.name: one for one in fields_of(settings, PARTNER, SERVING, sheet, row)}


def test_codes_are_shown_and_a_day_becomes_its_month(settings: Settings) -> None:
    found = of_row(settings)
    assert found["sex"].typed_value == "female"
    assert found["event_month"].typed_value == "2025-01"
    assert found["record_code"].typed_value == shown_record(1)
    assert "17" not in str([one.typed_value for one in found.values() if one.name != "record_code"])


def test_hidden_fields_are_named_with_the_reason(settings: Settings) -> None:
    found = of_row(settings)
    hidden = {name: one.why_withheld for name, one in found.items() if one.is_withheld}
    assert hidden.keys() == {
        "event_on", "submitted_at", "place(origin).place_text", "age", "record_ref", "given", "surname",
        "columns_that_the_contract_denies",
    }  # fmt: skip
    assert all(hidden.values())
    assert all(one.typed_value is None for one in found.values() if one.is_withheld)
    assert "Testperson" not in str(found)
    assert found["industry"] == Field("industry", columns=("Work",)) and "nationality" not in found, (
        "the contract reads one"
    )


def test_problems_are_shown_at_their_field(settings: Settings) -> None:
    problems = {"event_on": "date_invalid", "record": "duplicate_rows", "sex": "sex_conflict"}
    of_row_2 = _record(1, "Jan", 2) | {"outcome": "Q"}
    rows = [of_row_2 | {"field": name, "problem_code": code} for name, code in problems.items()]
    world.write_table(settings.typed / "problems" / f"{SERVING}.parquet", rows)
    found = of_row(settings)
    assert [found[name].problem_codes for name in problems] == [(code,) for code in problems.values()]


@pytest.mark.parametrize(
    ("finest_place", "shown"),
    [("town", "Busia (county, Kenya)"), ("county", "Busia (county, Kenya)"), ("country", "Kenya (country)")],
)
def test_place_is_shown_as_county_or_country(settings: Settings, finest_place: str, shown: str) -> None:
    extract = {"partner": PARTNER, "extract_id": SERVING, "finest_place": finest_place}
    world.write_table(settings.typed / "extracts" / f"{SERVING}.parquet", [extract])
    stops = [
        {"partner": PARTNER, "extract_id": SERVING, "record_id": 1, "place_role": role, "seq": seq,
         "mention_id": mention}
        for role, seq, mention in (("origin", 1, world.RESOLVED), ("transit", 1, world.OPEN_NAME))
    ]  # fmt: skip
    world.write_table(settings.typed / "place_mentions" / f"{SERVING}.parquet", stops)
    match = {"mention_id": world.RESOLVED, "county_place_id": "KE040", "country_alpha3": "KEN"}
    world.write_table(settings.work / "places" / "matches.parquet", [match | {"place_id": "bp-ken-malaba"}])
    found = of_row(settings)
    assert found["place(origin) 1"].typed_value == shown
    assert found["place(transit) 2"].typed_value is None


def test_row_in_several_sheets_needs_the_sheet(settings: Settings) -> None:
    with pytest.raises(UsageError, match="row 2: Feb, Jan"):
        of_row(settings, None)
    assert of_row(settings, None, 3)["record_code"].typed_value == shown_record(3)
    with pytest.raises(UsageError, match="row 99"):
        of_row(settings, "Jan", 99)
    shutil.rmtree(settings.typed)
    with pytest.raises(UsageError, match="NJIA_DELETE_WORK is on"):
        of_row(settings)


def test_every_typed_column_is_shown_or_hidden() -> None:
    assert set(SCHEMAS["records"].names) == {*SHOWN, *HIDDEN, *KEYS} and not {"round", "event_on"} & set(
        SHOWN
    )


def test_undecided_rows_are_listed_with_the_other_rules(settings: Settings) -> None:
    world.set_aside(settings, *((number, "date_invalid") for number in (1, 2, 3)), (3, "count_zero"))
    listed = rows_set_aside(settings, PARTNER, "date_invalid")
    assert [one["record"] for one in listed] == [shown_record(number) for number in (1, 2, 3)]
    assert listed[0]["row_number"] == "2"
    assert [one["other_rules"] for one in listed] == [(), (), ("count_zero",)]
    record_decision(settings, "row_exclude", "A. Fixture", "an example", NOW, record=shown_record(2))
    assert [one["row_number"] for one in rows_set_aside(settings, PARTNER, "date_invalid")] == ["2", "4"]
