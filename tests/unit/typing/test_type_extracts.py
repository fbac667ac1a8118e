"""The type step on landed extracts: records, places, problems, caching, and faults of one extract."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import core, typing
from orchestration.contracts import Contract, Contracts
from orchestration.core import Keys, Settings, read_json, read_texts, write_json, write_texts
from orchestration.intake import LandedCell
from orchestration.intake.landing.landing import CELLS
from orchestration.typing import TYPED_TABLES, table_rows
from orchestration.typing.assembly import Record, assemble
from orchestration.typing.step import TypedSummary, type_extracts

KEYS = Keys(b"k" * 32, "age1fixture")
ROUTES: dict[str, Any] = {
    "contract": "swala_routes", "version": 1, "partner": {"code": "swala", "steward": "data@swala.example"},
    "grain": "route_report",
    "agreement": {"id": "A", "valid_from": "2019-01-01", "valid_to": "2035-01-01", "finest_place": "town"},
    "delivery": {"mode": "full", "cadence": "yearly", "key": "Ref"}, "format": {"kind": "csv"},
    "locale": {"dates": "dmy", "languages": ["en", "sw"], "default_country": "KEN"},
    "fields": {
        "event_on": "Date", "person_count": {"column": "Cases", "maximum": 500},
        "place(origin).place_text": {"column": "From", "basis": "home"}, "place(origin).country_text": {"column": "Country", "basis": "home"},
        "place(transit).list": {"column": "Through", "split": [">"], "direct": ["Direct"]},
        "place(intended_destination).place_text": "To", "transport_mode": "How",
        "exploitation_type": {"column": "Type", "values": {"CSE": "sexual_exploitation"}},
        "embargo_until": {"column": "Embargo"},
    },
}  # fmt: skip
CASES: dict[str, Any] = ROUTES | {
    "contract": "swala_cases", "grain": "case", "consent": {"column": "Consent", "values": {"Yes": "given"}},
    "fields": {
        "event_on": "Date", "submitted_at": "Sent", "sex": {"column": "Sex", "required": True},
        "age_band": {"column": "Age", "from": "age_text"}, "nationality": "Nationality",
        "industry": "Work", "means": {"constant": "fraud"},
        "place(origin).place_text": {"column": "From", "basis": "home"}, "place(transit).place_text": "legs/place",
        "place(transit).transport_mode": {"column": "legs/mode", "select_multiple": "joined"},
        "place(exploitation).place_text": {"column": "Where", "basis": "exploited"},
    },
    "format": {"kind": "xlsx", "repeats": {"legs": {"parent": "Ref"}}},
}  # fmt: skip
FLOWS: dict[str, Any] = ROUTES | {
    "contract": "swala_flows", "grain": "flow_count",
    "fields": {
        "event_on": "Date", "place(origin).place_text": {"column": "From", "basis": "home"}, "place(transit).previous": "Before",
        "place(transit).place_text": {"column": "Point", "basis": "observed"}, "place(transit).next": "After",
        "place(intended_destination).place_text": "To",
    },
}  # fmt: skip


class World:
    """A home with landed extracts of one partner."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(folder / "home", folder / "partners", folder / "keys")
        self.contracts = Contracts()

    def land(self, contract: dict[str, Any], rows: list[dict[str, Any]], extract_id: str = "a" * 16) -> Path:
        """Rows map fields to a text or (value, kind); `_ref`, `_row` and `_legs` say where they stand."""
        cells = []
        for at, row in enumerate(rows, start=2):
            record, number = KEYS.record_id("swala", str(row.get("_ref", at))), row.get("_row", at)
            for field, value in row.items():
                if not field.startswith("_"):
                    text, kind = value if isinstance(value, tuple) else (value, "text")
                    cells.append((record, "Cases", number, "", field, 0, text, kind, None))
            for seq, leg in enumerate(row.get("_legs", []), start=1):
                cells += [
                    (record, "legs", seq, "legs", field, seq, text, "text", None)
                    for field, text in leg.items()
                ]
        path = self.settings.landing / "swala" / f"{extract_id}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = [list(column) for column in zip(*cells, strict=True)] if cells else [[] for _ in CELLS]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, CELLS, strict=True)]
        pq.write_table(pa.Table.from_arrays(arrays, schema=CELLS), path)
        texts = path.with_suffix(".texts")
        write_texts(texts, KEYS, {})
        write_json(
            path.with_suffix(".json"),
            {
                "extract_id": extract_id, "partner": "swala", "contract": contract["contract"],
                "contract_content": Contract.model_validate(contract).content,
                "file": "swala 2020-10-15 aaaaaaaa…",
                **Contract.model_validate(contract).declared_of("extract.csv"), "received_on": "2020-10-15",
                "sequence": 1, "rows_read": len(rows) + 1, "rows_landed": len(rows), "rows_refused": 1,
                "refusals": [{"sheet": "Cases", "reason": "skip:blank", "rows": 1}],
                "parquet_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "texts_sha256": hashlib.sha256(texts.read_bytes()).hexdigest(), "date_system": 1900,
            },
        )  # fmt: skip
        return path

    def type(self, *corrections: dict[str, Any]) -> TypedSummary:
        return type_extracts(self.settings, KEYS, contracts=self.contracts, corrections=corrections)

    def take(self, contract: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        """Land one extract and type it."""
        self.land(contract, rows)
        self.type()

    def table(self, name: str) -> list[dict[str, Any]]:
        files = sorted((self.settings.typed / name).glob("*.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]

    def place_names(self) -> dict[int, str]:
        files = sorted((self.settings.typed / "mentions").glob("*.texts"))
        mentions = [mention for file in files for mention in read_texts(file, KEYS)]
        return {mention["mention_id"]: mention["place_text"] for mention in mentions}

    def problems(self) -> list[str]:
        return sorted(f"{row['outcome']}:{row['problem_code']}" for row in self.table("problems"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


ROUTE: dict[str, Any] = {
    "event_on": "04/03/2020", "person_count": "5-10", "place(origin).place_text": "Busia",
    "place(origin).country_text": "Kenya", "place(transit).list": "Busia > Nakuru > Nairobi",
    "place(intended_destination).place_text": "Nairobi", "transport_mode": "matatu, miguu",
    "exploitation_type": "CSE",
}  # fmt: skip
CASE: dict[str, Any] = {
    "event_on": "04/03/2020", "sex": "F", "age_band": "16", "place(origin).place_text": "Garissa",
    "place(exploitation).place_text": "Nairobi",
}  # fmt: skip


def test_route_report_fills_record_codes_and_places(world: World) -> None:
    world.take(ROUTES, [ROUTE])
    expected = {
        "record_grain": "route_report", "event_kind": "unknown", "event_on": date(2020, 3, 4),
        "date_precision": "day", "period_to": date(2020, 3, 4), "person_count": 5, "person_count_low": 5,
        "person_count_high": 10, "count_basis": "range", "is_group": False, "transit_count": 1,
        "consent_state": "not_needed", "sex": None, "key_basis": "reference", "source_row_count": 1,
    }  # fmt: skip
    assert expected.items() <= world.table("records")[0].items()
    assert {(row["domain"], row["code"], row["seq"]) for row in world.table("record_codes")} == {
        ("transport_mode", "matatu", 1), ("transport_mode", "foot", 2),
        ("exploitation_type", "sexual_exploitation", 1),
    }  # fmt: skip
    names = world.place_names()
    places = [
        (row["place_role"], row["seq"], names[row["mention_id"]]) for row in world.table("place_mentions")
    ]
    assert sorted(places) == [
        ("intended_destination", 1, "Nairobi"), ("origin", 1, "Busia"), ("transit", 1, "Nakuru"),
    ]  # fmt: skip
    assert world.problems() == ["flag:transit_trimmed"]


def test_extracts_and_refusals_come_from_landing_and_contract(world: World) -> None:
    world.take(ROUTES, [ROUTE])
    extract = world.table("extracts")[0]
    assert (extract["rows_read"], extract["rows_landed"], extract["rows_refused"]) == (2, 1, 1)
    assert extract["agreement_to"] == date(2035, 1, 1)
    assert extract["partner_code"] == KEYS.partner_code("swala")
    assert [(row["reason"], row["row_count"]) for row in world.table("refusals")] == [("skip:blank", 1)]


@pytest.mark.parametrize(("may_be_named", "name"), [(True, "Swala House"), (False, None)])
def test_partner_is_named_only_by_agreement(world: World, may_be_named: bool, name: str | None) -> None:
    partner = ROUTES["partner"] | {"name": "Swala House"}
    agreement = ROUTES["agreement"] | {"may_be_named": may_be_named}
    world.take(ROUTES | {"partner": partner, "agreement": agreement}, [ROUTE])
    assert world.table("extracts")[0]["partner_name"] == name


def test_every_folder_has_an_empty_file_of_the_right_schema(world: World) -> None:
    world.type()
    for table in TYPED_TABLES:
        schema = typing.SCHEMAS[table]
        assert pq.read_schema(world.settings.typed / table / "_empty.parquet").equals(schema)


def test_mention_ids_ignore_capitals_and_blanks(world: World) -> None:
    world.take(ROUTES, [ROUTE, ROUTE | {"place(origin).place_text": " BUSIA ", "_ref": "other"}])
    ids = {row["mention_id"] for row in world.table("place_mentions") if row["place_role"] == "origin"}
    assert ids == {KEYS.number("mention", "busia", "", "kenya", "KEN")}


def test_missing_date_is_quarantined_unless_the_extract_declares_a_period(world: World) -> None:
    undated = {field: value for field, value in ROUTE.items() if field != "event_on"}
    world.take(ROUTES, [undated | {"_row": 17}])
    assert world.table("records")[0]["date_precision"] == "unknown"
    problem = next(row for row in world.table("problems") if row["outcome"] == "Q")
    found = [problem[name] for name in ("field", "problem_code", "row_number")]
    assert found == ["event_on", "date_missing", 17]
    declared = [{"match": "*.csv", "period": {"from": "2020-06-01", "to": "2020-06-30", "round": "2020"}}]
    world.take(ROUTES | {"extracts": declared}, [undated])
    record = world.table("records")[0]
    assert (record["event_on"], record["period_to"]) == (date(2020, 6, 1), date(2020, 6, 30))
    assert (record["date_precision"], record["round"]) == ("period", "2020")


def test_a_case_counts_one_person_and_takes_consent_from_the_contract(world: World) -> None:
    world.take(CASES, [CASE | {"nationality": "Kenyan", "industry": ""}])
    record = world.table("records")[0]
    assert (record["person_count"], record["count_basis"], record["is_group"]) == (1, "stated", False)
    assert (record["sex"], record["age_band"], record["is_child"]) == ("female", "a09_17", True)
    assert (record["nationality"], record["event_kind"], record["consent_state"]) == (
        "KEN",
        "unknown",
        "given",
    )
    codes = [(row["domain"], row["code"]) for row in world.table("record_codes")]
    assert ("means", "fraud") in codes and "industry" not in dict(codes)


def test_blank_or_unmapped_required_field_is_quarantined(world: World) -> None:
    blank = {field: value for field, value in CASE.items() if field != "sex"}
    world.take(CASES, [blank, CASE | {"sex": "7"}])
    assert world.problems() == ["Q:code_unmapped", "Q:required_missing"]


def test_case_of_both_sexes_is_quarantined(world: World) -> None:
    world.take(CASES, [CASE | {"sex": "M/F"}])
    assert (world.table("records")[0]["sex"], world.problems()) == ("unknown", ["Q:sex_conflict"])


def test_legs_of_a_child_sheet_are_stops_in_order(world: World) -> None:
    stops = [("Garissa", "bus"), ("Mwingi", "bus foot"), ("Thika", "foot")]
    names_of = ("place(transit).place_text", "place(transit).transport_mode")
    world.take(CASES, [CASE | {"_legs": [dict(zip(names_of, stop, strict=True)) for stop in stops]}])
    names = world.place_names()
    found = [
        (row["seq"], names[row["mention_id"]], row["transport_mode"])
        for row in world.table("place_mentions")
        if row["place_role"] == "transit"
    ]
    assert found == [(1, "Mwingi", None), (2, "Thika", "foot")]
    assert world.table("records")[0]["transit_count"] == 2
    modes = [row["code"] for row in world.table("record_codes") if row["domain"] == "transport_mode"]
    assert modes == ["bus", "foot"]


def test_places_before_and_after_a_flow_point_are_stops_around_it(world: World) -> None:
    row = {
        "event_on": "04/03/2020", "place(origin).place_text": "Kampala", "place(transit).previous": "Tororo",
        "place(transit).place_text": "Malaba", "place(transit).next": "Eldoret",
        "place(intended_destination).place_text": "Nairobi",
    }  # fmt: skip
    ends = row | {"place(transit).previous": "KAMPALA ", "place(transit).next": "Nairobi"}
    world.take(FLOWS, [row, ends, row | {"place(transit).next": "unknown"}])
    names = world.place_names()
    stops: dict[int, list[Any]] = {}
    for found in world.table("place_mentions"):
        if found["place_role"] == "transit":
            at = (found["seq"], names[found["mention_id"]], found["place_basis"])
            stops.setdefault(found["record_id"], []).append(at)
    around, alone, unknown_next = (stops[record["record_id"]] for record in world.table("records"))
    point = (2, "Malaba", "observed")
    assert around == [(1, "Tororo", "reported"), point, (3, "Eldoret", "reported")]
    assert alone == [(1, "Malaba", "observed")]
    assert unknown_next == [(1, "Tororo", "reported"), point, (3, "unknown", "reported")]
    assert {record["transit_count"] for record in world.table("records")} == {None}


def test_places_of_one_role_stand_in_the_order_of_their_bases(world: World) -> None:
    """Stops that repeat the strongest start and end are trimmed."""
    fields = ROUTES["fields"] | {
        "place(origin).place_text": {"column": "From", "basis": "not_said"},
        "place(origin).country_text": {"column": "Country", "basis": "not_said"}, "place(origin, home).place_text": "Home",
        "place(exploitation, identified).place_text": "Found in", "place(exploitation, last_known).place_text": "Was in",
    }  # fmt: skip
    row = {
        "event_on": "04/03/2020", "place(origin).place_text": "Busia", "place(origin, home).place_text": "Kakamega",
        "place(transit).list": "Kakamega > Nakuru > Nairobi", "place(exploitation, identified).place_text": "Thika",
        "place(exploitation, last_known).place_text": "Nairobi",
    }  # fmt: skip
    world.take(ROUTES | {"fields": fields}, [row])
    names = world.place_names()
    assert sorted(
        (one["place_role"], one["seq"], one["place_basis"], names[one["mention_id"]])
        for one in world.table("place_mentions")
    ) == [
        ("exploitation", 1, "last_known", "Nairobi"),
        ("exploitation", 2, "identified", "Thika"),
        ("origin", 1, "home", "Kakamega"),
        ("origin", 2, "not_said", "Busia"),
        ("transit", 1, "reported", "Nakuru"),
    ]


def test_record_without_a_place_is_quarantined(world: World) -> None:
    world.take(ROUTES, [{"event_on": "04/03/2020", "place(origin).place_text": "-"}])
    assert (world.problems(), world.table("place_mentions")) == (["Q:no_place"], [])


def test_embargo_in_words_ends_on_the_last_day_of_its_month(world: World) -> None:
    world.take(ROUTES, [ROUTE | {"embargo_until": "March 2031"}])
    assert world.table("records")[0]["embargo_until"] == date(2031, 3, 31)


def test_unchanged_extracts_are_left_alone_and_a_mapping_fix_types_again(world: World) -> None:
    world.land(ROUTES, [ROUTE | {"exploitation_type": "Kazi"}])
    assert world.type().retyped == 1
    assert world.type().retyped == 0
    assert world.problems()[-1] == "unk:code_unmapped"
    fields = ROUTES["fields"] | {"exploitation_type": {"column": "Type", "values": {"Kazi": "forced_labour"}}}
    fixed = Contract.model_validate(ROUTES | {"version": 2, "fields": fields})
    world.contracts = Contracts({"swala": [fixed]})
    assert world.type().retyped == 1
    assert "unk:code_unmapped" not in world.problems()
    assert world.table("extracts")[0]["contract_version"] == 2


def test_a_missing_table_is_written_again(world: World) -> None:
    world.take(ROUTES, [ROUTE])
    (world.settings.typed / "problems" / f"{'a' * 16}.parquet").unlink()
    assert world.type().retyped == 1


def test_extracts_that_landing_no_longer_holds_are_removed(world: World) -> None:
    path = world.land(ROUTES, [ROUTE])
    world.type()
    path.with_suffix(".json").unlink()
    summary = world.type()
    assert (summary.extracts, summary.removed, world.table("records")) == (0, 1, [])


def test_one_extract_that_fails_never_stops_the_others_and_quotes_no_cell(world: World) -> None:
    world.land(ROUTES, [ROUTE])
    broken = world.land(ROUTES, [ROUTE], extract_id="b" * 16)
    broken.write_bytes(b"Testperson 0712345678")
    entry = read_json(broken.with_suffix(".json"))
    write_json(broken.with_suffix(".json"), entry | {"parquet_sha256": core.sha256_of(broken)})
    summary = world.type()
    assert (summary.extracts, summary.retyped, len(summary.failed)) == (1, 1, 1)
    failure = summary.failed[0]
    name = "swala 2020-10-15 aaaaaaaa…"
    assert (failure.partner, failure.file, failure.step) == ("swala", name, "typing its cells")
    assert f"swala: file {name}" in failure.sentence and "ArrowInvalid while typing" in failure.sentence
    assert "Testperson" not in failure.sentence
    assert {row["extract_id"] for row in world.table("records")} == {"a" * 16}


def test_a_fault_midway_leaves_no_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    places = ["Busia", "Busia", "Busia", "Nakuru", "Busia"]
    rows = [ROUTE | {"_ref": str(at), "place(origin).place_text": place} for at, place in enumerate(places)]
    path = world.land(ROUTES, rows)
    assert world.type().records == 5
    entry = read_json(path.with_suffix(".json"))
    write_json(path.with_suffix(".json"), entry | {"received_on": "2020-10-16"})

    def faulty(cells: list[LandedCell], *others: Any) -> Record:
        if any(cell.value == "Nakuru" for cell in cells):
            assert list((world.settings.typed / "records").glob(".tmp-*")), "nothing is being written"
            raise ValueError("Testperson")
        return assemble(cells, *others)

    monkeypatch.setattr(table_rows, "assemble", faulty)
    monkeypatch.setattr(table_rows, "RECORDS_IN_A_BATCH", 1)
    summary = world.type()
    assert [failure.fault for failure in summary.failed] == ["ValueError"]
    assert (summary.extracts, summary.records) == (0, 0)
    assert not list(world.settings.typed.rglob(".tmp-*"))
    told = [table for table in TYPED_TABLES if world.table(table)]
    assert told == ["extracts", "refusals"], "its landing note alone"
    monkeypatch.setattr(table_rows, "assemble", assemble)
    assert (world.type().records, len(world.table("records"))) == (5, 5)


def test_spill_of_a_killed_process_is_removed(world: World) -> None:
    left = world.settings.spill / "records-left" / "0.arrow"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"landed values")
    world.type()
    assert not left.exists()


def test_cells_that_the_landing_note_does_not_describe_are_not_typed(world: World) -> None:
    path = world.land(ROUTES, [ROUTE])
    world.type()
    note = path.with_suffix(".json").read_text()
    world.land(ROUTES, [ROUTE | {"place(origin).place_text": "Elsewhere"}])
    path.with_suffix(".json").write_text(note)
    assert world.type().failed == [], "nothing is read again while nothing is to be typed"
    write_json(path.with_suffix(".json"), core.parsed(note, path) | {"received_on": "2020-10-16"})
    summary = world.type()
    [failure] = summary.failed
    assert (summary.extracts, summary.retyped, world.table("records")) == (0, 0, [])
    assert (failure.fault, failure.step) == ("OtherCells", "comparing its cells with its landing note")
    assert "if the file is still in the inbox, run the refresh again" in failure.sentence
    assert "its landed cells are damaged: `njia check`" in failure.sentence
    path.unlink()
    assert [failure.fault for failure in world.type().failed] == ["OtherCells"]


@pytest.mark.parametrize(("match", "period"), [("*other*", date(2019, 8, 1)), ("extract*", date(2020, 6, 1))])
def test_dropped_pattern_leaves_the_period_of_the_landing(world: World, match: str, period: date) -> None:
    declared = {"match": "extract*", "period": {"from": "2020-06-01", "to": "2020-06-30", "round": "2020"}}
    path = world.land(ROUTES | {"extracts": [declared]}, [ROUTE | {"event_on": ""}])
    entry = read_json(path.with_suffix(".json"))
    kept = {"from": "2019-08-01", "to": "2019-08-31", "round": "2019"}
    write_json(path.with_suffix(".json"), entry | {"period_match": match, "period": kept})
    assert world.type().failed == []
    [extract], [record] = world.table("extracts"), world.table("records")
    assert (extract["period_from"], record["period_from"]) == (period, period)
    assert extract["round"] == record["round"] == str(period.year)


def test_repeated_coverage_is_one_row(world: World) -> None:
    watched = {"places": ["KE047", "KE001"], "roles": ["origin"], "from": "2019-01-01"}
    until = watched | {"to": "2020-01-01", "office": "KE047"}
    world.take(ROUTES | {"coverage": [watched, watched, until]}, [ROUTE])
    rows = [(row["place_id"], row["valid_to"], row["office_place_id"]) for row in world.table("coverage")]
    ended = date(2020, 1, 1)
    still = [("KE047", None, None), ("KE001", None, None)]
    assert rows == [*still, ("KE047", ended, "KE047"), ("KE001", ended, "KE047")]


def correction(
    world: World, field: str, value: str, ref: str = "7", row: int = 2, extract: str = "a"
) -> dict[str, Any]:
    """A decision on a field as the row of an extract has it now."""
    record_id = KEYS.record_id("swala", ref)
    path = world.settings.landing / "swala" / f"{extract * 16}.parquet"
    written = typing.written_in_rows(typing.record_cells(path, KEYS, record_id), field, KEYS)
    [token] = [token for (_, number, _), token in written.items() if number == row]
    named = {"id": "0" * 12, "partner": "swala", "record": core.shown_record(record_id)}
    return named | {"field": field, "written": token, "value": value}


@pytest.mark.parametrize("written", [("2203-04-01", "date"), ("31/02/2020", "text"), None])
def test_correction_replaces_a_cell_of_any_kind_or_fills_an_empty_one(world: World, written: Any) -> None:
    row = {name: value for name, value in CASE.items() if name != "event_on"} | {"_ref": "7"}
    world.land(CASES, [row | {"event_on": written} if written else row])
    summary = world.type(correction(world, "event_on", "04/03/2020"))
    [record] = world.table("records")
    assert (record["event_on"], record["date_precision"]) == (date(2020, 3, 4), "day")
    assert world.problems() == ["flag:value_corrected"]
    assert summary.corrections == {"0" * 12: True}


def test_correction_reaches_the_row_that_says_so_and_no_other(world: World) -> None:
    rows = [
        CASE | {"_ref": "7", "sex": "F", "submitted_at": "2020-03-05"},
        CASE | {"_ref": "7", "sex": "X", "submitted_at": "2020-03-06"},
    ]
    world.land(CASES, rows)
    world.type(correction(world, "sex", "M", row=3))
    [record] = world.table("records")
    assert record["sex"] == "male"
    world.type(correction(world, "sex", "M", row=2))
    assert world.table("records")[0]["sex"] != "male", "the older row is not the one that counts"


def test_both_of_two_equal_rows_are_corrected(world: World) -> None:
    world.land(CASES, [CASE | {"_ref": "7"}, CASE | {"_ref": "7"}])
    world.type(correction(world, "sex", "M"))
    assert world.table("records")[0]["sex"] == "male"
    assert world.problems() == ["flag:duplicate_rows", "flag:value_corrected"]


def test_only_extracts_with_the_record_are_typed_anew(world: World) -> None:
    world.land(CASES, [CASE | {"_ref": "7"}], "a" * 16)
    world.land(CASES, [CASE | {"_ref": "8"}], "b" * 16)
    assert world.type().retyped == 2
    made = correction(world, "sex", "M")
    assert [world.type(made).retyped, world.type(made).retyped] == [1, 0]
    assert world.type().retyped == 1, "taken back"
    assert {row["sex"] for row in world.table("records")} == {"female"}


def test_summary_says_whether_the_newest_copy_still_has_the_corrected_value(world: World) -> None:
    world.land(CASES, [CASE | {"_ref": "7"}], "b" * 16)
    made = correction(world, "sex", "M", extract="b")
    path = world.land(CASES, [CASE | {"_ref": "7", "sex": "M"}], "a" * 16).with_suffix(".json")
    write_json(path, read_json(path) | {"sequence": 2})
    assert world.type(made).corrections == {made["id"]: False}
    assert world.type(made).corrections == {made["id"]: False}, "also where nothing is typed anew"


@pytest.mark.parametrize("field", ["consent_state", "submitted_at", "place(transit).place_text"])
def test_field_that_may_not_be_corrected_is_read_as_sent(world: World, field: str) -> None:
    """Whoever wrote the line: a hand-made one changes no consent, time or further sheet."""
    world.land(CASES, [CASE | {"_ref": "7", "_legs": [{"place(transit).place_text": "Nakuru"}]}])
    summary = world.type(correction(world, field, "Kisumu"))
    assert summary.corrections == {}
    assert "Kisumu" not in world.place_names().values()
    assert world.problems() == []
