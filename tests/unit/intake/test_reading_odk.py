"""The zip of ODK Central: tables joined by KEY, order by index, and damaged zips."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.intake import ExtractHeld
from orchestration.intake.outcomes import ExtractUnreadable
from tests.fixtures.partner_files import book, read, reads_or_reports, values, why_held, workbook

MAIN = ["SubmissionDate", "consent", "journey-left_on", "journey-origin", "journey-transport", "KEY"]
TAIL = ["SubmitterID", "SubmitterName", "Status"]
NEWER = ["AttachmentsPresent", "AttachmentsExpected", "Status", "ReviewState"]
NEWER += ["DeviceID", "Edits", "FormVersion"]
LEGS = ["place", "PARENT_KEY", "KEY"]
FORM: dict[str, Any] = {
    "consent": {"column": "consent", "values": {"yes": "given", "no": "refused"}},
    "delivery": {"mode": "full", "cadence": "monthly", "key": "KEY", "newest_by": "SubmissionDate"},
    "format": {"kind": "odk_zip", "repeats": {"legs": {}}}, "locale": {"dates": "ymd"},
    "accept_if": [
        {"column": "Status", "wait": ["not decrypted", "missing encrypted form data"]} | {"otherwise": "accept", "waits_as": "not_decrypted"},
        {"column": "ReviewState", "withhold": ["rejected"], "wait": ["hasIssues"], "otherwise": "accept"} | {"optional_column": True},
    ],
    "fields": {
        "event_on": {"column": "journey-left_on", "required": True}, "submitted_at": "SubmissionDate",
        "transport_mode": {"column": "journey-transport", "select_multiple": "joined"},
        "place(origin).place_text": {"column": "journey-origin", "basis": "home"}, "place(transit).place_text": "legs/place",
    },
    "deny": ["SubmitterID", "SubmitterName", "DeviceID", "FormVersion", "Edits"],
}  # fmt: skip


def form(**changes: Any) -> dict[str, Any]:
    return book(**(FORM | changes))


def sent(number: int, *tail: str, consent: str = "yes") -> list[str]:
    moment = f"2024-03-1{number}T08:00:00.000Z"
    tail = tail or ("5", "Amina Testperson", "")
    return [moment, consent, "2024-03-04", "Busia", "bus foot", f"uuid:{number}", *tail]


def locked(number: int, status: str) -> list[str]:
    """A row as Central writes it where the answers stayed encrypted."""
    moment = "2024-03-14T08:00:00.000Z"
    return [moment, "", "", "", "", f"uuid:{number}", "5", "Amina Testperson", status]


def table(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def zipped(path: Path, **tables: list[list[str]] | bytes) -> Path:
    """A zip whose members are called by the keywords, `__` standing for a hyphen and `.csv` added."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables.items():
            content = rows if isinstance(rows, bytes) else table(rows)
            archive.writestr(name.replace("__", "-") + ".csv", content)
    return path


def legs_of(*keys: str) -> list[list[str]]:
    """`uuid:1/legs[2]=Nakuru` → a row of the table of stops."""
    rows = [LEGS]
    for key, place in (one.split("=") for one in keys):
        rows.append([place, key.rsplit("/", 1)[0], key])
    return rows


def test_rows_are_numbered_as_in_the_table_and_moments_keep_their_zone(tmp_path: Path) -> None:
    cells, reader = read(zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], sent(1), sent(2)]), form())
    assert [(c.row_number, c.sheet) for c in cells if c.field == "event_on"] == [(2, "intake"), (3, "intake")]
    assert values(cells, "submitted_at")[0] == "2024-03-11T08:00:00.000Z"
    assert values(cells, "transport_mode")[0] == "bus foot"
    assert reader.tally.stripped["strip:denied_column"] == 4
    assert not [cell for cell in cells if "Testperson" in cell.value]


def test_the_index_in_the_key_orders_stops_and_orphans_are_refused(tmp_path: Path) -> None:
    legs = legs_of(
        "uuid:1/legs[2]=Kisumu", "uuid:2/legs[1]=Moyale", "uuid:1/legs[1]=Nakuru", "uuid:9/legs[1]=Lamu"
    )
    path = zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], sent(1), sent(2)], intake__legs=legs)
    cells, reader = read(path, form())
    owner = {c.row_number: c.record_id for c in cells if c.field == "event_on"}
    stops = sorted((c.record_id, c.seq, c.value) for c in cells if c.part == "legs")
    expected = [(owner[2], 1, "Nakuru"), (owner[2], 2, "Kisumu"), (owner[3], 1, "Moyale")]
    assert stops == sorted(expected)
    assert reader.tally.child_refusals == {("intake-legs", "Q:orphan_leg"): 1}


