"""The `format` part of a contract: the layout of a file."""

from __future__ import annotations

import codecs
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.contracts.fields import Strict, Text

MONTH_SHEETS = "month"


class Items(Strict):
    """A long layout: a record has one row per code, and a column names the kind of code."""

    type: Text = Field(description="The column with the kind of code, e.g. item_type.")
    code: Text = Field(description="The column with the code.")

    def kind_in(self, column: str) -> str | None:
        """`item_type=TACT` → `TACT`; None for a column of the file itself."""
        kind = column.removeprefix(f"{self.type}=")
        return kind if kind != column else None


class Layout(Strict):
    """Layout of a table in a workbook or CSV file."""

    header_rows: list[int] = Field(
        default_factory=list, description="Rows of the header as the partner counts them, e.g. [4, 5]."
    )
    header_join: str = Field(" | ", description="What joins the parts of a header of several rows.")
    header_search: int | None = Field(
        None, ge=1, le=100, description="Search the header in this many first rows."
    )
    hxl_row: bool | Literal["auto"] = Field(
        "auto", description="Whether a row of HXL tags follows the header."
    )
    stop_at: list[Text] = Field(
        default_factory=list, description="First words of the row that ends the table, e.g. TOTAL."
    )
    items: Items | None = Field(
        None, description="A row for each code of a record; fields read `type column=kind`."
    )

    @field_validator("header_rows")
    @classmethod
    def _rows_in_order(cls, rows: list[int]) -> list[int]:
        if any(row < 1 for row in rows) or rows != sorted(set(rows)):
            raise ValueError("header rows are counted from 1 and rise, e.g. [4, 5]")
        return rows

    @model_validator(mode="after")
    def _one_way_to_the_header(self) -> Any:
        if self.header_rows and self.header_search:
            raise ValueError("give either header_rows or header_search, not both")
        return self


class Sheets(Strict):
    """Several sheets of one layout."""

    pattern: Text = Field(description="`month` for sheets named by month, else a pattern such as Cases*.")
    sheet_month: bool = Field(False, description="A sheet's month dates records without a date of their own.")


class Repeat(Strict):
    """A child sheet: several rows for one record."""

    sheet: Text | None = Field(None, description="The sheet's name; default: the repeat's or tab's own name.")
    parent: Text = Field(description="The sheet's column that names the record it belongs to, e.g. ID.")
    matches: Text | None = Field(
        None, description="The main column that `parent` repeats; default: the column of delivery.key."
    )


class JsonRepeat(Strict):
    """A list of objects inside a record; its position names the record."""

    parent: ClassVar[None] = None
    matches: ClassVar[None] = None
    sheet: Text = Field(description="The repeat's full path, e.g. journey/places_passed.")


class OdkRepeat(Strict):
    """A table of an ODK Central zip with several rows for one submission, by the [n] at the end of KEY."""

    sheet: Text | None = Field(
        None, description="`<form>-legs`, or what follows the form's name; default: the repeat's own name."
    )
    parent: Text = Field("PARENT_KEY", description="The child column that names the submission.")
    matches: Text = Field("KEY", description="The main column that `parent` repeats.")


class Tab(Repeat):
    """A further sheet with one row a record."""


class XlsxFormat(Layout):
    kind: Literal["xlsx"]
    sheet: int | Text | None = Field(None, description="A sheet's name, or its number from 0.")
    sheets: Sheets | None = None
    fill_down_merged: list[Text] = Field(
        default_factory=list, description="Columns whose merged cells count for every row they cover."
    )
    repeats: dict[str, Repeat] = Field(default_factory=dict)
    tabs: dict[str, Tab] = Field(
        default_factory=dict, description="Sheets with one row a record; fields read `tab/column`."
    )

    @model_validator(mode="after")
    def _one_way_to_the_sheet(self) -> XlsxFormat:
        if self.sheet is not None and self.sheets is not None:
            raise ValueError("give either sheet (one) or sheets (several), not both")
        if self.tabs and self.sheets is not None:
            raise ValueError("tabs stand beside one main sheet: give sheet, not sheets")
        if both := self.tabs.keys() & self.repeats.keys():
            raise ValueError(
                f"{min(both)!r} is a tab and a repeat; a sheet with several rows a record is a repeat"
            )
        return self


class CsvFormat(Layout):
    kind: Literal["csv"]
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    multiline: list[Text] = Field(
        default_factory=list,
        description="Columns whose quoted cells may run over several lines, besides the denied ones.",
    )
    trailing_cells: Literal["required", "optional"] = Field(
        "required", description="Whether a row may end before the last column; by default it is refused."
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ValueError("no such encoding; use utf-8 or cp1252 (Windows)") from None
        return name


class JsonFormat(Strict):
    """JSON of KoboToolbox's or ODK's API: a list of records, each an object."""

    kind: Literal["json"]
    records: Text | None = Field(
        None, description="Path of the list of records, e.g. results; by default the file is the list."
    )
    repeats: dict[str, JsonRepeat] = Field(default_factory=dict)


class OdkZipFormat(Strict):
    """The zip of ODK Central: `<form>.csv` and one CSV for each repeat."""

    kind: Literal["odk_zip"]
    form: Text | None = Field(
        None, description="The main table's name without .csv; by default the one all others begin with."
    )
    repeats: dict[str, OdkRepeat] = Field(default_factory=dict)


AnyRepeat = Repeat | JsonRepeat | OdkRepeat
AnyFormat = XlsxFormat | CsvFormat | JsonFormat | OdkZipFormat
