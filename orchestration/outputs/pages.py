"""HTML pages: where those of an edition lie, how templates are filled, and the numbers that a report shows.

Each number has a key, which `njia trace` takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core import templates

if TYPE_CHECKING:
    from jinja2 import Template

REPORT_PAGE = "report/index.html"
MAP_PAGE = "report/map.html"


def pages_of(edition: Path) -> list[Path]:
    """Return the report and the map page in the folder of an edition, as far as they exist."""
    return [path for page in (REPORT_PAGE, MAP_PAGE) if (path := edition / page).is_file()]


@cache
def template(name: str, **filters: Callable[..., Any]) -> Template:
    """Return a template of the folder `templates`."""
    filters = {"number": "{:,}".format, "share": "{:.0%}".format, **filters}
    return templates("orchestration.outputs", **filters).get_template(name)


COUNTED = "rows:"
HEADINGS = ("h1", "h2", "h3", "h4")


@dataclass(frozen=True)
class Shown:
    """A value as the page shows it. `column`: of the row that `key` names; empty where rows were counted."""

    text: str
    key: str
    column: str
    chapter: str


def traced_as(source: str, column: str) -> str:
    """Return the key of a value for `njia trace`: table and row, or table and which rows were counted."""
    return f"{source}|{column}" if column.startswith(COUNTED) else source


def numbers_in(page: Path) -> list[Shown]:
    """Return the values of a report in reading order, each key once per heading."""
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return list(dict.fromkeys(reader.found))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Shown] = []
        self._chapter, self._text = "", ""
        self._source: tuple[str, str] | None = None
        self._heading_from: int | None = None  # number of values before the open heading

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in HEADINGS:
            self._heading_from, self._chapter = len(self.found), ""
        if source := given.get("data-source"):
            self._source, self._text = (source, given.get("data-column") or ""), ""

    def handle_data(self, data: str) -> None:
        if self._heading_from is not None:
            self._chapter += data
        if self._source:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag in HEADINGS and self._heading_from is not None:
            inside = self.found[self._heading_from :]
            self.found[self._heading_from :] = [replace(shown, chapter=self._chapter) for shown in inside]
            self._heading_from = None
        if tag == "span" and self._source:
            source, column = self._source
            named = "" if column.startswith(COUNTED) else column
            self.found.append(Shown(self._text.strip(), traced_as(source, column), named, self._chapter))
            self._source = None
