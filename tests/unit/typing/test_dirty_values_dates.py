"""Dates as partners write them, rows D1 to D20 of the catalogue, from the file to the typed table."""

from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration.contracts import Contract
from tests.fixtures.dirty_values import Shown, arrive, contract

WORKBOOK = contract(format={"kind": "xlsx", "sheet": 0})


def ends(first: str, last: str | None = None) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last or first)


@pytest.mark.parametrize(("raw", "precision", "expected"), [
    pytest.param(["2020-03-04", "04.03.20", "4/3/2020", "4 March 2020", "04-Mar-2020"], "day",
        ends("2020-03-04"), id="D1"),
    pytest.param(["3/4/2020"], "day", ends("2020-04-03"), id="D2"),
    pytest.param(["March 2020", "03/2020", "2020-03", "Machi 2020", "mwezi wa tatu 2020"], "month",
        ends("2020-03-01", "2020-03-31"), id="D5"),
    pytest.param(["Disemba 2019", "Desemba 2019"], "month", ends("2019-12-01", "2019-12-31"), id="D5-december"),
    pytest.param(["Q1 2020", "Jan-Mar 2020"], "quarter", ends("2020-01-01", "2020-03-31"), id="D7"),
    pytest.param(["2020"], "year", ends("2020-01-01", "2020-12-31"), id="D8"),
    pytest.param(["2020-03-04T22:30:00Z"], "day", ends("2020-03-05"), id="D12-local-day"),
    pytest.param(["2020-03-04T18:18:35.000+03:00"], "day", ends("2020-03-04"), id="D12"),
    pytest.param(["05/03/2020 22:15", "Mar 5, 2020 10:15:00 PM", "2020/03/05 3:45:12 PM GMT+3"], "day",
        ends("2020-03-05"), id="D12-with-time"),
    pytest.param(["12-15/03/2020", "12th to 15th March 2020"], "period", ends("2020-03-12", "2020-03-15"),
        id="D16"),
])  # fmt: skip
def test_a_date_is_read(tmp_path: Path, raw: list[str], precision: str, expected: tuple[date, date]) -> None:
    found = arrive(tmp_path, [{"Date": text} for text in raw])
    assert found.seen("event_on", "date_precision", "period_to") == [
        (expected[0], precision, expected[1])
    ] * len(raw)
    assert found.problems() == [[]] * len(raw)


@pytest.mark.parametrize("naive", [None, "UTC"])
def test_a_workbooks_time_is_local(tmp_path: Path, naive: str | None) -> None:
    locale = {"dates": "dmy", "naive_times_are": naive}
    cells = [Shown(datetime(2020, 1, 31, 23, 59, 59), "yyyy-mm-dd hh:mm:ss"), "31/01/2020 23:59"]
    found = arrive(tmp_path, [{"Date": cell} for cell in cells], WORKBOOK | {"locale": locale})
    assert found.seen("event_on") == [(date(2020, 2, 1) if naive else date(2020, 1, 31),)] * 2


@pytest.mark.parametrize(("column", "others", "day"), [
    ("_submission_time", {}, 1),
    ("SubmissionDate", {}, 1),
    ("__system/submissionDate", {}, 1),
    ("start", {"submitted_at": "_submission_time"}, 1),
    ("start", {}, 31),
    ("Date", {"submitted_at": "_submission_time"}, 31),
])  # fmt: skip
def test_a_form_servers_time_is_utc(tmp_path: Path, column: str, others: dict[str, str], day: int) -> None:
    fields = {"event_on": column, "place(origin).place_text": {"column": "From", "basis": "home"}} | others
    rows = [{"_submission_time": "2020-02-02T10:00:00", column: "2020-01-31 23:59:59", "From": "Nairobi"}]
    found = arrive(tmp_path, rows, contract(fields=fields))
    assert [record["event_on"].day for record in found.records] == [day]


def test_a_typed_date_is_read(tmp_path: Path) -> None:
    """D1 and D8 as a workbook keeps them."""
    cells = [Shown(date(2020, 3, 4), "dd/mm/yyyy"), Shown(2020, "General")]
    found = arrive(tmp_path, [{"Date": cell} for cell in cells], WORKBOOK)
    assert found.seen("event_on", "date_precision") == [(date(2020, 3, 4), "day"), (date(2020, 1, 1), "year")]
    assert found.problems() == [[], []]