def test_a_repeat_inside_a_repeat_belongs_to_the_submission_at_its_root(tmp_path: Path) -> None:
    stays = legs_of(
        "uuid:1/legs[2]/stays[1]=Molo", "uuid:1/legs[1]/stays[2]=Njoro", "uuid:1/legs[1]/stays[1]=Meru"
    )
    content = form(format={"kind": "odk_zip", "repeats": {"legs": {"sheet": "intake-stays"}}})
    cells, reader = read(
        zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], sent(1)], intake__stays=stays), content
    )
    stops = sorted((c.seq, c.value) for c in cells if c.part == "legs")
    assert [place for _, place in stops] == ["Meru", "Njoro", "Molo"] and not reader.tally.child_refusals


def test_two_repeats_of_one_name_need_the_contract(tmp_path: Path) -> None:
    tables: dict[str, Any] = {"intake": [[*MAIN, *TAIL], sent(1)]}
    tables |= {
        f"intake__legs~{n}": legs_of(f"uuid:1/legs[1]={town}") for n, town in ((1, "Nakuru"), (2, "Moyale"))
    }
    path = zipped(tmp_path / "a.zip", **tables)
    with pytest.raises(ExtractHeld, match=r"2 repeats called 'legs'.*legs~1 is the first") as caught:
        read(path, form())
    assert caught.value.code == "hold:repeat_ambiguous"
    second = form(format={"kind": "odk_zip", "repeats": {"legs": {"sheet": "legs~2"}}})
    assert values(read(path, second)[0], "place(transit).place_text") == ["Moyale"]


def test_encrypted_rows_wait_and_are_not_counted_as_refused_consent(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip",
        intake=[[*MAIN, *TAIL], sent(1), locked(2, "not decrypted"), sent(3, consent="no")],
    )
    _, reader = read(path, form())
    assert reader.tally.refusals == {("intake", "Q:not_decrypted"): 1, ("intake", "withheld:no_consent"): 1}


def test_a_locked_row_waits_also_where_no_mapped_column_has_an_answer(tmp_path: Path) -> None:
    fields = {name: spec for name, spec in FORM["fields"].items() if name != "submitted_at"}
    path = zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], locked(2, "not decrypted"), sent(1)])
    assert read(path, form(fields=fields))[1].tally.refusals == {("intake", "Q:not_decrypted"): 1}


def test_columns_of_newer_versions_are_read_where_they_are(tmp_path: Path) -> None:
    head = [*MAIN, "SubmitterID", "SubmitterName", *NEWER]
    rows = [
        sent(n, "5", "Amina Testperson", "0", "1", "", state, "dev", "1", "v2")
        for n, state in enumerate(("", "approved", "rejected", "hasIssues", "edited"), start=1)
    ]
    _, reader = read(zipped(tmp_path / "a.zip", intake=[head, *rows]), form())
    assert reader.tally.refusals == {
        ("intake", "withheld:not_approved"): 1,
        ("intake", "Q:awaiting_partner"): 1,
    }
    assert list(reader.tally.unmapped) == ["AttachmentsPresent", "AttachmentsExpected"]


def test_submissions_are_never_totals_or_notes(tmp_path: Path) -> None:
    odd = sent(1)
    odd[0], odd[3] = "", "Total"
    assert read(zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], odd]), form())[1].tally.rows_landed == 1


def test_media_files_are_counted_and_not_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], sent(1)])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("media/photo.jpg", b"\xff\xd8")
        archive.writestr("media/intake.csv", b"an,attachment")
        archive.writestr("__MACOSX/._intake.csv", b"\x00")
    _, reader = read(path, form())
    assert reader.tally.rows_landed == 1
    assert {"code": "flag:members_ignored", "detail": "3 media and other files in the zip were not read"} in (
        reader.tally.problems
    )


@pytest.mark.parametrize(
    "name", ["../../../etc/intake.csv", "/abs/intake.csv", "C:\\x\\intake.csv", "export/intake.csv"]
)
def test_member_names_are_never_paths(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "deep" / "er"
    inner.mkdir(parents=True)
    path = inner / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, table([[*MAIN, *TAIL], sent(1)]))
    cells, _ = read(path, form())
    assert {cell.sheet for cell in cells} == {"intake"}
    assert [found.name for found in tmp_path.rglob("*") if found.is_file()] == ["a.zip"]


def test_repeated_table_is_held(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], sent(1)])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("again/Intake.csv", table([[*MAIN, *TAIL], sent(2)]))
    assert "two tables of the same name" in why_held(path, form())


