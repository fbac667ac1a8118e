"""JSON of form servers: groups, repeats and absent answers; pages, broken text and odd values."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.contracts import ContractFault, load_contract
from orchestration.intake import ExtractHeld
from orchestration.intake.outcomes import ExtractUnreadable
from tests.fixtures.partner_files import add_partner, book, read, reads_or_reports, values, why_held

REPEAT = "journey/places_passed"
FORM: dict[str, Any] = {
    "consent": {"basis": "agreement", "reference": "DSA-1"},
    "delivery": {"mode": "full", "cadence": "monthly", "key": "_uuid", "newest_by": "_submission_time"},
    "format": {"kind": "json", "records": "results", "repeats": {"legs": {"sheet": REPEAT}}},
    "locale": {"dates": "ymd"},
    "fields": {
        "event_on": {"column": "journey/left_on", "required": True}, "submitted_at": "_submission_time",
        "sex": "case/sex", "transport_mode": {"column": "journey/transport", "select_multiple": "joined"},
        "place(origin).place_text": {"column": "journey/origin", "basis": "home"},
        "place(exploitation).place_text": {"column": "journey/where", "required": False, "basis": "exploited"},
        "place(transit).place_text": f"legs/{REPEAT}/place_name",
        "place(transit).transport_mode": f"legs/{REPEAT}/place_transport",
    },
    "deny": ["case/full_name", "_geolocation", "_tags"],
}  # fmt: skip


def form(**changes: Any) -> dict[str, Any]:
    return book(**(FORM | changes))


def leg(place: str, transport: str = "bus") -> dict[str, Any]:
    return {f"{REPEAT}/place_name": place, f"{REPEAT}/place_transport": transport}


def record(number: int, **answers: Any) -> dict[str, Any]:
    sent = {"_uuid": f"u-{number}", "_submission_time": "2024-03-14T18:18:35", "_tags": []}
    return sent | {"journey/left_on": "2024-03-04", "journey/origin": "Busia"} | answers


def write(path: Path, *records: Any) -> Path:
    page = {"count": len(records), "next": None, "previous": None, "results": list(records)}
    path.write_text(json.dumps(page), encoding="utf-8")
    return path


def test_row_numbers_are_positions_in_the_list(tmp_path: Path) -> None:
    cells, reader = read(write(tmp_path / "a.json", record(1), record(2), record(3)), form())
    assert [cell.row_number for cell in cells if cell.field == "event_on"] == [1, 2, 3]
    assert (reader.tally.rows_read, reader.tally.rows_landed, {cell.sheet for cell in cells}) == (3, 3, {""})


def test_nested_groups_and_full_path_keys_read_the_same(tmp_path: Path) -> None:
    flat = record(1, **{"journey/transport": "bus foot", "case/sex": "f"})
    nested = {"_uuid": "u-1", "_submission_time": "2024-03-14T18:18:35", "case": {"sex": "f"}}
    nested["journey"] = {"left_on": "2024-03-04", "origin": "Busia", "transport": ["bus", "foot"]}
    found = [read(write(tmp_path / "a.json", one), form())[0] for one in (flat, nested)]
    assert sorted(found[0]) == sorted(found[1]) and len(found[0]) == 5


def test_stops_follow_the_order_of_the_list_and_belong_to_the_record_around_them(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.json", record(1, **{REPEAT: [leg("Nakuru"), leg("Kisumu", "foot")]}), record(2),
        record(3, **{REPEAT: [leg("Moyale")]}),
    )  # fmt: skip
    cells, reader = read(path, form())
    dates = {cell.row_number: cell.record_id for cell in cells if cell.field == "event_on"}
    stops = [(c.record_id, c.seq, c.value) for c in cells if c.field == "place(transit).place_text"]
    assert stops == [(dates[1], 1, "Nakuru"), (dates[1], 2, "Kisumu"), (dates[3], 1, "Moyale")]
    assert reader.tally.child_landed["legs"] == 3 and {c.sheet for c in cells if c.part} == {REPEAT}


def test_keys_inside_a_repeat_may_leave_out_the_path(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", record(1, journey={"places_passed": [{"place_name": "Nakuru"}]}))
    assert values(read(path, form())[0], "place(transit).place_text") == ["Nakuru"]


def test_a_repeat_inside_a_repeat_belongs_to_the_record_at_its_root(tmp_path: Path) -> None:
    inner = f"{REPEAT}/stay"
    content = form(
        format={"kind": "json", "records": "results", "repeats": {"stays": {"sheet": inner}}},
        fields={
            **FORM["fields"],
            "place(exploitation).place_text": {"column": f"stays/{inner}/town", "basis": "exploited"},
        }
        | {"place(transit).place_text": "x", "place(transit).transport_mode": "y"},
    )
    content["fields"] = {k: v for k, v in content["fields"].items() if "transit" not in k}
    stays = [leg("Nakuru") | {inner: [{f"{inner}/town": "Molo"}, {f"{inner}/town": "Njoro"}]}, leg("Meru")]
    cells, reader = read(
        write(tmp_path / "a.json", record(1), record(2, **{REPEAT: [*stays, *stays[:1]]})), content
    )
    (second,) = {cell.record_id for cell in cells if cell.row_number == 2 and not cell.part}
    towns = [(c.record_id, c.seq, c.value) for c in cells if c.part == "stays"]
    expected = ["Molo", "Njoro", "Molo", "Njoro"]
    assert towns == [(second, seq, town) for seq, town in enumerate(expected, start=1)]
    assert reader.tally.child_read["stays"] == 4
    assert REPEAT in reader.tally.unmapped  # a repeat that no contract key reads is told


def test_absent_answers_are_no_drift(tmp_path: Path) -> None:
    one = {key: value for key, value in record(1).items() if key != "journey/origin"}
    path = write(tmp_path / "a.json", one, record(2, **{"journey/transport": "bus"}))
    cells, reader = read(path, form())
    assert values(cells, "place(origin).place_text") == ["Busia"] and reader.tally.rows_landed == 2
    assert values(cells, "transport_mode") == ["bus"]


def test_a_required_answer_that_no_record_has_is_drift(tmp_path: Path) -> None:
    renamed = {key.replace("left_on", "left_home_on"): value for key, value in record(1).items()}
    with pytest.raises(ExtractHeld, match=r"no column 'journey/left_on'.*'journey/left_home_on'") as caught:
        read(write(tmp_path / "a.json", renamed, renamed), form())
    assert caught.value.code == "hold:column_missing"


def test_an_optional_answer_that_no_record_has_is_noted(tmp_path: Path) -> None:
    """Places too, which a workbook would be held for: in JSON, what nobody answered leaves no trace."""
    sent = record(1)
    del sent["journey/origin"]
    _, reader = read(write(tmp_path / "a.json", sent), form())
    details = [problem["detail"] for problem in reader.tally.problems]
    for column in ("case/sex", "journey/origin"):
        assert f"column {column!r} is not in the file" in details


@pytest.mark.parametrize(("answer", "value", "kind"), [
    ("Busia", "Busia", "text"),
    (5, "5", "number"),
    (5.0, "5", "number"),
    (2.5, "2.5", "number"),
    (123456789012345678901234567890, "123456789012345678901234567890", "number"),
    (True, "TRUE", "boolean"),
    (False, "FALSE", "boolean"),
    (["bus", "foot"], "bus foot", "text"),
    ([["bus"], [3, None]], "bus 3", "text"),
])  # fmt: skip
def test_a_value_keeps_its_kind(tmp_path: Path, answer: Any, value: str, kind: str) -> None:
    content = form(fields=FORM["fields"] | {"industry": "x"})
    cells, _ = read(write(tmp_path / "a.json", record(1, x=answer)), content)
    assert [(c.value, c.kind) for c in cells if c.field == "industry"] == [(value, kind)]


@pytest.mark.parametrize("answer", [None, "", "  ", [], {}, [None]])
def test_an_empty_value_is_no_answer(tmp_path: Path, answer: Any) -> None:
    cells, reader = read(write(tmp_path / "a.json", record(1, **{"case/sex": answer})), form())
    assert values(cells, "sex") == [] and reader.tally.rows_landed == 1


def test_number_beyond_floating_point_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"_uuid": "u", "journey/left_on": 1e400, "journey/origin": "Busia"}]')
    cells, _ = read(path, form(format={"kind": "json"}, fields=_main_fields()))
    assert values(cells, "event_on") == ["1E+400"]


def test_stops_of_a_withheld_record_are_withheld_with_it(tmp_path: Path) -> None:
    condition = {"column": "_validation_status/uid", "accept": [""], "withhold": ["not_approved"]}
    withheld = record(1, _validation_status={"uid": "not_approved"}, **{REPEAT: [leg("Nakuru")]})
    good = record(2, _validation_status={}, **{REPEAT: [leg("Moyale")]})
    cells, reader = read(write(tmp_path / "a.json", withheld, good), form(accept_if=condition))
    assert reader.tally.refusals == {("", "withheld:not_approved"): 1}
    assert reader.tally.child_refusals == {(REPEAT, "withheld:not_approved"): 1}
    assert values(cells, "place(transit).place_text") == ["Moyale"]


def test_repeated_key_becomes_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '[{"_uuid": "u", "journey/left_on": "2024-03-04", "journey/origin": "a", "journey/origin": "b"}]'
    )
    why = why_held(path, form(format={"kind": "json"}, fields=_main_fields()))
    assert "the column 'journey/origin' twice" in why and "hold:header_ambiguous" in why


def test_coordinates_are_denied_and_cannot_be_mapped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", record(1, _geolocation=[-1.29, 36.82]))
    cells, reader = read(path, form())
    assert reader.tally.stripped["strip:denied_column"] == 1 and not [c for c in cells if "36.82" in c.value]
    mapped = form(fields=FORM["fields"] | {"place(observation).place_text": "_geolocation"}, deny=[])
    with pytest.raises(ContractFault, match="_geolocation holds coordinates"):
        load_contract(add_partner(tmp_path, mapped))


def test_json_records_are_never_totals_or_notes(tmp_path: Path) -> None:
    """Rules for hand-kept tables would refuse these; a form server writes nothing but records."""
    odd = [{"journey/origin": "Total", "_uuid": "u-1", "journey/left_on": "2024-03-04"}]
    odd += [{"journey/origin": "Source of the river"}, {"journey/origin": "#adm1", "case/sex": "#sex"}]
    _, reader = read(write(tmp_path / "a.json", *odd), form())
    assert (reader.tally.rows_read, reader.tally.rows_landed) == (3, 3)


PAGES: list[tuple[dict[str, Any], str]] = [
    ({"next": "https://kobo.example/?start=1"}, "holds 2 records; the file is one page and names another (`next`)"),
    ({"count": 62, "next": None}, "holds 2 of 62 records (`count`); the file is one page"),
    ({"count": 1}, "holds 2 records, but its `count` says 1"),
    ({"@odata.count": 62}, "2 of 62 records (`@odata.count`)"),
    ({"@odata.nextLink": "https://odk.example/?$skiptoken=a"}, "`@odata.nextLink`"),
    ({"pager": {"page": 1, "pageCount": 20, "total": 480}}, "2 of 480 records (`pager.total`)"),
    ({"pager": {"page": 1, "pageCount": 20}}, "one page of 20 (`pager.pageCount`)"),
    ({"pager": {"page": 1, "nextPage": "https://dhis2.example/?page=2"}}, "`pager.nextPage`"),
    ({"links": {"self": "/a", "next": "/b"}}, "`links.next`"),
    ({"links": {"next": {"href": "/b"}}}, "`links.next`"),
    ({"_links": {"next": {"href": "/b"}}}, "`_links.next`"),
    ({"link": [{"relation": "self", "url": "/a"}, {"relation": "next", "url": "/b"}]}, "`link.relation`"),
    ({"links": {"prev": "/a", "next": None}}, "`links.prev`"),
    ({"meta": {"next": "/b"}}, "`meta.next`"),
    ({"meta": {"total_count": 480}}, "2 of 480 records (`meta.total_count`)"),
    ({"meta": {"pagination": {"total": 480, "per_page": 2}}}, "2 of 480 records (`pagination.total`)"),
    ({"metadata": {"total": "480", "per": 2}}, "2 of 480 records (`metadata.total`)"),
    ({"hasMore": True}, "`hasMore`"),
    ({"has_more": True}, "`has_more`"),
    ({"nextPageToken": "abc"}, "`nextPageToken`"),
    ({"next_cursor": 17}, "`next_cursor`"),
    ({"response": {"body": {"pageInfo": {"hasNextPage": True}}}}, "`pageInfo.hasNextPage`"),
    ({"page": {"totalElements": 480, "totalPages": 240}}, "2 of 480 records (`page.totalElements`)"),
    ({"total": {"value": 480, "relation": "eq"}}, "2 of 480 records (`total`)"),
    ({"numberMatched": 480, "numberReturned": 2}, "2 of 480 records (`numberMatched`)"),
    ({"exceededTransferLimit": True}, "`exceededTransferLimit`"),
    ({"page": 2, "page_size": 2}, "one page (`page` is 2)"),
    ({"offset": 100}, "one page (`offset` is 100)"),
]  # fmt: skip


@pytest.mark.parametrize(("envelope", "sentence"), PAGES, ids=lambda value: str(value)[:40])
def test_one_page_of_several_is_held(tmp_path: Path, envelope: dict[str, Any], sentence: str) -> None:
    path, records = tmp_path / "a.json", {"results": [record(1), record(2)]}
    for page in (envelope | records, records | envelope):
        path.write_text(json.dumps(page))
        why = why_held(path, form())
        assert "hold:pages_missing" in why and sentence in why


def test_what_stands_beside_a_nested_list_of_records_counts_too(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"response": {"numFound": 480, "docs": [record(1)]}}))
    with pytest.raises(ExtractHeld, match=r"holds 1 of 480 records \(`numFound`\)"):
        read(path, form(format=FORM["format"] | {"records": "response/docs"}))


@pytest.mark.parametrize("envelope", [
    {"count": 2, "next": None, "previous": None},
    {"@odata.count": 2, "pager": {"page": 1, "pageCount": 1, "total": 2, "pageSize": 50}},
    {"meta": {"total_count": 2, "next": "", "limit": 0}, "links": {"self": "/a", "next": {"href": None}}},
    {"total": 2, "_links": {"next": "/a?offset=2"}},
    {"hasMore": False, "page": 1, "offset": 0, "next_page": 0, "nextPageToken": "",
     "_links": {"self": {"href": "/a"}}},
    {"page": {"total": 1, "number": 1}, "paging": {"cursors": {"after": "abc"}, "pages": [1, 2]}},
    {"total": "12 persons in all", "metadata": {"next": "the next round is in June"}},
    {"summary": {"total": 12, "count": 3}, "form": {"next": "b"}, "totals": [{"total": 40, "next": "x"}]},
    {"list": [[[[]]]], "count": -1},
], ids=str)  # fmt: skip
def test_a_whole_export_passes(tmp_path: Path, envelope: dict[str, Any]) -> None:
    """Totals that agree, no next page, and totals of something else."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(envelope | {"results": [record(1, total=480, next="x"), record(2)]}))
    assert read(path, form())[1].tally.rows_landed == 2