@pytest.mark.parametrize(("raw", "problem"), [
    pytest.param(["04/25/2020"], "date_order_conflict", id="D4"),
    pytest.param(["2020-13-01", "31/02/2020"], "date_invalid", id="D11"),
    pytest.param(["04/03/2021"], "date_in_future", id="D13"),
    pytest.param(["04/03/1920", "1441-07-09"], "date_out_of_window", id="D13-window"),
    pytest.param(["Meskerem 5 2012"], "date_calendar_unknown", id="D14"),
    pytest.param([None, "-", "N/A", "sijui", "00/00/0000", "01/01/1900"], "date_missing", id="D15"),
    pytest.param(["3rd Marc 2020", "last week"], "date_unparsed", id="D20"),
])  # fmt: skip
def test_an_uncertain_date_quarantines_the_row(tmp_path: Path, raw: list[str | None], problem: str) -> None:
    found = arrive(tmp_path, [{"Date": text} for text in raw])
    assert found.seen("event_on", "date_precision") == [(None, "unknown")] * len(raw)
    assert found.problems() == [[f"Q:{problem}"]] * len(raw)


@pytest.mark.parametrize(("order", "expected", "problems"), [
    pytest.param("mdy", date(2020, 3, 4), [], id="D2-month-first"),
    pytest.param(None, None, ["Q:date_ambiguous"], id="D3-no-order"),
])  # fmt: skip
def test_the_contract_decides_the_order_of_digits(
    tmp_path: Path, order: str | None, expected: date | None, problems: list[str]
) -> None:
    content = contract()
    content["locale"]["dates"] = order
    found = arrive(tmp_path, [{"Date": "3/4/2020"}], content)
    assert (found.seen("event_on"), found.problems()) == ([(expected,)], [problems])


@pytest.mark.parametrize(("cell", "date_system", "expected", "precision", "problem"), [
    pytest.param(Shown(date(2020, 3, 1), "mmm-yy"), 1900, date(2020, 3, 1), "month", "flag:date_format_month",
        id="D6"),
    pytest.param(Shown(43894, "General"), 1900, date(2020, 3, 4), "day", "flag:date_from_serial", id="D9"),
    pytest.param(Shown(43894, "General"), 1904, None, "unknown", "Q:date_in_future", id="D10"),
    pytest.param(Shown(42000, "General"), 1904, date(2018, 12, 28), "day", "flag:date_from_serial",
        id="D10-in-1904-days"),
])  # fmt: skip
def test_a_workbooks_number_behind_a_date_is_read(
    tmp_path: Path, cell: Shown, date_system: int, expected: date | None, precision: str, problem: str
) -> None:
    found = arrive(tmp_path, [{"Date": cell}], WORKBOOK, date_system=date_system)
    assert found.seen("event_on", "date_precision") == [(expected, precision)]
    assert found.problems() == [[problem]]


@pytest.mark.parametrize(("raw", "expected", "precision"), [
    pytest.param("early March 2020", date(2020, 3, 1), "month", id="D17"),
    pytest.param("around 2019", date(2019, 1, 1), "year", id="D17-year"),
])  # fmt: skip
def test_an_approximate_date_is_flagged(tmp_path: Path, raw: str, expected: date, precision: str) -> None:
    found = arrive(tmp_path, [{"Date": raw}])
    assert found.seen("event_on", "date_precision") == [(expected, precision)]
    assert found.problems() == [["flag:date_approximate"]]


MONTHLY = contract(
    {"event_on": {"column": "Date", "required": True}},
    format={"kind": "xlsx", "sheets": {"pattern": "month", "sheet_month": True}},
    delivery={"mode": "full", "cadence": "monthly", "key": ["sheet", "Ref"]},
)


def test_the_cell_wins_over_the_month_of_its_sheet(tmp_path: Path) -> None:
    """D18."""
    found = arrive(tmp_path, [{"Date": "04/03/2020"}], MONTHLY, sheet="FEB-2020")
    assert (found.seen("event_on"), found.problems()) == (
        [(date(2020, 3, 4),)],
        [["flag:sheet_month_conflict"]],
    )


def test_the_month_of_the_sheet_dates_a_row_without_a_date(tmp_path: Path) -> None:
    """D19: `Jan 20` is January 2020, not the 20th of January."""
    found = arrive(tmp_path, [{"Date": None}], MONTHLY, sheet="Jan 20")
    assert found.seen("event_on", "date_precision", "period_to") == [
        (date(2020, 1, 1), "month", date(2020, 1, 31))
    ]
    assert found.problems() == [[]]


@pytest.mark.parametrize(("submitted_at", "zone"), [("_submission_time", "UTC"), ("sent", "Africa/Nairobi")])
def test_start_in_a_json_file_is_utc_beside_a_servers_stamp_alone(submitted_at: str, zone: str) -> None:
    fields = {
        "event_on": "start",
        "place(origin).place_text": {"column": "From", "basis": "home"},
        "submitted_at": submitted_at,
    }
    content = contract(format={"kind": "json", "records": "results"}, fields=fields)
    assert Contract.model_validate(content).zone_of("event_on") == zone
