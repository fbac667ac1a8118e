"""What an edition prints of its tables, and what is said of it in the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from orchestration.disclosure.suppression import PRINTED
from orchestration.disclosure.system import cell_key
from orchestration.disclosure.tables import TOTAL


@dataclass(frozen=True)
class ProtectedTable:
    """`cells` is internal: dimensions, `persons` as counted, `reason` (empty where printed), `value`
    (persons as printed, NA where hidden), `is_carried`, and `low`, `high`: how much the best attacker
    leaves open, at least.

    Only `printed` may leave the work folder.
    """

    name: str
    universe: str
    dimensions: tuple[str, ...]
    cells: pd.DataFrame
    levels: Mapping[str, str] = field(default_factory=dict)
    is_dropped: bool = False

    def printed(self) -> pd.DataFrame:
        """Dimensions, `value`, `is_carried` of the printed cells; every other combination is hidden or
        empty, and a page that lists those gives all of them the same symbol.
        """
        shown = self.cells[self.cells["reason"] == PRINTED]
        return shown[[*self.dimensions, "value", "is_carried"]].reset_index(drop=True)

    def printed_cells(self) -> dict[str, int]:
        """Cell → printed value, named as the ledger does."""
        shown = self.printed()
        dimensions = shown[[*self.dimensions]].astype(str).itertuples(index=False)
        return {
            full_key(self.universe, cell_key(dict(zip(self.dimensions, row, strict=True)))): int(value)
            for row, value in zip(dimensions, shown["value"], strict=True)
        }


def full_key(universe: str, cell: str) -> str:
    return f"{universe}: {cell}"


@dataclass
class UniverseReport:
    """What happened to the tables that count the same persons."""

    universe: str
    rounds: int = 0
    rolled_up: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    lost_before: list[str] = field(default_factory=list)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)

    def count(self, tables: Sequence[ProtectedTable]) -> None:
        for table in tables:
            parts = table.cells[(table.cells[[*table.dimensions]] != TOTAL).all(axis=1)]
            shown = parts["reason"] == PRINTED
            persons = int(parts["persons"].sum())
            told = int(parts.loc[shown, "persons"].sum())
            hidden = table.cells.loc[
                (table.cells["reason"] != PRINTED) & (table.cells["persons"] > 0), "reason"
            ]
            self.tables[table.name] = {
                "levels": dict(table.levels),
                "cells_with_persons": int((table.cells["persons"] > 0).sum()),
                "cells_printed": int((table.cells["reason"] == PRINTED).sum()),
                "cells_carried": int(table.cells["is_carried"].sum()),
                "share_of_persons_printed": round(told / persons, 4) if persons else None,
                "hidden_because": dict(sorted(Counter(hidden).items())),
            }

    def for_manifest(self) -> dict[str, Any]:
        """For the manifest: nothing in it tells of a hidden cell but how many there are."""
        return {
            "universe": self.universe,
            "rounds": self.rounds,
            "rolled_up": self.rolled_up,
            "dropped": self.dropped,
            "known_from_earlier_releases": len(self.lost_before),
            "tables": self.tables,
        }


@dataclass(frozen=True)
class Protected:
    edition: str
    policy_version: str
    least_persons: int
    tables: list[ProtectedTable]
    reports: list[UniverseReport]

    def table(self, name: str) -> ProtectedTable:
        return next(one for one in self.tables if one.name == name)

    def printed_cells(self) -> dict[str, int]:
        """Every printed cell with its value; the same cell of two tables has the same."""
        return {key: value for table in self.tables for key, value in table.printed_cells().items()}

    def for_manifest(self) -> dict[str, Any]:
        return {
            "edition": self.edition,
            "policy_version": self.policy_version,
            "systems": [report.for_manifest() for report in self.reports],
        }