@pytest.mark.parametrize(("records", "content", "fix"), [
    ("results", [], "remove `format.records`"),
    (None, {"value": []}, r"keys 'value': set `format.records`"),
    ("results", {"value": []}, r"no list of records at 'results'. Its keys are 'value'"),
    ("results", {"results": 3}, "correct `format.records`"),
    ("results", 3, "Correct `format.records`"),
])  # fmt: skip
def test_missing_list_of_records_is_held(tmp_path: Path, records: str | None, content: Any, fix: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ExtractHeld, match=fix):
        read(path, form(format={"kind": "json", "records": records}))


def test_no_records_is_a_reported_zero(tmp_path: Path) -> None:
    _, reader = read(write(tmp_path / "a.json"), form())
    assert (reader.tally.rows_read, reader.tally.rows_landed) == (0, 0)
    codes = [problem["code"] for problem in reader.tally.problems]
    assert codes == ["flag:repeat_missing", "flag:extract_empty"]


def test_entries_that_are_no_records_are_refused(tmp_path: Path) -> None:
    _, reader = read(write(tmp_path / "a.json", None, "note", record(1)), form())
    assert (reader.tally.rows_read, reader.tally.rows_landed, reader.tally.rows_refused) == (3, 1, 2)
    assert "flag:record_no_object" in {problem["code"] for problem in reader.tally.problems}


