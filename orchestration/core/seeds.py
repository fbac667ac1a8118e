"""Read the reference seeds."""

from __future__ import annotations

import csv

from orchestration.core.settings import REFERENCE_SEEDS


def seed_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of `seeds/reference/<name>.csv` as dictionaries."""
    with (REFERENCE_SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
