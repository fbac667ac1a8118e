"""Read landed cells into typed source rows, each cell by the reader of its field, repeated values once.

`assembly` has the rules across rows of a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Any

from orchestration.contracts import (
    AGE_BAND,
    AGES,
    COUNTS,
    DATES,
    MANY_CODES,
    SHEET_ERRORS,
    CodeReader,
    Contract,
    FieldSpec,
    ReadCode,
    ReadCodes,
    Vocabulary,
    error_code,
    is_blank,
    joined_or_flags,
    month_of_sheet,
    norm,
    place_parts,
    repaired,
)
from orchestration.intake import (
    DISAGREES,
    POINT,
    LandedCell,
)
from orchestration.typing.ages import read_age
from orchestration.typing.counts import ReadCount, read_count, read_default
from orchestration.typing.dates import ReadDate, read_date, read_moment
from orchestration.typing.routes import ReadRoute, read_route
from orchestration.typing.row import CORRECTED, Place, Row, weighed

# Enough for the spellings of an extract; time stamps hardly repeat and must not fill the memory.
_MOST_REMEMBERED = 20_000


class RowReader:
    """Reads the rows of one extract. `entry`: its landing note; `round`: of the period that it declares."""

    def __init__(self, entry: Mapping[str, Any], contract: Contract, vocabulary: Vocabulary) -> None:
        self.contract = contract
        self._vocabulary = vocabulary
        self._received_on = date.fromisoformat(entry["received_on"][:10])
        self._date_system = int(entry.get("date_system") or 1900)
        period = contract.period_of(entry)
        self.round = period.round if period else None
        self._period = (period.from_, period.to) if period else None
        languages = tuple(contract.locale.languages)
        self._age_words = vocabulary.words_of(AGE_BAND, languages)
        self._readers = {
            name: CodeReader.of_field(name, spec, vocabulary, languages)
            for name, spec in contract.fields.items()
            if name not in (*DATES, *COUNTS, *AGES)
            and (place_parts(name) is None or name.endswith(".transport_mode"))
        }
        self._bind_readers()
        self._needed = [
            name
            for name, spec in contract.fields.items()
            if spec.required and spec.is_read and spec.default is None
            if name != "event_on" and not contract.part_of(spec)[0]
        ]
        # Fields of every main row; a field of child rows only where it has a constant.
        of_rows = {
            name: spec
            for name, spec in contract.fields.items()
            if spec.constant or not contract.part_of(spec)[0]
        }
        self._codes_of_rows = [
            (name, of_rows[name]) for name in self._readers if name in of_rows and not place_parts(name)
        ]
        self._places_of_rows = [
            (name, spec, *parts) for name, spec in of_rows.items() if (parts := place_parts(name))
        ]

    def _bind_readers(self) -> None:
        """Bind the readers of cells to what the contract says of their fields."""
        self._read = lru_cache(_MOST_REMEMBERED)(  # the same cell is read once
            lambda reader, *cell, **beside: reader(*cell, **beside)
        )
        contract, locale, fields = self.contract, self.contract.locale, self.contract.fields
        date_of = partial(
            read_date, order=locale.dates, timezone=locale.timezone, date_system=self._date_system
        )
        event = fields.get("event_on")
        self._read_event = partial(
            date_of,
            received_on=self._received_on,
            default_period=self._period,
            # An unreadable date sets the row aside where the contract requires one.
            period_stands_in=not (event and event.required),
            naive_times_are=contract.zone_of("event_on"),
            missing=tuple(event.missing) if event else (),
        )
        self._read_embargo = partial(
            date_of,
            received_on=date.max,
            window_from=date.min,
            naive_times_are=contract.zone_of("embargo_until"),
        )
        self._read_sent = partial(
            read_moment, order=locale.dates, naive_times_are=contract.zone_of("submitted_at")
        )
        count = fields.get("person_count")
        # With one row a person, a stated zero contradicts the rows; the range of both covers that.
        self._grain = "route_report" if count and count.count_rows else contract.grain
        self._read_count = partial(
            read_count,
            thousands=locale.thousands,
            decimal=locale.decimal,
            maximum=count.maximum if count else None,
            grain=self._grain,
            missing=tuple(count.missing) if count else (),
        )
        age = fields.get("age_band")
        self._read_age = partial(
            read_age,
            source=(age.from_ if age else None) or "age_text",
            missing=tuple(age.missing) if age else (),
            words=self._age_words,
        )
        self._routes = {
            name: partial(
                read_route,
                split=spec.split,
                direct=spec.direct,
                missing=spec.missing,
                is_country=self._vocabulary.is_country,
            )
            for name, spec in fields.items()
            if name.endswith(".list")
        }

    def main_row(self, record_id: int, sheet: str, number: int, cells: Sequence[LandedCell]) -> Row:
        row = Row(record_id, sheet, number)
        by_field = self._by_field(row, cells)
        self._dates(row, by_field)
        self._count(row, by_field.get("person_count"))
        self._codes(row, by_field)
        self._age(row, by_field.get("age_band"))
        self._places(row, by_field)
        return row

    def child_row(self, row: Row, cells: list[LandedCell]) -> dict[str, Place]:
        """Return the places of a child row by role, and add its other codes to the record's row.

        Problems carry sheet and number of the child row.
        """
        places: dict[str, Place] = {}
        at = (cells[0].sheet, cells[0].row_number)
        row = replace(row, sheet=at[0], row_number=at[1])
        for name, found in self._by_field(row, cells).items():
            parts = place_parts(name)
            if parts and parts[1] == "transport_mode":
                read = self._many(name, found)
                places.setdefault(parts[0], Place(child=at)).transport = tuple(read.codes)
                row.note(name, read.problems)
            elif parts:
                self._place_text(row, name, places.setdefault(parts[0], Place(child=at)), parts[1], found[0])
            elif name in MANY_CODES:
                read = self._many(name, found)
                row.lists[name] = tuple(dict.fromkeys((*row.lists.get(name, ()), *read.codes)))
                row.note(name, weighed(self.contract, name, read.problems))
        return places

    def _by_field(self, row: Row, cells: Sequence[LandedCell]) -> dict[str, list[LandedCell]]:
        """Group cells by field; a field that today's contract no longer maps is not read."""
        found: dict[str, list[LandedCell]] = {}
        for cell in cells:
            if cell.kind == DISAGREES:
                row.note(cell.field, ("flag:columns_disagree",))
            elif cell.kind == CORRECTED:
                row.note(cell.field, ("flag:value_corrected",))
            elif cell.field in self.contract.fields:
                found.setdefault(cell.field, []).append(_mended(row, cell))
        return found

    def _dates(self, row: Row, cells: dict[str, list[LandedCell]]) -> None:
        month = month_of_sheet(row.sheet) if self.contract.has_sheet_months else None
        spec = self.contract.fields.get("event_on")
        row.when = self._read(self._read_event, *_first(cells.get("event_on"), spec), sheet_month=month)
        problems = row.when.problems
        if spec and spec.required is False:
            problems = tuple(problem.replace("Q:", "unk:", 1) for problem in problems)
        if self.contract.delivery.mode == "incremental":  # it may correct records of earlier periods
            problems = tuple(problem for problem in problems if problem != "flag:date_outside_period")
        row.note("event_on", problems)
        if sent := cells.get("submitted_at"):
            row.submitted_at = self._read(self._read_sent, sent[0].value, sent[0].kind)
            if row.submitted_at is None and not is_blank(norm(sent[0].value)):
                row.note("submitted_at", weighed(self.contract, "submitted_at", ("unk:date_unparsed",)))
        if until := cells.get("embargo_until"):
            read: ReadDate = self._read(self._read_embargo, *_first(until, None))
            row.embargo_until = read.last
            if read.last is None and not is_blank(norm(until[0].value)):
                # Set aside: an embargoed record must not be published too early.
                row.note("embargo_until", ("Q:embargo_unreadable",))

    def _count(self, row: Row, cells: list[LandedCell] | None) -> None:
        spec = self.contract.fields.get("person_count")
        value, kind, shown = _first(cells, spec)
        if spec is None:
            row.count = read_default(None, self._grain)
        elif is_blank(norm(value)) and kind == "text":
            row.count = read_default(spec.default, self._grain) if spec.default else ReadCount()
        else:
            row.count = self._read(self._read_count, value, kind, shown)
        row.note("person_count", weighed(self.contract, "person_count", row.count.problems))

    def _codes(self, row: Row, cells: dict[str, list[LandedCell]]) -> None:
        for name, spec in self._codes_of_rows:
            found = cells.get(name) or _stated(spec, row, name)
            if not found:
                continue
            if name in MANY_CODES:
                read = self._many(name, found)
                row.lists[name] = read.codes
                row.note(name, weighed(self.contract, name, read.problems))
            else:
                one = self._one(name, found)
                row.codes[name] = one.code
                row.note(name, weighed(self.contract, name, one.problems))
                row.child_word = one.is_child if name == "sex" else row.child_word

    def _age(self, row: Row, cells: list[LandedCell] | None) -> None:
        spec = self.contract.fields.get("age_band")
        value, kind, shown = _first(cells, spec)
        if spec is None or (value is None and kind == "text"):
            return
        by_year = spec.from_ == "birth_year"
        event = (row.when.first, row.when.last) if by_year and row.when.first and row.when.last else None
        row.age = self._read(self._read_age, value, kind, shown, event=event)
        row.note("age_band", weighed(self.contract, "age_band", row.age.problems))

    def _places(self, row: Row, cells: dict[str, list[LandedCell]]) -> None:
        for name, spec, role, part in self._places_of_rows:
            found = cells.get(name) or _stated(spec, row, name)
            if not found:
                continue
            if part == "list":
                read: ReadRoute = self._read(self._routes[name], found[0].value, found[0].kind)
                row.note(name, read.problems)
                if role == "transit":
                    row.route = read
                elif read.stops:
                    row.places.setdefault(role, Place()).add_text("place_text", found[0].value)
            elif part == "transport_mode":
                codes = self._many(name, found)
                row.places.setdefault(role, Place()).transport = codes.codes
                row.note(name, weighed(self.contract, name, codes.problems))
            else:
                self._place_text(row, name, row.places.setdefault(role, Place()), part, found[0])
        for name in self._needed:
            if name not in cells:
                row.note(name, ("Q:required_missing",))

    def _place_text(self, row: Row, name: str, place: Place, part: str, cell: LandedCell) -> None:
        if cell.kind == "error":
            row.note(name, (f"unk:{error_code(cell.value)}",))
        elif part == POINT:
            row.note(name, weighed(self.contract, name, place.add_point(cell)))
        else:
            place.add_text(part, cell.value, self.contract.fields[name].code_system)

    def _one(self, name: str, cells: list[LandedCell]) -> ReadCode:
        reader = self._readers[name]
        read: ReadCode
        if self.contract.fields[name].select_multiple == "array":
            read = self._read(reader.read_one_of_array, cells[0].value)
        else:
            read = self._read(reader.read_one, cells[0].value, cells[0].kind)
        return read

    def _many(self, name: str, cells: list[LandedCell]) -> ReadCodes:
        reader, spec = self._readers[name], self.contract.fields[name]
        if self.contract.item_kinds_of(spec):
            one = self._one(name, cells)
            return ReadCodes((one.code,) if one.code else (), one.problems)
        chosen = tuple(cell.value for cell in cells if cell.kind == "flag")
        flags: ReadCodes | None = None
        if chosen:
            flags = self._read(reader.read_flags, tuple(choice for choice in chosen if choice))
        joined: ReadCodes | None = None
        read = reader.read_array if spec.select_multiple == "array" else reader.read_many
        for cell in cells:
            if cell.kind != "flag":
                joined = self._read(read, cell.value, cell.kind)
        return joined_or_flags(joined, flags)


def _mended(row: Row, cell: LandedCell) -> LandedCell:
    """Repair a cell: recognise error values in text, and mend broken UTF-8."""
    if cell.kind != "text":
        return cell
    if cell.value[:1] == "#":
        return cell._replace(kind="error") if norm(cell.value) in SHEET_ERRORS else cell
    text = repaired(cell.value)
    if text is None:
        return cell
    row.note(cell.field, ("flag:mojibake_repaired",))
    return cell._replace(value=text)


def _first(cells: list[LandedCell] | None, spec: FieldSpec | None) -> tuple[str | None, str, str | None]:
    if cells:
        return cells[0].value, cells[0].kind, cells[0].number_format
    stated = spec.constant or spec.default if spec else None
    return stated, "text", None


def _stated(spec: FieldSpec, row: Row, name: str) -> list[LandedCell]:
    """Return the contract's constant or default as a cell."""
    value = spec.constant or spec.default
    if value is None:
        return []
    return [LandedCell(row.record_id, row.sheet, row.row_number, "", name, 0, value, "text", None)]