def test_the_main_table_is_the_one_all_others_begin_with(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", intake__legs=legs_of(), intake=[[*MAIN, *TAIL], sent(1)])
    assert read(path, form())[1].tally.rows_landed == 1
    other = zipped(tmp_path / "b.zip", intake=[[*MAIN, *TAIL], sent(1)], exit=[MAIN])
    with pytest.raises(
        ExtractHeld, match=r"2 tables that do not belong together. Name the main one"
    ) as caught:
        read(other, form())
    assert caught.value.code == "hold:form_missing"
    named = {"kind": "odk_zip", "form": "Intake", "repeats": {"legs": {}}}
    assert read(other, form(format=named))[1].tally.rows_landed == 1
    with pytest.raises(ExtractHeld, match=r"no table called visit.csv. Correct `format.form`"):
        read(other, form(format={"kind": "odk_zip", "form": "visit"}, fields=_main_fields()))


def test_a_zip_without_tables_is_held(tmp_path: Path) -> None:
    workbook_ = workbook(tmp_path / "a.zip", {"Cases": [["KEY"]]})
    assert "holds no CSV table. Check that it is the zip of ODK Central" in why_held(workbook_, form())


def test_a_missing_repeat_is_noted_and_held_only_where_it_is_required(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], sent(1)])
    assert "flag:repeat_missing" in {problem["code"] for problem in read(path, form())[1].tally.problems}
    needed = FORM["fields"] | {"place(transit).place_text": {"column": "legs/place", "required": True}}
    assert "no sheet for the repeat 'legs'" in why_held(path, form(fields=needed))


def encrypted(content: bytes) -> bytes:
    """The same zip with the mark of encryption on every member, local header and directory both."""
    changed = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = changed.find(mark)
        while start >= 0:
            changed[start + at] |= 1
            start = changed.find(mark, start + 4)
    return bytes(changed)


@pytest.mark.parametrize(("spoil", "message"), [
    (encrypted, "protected with a password"),
    (lambda content: content[:-40], "a broken or incomplete zip"),
    (lambda content: content[:60] + bytes(20) + content[80:], "table 'intake', is a broken or incomplete zip"),
    (lambda content: b"KEY,Status\n", "not the zip of an ODK Central export.*If the partner now sends CSV or JSON"),
    (lambda content: b"", "is empty"),
])  # fmt: skip
def test_broken_zip_is_reported(tmp_path: Path, spoil: Any, message: str) -> None:
    path = zipped(tmp_path / "a.zip", intake=[[*MAIN, *TAIL], *(sent(n) for n in range(9))])
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ExtractUnreadable, match=message) as caught:
        read(path, form())
    assert "Testperson" not in caught.value.sentence


@pytest.mark.parametrize(("content", "message"), [
    (table([[*MAIN, *TAIL], sent(1)]).replace(b"Busia", b"Murang\x92a"), "is not UTF-8"),
    (table([[*MAIN, *TAIL]]) + b'"' + b"x" * 200_000, "quotation mark is not closed"),
])  # fmt: skip
def test_broken_table_is_reported_without_its_text(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(ExtractUnreadable, match=message) as caught:
        read(zipped(tmp_path / "a.zip", intake=content), form())
    assert "xxx" not in caught.value.sentence and "Murang" not in caught.value.sentence


def _main_fields() -> dict[str, Any]:
    return {name: spec for name, spec in FORM["fields"].items() if "transit" not in name}


SLOW = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELL = st.sampled_from(
    ["", "yes", "uuid:1", "uuid:1/legs[1]", "uuid:1/legs[1]/x[99999999]", "2024-03-04", "Busia"]
)
ROWS = st.lists(st.lists(CELL | st.text(st.characters(codec="utf-8"), max_size=5), max_size=9), max_size=6)


@SLOW
@given(main=ROWS, legs=ROWS)
def test_any_table_is_read_or_reported(tmp_path: Path, main: list[list[str]], legs: list[list[str]]) -> None:
    tables = {"intake": [[*MAIN, *TAIL], *main], "intake__legs": [LEGS, *legs]}
    reads_or_reports(zipped(tmp_path / "a.zip", **tables), form())


@SLOW
@example(at=321, spoilt=b"\0", cut=0)  # a file without a name
@given(at=st.integers(0, 600), spoilt=st.binary(min_size=1, max_size=12), cut=st.integers(0, 200))
def test_any_damage_to_a_zip_is_read_or_reported(tmp_path: Path, at: int, spoilt: bytes, cut: int) -> None:
    path = zipped(
        tmp_path / "a.zip", intake=[[*MAIN, *TAIL], sent(1)], intake__legs=legs_of("uuid:1/legs[1]=Meru")
    )
    content = path.read_bytes()
    path.write_bytes((content[:at] + spoilt + content[at + len(spoilt) :])[: len(content) - cut])
    reads_or_reports(path, form())
