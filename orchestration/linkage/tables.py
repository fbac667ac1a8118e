"""The tables that linkage takes and makes, in one place. dbt reads those it makes."""

from __future__ import annotations

import pyarrow as pa

NAME_CODES = ("given_code", "surname_code")
RICH_CODES = ("subcounty_code", "recruited_code", "schooling_code", "children_code")

# One row a person of a case record, codes and coarse facts only. `source_record` is the partner's record that
# the person stands in; `day` counts from 1970.
LINK_INPUT = pa.schema(
    [
        ("record_id", pa.int64()),
        ("partner", pa.string()),
        ("source_record", pa.int64()),
        *((code, pa.string()) for code in NAME_CODES),
        ("phone_code", pa.string()),
        ("sex", pa.string()),
        ("birth_year", pa.int32()),
        ("nationality", pa.string()),
        ("origin", pa.string()),
        ("destination", pa.string()),
        ("exploitation", pa.string()),
        ("day", pa.int32()),
        *((code, pa.string()) for code in RICH_CODES),
    ]
)
_PAIR = [("record_a", pa.int64()), ("record_b", pa.int64())]
# Pairs that were compared, the smaller record first: by which tier, how likely they are one person, the same
# under the lowest and the highest prior, and the evidence itself, which tells the likeliest apart.
PAIRS = pa.schema(
    [
        *_PAIR,
        ("tier", pa.string()),
        ("low", pa.float64()),
        ("probability", pa.float64()),
        ("high", pa.float64()),
        ("weight", pa.float64()),
    ]
)
LINKS = pa.schema(
    [
        *_PAIR,
        ("tier", pa.string()),
        ("probability_low", pa.float64()),
        ("probability", pa.float64()),
        ("probability_high", pa.float64()),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)
LINKED_RECORDS = pa.schema([("record_id", pa.int64()), ("movement_id", pa.int64()), ("tier", pa.string())])
EXPECTED_PERSONS = pa.schema(
    [
        ("tier", pa.string()),
        ("record_count", pa.int64()),
        ("link_count", pa.int64()),
        ("review_count", pa.int64()),
        ("pairs_left_out", pa.int64()),
        ("persons_low", pa.float64()),
        ("persons_expected", pa.float64()),
        ("persons_high", pa.float64()),
    ]
)
ROUTE_GROUPS = pa.schema([("record_id", pa.int64()), ("route_group_id", pa.int64())])
# Pairs that bring duplicates, the likeliest first, with what stewards ruled; whole numbers, so that sums of
# them do not hang on their order.
LIKELY_PAIRS = pa.schema([*_PAIR, ("low_millionths", pa.int64()), ("high_millionths", pa.int64())])
CELL = ("counting_table", "counting_role", "counting_id", "period_id", "population")
CELL_DUPLICATES = pa.schema(
    [
        *((name, pa.string()) for name in CELL),
        ("duplicates_low", pa.float64()),
        ("duplicates_high", pa.float64()),
    ]
)
