"""Faults of a contract are reported with file, key and fix."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.contracts import Contract, ContractFault, load_contract, load_contracts
from orchestration.contracts.loading import SCHEMA_FILE, schema_text
from orchestration.core import SAMPLE_PARTNERS
from tests.fixtures.partner_files import BOOK, add_partner, book

PUBLISHED_TABLE = {
    "title": "Victims by year", "publisher": "Fixture Office", "url": "https://fixture.example",
    "licence": "CC BY 4.0",
}  # fmt: skip


DATED = {"event_on": "Date", "place(origin).place_text": {"column": "From", "basis": "home"}}


def faults(folder: Path, text: str) -> list[str]:
    path = folder / "testpartner" / "contract.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractFault) as caught:
        load_contract(path)
    return caught.value.sentences


def with_changes(**changes: Any) -> str:
    return yaml.safe_dump(book(**changes), allow_unicode=True)


def campaign(**changes: Any) -> dict[str, Any]:
    return {"name": "Fixture screening", "from": "2025-03-01", "to": "2025-04-30", **changes}


def watched(**changes: Any) -> dict[str, Any]:
    return {"places": ["KE047"], "roles": ["origin"], "from": "2020-01-01"} | changes


def agreed(valid_from: str) -> dict[str, Any]:
    return {"id": "DSA-1", "valid_from": valid_from, "valid_to": "2035-12-31"}


def test_every_sample_contract_is_valid() -> None:
    contracts = load_contracts(SAMPLE_PARTNERS)
    assert contracts.problems == {}


def test_a_contract_kept_in_a_landing_note_is_read_back_unchanged() -> None:
    contract = Contract.model_validate(book())
    again = Contract.of_content(json.loads(json.dumps(contract.content)))
    assert again.content == contract.content, "all but the steward's address"
    assert again.contract_hash == contract.contract_hash


@pytest.mark.parametrize(("changes", "expected"), [
    ({"format": {"kind": "xlsx", "header_row": 3}}, "`format.header_row` is not known. Did you mean `header_rows`?"),
    ({"delivry": {}}, "key `delivry` is not known. Did you mean `delivery`?"),
    ({"grain": "cases"}, "`grain` must be 'case', 'route_report', 'interception' or 'flow_count'. Did you"),
    ({"version": None}, "key `version` is missing"),
    ({"consent": None}, "grain case needs `consent`"),
    ({"format": {"kind": "ods"}}, "`format.kind` must be xlsx, csv, json or odk_zip"),
    ({"fields": {"evnt_on": "Date"}}, "`fields.evnt_on` is no canonical field. Did you mean `event_on`?"),
    ({"fields": {"place(orign).place_text": "From"}}, "Did you mean `place(origin).place_text`?"),
    ({"fields": {"event_on": {"colum": "Date"}}}, "`fields.event_on.colum` is not known. Did you mean `column`?"),
    ({"fields": {"sex": {"column": ["Sex", "Sex"]}}}, "column 'Sex' is listed twice; name it once."),
    ({"fields": {"sex": {"flags_with_prefix": "sex_"}}}, "only goes with fields of several codes"),
    ({"fields": {"sex": {"column": ["Sex", True]}}}, "`fields.sex.column[2]` is true but must be text"),
    ({"fields": {"place(transit).next": "After"}}, "stands beside one point, place(transit).place_text"),
    ({"deny": ["From"]}, "both mapped under fields and denied"),
    ({"format": {"kind": "csv", "encoding": "cp1525"}}, "no such encoding"),
    ({"coverage": [watched(places=["KE047", "KE001", "KE047"])]}, "`coverage[1].places`: place 'KE047' is listed"),
    ({"coverage": [watched(roles=["origin", "origin"])]}, "`coverage[1].roles`: role 'origin' is listed"),
    ({"coverage": [watched(), watched(places=["KE0047"])]}, "`coverage[2].places`: place 'KE0047' is not in"),
    ({"coverage": [watched(places=["nairobi"])]}, "the nearest is 'KE047' (Nairobi)."),
    ({"coverage": [watched(places=["?!"])]}, "places.csv; its ids look like KE047 (a county),"),
    ({"coverage": [watched(places=["KE999"])]}, "places.csv; its ids look like KE047 (a county),"),
    ({"coverage": [watched(office="Mombasa")]}, "office 'Mombasa' is not in seeds/reference/places.csv"),
    ({"coverage": [watched(office="world")]}, "office 'world' has no position in"),
    ({"partner": {"code": "Kobe-Shelter", "steward": "a@kobe.example"}}, "`partner.code` must be small letters"),
    ({"contract": "The book"}, "`contract` must be small letters, digits and _,"),
    ({"locale": {"timezone": "Africa/Nairoby"}}, "'Africa/Nairoby' is no time zone; name one such as"),
    ({"locale": {"default_country": "KE"}}, "must be the three capital letters of a country"),
    ({"agreement": agreed("01/01/2026")}, "`agreement.valid_from` is no day that can be read; write 2026-01-01."),
    ({"agreement": agreed("31.01.2026")}, "write 2026-01-31."),
    ({"agreement": agreed("03/04/2026")}, "write year, month and day, such as 2026-01-31."),
    ({"agreement": agreed("soon")}, "write year, month and day, such as 2026-01-31."),
    ({"fields": DATED | {"sex": {"constant": "femal"}}}, "'femal' is no code of sex in codes.csv. Did you mean `female`?"),
    ({"fields": DATED | {"sex": {"column": "Sex", "values": {"F": "femal"}}}}, "`fields.sex.values`: 'femal'"),
    ({"fields": DATED | {"industry": {"column": "By", "default": "x"}}}, "`fields.industry.default`: 'x' is"),
    ({"data_source": "diary"}, "`data_source` must be 'case_management', 'hotline',"),
    ({"publication": PUBLISHED_TABLE}, "`publication` only goes with grain flow_count, not case"),
    ({"publication": PUBLISHED_TABLE | {"url": "fixture.example"}}, "`publication.url` must be an address"),
    ({"coverage": [watched(to="2019-01-01")]}, "`coverage[1]`: `to` is before `from`."),
    ({"coverage": [watched(places=[])]}, "`coverage[1].places` is empty: fill it in, or leave the key out."),
    ({"coverage": [watched(office=None)]}, "`coverage[1].office` is empty"),
    ({"coverage": [watched(places="KE047")]}, "`coverage[1].places` must be a list, such as [a, b]."),
    ({"campaigns": [campaign(name=" ")]}, "`campaigns[1].name` is empty"),
    ({"campaigns": [campaign(name=["a"])]}, "`campaigns[1].name` must be text."),
    ({"campaigns": [campaign(), campaign(places=[])]}, "`campaigns[2].places` is empty"),
    ({"coverage": [watched(to="2024-12-31")], "campaigns": [campaign()]}, "lies wholly outside the times"),
    ({"fields": []}, "`fields` must be lines of `key: value`."),
    ({"campaigns": [campaign(to="2019-01-01")]}, "`campaigns[1]`: `to` is before `from`."),
    ({"campaigns": [campaign(), campaign(places=["nairobi"])]}, "`campaigns[2].places`: place 'nairobi' is not"),
])  # fmt: skip
def test_a_fault_names_file_key_and_fix(tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
    sentence = " ".join(faults(tmp_path, with_changes(**changes)))
    assert sentence.startswith("testpartner/contract.yml: ")
    assert expected in sentence


HOME, TO = "place(origin).place_text", "place(exploitation).place_text"


@pytest.mark.parametrize(("fields", "line", "expected"), [
    ({HOME: "From"}, HOME, "say what this place is: `basis:` home (where the person lives), recruited"),
    ({TO: "To"}, TO, "say what this place is: `basis:` exploited (where it happened), last_known"),
    ({HOME: {"column": "To", "basis": "intended"}}, HOME, "map such a place as place(intended_destination)"),
    ({HOME: {"column": "Met at", "basis": "identified"}}, HOME, "map such a place as place(exploitation)"),
    ({TO: {"column": "Home", "basis": "home"}}, TO, "map such a place as place(origin)"),
    ({HOME: {"column": "Town", "basis": "home"}, "place(origin).admin_text": {"column": "From", "basis": "not_said"}},
     HOME, "has two bases, not_said and home; write the fields of the second place as place(origin, home)"),
    ({HOME: {"column": "Home", "basis": "home"}, "place(origin, home).place_text": "Residence"},
     "place(origin, home).place_text", "place(origin) is `home` already; keep one place of each basis"),
    ({HOME: {"column": "Home", "basis": "home"}, "place(origin, intended).place_text": "To"},
     "place(origin, intended).place_text", "map such a place as place(intended_destination)"),
    ({HOME: {"column": "Home", "basis": "home"}, "place(origin, recruited).place_text": {"column": "In", "basis": "recruited"}},
     "place(origin, recruited).place_text", "its name states the basis; leave `basis: recruited` out"),
    ({HOME: "From", "place(origin, recruited).place_text": "Recruited in"}, HOME, "say what this place is"),
    ({HOME: {"column": "Home", "basis": "home"}, "place(recruitment).place_text": {"column": "Village", "basis": "home"}},
     "place(recruitment).place_text", "`home` is no basis of place(recruitment)"),
    ({HOME: {"column": "To", "basis": "home"}, "place(intended_destination).place_text": "To"},
     HOME, "column 'To' is read by place(intended_destination).place_text too"),
])  # fmt: skip
def test_a_place_that_does_not_say_what_it_is_is_refused_with_its_line(
    tmp_path: Path, fields: dict[str, Any], line: str, expected: str
) -> None:
    text = with_changes(fields={"event_on": "Date"} | fields)
    (sentence,) = faults(tmp_path, text)
    number = next(at for at, row in enumerate(text.splitlines(), start=1) if row.startswith(f"  {line}:"))
    assert sentence.startswith(f"testpartner/contract.yml: line {number}: {line}: ")
    assert expected in sentence


def test_an_end_may_be_stated_on_several_bases(tmp_path: Path) -> None:
    fields = {
        "event_on": "Date", TO: {"column": "Exploited in", "basis": "exploited"},
        "place(exploitation, last_known).place_text": "Is or was in",
        "place(exploitation, last_known).country_text": "Country",
    }  # fmt: skip
    contract = load_contract(add_partner(tmp_path, book(fields=fields)))
    assert contract.bases_of("exploitation") == ["exploited", "last_known"]


@pytest.mark.parametrize("constant", ["female", "F", "Female", "mwanamke"])
def test_a_constant_may_be_a_code_or_a_word_that_its_field_reads(tmp_path: Path, constant: str) -> None:
    fields = BOOK["fields"] | {"sex": {"constant": constant, "values": {"F": "female"}}}
    path = add_partner(tmp_path, book(fields=fields, locale={"languages": ["en", "sw"]}))
    assert load_contract(path).fields["sex"].constant == constant


def test_yaml_traps_are_refused_with_the_quotes_to_add(tmp_path: Path) -> None:
    text = with_changes()
    bare_no = text.replace("  values:\n    'No': refused", "  values:\n    No: refused")
    assert bare_no != text
    assert 'Write it in quotes: "No"' in faults(tmp_path, bare_no)[0]
    assert (
        'in quotes: "047"'
        in faults(tmp_path, text + "period: {from: 2020-01-01, to: 2020-01-31, round: 047}\n")[0]
    )


def test_a_day_that_no_calendar_has_is_refused_with_its_line(tmp_path: Path) -> None:
    [sentence] = faults(tmp_path, "contract: a\nperiod: {from: 2026-06-01, to: 2026-06-31}\n")
    assert sentence.endswith("line 2: 2026-06-31 is no day of the calendar. Correct it.")


def test_a_repeated_key_is_refused_with_both_lines(tmp_path: Path) -> None:
    sentence = faults(tmp_path, "contract: a\nversion: 1\nversion: 2\n")[0]
    assert "line 3: key 'version' stands here and in line 2" in sentence


def test_invalid_yaml_is_reported_with_its_line(tmp_path: Path) -> None:
    assert "line 2" in faults(tmp_path, "contract: a\n  version: [1\n")[0]
    assert "holds no `key: value` lines" in faults(tmp_path, "")[0]


@pytest.mark.parametrize(("text", "line"), [
    ("contract: a\ndelivery: {mode: full\ngrain: case\n", 2),  # the bracket is never closed
    ('contract: a\nversion: "1\ngrain: case\n', 2),  # the quote is never closed
    ("contract: a\ndeny:\n  - b\n  c: d\n", 4),  # the list is whole, its last line is not of it
])  # fmt: skip
def test_a_yaml_fault_is_reported_where_it_begins(tmp_path: Path, text: str, line: int) -> None:
    assert f"contract.yml: line {line}, " in faults(tmp_path, text)[0]


def test_one_bad_contract_never_stops_the_others(tmp_path: Path) -> None:
    good = book(partner={"code": "good", "steward": "data@good.example"})
    add_partner(tmp_path, good)
    add_partner(tmp_path, book(grian="case"))
    (tmp_path / "empty").mkdir()
    contracts = load_contracts(tmp_path)
    assert list(contracts.valid) == ["good"]
    assert sorted(contracts.problems) == ["empty", "testpartner"]


def test_the_folder_is_named_after_the_partner(tmp_path: Path) -> None:
    path = add_partner(tmp_path, book())
    path.parent.rename(tmp_path / "other")
    assert "They must be equal" in load_contracts(tmp_path).problems["other"][0]


def test_two_contracts_of_one_name_are_refused(tmp_path: Path) -> None:
    add_partner(tmp_path, book())
    add_partner(tmp_path, book(files="*.csv"), "second.yml")
    assert "two contracts are called 'book'" in load_contracts(tmp_path).problems["testpartner"][0]


def test_a_changed_spelling_needs_typing_again_but_no_reading() -> None:
    before = Contract.model_validate(book())
    fields = book()["fields"] | {"sex": {"column": "Sex", "values": {"F": "female", "Me": "male"}}}
    after = Contract.model_validate(book(fields=fields))
    assert after.reading_hash == before.reading_hash
    assert after.contract_hash != before.contract_hash


def test_a_changed_column_key_or_denial_needs_reading_again() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"fields": book()["fields"] | {"person_count": "Number"}},
        {"delivery": {"mode": "full", "cadence": "monthly", "key": "content"}},
        {"deny": ["Remarks", "Diary"]},
        {"withdrawn": {"column": "Taken back"}},
    ]
    assert len({Contract.model_validate(book(**one)).reading_hash for one in changes}) == len(changes)


def test_the_schema_for_editors_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "Run `python -m orchestration.contracts.loading` and commit the result."
    )


def test_the_reference_names_every_key_and_field() -> None:
    text = (SAMPLE_PARTNERS / "README.md").read_text(encoding="utf-8")
    schema = json.loads(schema_text())
    models = [schema, *schema["$defs"].values()]
    keys = {key for model in models for key in model.get("properties", {})}
    from orchestration.contracts import AGES, COUNTS, DATES, MANY_CODES, SINGLE_CODES
    from orchestration.contracts.fields import PLACE_PARTS, ROLES

    names = keys.union(AGES, COUNTS, DATES, MANY_CODES, PLACE_PARTS, ROLES, SINGLE_CODES)
    assert [name for name in sorted(names) if f"`{name}" not in text] == []
