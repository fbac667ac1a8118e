"""Read landed cells into typed source rows, each cell by the reader of its field, repeated values once.

`assembly` has the rules across rows of a record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date, datetime
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
    Period,
    ReadCode,
    ReadCodes,
    Vocabulary,
    clean,
    error_code,
    is_blank,
    joined_or_flags,
    month_of_sheet,
    norm,
    place_parts,
)
from orchestration.contracts.cells import repaired
from orchestration.intake import (
    DISAGREES,
    LABEL,
    NEAR_A_LINE,
    POINT,
    SWAPPED,
    SYSTEM,
    SYSTEM_NEAR_A_LINE,
    ZERO,
    LandedCell,
)
from orchestration.typing.ages import read_age
from orchestration.typing.counts import ReadCount, read_count, read_default
from orchestration.typing.dates import read_date, read_moment
from orchestration.typing.routes import ReadRoute, read_route
from orchestration.typing.row import CORRECTED, Place, Row, weighed

TRANSIT_LIST = "place(transit).list"
NAMIBIA = "NA"
# Enough for the spellings of an extract; time stamps hardly repeat and must not fill the memory.
_MOST_REMEMBERED = 20_000


class RowReader:
    """Reads the cells of one extract by its contract."""

    def __init__(
        self,
        contract: Contract,
        vocabulary: Vocabulary,
        period: Period | None,
        received_on: date,
        date_system: int,
    ) -> None:
        self._vocabulary = vocabulary
        self._locale = contract.locale
        self._zones = {name: contract.zone_of(name) for name in DATES}  # `narrowed` knows fewer columns
        self._received_on, self._date_system = received_on, date_system
        self._period = (period.from_, period.to) if period else None
        self._has_sheet_months = bool(getattr(contract.format, "has_sheet_months", False))
        languages = tuple(contract.locale.languages)
        self._age_words = vocabulary.words_of(AGE_BAND, languages)
        self._readers = {
            name: CodeReader.of_field(name, spec, vocabulary, languages)
            for name, spec in contract.fields.items()
            if name not in (*DATES, *COUNTS, *AGES)
            and (place_parts(name) is None or name.endswith(".transport_mode"))
        }
        self._seen: dict[tuple[Any, ...], Any] = {}
        self._choose_fields(contract)

    def narrowed(self, fields: Collection[str]) -> RowReader:
        """Return the reader as if the contract mapped these fields alone."""
        kept = {name: spec for name, spec in self.contract.fields.items() if name in fields}
        narrow = copy(self)
        narrow._seen = {}  # what a cell says may depend on the other fields
        narrow._choose_fields(self.contract.model_copy(update={"fields": kept}))
        return narrow

    def _choose_fields(self, contract: Contract) -> None:
        self.contract = contract
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

    def main_row(self, record_id: int, sheet: str, number: int, cells: Sequence[LandedCell]) -> Row:
        row = Row(record_id, sheet, number)
        by_field = self._by_field(row, cells)
        self._dates(row, by_field)
        self._count(row, by_field.get("person_count"))
        self._codes(row, by_field)
        self._age(row, by_field.get("age_band"))
        self._places(row, by_field)
        self._require(row, by_field)
        return row

    def places_row(self, cells: Sequence[LandedCell]) -> Row:
        """Return a row with places alone."""
        row = Row(0, "", 0)
        by_field = self._by_field(row, cells)
        self._places(row, by_field)
        self._require(row, by_field)
        return row

    def _require(self, row: Row, by_field: Mapping[str, Any]) -> None:
        for name in self._needed:
            if name not in by_field:
                row.note(name, ("Q:required_missing",))

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
        month = month_of_sheet(row.sheet) if self._has_sheet_months else None
        spec = self.contract.fields.get("event_on")
        value, kind, shown = _first(cells.get("event_on"), spec)
        row.when = self._cached(
            ("event_on", value, kind, shown, month),
            lambda: read_date(
                value,
                kind,
                shown,
                order=self._locale.dates,
                received_on=self._received_on,
                sheet_month=month,
                default_period=self._period,
                # An unreadable date sets the row aside where the contract requires one.
                period_stands_in=not (spec and spec.required),
                timezone=self._locale.timezone,
                naive_times_are=self._zones["event_on"],
                missing=tuple(spec.missing) if spec else (),
                date_system=self._date_system,
            ),
        )
        problems = row.when.problems
        if spec and spec.required is False:
            problems = tuple(problem.replace("Q:", "unk:", 1) for problem in problems)
        if self.contract.delivery.mode == "incremental":  # it may correct records of earlier periods
            problems = tuple(problem for problem in problems if problem != "flag:date_outside_period")
        row.note("event_on", problems)
        if sent := cells.get("submitted_at"):
            row.submitted_at = self._moment(sent[0])
            if row.submitted_at is None and not is_blank(norm(sent[0].value)):
                row.note("submitted_at", weighed(self.contract, "submitted_at", ("unk:date_unparsed",)))
        if until := cells.get("embargo_until"):
            read = read_date(
                until[0].value,
                until[0].kind,
                until[0].number_format,
                order=self._locale.dates,
                received_on=date.max,
                window_from=date.min,
                timezone=self._locale.timezone,
                naive_times_are=self._zones["embargo_until"],
                date_system=self._date_system,
            )
            row.embargo_until = read.last
            if read.last is None and not is_blank(norm(until[0].value)):
                # Set aside: an embargoed record must not be published too early.
                row.note("embargo_until", ("Q:embargo_unreadable",))

    def _count(self, row: Row, cells: list[LandedCell] | None) -> None:
        spec = self.contract.fields.get("person_count")
        # With one row a person, a stated zero contradicts the rows; the range of both covers that.
        grain = "route_report" if spec and spec.count_rows else self.contract.grain
        value, kind, shown = _first(cells, spec)
        if spec is None:
            row.count = read_default(None, grain)
        elif is_blank(norm(value)) and kind == "text":
            row.count = read_default(spec.default, grain) if spec.default else ReadCount()
        else:
            row.count = self._cached(
                ("person_count", value, kind, shown),
                lambda: read_count(
                    value,
                    kind,
                    shown,
                    thousands=self._locale.thousands,
                    decimal=self._locale.decimal,
                    maximum=spec.maximum,
                    grain=grain,
                    missing=tuple(spec.missing),
                ),
            )
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
        row.age = self._cached(
            ("age_band", value, kind, shown, event),
            lambda: read_age(
                value,
                kind,
                shown,
                source=spec.from_ or "age_text",
                event=event,
                missing=tuple(spec.missing),
                words=self._age_words,
            ),
        )
        row.note("age_band", weighed(self.contract, "age_band", row.age.problems))

    def _places(self, row: Row, cells: dict[str, list[LandedCell]]) -> None:
        for name, spec, role, part in self._places_of_rows:
            found = cells.get(name) or _stated(spec, row, name)
            if not found:
                continue
            if part == "list":
                read = self._route(spec, found[0])
                row.note(name, read.problems)
                if role == "transit":
                    row.route = read
                elif read.stops:
                    _add_text(row.places.setdefault(role, Place()), "place_text", found[0].value)
            elif part == "transport_mode":
                codes = self._many(name, found)
                row.places.setdefault(role, Place()).transport = codes.codes
                row.note(name, weighed(self.contract, name, codes.problems))
            else:
                self._place_text(row, name, row.places.setdefault(role, Place()), part, found[0])

    def _place_text(self, row: Row, name: str, place: Place, part: str, cell: LandedCell) -> None:
        if cell.kind == "error":
            row.note(name, (f"unk:{error_code(cell.value)}",))
        elif part == POINT:
            row.note(name, weighed(self.contract, name, _add_point(place, cell)))
        else:
            _add_text(place, part, cell.value, self.contract.fields[name].code_system)

    def _route(self, spec: FieldSpec, cell: LandedCell) -> ReadRoute:
        read: ReadRoute = self._cached(
            (TRANSIT_LIST, spec.column, cell.value, cell.kind),
            lambda: read_route(
                cell.value,
                cell.kind,
                split=spec.split,
                direct=spec.direct,
                missing=spec.missing,
                is_country=self._vocabulary.is_country,
            ),
        )
        return read

    def _one(self, name: str, cells: list[LandedCell]) -> ReadCode:
        reader = self._readers[name]
        cell = next((cell for cell in cells if cell.kind != LABEL), None)
        if cell is None:  # the landing removed its code
            return ReadCode()
        if self.contract.fields[name].select_multiple == "array":
            return self._cached((name, "array", cell.value), lambda: reader.read_one_of_array(cell.value))
        label = next((cell.value for cell in cells if cell.kind == LABEL), None)
        read: ReadCode = self._cached(
            (name, cell.value, cell.kind, label), lambda: reader.read_one(cell.value, cell.kind, label)
        )
        return read

    def _many(self, name: str, cells: list[LandedCell]) -> ReadCodes:
        reader = self._readers[name]
        if self.contract.item_kinds_of(self.contract.fields[name]):
            one = self._one(name, cells)
            return ReadCodes((one.code,) if one.code else (), one.problems)
        chosen = tuple(cell.value for cell in cells if cell.kind == "flag")
        flags: ReadCodes | None = None
        if chosen:
            flags = self._cached((name, "flags", chosen), lambda: reader.read_flags(c for c in chosen if c))
        joined: ReadCodes | None = None
        is_array = self.contract.fields[name].select_multiple == "array"
        for cell in cells:
            if cell.kind != "flag":
                value, kind = cell.value, cell.kind
                read = reader.read_array if is_array else reader.read_many
                joined = self._cached((name, value, kind), lambda v=value, k=kind, r=read: r(v, k))
        return joined_or_flags(joined, flags)

    def _moment(self, cell: LandedCell) -> datetime | None:
        moment: datetime | None = self._cached(
            ("moment", cell.value, cell.kind),
            lambda: read_moment(
                cell.value,
                cell.kind,
                order=self._locale.dates,
                naive_times_are=self._zones["submitted_at"],
            ),
        )
        return moment

    def _cached(self, key: tuple[Any, ...], read: Any) -> Any:
        try:
            return self._seen[key]
        except KeyError:
            if len(self._seen) >= _MOST_REMEMBERED:
                self._seen.clear()
            found = self._seen[key] = read()
            return found


def reader_of(
    entry: Mapping[str, Any], contract: Contract, vocabulary: Vocabulary
) -> tuple[RowReader, Period | None]:
    """Return the reader of an extract's rows, and the period that it declares."""
    received_on = date.fromisoformat(entry["received_on"][:10])
    period = contract.period_of(entry)
    date_system = int(entry.get("date_system") or 1900)
    return RowReader(contract, vocabulary, period, received_on, date_system), period


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


def _add_point(place: Place, cell: LandedCell) -> tuple[str, ...]:
    """Add the code of the place at a position, unless the partner gave a code; return problems."""
    kinds = cell.kind.split()
    if ZERO in kinds:
        return ("unk:geo_null_island",)
    if not cell.value:
        return ("unk:geo_unread",)
    if "place_code" not in place.texts:
        place.texts["place_code"] = cell.value
        place.texts["code_system"] = SYSTEM_NEAR_A_LINE if NEAR_A_LINE in kinds else SYSTEM
    return ("flag:geo_from_point", *(["flag:geo_swapped"] if SWAPPED in kinds else []))


def _add_text(place: Place, part: str, value: str, code_system: str | None = None) -> None:
    text = clean(value)
    # `NA` in a country column may be Namibia's code: `places` decides by the other texts.
    may_be_namibia = text == NAMIBIA and part in ("country_text", "place_code")
    if not is_blank(norm(text)) or may_be_namibia:
        place.texts[part] = text
        if code_system:
            place.texts["code_system"] = code_system
