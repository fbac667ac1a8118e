"""Output of `njia query`: on a screen, as CSV and as JSON."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest
from rich.console import Console

from orchestration.cli.query import MOST_RECORDS, MOST_ROWS, show_rows


def on_screen(columns: list[str], rows: list[tuple[object, ...]], width: int) -> str:
    text = io.StringIO()
    show_rows(SimpleNamespace(columns=columns, rows=rows), "table", Console(file=text, width=width))
    return text.getvalue()


def test_narrow_columns_are_shown_as_a_table_wide_ones_below_each_other() -> None:
    assert on_screen(["county", "n"], [("Busia", 3)], 40).splitlines()[0].split() == ["county", "n"]
    columns = [f"a_long_name_{number}" for number in range(8)]
    lines = on_screen(columns, [tuple(range(8))], 60).splitlines()
    assert lines[0] == "row 1"
    assert [line.split() for line in lines[1:]] == [[f"a_long_name_{n}", str(n)] for n in range(8)]


@pytest.mark.parametrize(("columns", "most"), [(1, MOST_ROWS), (30, MOST_RECORDS)])
def test_omitted_rows_are_counted(columns: int, most: int, capsys: pytest.CaptureFixture[str]) -> None:
    shown = on_screen([f"column_{number}" for number in range(columns)], [("x",) * columns] * (most + 5), 60)
    assert sum(line.split()[-1:] == ["x"] for line in shown.splitlines()) == most * columns
    assert f"{most} of {most + 5} rows are shown" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["table", "csv"])
def test_empty_answer_is_explained(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_rows(SimpleNamespace(columns=["county"], rows=[]), form)
    captured = capsys.readouterr()
    assert captured.out.strip() == "county"
    assert ("No row matches." in captured.err) == (form == "table")


def test_json_replaces_nan_and_infinity_by_null(capsys: pytest.CaptureFixture[str]) -> None:
    row = (float("nan"), float("inf"), 1.5)
    show_rows(SimpleNamespace(columns=["a", "b", "c"], rows=[row]), "json")
    assert json.loads(capsys.readouterr().out) == [{"a": None, "b": None, "c": 1.5}]
