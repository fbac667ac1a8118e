"""The report as a test reads it: values with their source, text of sections, and whether a value stands in its cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any

from orchestration.outputs.edition import Edition
from orchestration.outputs.published import KEYS, Published
from orchestration.outputs.report.compose import compose, has_findings
from orchestration.outputs.report.figures import draw_figures
from orchestration.outputs.report.html import as_html
from orchestration.outputs.report.rules import in_words
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Texts
from orchestration.places.boundaries.chosen import generalised

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass
class Value:
    text: str
    source: str
    column: str


@dataclass
class Read:
    values: list[Value] = field(default_factory=list)
    around: list[str] = field(default_factory=list)  # text outside of values and pictures
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)  # accessible names
    sections: dict[str, str] = field(default_factory=dict)  # text without pictures, by the section's name
    titles: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read, self.skipping, self.section = Read(), 0, ""
        self.value: Value | None = None
        self.in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if tag in ("style", "script", "title", "svg"):
            self.skipping += 1
        if tag == "svg":
            self.read.pictures.append(given["aria-label"])
        if "data-source" in given:
            self.value = Value("", given["data-source"], given.get("data-column", ""))
        if tag == "section":
            self.section = given["id"]
        self.in_title = self.in_title or given.get("id") == f"{self.section}-title"
        self.read.links += [given[name] for name in ("href", "src") if name in given]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title", "svg"):
            self.skipping -= 1
        if tag in ("h1", "h2"):
            self.in_title = False
        if tag == "span" and self.value is not None:
            self.read.values.append(self.value)
            self.value = None

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        if self.section:
            self.read.sections[self.section] = self.read.sections.get(self.section, "") + data
        if self.in_title:
            self.read.titles[self.section] = self.read.titles.get(self.section, "") + data
        if self.value is not None:
            self.value.text += data
        else:
            self.read.around.append(data)


def read_page(page: str) -> Read:
    reader = _Reader()
    reader.feed(page)
    reader.read.sections = {name: " ".join(text.split()) for name, text in reader.read.sections.items()}
    return reader.read


def page_of(edition: Edition, before: Edition | None = None) -> Read:
    """The page of an edition."""
    view = View.newest(Published(edition, Texts()))
    earlier = View.newest(Published(before, Texts())) if before is not None else None
    figures = draw_figures(view, generalised()) if has_findings(view) else {}
    alts = {name: figure["alt"] for name, figure in figures.items()}
    report = compose(view, earlier, alts, "Natural Earth")
    drawings = {name: figure["svg"] for name, figure in figures.items()}
    return read_page(as_html(report, drawings, {"pdf": "report.pdf", "map": "map.html"}))


def stands_in_its_cell(edition: Edition, value: Value) -> bool:
    """Whether the row that a value names has its numbers, or as many rows as it says."""
    table, _, rest = value.source.partition("|")
    if table in ("policy", "release", "waivers"):
        return True
    name = table.removeprefix("published.")
    published = Published(edition, Texts())
    if value.column.startswith("rows:"):
        where = dict(one.split("=") for one in value.column.removeprefix("rows:").split("&"))
        found = [
            row
            for row in published.rows(name)
            if all(str(row[column]) == wanted for column, wanted in where.items())
        ]
        return value.text.lower() in (str(len(found)), in_words(len(found)))
    key = rest.split("|", len(KEYS[name]) - 1)  # the last may hold a bar itself
    wanted = dict(zip(KEYS[name], key, strict=True))
    rows = [
        row
        for row in published.rows(name)
        if all(("" if row[column] is None else str(row[column])) == one for column, one in wanted.items())
    ]
    if len(rows) != 1:
        return False
    cell = rows[0][value.column]
    if isinstance(cell, str | date) or name == "periods":
        return True  # a status, a name or a day in words
    shown = NUMBER.findall(value.text)
    return all(_is_near(float(number.replace(",", "")), cell) for number in shown)


def _is_near(shown: float, cell: Any) -> bool:
    return cell is not None and (shown == cell or abs(shown - 100 * cell) <= 0.5)
