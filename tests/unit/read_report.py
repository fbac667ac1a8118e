"""The report as a test reads it: values with their source, and the text around them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pandas as pd

from orchestration.outputs.edition import SCHEMAS, Edition
from orchestration.outputs.printed import KEYS

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass
class Value:
    text: str
    source: str
    column: str


@dataclass
class Read:
    values: list[Value] = field(default_factory=list)
    around: list[str] = field(default_factory=list)  # text outside of all values
    links: list[str] = field(default_factory=list)
    alts: dict[str, str] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)  # text of a chapter, by its name


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read, self.skipping, self.value, self.section = Read(), 0, None, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: dict[str, Any] = dict(attrs)
        if tag in ("style", "script", "title"):
            self.skipping += 1
        if "data-source" in given:
            self.value = Value("", given["data-source"], given.get("data-column", ""))
        if tag == "section":
            self.section = given["id"]
        if tag == "img":
            self.read.alts[given["src"]] = given.get("alt", "")
        self.read.links += [given[name] for name in ("href", "src") if name in given]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self.skipping -= 1
        if tag == "span" and self.value is not None:
            self.read.values.append(self.value)
            self.value = None

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        if self.section:
            self.read.sections[self.section] = self.read.sections.get(self.section, "") + data
        if self.value is not None:
            self.value.text += data
        else:
            self.read.around.append(data)


def read_page(page: str) -> Read:
    reader = _Reader()
    reader.feed(page)
    return reader.read


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def is_told(edition: Edition, value: Value) -> bool:
    """Whether every number of a value stands in the row or rows that it names, rounded as it is shown."""
    table, *key = value.source.split("|")
    if table == "release":
        return _stands_in(value.text, [edition.manifest[key[0]], edition.manifest.get("previous_release")])
    if table not in ("policy", "waivers"):
        edition_named, _, table = table.partition("_")
        if edition_named != SCHEMAS[edition.name]:
            return False
    if value.column.startswith("sum:"):
        _, summed, which = value.column.split(":", 2)
        return [float(_rows(edition, table, which)[summed].sum())] == numbers(value.text)
    if value.column.startswith("rows:"):
        return [float(len(_rows(edition, table, value.column.removeprefix("rows:"))))] == numbers(value.text)
    if table == "policy":
        rows = edition.manifest["disclosure"]["policy"]["rows"]
        found = [row for row in rows if row["name"] == key[0]]
    elif table == "waivers":
        found = [row for row in edition.waivers if row["decision_id"] == key[0]]
    else:
        frame = edition.table(table)
        same = pd.Series(True, index=frame.index)
        for name, one in zip(KEYS[table], key, strict=True):
            same &= frame[name].astype(str) == one
        found = frame[same].to_dict("records")
    if len(found) != 1:
        return False
    wanted = list(found[0].values()) if table == "periods" else [found[0][value.column]]
    return _stands_in(value.text, wanted)


def _rows(edition: Edition, table: str, where: str) -> pd.DataFrame:
    frame = edition.table(table)
    for one in where.split("&"):
        name, wanted = one.split("=")
        is_wanted = frame[name.removesuffix("!")].astype(str) == wanted
        frame = frame[~is_wanted if name.endswith("!") else is_wanted]
    return frame


def _stands_in(text: str, wanted: list[Any]) -> bool:
    """Numbers as they are, or rounded; of a share its percentage; a band is its words."""
    told = [one for value in wanted for one in _numbers_of(value)]
    return all(any(_rounds_to(one, shown) for one in told) for shown in NUMBER.findall(text))


def _numbers_of(value: Any) -> list[float]:
    if isinstance(value, str) and value in BANDS:
        return BANDS[value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [float(value), float(value) * 100]
    return numbers(str(value)) + [float(part) for part in re.findall(r"\d+", str(value))]


def _rounds_to(value: float, shown: str) -> bool:
    places = len(shown.partition(".")[2])
    return abs(value - float(shown.replace(",", ""))) <= 0.5000001 * 10**-places


BANDS = {
    "half_or_less": [2.0],
    "lower": [1.25, 2.0],
    "about_the_same": [],
    "higher": [1.25, 2.0],
    "twice_or_more": [2.0],
}
