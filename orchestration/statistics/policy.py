"""The numbers that are judgement, not mathematics: `seeds/reference/statistics_policy.csv`, read and checked.

They stand in a seed because partners agree on them: a table that they can read and that a release can
print, not constants in a program.
"""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

from orchestration.core import REFERENCE_SEEDS, NjiaError

POLICY_SEED = REFERENCE_SEEDS / "statistics_policy.csv"


class Policy(SimpleNamespace):
    """Each number of the seed by the name of its row; what it means stands there."""

    def __getattr__(self, name: str) -> float:
        raise NjiaError(f"{POLICY_SEED.name} has no row {name}, which the statistics use. Put it back.")


def load_policy(seed: Path = POLICY_SEED) -> Policy:
    """The policy. Raises NjiaError for a row without a number; a missing row does so when asked for."""
    with seed.open(encoding="utf-8", newline="") as lines:
        rows = {row["name"]: row["value"] for row in csv.DictReader(lines)}
    numbers = {}
    for name, value in rows.items():
        try:
            numbers[name] = float(value)
        except ValueError:
            raise NjiaError(f"{seed.name}, row {name}: the value is not a number. Correct it.") from None
    return Policy(**numbers)
