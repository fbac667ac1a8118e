"""The numbers that are judgement, not mathematics: `seeds/reference/statistics_policy.csv`, read and checked.

They stand in a seed because partners agree on them: a table that they can read and that a release can
print, not constants in a program.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from orchestration.core import REFERENCE_SEEDS, NjiaError, seed_rows

POLICY_SEED = REFERENCE_SEEDS / "statistics_policy.csv"
# Months within which an alert is told, as in the columns of `alert_detection.csv`.
DETECTED_WITHIN = (2, 4, 12)


@dataclass(frozen=True)
class Policy:
    """One field a row of the seed; what each means stands there."""

    hotspot_minimum_records: float
    hotspot_minimum_expected: float
    hotspot_ratio: float
    hotspot_certainty: float
    hotspot_least_low: float
    interval_coverage: float
    trend_quarters: float
    trend_minimum_quarters: float
    trend_hot_share: float
    trend_significance: float
    shift_window_months: float
    shift_years: float
    shift_minimum_records: float
    shift_largest_q: float
    shift_least_factor: float
    shift_stable_factor: float
    shift_panel_partners: float
    shift_unknown_dispersion: float
    shift_least_judged: float
    shift_assumed_yearly: float
    shift_yearly_factor: float
    shift_reference_cut: float
    shift_reference_least_share: float
    moved_chance: float
    moved_same_factor: float
    moved_apart_factor: float
    moved_apart_z: float
    alert_bound: float
    alert_bound_alone: float
    alert_alone_scatter: float
    alert_burst_records: float
    alert_minimum_records: float
    alert_least_factor: float
    alert_judged_months: float
    alert_interval_coverage: float
    risk_weight_origin: float
    risk_weight_transit: float
    risk_weight_exploitation: float
    risk_weight_change: float
    risk_anchor_factor: float
    risk_band_typical: float
    risk_band_higher: float
    risk_band_much_higher: float
    risk_band_certainty: float
    risk_interval_coverage: float
    risk_most_missing: float
    to_come_least_months: float
    to_come_least_records: float
    to_come_widest: float
    to_come_spread: float
    to_come_years: float
    filling_least_share: float


class Detection(NamedTuple):
    """What part of changes an alert tells: by `columns` (what partners share, records a year), and for each
    change (cases a month before, factor) a cell a column, with a part of 1 for each of DETECTED_WITHIN.
    """

    columns: list[tuple[str, int]]
    rows: list[tuple[int, float, list[list[float]]]]

    @property
    def names(self) -> list[str]:
        """Of each column, then of each row: what a number of the table is traced by."""
        return [f"{shared}-{size}" for shared, size in self.columns] + [
            f"{before}x{factor:g}" for before, factor, _ in self.rows
        ]


def alert_detection() -> Detection:
    """The table that `tests.benchmarks.simulate_alerts --write` measured in made-up worlds."""
    found: dict[tuple[int, float], dict[tuple[str, int], list[float]]] = {}
    for row in seed_rows("alert_detection"):
        cell = [float(row[f"within_{months}"]) for months in DETECTED_WITHIN]
        change = int(row["cases_a_month"]), float(row["factor"])
        found.setdefault(change, {})[row["shared"], int(row["records_a_year"])] = cell
    columns = list(dict.fromkeys(column for cells in found.values() for column in cells))
    return Detection(columns, [(*change, [cells[one] for one in columns]) for change, cells in found.items()])


def load_policy(seed: Path = POLICY_SEED) -> Policy:
    """The policy; raises NjiaError, naming the rows, if the seed lacks a number or holds one unknown."""
    with seed.open(encoding="utf-8", newline="") as lines:
        rows = {row["name"]: row["value"] for row in csv.DictReader(lines)}
    known = {field.name for field in fields(Policy)}
    if wrong := sorted(known ^ rows.keys()):
        raise NjiaError(
            f"{seed.name} must have one row for each number that the statistics use; missing or unknown: "
            f"{', '.join(wrong)}. Add or remove these rows."
        )
    numbers = {}
    for name, value in rows.items():
        try:
            numbers[name] = float(value)
        except ValueError:
            raise NjiaError(f"{seed.name}, row {name}: the value is not a number. Correct it.") from None
    return Policy(**numbers)
