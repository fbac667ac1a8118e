"""Changes planted in sample extracts: kinds of damage that a gate should hold, and harmless ones it should pass.

A change takes the rows of a delivery and returns them changed. It names columns by what they mean (`origin`, `sex`), so
that it can be planted in every sample that has them.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl

Row = dict[str, str]


@dataclass(frozen=True)
class Sample:
    """A sample partner. `columns`: column of each meaning. `dates`: its layout (`strftime`)."""

    partner: str
    deliveries: tuple[str, ...]  # the last one is changed, the others are its history
    columns: Mapping[str, str]
    dates: str
    first_until: str = ""  # a full register: its first delivery holds the rows up to this day
    is_workbook: bool = False


@dataclass(frozen=True)
class Table:
    """The rows of a delivery. `before`: the rows of the delivery before it, as far as it is a register."""

    sample: Sample
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    before: int
    rng: random.Random
    other_sheets: Mapping[str, Sequence[Sequence[Any]]]

    def has(self, *meanings: str) -> bool:
        return all(meaning in self.sample.columns for meaning in meanings)

    def column(self, meaning: str) -> str:
        return self.sample.columns[meaning]

    def day(self, row: Row) -> date | None:
        try:
            return datetime.strptime(row[self.column("date")], self.sample.dates).date()
        except ValueError:
            return None

    def with_rows(self, rows: Sequence[Row]) -> Table:
        return replace(self, rows=tuple(rows))

    def each(self, change: Callable[[Row], Row], only: Callable[[Row], bool] = lambda row: True) -> Table:
        return self.with_rows([change(dict(row)) if only(row) else row for row in self.rows])

    def set(
        self, meaning: str, value: Callable[[str], str], only: Callable[[Row], bool] = lambda row: True
    ) -> Table:
        column = self.column(meaning)
        return self.each(lambda row: row | {column: value(row[column])}, only)

    def some(self, share: float) -> Callable[[Row], bool]:
        return lambda row: self.rng.random() < share

    def is_new(self, row: Row) -> bool:
        """Whether the row is of the newest half-year, which the delivery before did not hold."""
        return self.before == 0 or row["#"] >= f"{self.before:06d}"

    def values(self, meaning: str) -> list[str]:
        """Its values, the most frequent first."""
        return [
            value
            for value, _ in Counter(row[self.column(meaning)] for row in self.rows).most_common()
            if value
        ]


Change = Callable[[Table], "Table | None"]  # None: the sample has no such column


def read(sample: Sample, folder: Path, seed: str) -> Table:
    path = folder / sample.partner / "extracts" / sample.deliveries[-1]
    others: dict[str, list[list[Any]]] = {}
    if sample.is_workbook:
        book = openpyxl.load_workbook(path)
        sheet, *rest = book.worksheets
        header, *lines = [list(row) for row in sheet.iter_rows(values_only=True)]
        others = {one.title: [list(row) for row in one.iter_rows(values_only=True)] for one in rest}
        others = {sheet.title: [], **others}
    else:
        with path.open(encoding="cp1252", newline="") as file:
            header, *lines = list(csv.reader(file, delimiter=";"))
    names = tuple(str(name) for name in header)
    rows = [
        dict(zip(names, ("" if cell is None else str(cell) for cell in line), strict=True)) for line in lines
    ]
    table = Table(sample, names, tuple(rows), 0, random.Random(seed), others)  # noqa: S311
    ordered = sorted(rows, key=lambda row: table.day(row) or date.min)
    for at, row in enumerate(ordered):
        row["#"] = f"{at:06d}"
    before = sum((table.day(row) or date.min).isoformat() <= sample.first_until for row in ordered)
    return replace(table, rows=tuple(ordered), before=before if sample.first_until else 0)


def first_delivery(table: Table) -> Table:
    return table.with_rows(table.rows[: table.before])


def write(table: Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [[row.get(name, "") for name in table.header] for row in table.rows]
    if table.sample.is_workbook:
        book = openpyxl.Workbook()
        titles = list(table.other_sheets)
        book.active.title = titles[0]
        for line in [list(table.header), *([cell or None for cell in line] for line in lines)]:
            book.active.append(line)
        kept = {row["_uuid"] for row in table.rows}
        for title in titles[1:]:
            sheet = book.create_sheet(title)
            header, *children = table.other_sheets[title] or [[]]
            at = header.index("_submission__uuid") if "_submission__uuid" in header else None
            for line in [header, *(child for child in children if at is None or child[at] in kept)]:
                sheet.append(line)
        book.save(path)
        return
    with path.open("w", encoding="cp1252", newline="", errors="replace") as file:
        csv.writer(file, delimiter=";", lineterminator="\n").writerows([table.header, *lines])


# --- Damage -----------------------------------------------------------------------------------------------

PLACES = ("origin", "promised", "destination")


def column_shifted(table: Table) -> Table:
    """The cells of the places stand one column further right."""
    present = [table.column(name) for name in (*PLACES,) if table.has(name)]
    return table.each(
        lambda row: row | dict(zip(present, [row[present[-1]], *(row[n] for n in present[:-1])], strict=True))
    )


def origin_and_destination_swapped(table: Table) -> Table:
    one, other = table.column("origin"), table.column("destination")
    return table.each(lambda row: row | {one: row[other] or row[table.column("promised")], other: row[one]})


def _swapped(meaning: str) -> Change:
    def change(table: Table) -> Table | None:
        if not table.has(meaning):
            return None
        values = table.values(meaning)
        order = dict(zip(values, [*values[1:], values[0]], strict=True))
        return table.set(meaning, lambda value: order.get(value, value))

    return change


def _swapped_in_new(meaning: str) -> Change:
    def change(table: Table) -> Table | None:
        if not table.has(meaning):
            return None
        values = table.values(meaning)
        order = dict(zip(values, [*values[1:], values[0]], strict=True))
        return table.set(meaning, lambda value: order.get(value, value), table.is_new)

    return change


def _emptied(meaning: str, *, new_only: bool = False) -> Change:
    def change(table: Table) -> Table | None:
        if not table.has(meaning):
            return None
        return table.set(meaning, lambda value: "", table.is_new if new_only else lambda row: True)

    return change


def _coarse(*meanings: str, new_only: bool = False) -> Change:
    def change(table: Table) -> Table:
        for meaning in meanings:
            if table.has(meaning):
                table = table.set(
                    meaning, lambda v: "Kenya" if v else v, table.is_new if new_only else lambda r: True
                )
        return table

    return change


def _dates(moved: Callable[[date], date | None], *, new_only: bool = False) -> Change:
    def change(table: Table) -> Table:
        column = table.column("date")

        def of(row: Row) -> Row:
            day = table.day(row)
            new = moved(day) if day else None
            return row | {column: new.strftime(table.sample.dates)} if new else row

        return table.each(of, table.is_new if new_only else lambda row: True)

    return change


def _day_month(day: date) -> date | None:
    return day.replace(month=day.day, day=day.month) if day.day <= 12 else None


def day_month_swapped(table: Table) -> Table:
    """Each date written month first, whatever comes out."""
    layout = table.sample.dates.replace("%d", "%X").replace("%m", "%d").replace("%X", "%m")
    column = table.column("date")
    return table.each(lambda row: row | {column: day.strftime(layout)} if (day := table.day(row)) else row)


def _year(years: int) -> Callable[[date], date]:
    return lambda day: day.replace(year=day.year + years, day=min(day.day, 28))


def half_the_rows(table: Table) -> Table:
    return table.with_rows([row for row in table.rows if table.rng.random() < 0.5])


def _without(gone: Callable[[Table, Row], bool]) -> Change:
    return lambda table: table.with_rows([row for row in table.rows if not gone(table, row)])


def _in_register(change: Change) -> Change:
    """Plant it only in a register, which is sent whole each time."""
    return lambda table: change(table) if table.before else None


def _months(first: str, last: str) -> Callable[[Table, Row], bool]:
    return lambda table, row: first <= (table.day(row) or date.min).isoformat()[:7] <= last


def twice(table: Table) -> Table:
    return table.with_rows([*table.rows, *table.rows])


def twice_with_new_keys(table: Table) -> Table:
    key = table.column("key")
    return table.with_rows([*table.rows, *(row | {key: f"X{row[key]}"} for row in table.rows)])


def keys_renumbered(table: Table) -> Table:
    key = table.column("key")
    return table.each(lambda row: row | {key: f"N-{row['#']}"})


def keys_slipped(table: Table) -> Table:
    """Each key stands one row too low, as after a sort of one column."""
    key = table.column("key")
    keys = [row[key] for row in table.rows]
    return table.with_rows(
        [row | {key: k} for row, k in zip(table.rows, [keys[-1], *keys[:-1]], strict=True)]
    )


def column_sorted(table: Table) -> Table:
    """The origins were sorted without their rows."""
    column = table.column("origin")
    values = sorted(row[column] for row in table.rows)
    return table.with_rows([row | {column: value} for row, value in zip(table.rows, values, strict=True)])


def filled_down(table: Table) -> Table:
    """The first destination was dragged down over all."""
    value = table.values("destination")[0]
    return table.set("destination", lambda _: value)


def children_ages_gone(table: Table) -> Table | None:
    return (
        table.set("age", lambda value: "" if _is_child(table, value) else value) if table.has("age") else None
    )


def ages_in_months(table: Table) -> Table | None:
    if table.column("age") == "Born in":
        return None
    return table.set(
        "age", lambda value: str(int(value) // 2) if value.isdigit() and len(value) < 4 else value
    )


def _is_child(table: Table, value: str) -> bool:
    number = int(value) if value.isdigit() else 99
    return number < 18 or 2007 <= number <= 2026


def all_on_the_day_of_export(table: Table) -> Table:
    return table.each(
        lambda row: row | {table.column("date"): date(2026, 9, 30).strftime(table.sample.dates)}
    )


def _only(meaning: str) -> Change:
    """A filter was left on: only rows with the most frequent value."""

    def change(table: Table) -> Table | None:
        if not table.has(meaning):
            return None
        value = table.values(meaning)[0]
        return table.with_rows([row for row in table.rows if row[table.column(meaning)] == value])

    return change


def _only_new(meaning: str) -> Change:
    def change(table: Table) -> Table | None:
        if not table.has(meaning):
            return None
        value = table.values(meaning)[0]
        return table.with_rows(
            [r for r in table.rows if not table.is_new(r) or r[table.column(meaning)] == value]
        )

    return change


def _all_same(meaning: str, at: int) -> Change:
    def change(table: Table) -> Table | None:
        if not table.has(meaning):
            return None
        value = table.values(meaning)[at]
        return table.set(meaning, lambda _: value)

    return change


def renamed_header(table: Table) -> Table:
    old = table.column("origin")
    header = tuple("Place A" if name == old else name for name in table.header)
    return replace(table, header=header, rows=tuple(row | {"Place A": row[old]} for row in table.rows))


def training_rows(table: Table) -> Table:
    """Two hundred test entries of a training course were left in."""
    newest = table.rows[-1]
    key = table.column("key")
    return table.with_rows(
        [*table.rows, *(newest | {key: f"T{number:04d}", "#": "999999"} for number in range(200))]
    )


def garbled_places(table: Table) -> Table:
    """Names went through a wrong encoding: every fourth letter is another one."""
    for meaning in PLACES:
        if table.has(meaning):
            table = table.set(
                meaning, lambda value: "".join("¤" if at % 4 == 1 else c for at, c in enumerate(value))
            )
    return table


def other_language(table: Table) -> Table:
    return table.set("exploitation", lambda value: f"aina {len(value)}{value[-1:]}" if value else value)


def persons_in_tens(table: Table) -> Table | None:
    return table.set("persons", lambda value: f"{int(value or 1)}0") if table.has("persons") else None


def old_export(table: Table) -> Table:
    """The export of two years ago was sent again."""
    return table.with_rows([row for row in table.rows if (table.day(row) or date.min) < date(2025, 1, 1)])


def places_of_another_country(table: Table) -> Table:
    names = ("Lusaka", "Harare", "Lilongwe", "Maputo", "Gaborone")
    for meaning in PLACES:
        if table.has(meaning):
            chosen = table.rng.choice
            table = table.set(meaning, lambda value, chosen=chosen: chosen(names) if value else value)
    return table


DAMAGE: dict[str, Change] = {
    "places one column further right": column_shifted,
    "origin and destination swapped": origin_and_destination_swapped,
    "code list of sex swapped": _swapped("sex"),
    "code list of exploitation moved by one": _swapped("exploitation"),
    "code list of exploitation moved by one, in new rows": _swapped_in_new("exploitation"),
    "code list of recruitment moved by one": _swapped("recruitment"),
    "code list of transport moved by one": _swapped("transport"),
    "day and month swapped": day_month_swapped,
    "day and month swapped where both are possible": _dates(_day_month),
    "a year too early": _dates(_year(-1)),
    "new rows a year too early": _dates(_year(-1), new_only=True),
    "a year too late": _dates(_year(1)),
    "dates cut to the first of the month": _dates(lambda day: day.replace(day=1)),
    "dates cut to the first of the year": _dates(lambda day: day.replace(month=1, day=1)),
    "all on the day of export": all_on_the_day_of_export,
    "half the rows": half_the_rows,
    "first half of the rows missing": lambda table: table.with_rows(table.rows[len(table.rows) // 2 :]),
    "two months missing": _without(_months("2026-07", "2026-08")),
    "three older months missing": _in_register(_without(_months("2025-03", "2025-05"))),
    "rows twice": twice,
    "rows twice with new keys": twice_with_new_keys,
    "all keys new": _in_register(keys_renumbered),
    "keys slipped by a row": keys_slipped,
    "origins sorted without their rows": column_sorted,
    "one destination filled down": filled_down,
    "places coarsened to the country": _coarse(*PLACES),
    "origins coarsened to the country": _coarse("origin"),
    "places of new rows coarsened to the country": _coarse(*PLACES, new_only=True),
    "origins empty": _emptied("origin"),
    "destinations empty": _emptied("destination"),
    "stops on the way empty": _emptied("transit"),
    "transport empty": _emptied("transport"),
    "exploitation empty": _emptied("exploitation"),
    "children's ages gone": children_ages_gone,
    "all ages gone": _emptied("age"),
    "ages of new rows gone": _emptied("age", new_only=True),
    "ages halved": ages_in_months,
    "filter left on sex": _only("sex"),
    "filter left on sex, in new rows": _only_new("sex"),
    "filter left on origin": _only("origin"),
    "filter left on exploitation, in new rows": _only_new("exploitation"),
    "one kind of exploitation for all": _all_same("exploitation", 1),
    "one status for all": _all_same("status", -1),
    "column of origins renamed": renamed_header,
    "test entries of a course": training_rows,
    "names in a wrong encoding": garbled_places,
    "answers in another language": other_language,
    "persons times ten": persons_in_tens,
    "an old export sent again": old_export,
    "places of another list": places_of_another_country,
}

_OF_KINDS: dict[str, tuple[str, ...]] = {
    "columns_shifted": ("places one column further right", "origin and destination swapped"),
    "code_list_changed": ("code list", "answers in another language"),
    "day_and_month": ("day and month swapped",),
    "wrong_year": ("a year too", "new rows a year too early"),
    "dates_cut": ("dates cut",),
    "one_value": (
        "all on the day of export",
        "one destination filled down",
        "one kind",
        "one status",
        "coarsened",
    ),
    "part_missing": ("first half of the rows missing", "two months missing", "three older months missing"),
    "rows_doubled": ("rows twice", "test entries of a course"),
    "references_new": ("all keys new",),
    "references_moved": ("keys slipped by a row",),
    "column_sorted": ("origins sorted without their rows",),
    "column_empty": ("empty", "ages gone", "ages of new rows gone"),
    "factor": ("ages halved", "persons times ten"),
    "filter_left_on": ("filter left on",),
    "heading_renamed": ("column of origins renamed",),
    "encoding": ("names in a wrong encoding",),
    "older_copy": ("an old export sent again",),
}
# The causes that name a damage right. Of half the rows at random and of places of another list none is known.
CAUSES: dict[str, tuple[str, ...]] = {
    name: tuple(cause for cause, parts in _OF_KINDS.items() if any(part in name for part in parts))
    for name in DAMAGE
}

# --- Harmless ---------------------------------------------------------------------------------------------


def _new_rows(table: Table) -> list[Row]:
    return [row for row in table.rows if table.is_new(row)]


def _more(table: Table, count: int, change: Callable[[Row], Row]) -> Table:
    """Add rows like new ones, with keys of their own."""
    key, new = table.column("key"), _new_rows(table)
    added = [change(dict(table.rng.choice(new))) for _ in range(count)]
    return table.with_rows(
        [*table.rows, *(row | {key: f"A{at:05d}", "#": "999999"} for at, row in enumerate(added))]
    )


def _fewer(share: float) -> Change:
    return lambda table: table.with_rows(
        [row for row in table.rows if not table.is_new(row) or table.rng.random() < share]
    )


def _some_new(meaning: str, value: str, share: float) -> Change:
    def change(table: Table) -> Table | None:
        if not table.has(meaning):
            return None
        chosen = table.some(share)
        return table.set(meaning, lambda old: value, lambda row: table.is_new(row) and chosen(row))

    return change


def _some_values(meaning: str, value: Callable[[Table, str], str], share: float) -> Change:
    def change(table: Table) -> Table | None:
        return (
            table.set(meaning, lambda old: value(table, old), table.some(share))
            if table.has(meaning)
            else None
        )

    return change


def festival(table: Table) -> Table:
    day = date(2026, 8, 15)
    places = {table.column(name): "Kilifi" for name in ("destination", "promised") if table.has(name)}
    return _more(
        table,
        max(12, len(_new_rows(table)) // 2),
        lambda row: (
            row
            | places
            | {
                table.column("date"): (day + timedelta(days=table.rng.randrange(7))).strftime(
                    table.sample.dates
                )
            }
        ),
    )


def raid(table: Table) -> Table:
    given = dict(table.rng.choice(_new_rows(table)))
    key = table.column("key")
    return _more(table, max(10, len(_new_rows(table)) // 4), lambda row: given | {key: row[key]})


def late_entries(table: Table) -> Table:
    """Cases of last year that were entered late."""
    return _more(
        table,
        max(6, len(_new_rows(table)) // 6),
        lambda row: (
            row
            | {table.column("date"): date(2025, table.rng.randint(4, 12), 20).strftime(table.sample.dates)}
        ),
    )


def shifted_days(table: Table) -> Table:
    chosen = table.some(0.1)
    days = timedelta(days=4)
    return _dates_of(table, chosen, lambda day: day - days)


def _dates_of(table: Table, only: Callable[[Row], bool], moved: Callable[[date], date]) -> Table:
    column = table.column("date")
    return table.each(
        lambda row: (
            row | {column: moved(day).strftime(table.sample.dates)} if (day := table.day(row)) else row
        ),
        only,
    )


def other_order_of_columns(table: Table) -> Table:
    header = list(table.header)
    table.rng.shuffle(header)
    return replace(table, header=tuple(header))


def more_children(table: Table) -> Table | None:
    if not table.has("age"):
        return None
    chosen, values = table.some(0.25), [value for value in table.values("age") if _is_child(table, value)]
    return table.set("age", lambda _: table.rng.choice(values), lambda row: table.is_new(row) and chosen(row))


def seasonal(table: Table) -> Table:
    def in_august(row: Row) -> Row:
        return row | {
            table.column("date"): date(2026, 8, table.rng.randint(1, 28)).strftime(table.sample.dates)
        }

    return _more(table, len(_new_rows(table)) // 3, in_august)


def a_corridor_closed(table: Table) -> Table:
    places = table.values("origin")[:1]
    return table.with_rows(
        [row for row in table.rows if not (table.is_new(row) and row[table.column("origin")] in places)]
    )


def ages_filled_in(table: Table) -> Table | None:
    if not table.has("age"):
        return None
    values = [value for value in table.values("age") if value.isdigit()]
    return table.set("age", lambda value: value or table.rng.choice(values), table.some(0.5))


HARMLESS: dict[str, Change] = {
    "only growth": lambda table: table,
    "a quiet half-year": _fewer(0.35),
    "a quiet month": _without(
        lambda table, row: _months("2026-08", "2026-08")(table, row) and table.rng.random() < 0.7
    ),
    "nothing new but a withdrawn row": lambda table: (
        table.with_rows(table.rows[1 : table.before]) if table.before else None
    ),
    "a busy month": seasonal,
    "a festival": festival,
    "a raid": raid,
    "a new district of origin": _some_new("origin", "Wajir", 0.2),
    "a new country of destination": _some_new("destination", "Muscat", 0.2),
    "a second office": _some_new("destination", "Eldoret", 0.25),
    "a corridor closed": a_corridor_closed,
    "more children": more_children,
    "more men": _some_new("sex", "male", 0.25),
    "more of one kind": _some_new("exploitation", "Begging", 0.2),
    "places of one in twenty corrected": _some_values(
        "origin", lambda t, v: t.rng.choice(t.values("origin")), 0.05
    ),
    "destinations of one in ten corrected": _some_values(
        "destination", lambda t, v: t.rng.choice(t.values("destination")), 0.1
    ),
    "dates of one in ten moved by days": shifted_days,
    "one in twenty withdrawn": lambda table: table.with_rows(
        [r for r in table.rows if table.rng.random() > 0.05]
    ),
    "late entries of last year": late_entries,
    "other order of columns": other_order_of_columns,
    "a column more": lambda table: replace(table, header=(*table.header, "Form version")),
    "names in capitals": _some_values("origin", lambda t, v: v.upper(), 0.6),
    "ages filled in": ages_filled_in,
    "origin not known more often": _some_new("origin", "unknown", 0.1),
    "sex not asked more often": _some_new("sex", "", 0.1),
    "age not known more often": _some_new("age", "", 0.1),
    "recruitment online more often": _some_new("recruitment", "Social media", 0.2),
    "suspicions confirmed": _some_values("status", lambda t, v: t.values("status")[0], 0.15),
    "transport stated anew for some": _some_values(
        "transport", lambda t, v: t.rng.choice(t.values("transport")), 0.08
    ),
    "exploitation corrected for some": _some_values(
        "exploitation", lambda t, v: t.rng.choice(t.values("exploitation")), 0.08
    ),
    "spaces around the names": _some_values("destination", lambda t, v: f" {v} " if v else v, 0.5),
    "keys with a new prefix for new rows": lambda table: (
        None if table.sample.is_workbook else table.set("key", lambda v: f"B{v}", table.is_new)
    ),
}

SAMPLES: tuple[Sample, ...] = (
    Sample(
        "sungura_legal",
        ("sungura_legal_2026-09.csv",),
        {
            "key": "File", "date": "Opened on", "sex": "Sex", "age": "Born in", "origin": "Home", "promised": "Promised place",
            "destination": "Worked in", "exploitation": "Offence", "status": "Finding", "transport": "Held by",
        },
        "%d.%m.%Y",
        "2026-03-31",
    ),
    Sample(
        "pweza_coast",
        ("pweza_coast_2026-09.csv",),
        {
            "key": "CaseNo", "date": "Registered", "sex": "Sex", "age": "Age", "origin": "From", "transit": "Via",
            "promised": "To", "destination": "Found in", "transport": "Transport", "exploitation": "Form", "persons": "Persons",
        },
        "%d/%m/%Y",
        "2026-03-31",
    ),
    Sample(
        "mbuni_line",
        tuple(f"mbuni_line_{quarter}.csv" for quarter in ("2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2", "2026Q3")),
        {
            "key": "Call ref", "date": "Call date", "sex": "Sex", "age": "Age", "origin": "Comes from",
            "transit": "Passed through", "promised": "Was promised", "destination": "Is or was in", "transport": "Transport",
            "exploitation": "What happened", "recruitment": "Recruited by", "status": "Assessment",
        },
        "%Y-%m-%d",
    ),
    Sample(
        "nyati_response",
        ("Nyati intake - latest version - English (en) - 2026-10-02-08-00-00.xlsx",),
        {
            "key": "_uuid", "date": "Journey/Date left home", "sex": "Case/Sex", "age": "Case/Age",
            "origin": "Journey/Home town", "promised": "Journey/Where were you told you were going",
            "destination": "Journey/Where did it happen", "recruitment": "Journey/How recruited", "status": "Case/Decision",
        },
        "%Y-%m-%d",
        "2026-03-31",
        is_workbook=True,
    ),
)  # fmt: skip
