"""Reconciliation of each extract: rows read = refused + landed, and each landed row has one fate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration import gates
from orchestration.core import Settings
from orchestration.outputs.receipts.rows import read_standing

FATES = ("current", "superseded", "quarantined", "withdrawn", "held", "embargoed")


@dataclass(frozen=True)
class ExtractRows:
    """Counts of rows of the partner's file; `fates` is empty before they are judged."""

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
    """Return the counts of each extract, by partner and in the order of arrival."""
    try:
        rows = read_standing(settings).rows
    except duckdb.Error:  # an interrupted refresh may leave no judged table
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
    """Return a row per partner: rows read, refused and landed, and the landed ones by fate."""
    partners: dict[str, dict[str, Any]] = {}
    for extract in rows_of_extracts(settings):
        none = {"partner": extract.partner} | dict.fromkeys(("read", "refused", "landed", *FATES), 0)
        row = partners.setdefault(extract.partner, none)
        row["read"] += extract.read
        row["refused"] += extract.refused
        row["landed"] += extract.landed
        for fate, count in extract.fates.items():
            row[fate] += count
    return list(partners.values())
