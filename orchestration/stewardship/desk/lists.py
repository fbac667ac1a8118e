"""Lists of the desk: search, facets with counts, sorting and pages, by the query of the address.

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

from orchestration.stewardship.desk.address import local_path
from orchestration.stewardship.desk.visit import Visit

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


@dataclass(frozen=True)
class Value:
    """A value of a facet; `address` adds it to the chosen ones, or takes it from them."""

    label: str
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """Its most frequent values, and `more` of them."""

    label: str
    values: list[Value]
    more: list[Value]


@dataclass(frozen=True)
class Header:
    label: str
    is_number: bool
    order: str
    address: str


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
        chosen = {facet: query.getlist(self._prefix + facet) for facet in self._facets}
        self._chosen = {facet: frozenset(values) for facet, values in chosen.items() if values}
        self._search = query.get(self.search_field, "")
        kept = visit.searched(self.search_field)
        self.search, self.has_lost_search = kept or "", bool(self._search) and kept is None
        self._sort = query.get(f"{self._prefix}sort", "")
        self._texts = {name: list(map(one.texts, rows)) for name, one in self._facets.items()}
        self._found = list(self._searched())
        self._matching = self._narrowed()
        self.facets = list(self._facets_shown())
        number = query.get(f"{self._prefix}page", "")
        self.matched, self.last = len(self._matching), max(1, -(-len(self._matching) // PAGE_SIZE))
        self.number = min(self.last, max(1, int(number))) if number.isdecimal() and len(number) < 7 else 1
        first = (self.number - 1) * PAGE_SIZE
        self.shown = list(prepare([rows[at] for at in self._sorted()[first : first + PAGE_SIZE]]))

    @property
    def matching(self) -> list[Any]:
        """All rows that match, on whatever page."""
        return [self._rows[at] for at in self._matching]

    @property
    def is_narrowed(self) -> bool:
        return bool(self._chosen or self._search)

    @property
    def here(self) -> str:
        """The address of the rows that match, on whatever page."""
        return self._address()

    @property
    def search_field(self) -> str:
        return f"{self._prefix}search"

    @property
    def without_search(self) -> str:
        return self._address(search="")

    @property
    def without_all(self) -> str:
        return self._address({}, search="")

    def page(self, number: int) -> str:
        return self._address(page=number)

    def chosen(self) -> Iterator[tuple[str, str, str]]:
        """Yield label and name of each chosen value, and the address without it."""
        for name, values in self._chosen.items():
            for value in sorted(values):
                yield self._facets[name].label, self._facets[name].name_of(value), self._toggled(name, value)

    def only(self, name: str) -> str:
        """Return the value of a facet where one alone is chosen; else nothing."""
        values = self._chosen.get(name, frozenset())
        return next(iter(values)) if len(values) == 1 else ""

    def headers(self) -> Iterator[Header]:
        for one in self._columns:
            if not one.is_hidden:
                is_first, is_second = self._sort == one.name, self._sort == f"-{one.name}"
                # Numbers begin with the largest, texts with A.
                asked = one.name if is_second or not (is_first or one.is_number) else f"-{one.name}"
                order = "ascending" if is_first else "descending" if is_second else ""
                yield Header(one.label, one.is_number, order, self._address(sort=asked))

    def cells(self, row: Any) -> list[tuple[Column, Cell]]:
        return [(one, one.cell(row)) for one in self._columns if not one.is_hidden]

    def _facets_shown(self) -> Iterator[Facet]:
        """Yield the facets that can narrow; each counts the rows that match the other facets."""
        for name, column in self._facets.items():
            rows = self._narrowed(without=name)
            counts = Counter(text for at in rows for text in self._texts[name][at])
            chosen = self._chosen.get(name, frozenset())
            if len(counts) < 2 and not chosen:
                continue
            values = [
                Value(column.name_of(text), counts[text], self._toggled(name, text), text in chosen)
                for text in sorted({*counts, *chosen}, key=lambda text: (-counts[text], text))
            ]
            first = [one for at, one in enumerate(values) if at < SHOWN_VALUES or one.is_chosen]
            yield Facet(column.label, first, [one for one in values if one not in first][:MOST_VALUES])

    def _searched(self) -> Iterator[int]:
        words = self.search.casefold().split()
        columns = [one for one in self._columns if not one.is_number] if words else []
        for at, row in enumerate(self._rows):
            text = " ".join(one.name_of(text) for one in columns for text in one.texts(row)).casefold()
            if all(word in text for word in words):
                yield at

    def _narrowed(self, without: str = "") -> list[int]:
        found = self._found
        for name, chosen in self._chosen.items():
            if name != without:
                texts = self._texts[name]
                found = [at for at in found if not chosen.isdisjoint(texts[at])]
        return found

    def _sorted(self) -> list[int]:
        column = next((one for one in self._columns if one.name == self._sort.removeprefix("-")), None)
        if column is None:
            return self._matching
        keys = {at: column.value(self._rows[at]) for at in self._matching}
        known = [at for at in self._matching if keys[at] not in (None, "", ())]
        known.sort(key=lambda at: _ordered(keys[at]), reverse=self._sort.startswith("-"))
        return known + [at for at in self._matching if keys[at] in (None, "", ())]

    def _toggled(self, name: str, value: str) -> str:
        return self._address({**self._chosen, name: self._chosen.get(name, frozenset()) ^ {value}})

    def _address(
        self,
        chosen: dict[str, frozenset[str]] | None = None,
        search: str | None = None,
        sort: str | None = None,
        page: int = 1,
    ) -> str:
        chosen = self._chosen if chosen is None else chosen
        query = [(name, value) for name, values in chosen.items() for value in sorted(values)]
        rest = {
            "search": self._search if search is None else search,
            "sort": self._sort if sort is None else sort,
            "page": str(page) if page > 1 else "",
        }
        query += [(name, value) for name, value in rest.items() if value]
        named = urlencode([(self._prefix + name, value) for name, value in query])
        return f"{self._path}?{named}" if named else self._path


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


def _ordered(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value
