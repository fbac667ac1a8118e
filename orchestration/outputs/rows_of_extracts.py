"""Where the rows of each extract are: read = refused + landed, and every landed row in one fate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration import gates
from orchestration.core import Settings
from orchestration.outputs.receipts.rows import FATES, read_standing

__all__ = ["FATES", "ExtractRows", "rows_of_extracts", "rows_of_partners"]


@dataclass(frozen=True)
class ExtractRows:
    """In rows of the partner's file; `fates` is empty before they are judged."""

    partner: str
    extract: str
    fate: str
    read: int
    refused: int
    landed: int
    fates: Mapping[str, int]
    link: str | None = None

    @property
    def adds_up(self) -> bool:
        return self.read == self.refused + self.landed and (
            not self.fates or self.landed == sum(self.fates.values())
        )


def rows_of_extracts(settings: Settings) -> Iterator[ExtractRows]:
    """By partner, in the order in which the extracts came."""
    try:
        rows = read_standing(settings).rows
    except duckdb.Error:  # a refresh that broke off may have left no judged table
        rows = {}
    fates = gates.read_fates(settings)
    for landed in gates.landed_extracts(settings):
        fate = fates[landed.key].fate if landed.key in fates else "not judged"
        content = landed.content
        yield ExtractRows(
            landed.partner,
            landed.extract_id,
            fate.replace("_", " "),
            content["rows_read"],
            content["rows_refused"],
            content["rows_landed"],
            rows.get(landed.key, {}),
        )


def rows_of_partners(settings: Settings) -> list[dict[str, Any]]:
    """A row a partner: rows read, refused and landed, and the landed ones by fate."""
    found: dict[str, dict[str, Any]] = {}
    for one in rows_of_extracts(settings):
        row = found.setdefault(
            one.partner, {"partner": one.partner} | dict.fromkeys(("read", "refused", "landed", *FATES), 0)
        )
        row["read"] += one.read
        row["refused"] += one.refused
        row["landed"] += one.landed
        for fate, rows in one.fates.items():
            row[fate] += rows
    return list(found.values())
