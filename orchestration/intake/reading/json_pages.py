"""Find out from the envelope of a JSON export whether the file is one page of several.

Programs name their pages in many ways: `count` and `next` (KoboToolbox), `@odata.nextLink` (ODK Central),
`pager.pageCount` (DHIS2), `links.next`, `meta.total_count`. A key counts where pagers stand: beside the list
of records, or in an object that is named for pages. Elsewhere, `total` may be a total of anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# Keys are compared without capitals and signs: `_links` as links, `@odata.count` as count.
_SIGNS = re.compile(r"[\W_]")
_PAGERS = re.compile(r"|pag(er|es?|ed|ing|einfo|inat(ion|or))|links?|meta(data)?|cursors?|responsemetadata")
_OTHER_PAGE = re.compile(
    r"(next|prev|previous|continuation|resumption)(page)?(link|cursor|token|url|uri|href|offset|number)?"
    r"|(has|is)?more(pages|results|items|records|data)?|has(next|prev|previous)(page)?|nextrecordsurl"
    r"|exceededtransferlimit"
)
_THING = r"(records?|results?|elements?|items?|rows?|hits|entries|features)"
_TOTAL = re.compile(
    rf"total|(total)?{_THING}?(count|total)|(total|num|number|numberof){_THING}|numfound|numbermatched"
)
_PAGE_COUNT = re.compile(r"pages|(total|num|number|numberof)pages|(total)?pages?(count|total)|lastpage")
_LATER = re.compile(r"(current)?page(number)?|offset|skip")  # of this page: counted from 0 or 1
_NO_PAGE = ("", "0", "false", "none", "null")
_INSIDE = re.compile(r"href|url|uri|link|after|cursor|token|page|value")  # of a `next` or `total`


@dataclass
class Pages:
    """What an envelope says: totals by their keys, another page by its key, and which page this one is."""

    totals: dict[str, int] = field(default_factory=dict)
    another: str = ""
    which: str = ""

    def fault(self, records: int, objects: int) -> str | None:
        """Return what shows that a file with so many records is not the whole export, or None."""
        differ = [(total, key) for key, total in self.totals.items() if total not in (records, objects)]
        total, key = max(differ, default=(records, ""))
        if total > records:
            return f"holds {records} of {total} records (`{key}`); the file is one page"
        # Some programs name a next page always; a count beside it may be that of the page.
        is_whole = any("total" in key.casefold() for key, total in self.totals.items() if total == records)
        if self.which or (self.another and not is_whole):
            page = self.which or f"and names another (`{self.another}`)"
            return f"holds {records} records; the file is one page {page}"
        return f"holds {records} records, but its `{key}` says {total}" if key else None

    def read(self, events: Iterator[tuple[str, Any]], event: str, value: Any, key: str) -> None:
        """Read a value that stands under `key` around the list of records."""
        path, is_list = ["", key], [False]  # no recursion, because a hostile file nests deeply
        while True:
            if event in ("start_map", "start_array"):
                path.append(path[-1])
                is_list.append(event == "start_array")
            elif event in ("end_map", "end_array"):
                path.pop()
                is_list.pop()
            elif event == "map_key":
                path[-1] = value
            elif not is_list[-1]:
                self._note(path[-3:], value)
            if len(path) == 2:
                return
            event, value = next(events)

    def _note(self, keys: list[str], value: Any) -> None:
        """Note a plain value by its key and the keys around it."""
        *_, around, key = map(_plain, keys)
        if len(keys) == 3 and _INSIDE.fullmatch(key) and not _PAGERS.fullmatch(around):
            keys = keys[:2]
            around, key = map(_plain, keys)
        if not _PAGERS.fullmatch(around):
            return
        if key in ("rel", "relation"):  # in a list of links
            key, value = _plain(str(value)), True
        shown = ".".join(name for name in keys[-2:] if name)
        text = str(value).strip().casefold()
        if _OTHER_PAGE.fullmatch(key) and text not in _NO_PAGE and text.count(" ") < 3:
            self.another = self.another or shown
        if text.isdecimal() and len(text) <= 12:
            number = int(text)
            if _PAGE_COUNT.fullmatch(key) or (around in ("page", "pages") and number == 1):
                self.which = self.which or (f"of {number} (`{shown}`)" if number > 1 else "")
            elif _LATER.fullmatch(key) and number > ("page" in key):
                self.which = self.which or f"(`{shown}` is {number})"
            elif _TOTAL.fullmatch(key):
                self.totals.setdefault(shown, number)


def _plain(key: str) -> str:
    return _SIGNS.sub("", key.casefold()).removeprefix("odata")
