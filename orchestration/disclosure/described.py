"""Tables of files with their margin description: which columns are dimensions, which value is the total,
which symbol means hidden.

The description is a YAML file; `docs/disclosure.md` shows one. Only what is printed is read, so that
anybody's published statistics can be attacked like an edition of ours.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from openpyxl import load_workbook
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.disclosure.audit import PrintedTable, bounds_of_share
from orchestration.disclosure.tables import TOTAL
from orchestration.errors import UsageError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Dimension(_Strict):
    """`column` of the file (its own name if none); `total`: the value that stands for all; `groups`: a
    value → the finer values it stands for; `others`: the total counts more than the values that are listed.
    """

    column: str | None = None
    total: str | None = None
    groups: dict[str, list[str]] = Field(default_factory=dict)
    others: bool = False


class Wide(_Strict):
    """One column a value: heading → value of this dimension, its total included."""

    dimension: str
    names: dict[str, str]


class Share(_Strict):
    """A column of percentages of the total over one dimension, printed with so many digits."""

    column: str
    of: str
    digits: int = 0


class Symbol(_Strict):
    """What a symbol tells: a hidden number from `low` to `high`, anything if both are left out."""

    low: int = 0
    high: int | None = None


class DescribedTable(_Strict):
    """`lists_all`: false where cells that are not listed may be hidden. `carried`: a column that marks with
    `true` an old value printed again, known to less than `k` either way.
    """

    file: str | None = None
    sheet: str | None = None
    header_row: int = 1
    name: str | None = None
    dimensions: dict[str, Dimension]
    value: str | None = None
    wide: Wide | None = None
    share: Share | None = None
    where: dict[str, str] = Field(default_factory=dict)
    split_by: list[str] = Field(default_factory=list)
    universe: str = "all"
    lists_all: bool = True
    carried: str | None = None


class Description(_Strict):
    k: int | None = None
    hidden: dict[str, Symbol] = Field(default_factory=dict)
    hidden_may_be_empty: bool = False
    rounded_to: int = 1
    tables: list[DescribedTable]

    def groups(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        for table in self.tables:
            for name, dimension in table.dimensions.items():
                found.setdefault(name, {}).update(dimension.groups)
        return found


def read_description(path: Path) -> Description:
    """Raises UsageError that names the field and what is expected there."""
    try:
        return Description.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise UsageError(f"{path} is no readable YAML file.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            f"{path}, {place}: {first['msg']}. docs/disclosure.md shows a description."
        ) from None


def described_tables(description: Description, files: Sequence[Path], beside: Path) -> list[PrintedTable]:
    """The tables of the description, from `files` (told apart by name), else from the folder `beside`.

    Raises UsageError for a file, sheet or column that is not there and for a cell that is neither a number
    nor a symbol that the description explains.
    """
    by_name = {path.name: path for path in files}
    found: list[PrintedTable] = []
    for number, table in enumerate(description.tables, start=1):
        if table.file is None and len(files) != 1:
            raise UsageError(f"Table {number} of the description names no file. Add `file:` to it.")
        path = files[0] if table.file is None else by_name.get(table.file, beside / table.file)
        found += _Reading(description, table, path, table.name or f"{path.stem} {number}").tables()
    return found


class _Reading:
    """One table of a description, on its way from cells of a file to what they tell."""

    def __init__(self, description: Description, table: DescribedTable, path: Path, name: str) -> None:
        self.description, self.table, self.path, self.name = description, table, path, name
        self.dimensions = (*table.dimensions, *([table.wide.dimension] if table.wide else ()))
        if (table.value is None) == (table.wide is None):
            raise UsageError(f"Table {name}: give either `value` (a column) or `wide` (one column a value).")
        if table.wide and table.wide.dimension in table.dimensions:
            raise UsageError(f"Table {name}: {table.wide.dimension} is described twice; leave it to `wide`.")

    def tables(self) -> Iterator[PrintedTable]:
        rows = self._long()
        split = self.table.split_by
        parts = [(self.table.universe, rows)] if not split else [
            (" / ".join(map(str, values)), part) for values, part in rows.groupby(split, sort=True)
        ]  # fmt: skip
        for universe, part in parts:
            cells = part[[*self.dimensions, "low", "high", "is_hidden"]].reset_index(drop=True)
            if self.table.share:
                cells = self._with_shares(cells, part["share"].reset_index(drop=True))
            cells = pd.concat([cells, *self._others(cells)], ignore_index=True)
            yield PrintedTable(self.name, self.dimensions, cells, universe, self.table.lists_all)

    def _long(self) -> pd.DataFrame:
        """One row a cell of the table that is not blank."""
        found = []
        values: dict[str, str] = self.table.wide.names if self.table.wide else {str(self.table.value): ""}
        for row_number, row in self._rows():
            if any(self._cell(row, column) != value for column, value in self.table.where.items()):
                continue
            place: dict[str, Any] = {}
            for name, dimension in self.table.dimensions.items():
                value = self._cell(row, dimension.column or name)
                place[name] = TOTAL if value == dimension.total else value
            place |= {one: self._cell(row, one) for one in self.table.split_by}
            if self.table.share:
                place["share"] = self._cell(row, self.table.share.column)
            for column, wide_value in values.items():
                text = self._cell(row, column)
                if text == "":
                    continue
                if self.table.wide:
                    place[self.table.wide.dimension] = wide_value
                low, high, hidden = self._told(text, column, row_number)
                if self.table.carried and self._cell(row, self.table.carried).lower() == "true":
                    slack = (self.description.k or 1) - 1
                    low, high = max(low - slack, 0), high + slack
                found.append({**place, "low": low, "high": high, "is_hidden": hidden})
        if not found:
            raise UsageError(f"{self.path.name}: no row of table {self.name} holds a value.")
        rows = pd.DataFrame(found)
        if rows.duplicated([*self.dimensions, *self.table.split_by]).any():
            raise UsageError(
                f"{self.path.name}: table {self.name} tells a cell twice. Describe the column that tells its "
                "rows apart, as a dimension, in `where` or in `split_by`."
            )
        return rows

    def _told(self, text: str, column: str, row: int) -> tuple[float, float, bool]:
        if text in self.description.hidden:
            symbol = self.description.hidden[text]
            return symbol.low, float("inf") if symbol.high is None else symbol.high, True
        try:
            value = float(text.replace(",", "").replace("\u00a0", ""))
        except ValueError:
            raise UsageError(
                f"{self.path.name}, row {row}, column {column}: neither a number nor one of the symbols "
                "under `hidden` in the description. Add the symbol, or leave the row out with `where`."
            ) from None
        slack = (self.description.rounded_to - 1) // 2 if self.description.rounded_to > 1 else 0
        return max(value - slack, 0), value + slack, False

    def _with_shares(self, cells: pd.DataFrame, shares: pd.Series) -> pd.DataFrame:
        """A percentage of a printed total is one more thing told of a cell."""
        share = self.table.share
        assert share is not None  # noqa: S101 - the caller asked
        printed = {
            tuple(row[one] for one in self.dimensions): row["low"]
            for row in cells.to_dict("records")
            if row["low"] == row["high"]
        }
        told = cells.to_dict("records")
        for row, text in zip(told, shares, strict=True):
            whole = printed.get(tuple(TOTAL if one == share.of else row[one] for one in self.dimensions))
            try:
                percent = float(str(text).rstrip("% "))
            except ValueError:
                continue
            if whole is not None and row["is_hidden"]:
                low, high = bounds_of_share(percent, share.digits, whole)
                row["low"], row["high"] = max(row["low"], low), min(row["high"], high)
        return pd.DataFrame(told)

    def _others(self, cells: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """Of a dimension whose total counts more than is listed: one more value, of which nothing is told."""
        for name, dimension in self.table.dimensions.items():
            if dimension.others:
                rows = cells[cells[name] == TOTAL]
                yield rows.assign(**{name: "(not listed)"}, low=0.0, high=float("inf"), is_hidden=False)

    def _cell(self, row: dict[str, str], column: str) -> str:
        if column not in row:
            raise UsageError(
                f"{self.path.name} has no column {column}. Its columns are: {', '.join(row)}. Correct the "
                f"description of table {self.name}."
            )
        return row[column]

    def _rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Row number in the file and its cells by heading; a row of HXL tags is skipped."""
        lines = self._lines()
        for _ in range(self.table.header_row - 1):
            next(lines, None)
        heading = next(lines, None)
        if heading is None:
            raise UsageError(f"{self.path.name} has no row {self.table.header_row} with headings.")
        for number, line in enumerate(lines, start=self.table.header_row + 1):
            if any(line) and not any(cell.startswith("#") for cell in line):
                is_csv = self.path.suffix.lower() != ".xlsx"
                if is_csv and (len(line) < len(heading) or any(line[len(heading) :])):
                    raise UsageError(
                        f"{self.path.name}, row {number}: {len(line)} cells under {len(heading)} headings. "
                        "Mend it (cut off? a comma too many?), or take it out if it is a note."
                    )
                padded = [*line, *[""] * (len(heading) - len(line))]
                yield number, dict(zip(heading, padded, strict=False))

    def _lines(self) -> Iterator[list[str]]:
        if not self.path.is_file():
            raise UsageError(
                f"There is no file {self.path}. Name it on the command line, or correct `file:`."
            )
        if self.path.suffix.lower() != ".xlsx":
            try:
                with self.path.open(encoding="utf-8-sig", newline="") as file:
                    yield from ([cell.strip() for cell in line] for line in csv.reader(file))
            except UnicodeDecodeError:
                raise UsageError(f"{self.path.name} is no CSV in UTF-8.") from None
            return
        book = load_workbook(self.path, read_only=True, data_only=True)
        if self.table.sheet and self.table.sheet not in book.sheetnames:
            raise UsageError(f"{self.path.name} has no sheet {self.table.sheet}.")
        sheet = book[self.table.sheet] if self.table.sheet else book.worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield ["" if cell is None else str(cell).strip() for cell in row]
