"""What comes out of dbt and what goes back: the one place of both schemas.

Each table of `SCHEMAS` is a source of the dbt project (`staging/sources.yml`) with one staging model.
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
        "source", "record_grain", "corridor_level", "corridor_id", "origin_place_id", "via_place_id",
        "destination_place_id", "month_from", "month_to", "round", "record_count", "campaign_count",
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

DESCRIPTIONS = {
    "hotspots": "Activity at each place and role of a complete period, beside what its partners' own level "
    "lets expect.",
    "corridor_shifts": "Each corridor's share of partners' own records in two windows, judged.",
    "alerts": "Corridors whose monthly records leave what partners' own level lets expect, raised at most "
    "twelve months before the newest complete one.",
    "alerts_not_measured": "How many corridors could not be judged in the newest complete month, and why.",
    "county_ratings": "The regional composite of each county and twelve months, with its components.",
}

# Digits kept of each float: what lies beyond differs between machines and would mean nothing to a reader. A
# partner's share is told to one tenth, because with a count beside it more would tell that partner's count.
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

SCHEMAS = {
    "hotspots": pa.schema(
        [
            ("place_id", pa.string()),
            ("place_role", pa.string()),
            ("period_id", pa.string()),
            ("record_grain", pa.string()),
            ("population", pa.string()),
            ("compared_record_count", pa.int64()),
            ("expected_record_count", pa.float64()),
            ("activity_ratio", pa.float64()),
            ("ratio_low", pa.float64()),
            ("ratio_high", pa.float64()),
            ("probability_high", pa.float64()),
            ("largest_partner_share", pa.float64()),
            ("ratio_without_largest", pa.float64()),
            ("dispersion", pa.float64()),
            ("label", pa.string()),
            ("trend_category", pa.string()),
        ]
    ),
    "corridor_shifts": pa.schema(
        [
            ("level", pa.string()),
            ("corridor_id", pa.string()),
            ("origin_place_id", pa.string()),
            ("via_place_id", pa.string()),
            ("destination_place_id", pa.string()),
            ("record_grain", pa.string()),
            ("comparison", pa.string()),
            ("baseline_window", pa.string()),
            ("current_window", pa.string()),
            ("baseline_from", pa.date32()),
            ("baseline_to", pa.date32()),
            ("current_from", pa.date32()),
            ("current_to", pa.date32()),
            ("status", pa.string()),
            ("reason", pa.string()),
            ("evidence", pa.string()),
            ("record_count_baseline", pa.int64()),
            ("record_count_current", pa.int64()),
            ("comparable_count_baseline", pa.int64()),
            ("comparable_count_current", pa.int64()),
            ("partner_count", pa.int32()),
            ("comparable_partner_count", pa.int32()),
            ("partners_started", pa.int32()),
            ("partners_stopped", pa.int32()),
            ("share_baseline", pa.float64()),
            ("share_current", pa.float64()),
            ("comparable_share_baseline", pa.float64()),
            ("adjusted_share_current", pa.float64()),
            ("share_odds_ratio", pa.float64()),
            ("ratio_low", pa.float64()),
            ("ratio_high", pa.float64()),
            ("q_value", pa.float64()),
            ("dispersion", pa.float64()),
            ("leave_one_out_low", pa.float64()),
            ("leave_one_out_high", pa.float64()),
            ("unknown_end_share_baseline", pa.float64()),
            ("unknown_end_share_current", pa.float64()),
            ("displaced_from", pa.string()),
            ("reference_share", pa.float64()),
            ("moved_record_count", pa.int64()),
            ("campaign_record_count", pa.int64()),
            ("mix_divergence", pa.float64()),
            ("mix_p_value", pa.float64()),
        ]
    ),
    "alerts": pa.schema(
        [
            ("corridor_id", pa.string()),
            ("origin_place_id", pa.string()),
            ("destination_place_id", pa.string()),
            ("direction", pa.string()),
            ("first_month", pa.date32()),
            ("newest_month", pa.date32()),
            ("alerted_month", pa.date32()),
            ("is_in_force", pa.bool_()),
            ("expected_record_count", pa.float64()),
            ("expected_low", pa.float64()),
            ("expected_high", pa.float64()),
            ("record_count", pa.int64()),
            ("monthly_baseline", pa.float64()),
            ("share_odds_ratio", pa.float64()),
            ("leave_one_out_low", pa.float64()),
            ("leave_one_out_high", pa.float64()),
            ("partner_count", pa.int32()),
            ("evidence", pa.string()),
        ]
    ),
    "alerts_not_measured": pa.schema(
        [
            ("period_id", pa.string()),
            ("reason", pa.string()),
            ("corridor_count", pa.int64()),
        ]
    ),
    "county_ratings": pa.schema(
        [
            ("place_id", pa.string()),
            ("period_id", pa.string()),
            ("record_grain", pa.string()),
            ("score", pa.float64()),
            ("low", pa.float64()),
            ("high", pa.float64()),
            ("band", pa.string()),
            ("band_probability", pa.float64()),
            ("without_one_low", pa.float64()),
            ("without_one_high", pa.float64()),
            ("components", pa.string()),
            ("components_missing", pa.int32()),
            ("origin_ratio", pa.float64()),
            ("origin_ratio_low", pa.float64()),
            ("origin_ratio_high", pa.float64()),
            ("origin_score", pa.float64()),
            ("origin_weight", pa.float64()),
            ("transit_ratio", pa.float64()),
            ("transit_ratio_low", pa.float64()),
            ("transit_ratio_high", pa.float64()),
            ("transit_score", pa.float64()),
            ("transit_weight", pa.float64()),
            ("exploitation_ratio", pa.float64()),
            ("exploitation_ratio_low", pa.float64()),
            ("exploitation_ratio_high", pa.float64()),
            ("exploitation_score", pa.float64()),
            ("exploitation_weight", pa.float64()),
            ("change_ratio", pa.float64()),
            ("change_ratio_low", pa.float64()),
            ("change_ratio_high", pa.float64()),
            ("change_score", pa.float64()),
            ("change_weight", pa.float64()),
        ]
    ),
}
