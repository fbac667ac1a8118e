"""What comes out of dbt and what goes back: the one place of both schemas.

Each table of `SCHEMAS` is a source of the dbt project (`staging/sources.yml`) with one staging model.
"""

from __future__ import annotations

import pyarrow as pa

# Tables of the work file, with the columns that are read. Partners are in them: they stay in this room.
AGGREGATES = {
    "intermediate.int_place_counts": (
        "place_level", "place_id", "place_role", "period_id", "record_grain", "population", "partner",
        "record_count",
    ),
    "intermediate.int_place_effort": (
        "place_level", "place_id", "place_role", "period_id", "record_grain", "partner", "effort_months",
    ),
    "intermediate.int_periods": ("period_id", "period_kind", "period_from", "period_to", "is_complete"),
}  # fmt: skip

DESCRIPTIONS = {
    "hotspots": "Activity at each place and role of a complete period, beside what its partners' own level "
    "lets expect.",
}

# Digits kept of each float: what lies beyond differs between machines and would mean nothing to a reader. A
# partner's share is told to one tenth, because with a count beside it more would tell that partner's count.
DIGITS = 3
DIGITS_OF = {"probability_high": 4, "largest_partner_share": 1}

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
        ]
    ),
}
