"""What comes out of dbt and what goes back, and how exact that is."""

from orchestration.core import schemas_of

SCHEMAS = schemas_of("statistics")
LEAVES = schemas_of("fitted")["leaves"]

# What decides the results beside the tables.
CODE = ("orchestration/statistics", "seeds/reference", "numpy==", "scipy==", "pandas==")

# Tables of the work file, with the columns that are read. Partners are in them: they stay in this room.
AGGREGATES = {
    "intermediate.int_place_counts": (
        "place_level", "place_id", "place_role", "month_from", "month_to", "round", "record_grain",
        "population", "source", "record_count", "witness_count", "numbered_count",
    ),
    "intermediate.int_place_effort": (
        "place_level", "place_id", "place_role", "period_id", "record_grain", "source", "office_place_id",
        "effort_months",
    ),
    "intermediate.int_corridor_counts": (
        "source", "record_grain", "corridor_level", "corridor_id", "start_place_id", "via_place_id",
        "end_place_id", "month_from", "month_to", "round", "record_count", "witness_count", "numbered_count",
        "campaign_count",
    ),
    "intermediate.int_county_counts": (
        "source", "record_grain", "place_id", "month_from", "month_to", "record_count", "witness_count",
        "numbered_count", "campaign_count",
    ),
    "intermediate.int_source_counts": (
        "source", "record_grain", "month_from", "month_to", "round", "record_count", "unknown_end_count",
        "unknown_way_count", "witness_count",
    ),
    "intermediate.int_source_months": ("source", "record_grain", "month_start"),
    "intermediate.int_calendar_months": ("month_start", "is_complete"),
    "intermediate.int_declared_changes": (
        "source", "record_grain", "kind", "place_id", "month_from", "month_to",
    ),
    "intermediate.int_delivery_counts": (
        "partner", "record_grain", "is_abroad", "event_month", "first_delivered_on", "record_count",
    ),
    "intermediate.int_deliveries": ("partner", "record_grain", "delivered_on", "reported_to"),
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