WHOLE = json.dumps({"next": None, "results": [record(1), record(2)]}).encode()


@pytest.mark.parametrize(("content", "message"), [
    (WHOLE[:-30], r"breaks off or is wrong in or after record 2"),
    (WHOLE + b"}", "not complete, valid JSON"),
    (WHOLE.replace(b'"2024-03-04"', b"NaN", 1), "such as NaN"),
    (WHOLE.replace(b"Busia", b"Murang\x92a"), "not complete, valid JSON"),
    (b"\xff\xfe" + WHOLE.decode().encode("utf-16-le"), r"is JSON in UTF-16 \(UTF-8 is needed\)"),
    (b'{"_uuid": "u"}\r\n{"_uuid": "v"}\r\n', "is JSON lines, an object a line"),
    (b'[{"a": 1e99999999999999999999999}]', "not complete, valid JSON"),
    (b'[{"a": ' + b"9" * 9000 + b"}]", "thousands of digits"),
    (b'[{"a": ' + b"[" * 100_000, "more than 32 levels deep"),
    (b'[{"a": ' + b'{"a": ' * 100_000, "more than 32 levels deep"),
    (b"  <!DOCTYPE html><html>", "a web page or XML"),
    (b"_id;_uuid\r\n1;2\r\n", "not complete, valid JSON"),
    (b"PK\x03\x04 zip", "expects JSON"),
    (b"", "is empty"),
], ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else "")  # fmt: skip
def test_broken_json_is_reported_without_quoting_it(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    for layout in ({"kind": "json"}, FORM["format"]):
        if content.startswith(b"[") == ("records" in layout):
            continue
        with pytest.raises(ExtractUnreadable, match=message) as caught:
            read(path, form(format=layout, fields=_main_fields()))
        assert "Busia" not in caught.value.sentence and "testpartner: file a.json" in caught.value.sentence


def test_records_with_ever_new_keys_are_held(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", *({f"k{n}-{m}": 1 for m in range(200)} for n in range(100)))
    assert "more than 16384 columns" in why_held(path, form())


def _main_fields() -> dict[str, Any]:
    return {name: spec for name, spec in FORM["fields"].items() if "transit" not in name}


KEYS = st.sampled_from(
    ["_uuid", "journey", "journey/origin", "journey/left_on", REPEAT, "places_passed", "x"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)
SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(records=st.lists(JSON, max_size=5), options=st.sampled_from([FORM["format"], {"kind": "json"}]))
@example(records=[{"_uuid": "u", "journey": {"left_on": "2024", "origin": "x", "places_passed": [{"place_name": 1}]}}], options=FORM["format"])  # fmt: skip
def test_any_json_is_read_or_reported(tmp_path: Path, records: list[Any], options: dict[str, Any]) -> None:
    path = tmp_path / "a.json"
    page = {"results": records} if "records" in options else records
    path.write_text(json.dumps(page), encoding="utf-8")
    fields = FORM["fields"] if "records" in options else _main_fields()
    easy = {
        name: {"column": spec, "required": False} if isinstance(spec, str) else {**spec, "required": False}
        for name, spec in fields.items()
    }
    reads_or_reports(path, form(format=options, fields=easy, delivery=FORM["delivery"] | {"key": "content"}))


@SLOW
@given(content=st.binary(max_size=300) | st.text(alphabet='[]{}",:0 eEnul\\ud8', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    reads_or_reports(path, form(format={"kind": "json"}, fields=_main_fields()))
