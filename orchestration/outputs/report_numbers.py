"""Where a number stands in a report, read back from its page: chapter, and what `njia trace` is asked."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

COUNTED, SUMMED = "rows:", "sum:"


@dataclass(frozen=True)
class Shown:
    """A value as the page shows it. `column`: of the row that `key` names, or of the rows whose sum it is;
    empty where rows were counted."""

    text: str
    key: str
    column: str
    chapter: str


def traced_as(source: str, column: str) -> str:
    """The table and key of a value, or the table and which of its rows were counted or added up."""
    which = _which_rows(column)
    return f"{source}|{COUNTED}{which}" if which else source


def _which_rows(column: str) -> str:
    if column.startswith(SUMMED):
        return column.split(":", 2)[2]
    return column.removeprefix(COUNTED) if column.startswith(COUNTED) else ""


def _column_named(column: str) -> str:
    """`sum:person_count:role=origin` is of `person_count`."""
    return column.split(":")[1] if column.startswith(SUMMED) else "" if _which_rows(column) else column


def shown_in(page: Path) -> list[Shown]:
    """Every value of a report in reading order, each key and chapter once."""
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return list(dict.fromkeys(reader.found))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Shown] = []
        self._chapter, self._text = "", ""
        self._source: tuple[str, str] | None = None
        self._is_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "h2":
            self._is_title, self._chapter = True, ""
        if source := given.get("data-source"):
            self._source, self._text = (source, given.get("data-column") or ""), ""

    def handle_data(self, data: str) -> None:
        if self._is_title:
            self._chapter += data
        if self._source:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "h2":
            self._is_title = False
        if tag == "span" and self._source:
            source, column = self._source
            named, key = _column_named(column), traced_as(source, column)
            self.found.append(Shown(self._text.strip(), key, named, self._chapter))
            self._source = None
