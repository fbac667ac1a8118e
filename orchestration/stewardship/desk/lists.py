"""Lists and items. Lists have search, facets with counts, sorting and pages, by the query of the address.

A view declares columns over rows of any kind; `lists.html.j2` draws them. A text searched for may be the name
of a person, so it goes by POST and stays in the session: the address holds its key alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from orchestration.core import Settings
from orchestration.stewardship.decisions.active import active_decisions, holding
from orchestration.stewardship.decisions.entries import read_entries
from orchestration.stewardship.desk.guard import local_path
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item, with_consequences
from orchestration.stewardship.kinds.decision import Decision
from orchestration.stewardship.worklists.listing import Answers, OpenItem, open_items

PAGE_SIZE = 50
SHOWN_VALUES, MOST_VALUES = 8, 200
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: `mark` beside the text as a warning, `note` quietly below it.

    `folded`: a summary, and the links that it unfolds, each with its text.
    """

    text: str
    link: str = ""
    note: str = ""
    mark: str = ""
    folded: tuple[str, Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class Column:
    """`name` stands in addresses, `label` is a key of `core/texts.csv`.

    `given` returns what rows are sorted, counted and searched by: a text, a number, or texts; without it that
    is the row's own field of the name. `said` names a text of it, `show` makes the cell where that is not
    all. A hidden column is a facet alone.
    """

    name: str
    label: str
    given: Callable[[Any], Any] | None = None
    show: Callable[[Any], Cell] | None = None
    said: Callable[[str], str] = str
    is_facet: bool = False
    is_number: bool = False
    is_hidden: bool = False

    def value(self, row: Any) -> Any:
        if self.given:
            return self.given(row)
        return row[self.name] if isinstance(row, Mapping) else getattr(row, self.name)

    def texts(self, row: Any) -> tuple[str, ...]:
        value = self.value(row)
        return value or ("",) if isinstance(value, tuple) else (str(value or ""),)

    def name_of(self, text: str) -> str:
        try:
            return self.said(text) if text else "–"
        except KeyError:  # of an old address: no row has it
            return text

    def cell(self, row: Any) -> Cell:
        if self.show:
            return self.show(row)
        if self.is_number:
            value = self.value(row)
            return Cell("–" if value is None else f"{value:,}")
        return Cell(", ".join(map(self.name_of, self.texts(row))))


@dataclass(frozen=True)
class Choice:
    """What a row is chosen by: the form's field, its value, and what a screen reader says of it.

    With `is_single` one row alone is chosen, and one without a value is not offered.
    """

    field: str
    value: Callable[[Any], str]
    label: Callable[[Any], str]
    is_single: bool = False


# Label, count and address of a value of a facet, and whether it is chosen.
# The address adds the value to the chosen ones, or takes it from them.
Value = tuple[str, int, str, bool]


class List:
    """Rows as the query of a visit narrows, sorts and pages them.

    `name` stands before the fields of the query where a page has several lists. `prepare` completes the rows
    of a page before they are shown.
    """

    def __init__(
        self,
        visit: Visit,
        rows: Sequence[Any],
        columns: Sequence[Column],
        *,
        name: str = "",
        choice: Choice | None = None,
        prepare: Callable[[list[Any]], Iterable[Any]] = iter,
    ) -> None:
        self.name, self.choice, self.total = name, choice, len(rows)
        self._columns, self._rows, self._prefix = columns, rows, f"{name}." if name else ""
        self._path, query = visit.request.url.path, visit.request.query_params
        self._facets = {one.name: one for one in columns if one.is_facet}
        self._chosen = {facet: frozenset(query.getlist(self._prefix + facet)) for facet in self._facets}
        self.search_field = f"{self._prefix}search"
        self._search_key, self._sort = query.get(self.search_field, ""), query.get(f"{self._prefix}sort", "")
        text = visit.searched(self.search_field)
        self.search, self.has_lost_search = text or "", bool(self._search_key) and text is None
        self.is_narrowed = any(self._chosen.values()) or bool(self._search_key)
        self._texts = {name: list(map(one.texts, rows)) for name, one in self._facets.items()}
        self._searched = list(self._rows_searched())
        at_matching = self._narrowed()
        self.facets = list(self._facets_shown())
        # All rows that match, on whatever page, and their address.
        self.matching, self.here = [rows[at] for at in at_matching], self._address()
        self.without_search = self._address(search="")
        self.without_all = self._address(search="", **dict.fromkeys(self._facets, frozenset[str]()))
        number = query.get(f"{self._prefix}page", "")
        self.matched, self.last = len(at_matching), max(1, -(-len(at_matching) // PAGE_SIZE))
        self.number = min(self.last, max(1, int(number))) if number.isdecimal() and len(number) < 7 else 1
        first = (self.number - 1) * PAGE_SIZE
        self.shown = list(prepare(self._sorted()[first : first + PAGE_SIZE]))

    def page(self, number: int) -> str:
        return self._address(page=str(number) if number > 1 else "")

    def chosen(self) -> Iterator[tuple[str, str, str]]:
        """Yield label and name of each chosen value, and the address without it."""
        for name, values in self._chosen.items():
            for value in sorted(values):
                yield self._facets[name].label, self._facets[name].name_of(value), self._toggled(name, value)

    def only(self, name: str) -> str:
        """Return the value of a facet where one alone is chosen; else nothing."""
        values = self._chosen.get(name, frozenset())
        return next(iter(values)) if len(values) == 1 else ""

    def headers(self) -> Iterator[tuple[Column, str, str]]:
        """Yield each column, its order where the rows are sorted by it, and the address that sorts by it."""
        for column in self._columns:
            if not column.is_hidden:
                rising, falling = column.name, f"-{column.name}"
                order = {rising: "ascending", falling: "descending"}.get(self._sort, "")
                # Numbers begin with the largest, texts with A.
                first, second = (falling, rising) if column.is_number else (rising, falling)
                yield column, order, self._address(sort=second if self._sort == first else first)

    def cells(self, row: Any) -> list[tuple[Column, Cell]]:
        return [(one, one.cell(row)) for one in self._columns if not one.is_hidden]

    def _facets_shown(self) -> Iterator[tuple[str, list[Value], list[Value]]]:
        """Yield label, most frequent values and further values of each facet that can narrow.

        A value counts the rows that match the other facets.
        """
        for name, column in self._facets.items():
            rows = self._narrowed(without=name)
            counts = Counter(text for at in rows for text in self._texts[name][at])
            chosen = self._chosen[name]
            if len(counts) < 2 and not chosen:
                continue
            first: list[Value] = []
            more: list[Value] = []
            for text in sorted({*counts, *chosen}, key=lambda text: (-counts[text], text)):
                is_shown = text in chosen or len(first) < SHOWN_VALUES
                value = column.name_of(text), counts[text], self._toggled(name, text), text in chosen
                (first if is_shown else more).append(value)
            yield column.label, first, more[:MOST_VALUES]

    def _rows_searched(self) -> Iterator[int]:
        words = self.search.casefold().split()
        columns = [one for one in self._columns if not one.is_number] if words else []
        for at, row in enumerate(self._rows):
            text = " ".join(one.name_of(text) for one in columns for text in one.texts(row)).casefold()
            if all(word in text for word in words):
                yield at

    def _narrowed(self, without: str = "") -> list[int]:
        numbers = self._searched
        for name, chosen in self._chosen.items():
            if chosen and name != without:
                texts = self._texts[name]
                numbers = [at for at in numbers if not chosen.isdisjoint(texts[at])]
        return numbers

    def _sorted(self) -> list[Any]:
        column = next((one for one in self._columns if one.name == self._sort.removeprefix("-")), None)
        if column is None:
            return self.matching
        values = [(column.value(row), row) for row in self.matching]
        stated = [(value, row) for value, row in values if value not in (None, "", ())]
        stated.sort(
            key=lambda pair: pair[0].casefold() if isinstance(pair[0], str) else pair[0],
            reverse=self._sort.startswith("-"),
        )
        return [row for _, row in stated] + [row for value, row in values if value in (None, "", ())]

    def _toggled(self, name: str, value: str) -> str:
        return self._address(**{name: self._chosen[name] ^ {value}})

    def _address(self, **changed: frozenset[str] | str) -> str:
        """Return the address of the list with these fields of its query changed, on the first page."""
        query = {**self._chosen, "search": self._search_key, "sort": self._sort, **changed}
        fields = [
            (self._prefix + name, value)
            for name, given in query.items()
            for value in (filter(None, [given]) if isinstance(given, str) else sorted(given))
        ]
        return f"{self._path}?{urlencode(fields)}" if fields else self._path


def list_page(
    visit: Visit, columns: Sequence[Column], rows: Sequence[Any], title: str, nothing: str, hint: str = ""
) -> Response:
    """Return a page that is one list; `title` and `nothing` are keys of `core/texts.csv`."""
    return visit.page("list", list=List(visit, rows, columns), title=title, nothing=nothing, hint=hint)


def search(visit: Visit) -> Response:
    """Keep the text in the session, and lead to the list with its key."""
    back, name, text = local_path(visit.given("to")), visit.given("list"), visit.given("search")
    if visit.session is None:
        raise HTTPException(403)
    if not text:
        return RedirectResponse(back, 303)
    field = urlencode({name: visit.session.keep_search(text[:LONGEST_SEARCH])})
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{field}", 303)


def waiting_item(visit: Visit, item: Item) -> OpenItem | None:
    """Return the open item; None where it is settled or never existed."""
    listed = with_consequences(open_items(visit.settings))
    return next((one for one in listed if one.item == item), None)


def item_page(visit: Visit, template: str, item: Item, **context: Any) -> Response:
    """Return the page of an item, with its worth while it waits."""
    waiting = waiting_item(visit, item)
    settled_by = () if waiting else _settled_by(visit.settings, item)
    return visit.page(template, item=item, waiting=waiting, settled_by=settled_by, **context)


def _settled_by(settings: Settings, item: Item) -> list[Decision]:
    """Return the decisions that answer an item, oldest first."""
    decisions = active_decisions(settings, settings.as_of())
    ids = Answers(settings, decisions).to(item)
    return [one for one in holding(read_entries(settings), settings.as_of()) if one.id in ids]


def record_path(partner: str, extract_id: str, sheet: str | None, row: object) -> str:
    """Return the address of one row's fields."""
    where = {"partner": partner, "extract": extract_id, "sheet": sheet or "", "row": row}
    return f"/record?{urlencode(where)}"
