"""What comes out of dbt and what goes back: the one place of both schemas.

Each table of `SCHEMAS`, and `LEAVES`, is a source of the dbt project (`staging/sources.yml`).
"""

from __future__ import annotations

import pyarrow as pa

# Tables of the work file, with the columns that are read. Partners are in them: they stay in this room.
AGGREGATES = {
    "intermediate.int_place_counts": (
        "place_level", "place_id", "place_role", "period_id", "record_grain", "population", "source",
        "record_count",
    ),
    "intermediate.int_place_effort": (
        "place_level", "place_id", "place_role", "period_id", "record_grain", "source", "office_place_id",
        "effort_months",
    ),
    "intermediate.int_corridor_counts": (
        "source", "record_grain", "corridor_level", "corridor_id", "start_place_id", "via_place_id",
        "end_place_id", "month_from", "month_to", "round", "record_count", "campaign_count",
    ),
    "intermediate.int_county_counts": (
        "source", "record_grain", "place_id", "month_from", "month_to", "record_count", "campaign_count",
    ),
    "intermediate.int_source_counts": (
        "source", "record_grain", "month_from", "month_to", "round", "record_count", "unknown_end_count",
        "unknown_way_count",
    ),
    "intermediate.int_source_months": ("source", "record_grain", "month_start"),
    "intermediate.int_calendar_months": ("month_start", "is_complete"),
    "intermediate.int_declared_changes": (
        "source", "record_grain", "kind", "place_id", "month_from", "month_to",
    ),
    "intermediate.int_periods": (
        "period_id", "period_kind", "label", "period_from", "period_to", "is_complete",
    ),
}  # fmt: skip
# What public counts are fitted to; null are the places and the direction that a cell is not restricted to.
CELLS = {
    "intermediate.int_protected_cells": (
        "period_id", "table_name", "column_name", "start_place_id", "end_place_id", "direction",
        "protected_count",
    ),
}  # fmt: skip

DESCRIPTIONS = {
    "hotspots": "Activity at each place and role of a complete period, beside what its partners' own level "
    "lets expect.",
    "corridor_shifts": "Each corridor's share of partners' own records in two windows, judged.",
    "alerts": "Corridors whose monthly records leave what partners' own level lets expect, raised at most "
    "twelve months before the newest complete one.",
    "alerts_not_measured": "How many corridors could not be judged in the newest complete month, and why.",
    "county_ratings": "The regional composite of each county and twelve months, with its components.",
}

OF_LEAVES = "Public counts by start, end and direction: whole numbers fitted to the protected counts."

# Of the regional composite, in the order in which they are shown; all but the last are roles.
COMPONENTS = ("origin", "transit", "exploitation", "change")

# Digits kept of each float: what lies beyond differs between machines and would mean nothing to a reader. A
# partner's share is given to one tenth, because with a count beside it more would tell that partner's count.
DIGITS = 3
# Odds ratios and shares of corridors may be very small: there, so many figures from the first but zero.
FIGURES_OF = {"corridor_shifts": 4, "alerts": 4}
DIGITS_OF = {
    "probability_high": 4,
    "largest_partner_share": 1,
    "score": 1,
    "low": 1,
    "high": 1,
}


def _of(kind: pa.DataType, *names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, kind) for name in names]


_RANGE = _of(pa.float64(), "ratio_low", "ratio_high")
_WITHOUT_ONE = _of(pa.float64(), "leave_one_out_low", "leave_one_out_high")
_ENDS = _of(pa.string(), "corridor_id", "start_place_id", "end_place_id")

LEAVES = pa.schema(
    [
        *_of(pa.string(), "period_id", "start_place_id", "end_place_id", "direction"),
        ("fitted_count", pa.int32()),
    ]
)

SCHEMAS = {
    "hotspots": pa.schema(
        [
            *_of(pa.string(), "place_id", "place_role", "period_id", "record_grain", "population"),
            ("compared_record_count", pa.int64()),
            *_of(pa.float64(), "expected_record_count", "activity_ratio"),
            *_RANGE,
            *_of(
                pa.float64(),
                "probability_high",
                "largest_partner_share",
                "ratio_without_largest",
                "dispersion",
            ),
            *_of(pa.string(), "label", "trend_category"),
        ]
    ),
    "corridor_shifts": pa.schema(
        [
            *_ENDS,
            *_of(pa.string(), "via_place_id", "level", "record_grain"),
            *_of(pa.string(), "comparison", "baseline_window", "current_window"),
            *_of(pa.date32(), "baseline_from", "baseline_to", "current_from", "current_to"),
            *_of(pa.string(), "status", "reason", "evidence", "displaced_from"),
            *_of(pa.int64(), "record_count_baseline", "record_count_current"),
            *_of(pa.int64(), "comparable_count_baseline", "comparable_count_current"),
            *_of(pa.int64(), "moved_record_count", "campaign_record_count"),
            *_of(pa.int32(), "partner_count", "comparable_partner_count"),
            *_of(pa.int32(), "partners_started", "partners_stopped"),
            *_of(pa.float64(), "share_baseline", "share_current"),
            *_of(pa.float64(), "comparable_share_baseline", "adjusted_share_current"),
            *_of(pa.float64(), "unknown_end_share_baseline", "unknown_end_share_current"),
            ("share_odds_ratio", pa.float64()),
            *_RANGE,
            *_WITHOUT_ONE,
            *_of(pa.float64(), "q_value", "dispersion", "reference_share", "mix_divergence", "mix_p_value"),
        ]
    ),
    "alerts": pa.schema(
        [
            *_ENDS,
            *_of(pa.string(), "direction", "evidence"),
            *_of(pa.date32(), "first_month", "newest_month", "alerted_month"),
            ("is_in_force", pa.bool_()),
            *_of(pa.float64(), "expected_record_count", "expected_low", "expected_high"),
            ("record_count", pa.int64()),
            *_of(pa.float64(), "monthly_baseline", "share_odds_ratio"),
            *_WITHOUT_ONE,
            ("partner_count", pa.int32()),
        ]
    ),
    "alerts_not_measured": pa.schema(
        [*_of(pa.string(), "period_id", "reason"), ("corridor_count", pa.int64())]
    ),
    "county_ratings": pa.schema(
        [
            *_of(pa.string(), "place_id", "period_id", "record_grain", "band", "components"),
            ("components_missing", pa.int32()),
            *_of(
                pa.float64(),
                "score",
                "low",
                "high",
                "band_probability",
                "without_one_low",
                "without_one_high",
            ),
            *(
                (f"{component}_{figure}", pa.float64())
                for component in COMPONENTS
                for figure in ("ratio", "ratio_low", "ratio_high", "score", "weight")
            ),
        ]
    ),
}
