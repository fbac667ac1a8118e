"""What several views show of an item: who takes care of it, and how many pages a list has."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import Item
from orchestration.stewardship.worklists.listing import OpenItem, open_items


def waiting_item(visit: Visit, item: Item) -> OpenItem | None:
    """The item as it waits; None where it is settled or was never there."""
    return next((one for one in open_items(visit.settings) if one.item == item), None)


def record_path(partner: str, extract_id: str, sheet: str | None, row: object) -> str:
    """Where one row's fields are shown."""
    where = {"partner": partner, "extract": extract_id, "sheet": sheet or "", "row": row}
    return f"/record?{urlencode(where)}"


@dataclass(frozen=True)
class Pager:
    """`number` counts from 1. `path` and `query` make the addresses of the pages."""

    number: int
    size: int
    total: int
    path: str
    query: str = ""

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first_shown(self) -> int:
        return (self.number - 1) * self.size

    def address(self, number: int) -> str:
        return f"{self.path}?{self.query}{'&' if self.query else ''}page={number}"
