"""The tables that linkage takes and makes, in one place. dbt reads those it makes."""

from __future__ import annotations

import pyarrow as pa

# The words of a name in the order in which they are written.
NAME_CODES = ("name_1_code", "name_2_code", "name_3_code", "name_4_code")
RICH_CODES = ("subcounty_code", "recruited_code", "schooling_code", "children_code")

# A row a case record of one person, codes and coarse facts only. `day` counts from 1970.
LINK_INPUT = pa.schema(
    [
        ("record_id", pa.int64()),
        ("partner", pa.string()),
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
# Pairs that were compared, the smaller record first: by which tier, how likely they are one person with the
# range of that, and the evidence itself, which tells the likeliest apart.
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
        ("pairs_within_partner", pa.float64()),
        ("persons_low", pa.float64()),
        ("persons_expected", pa.float64()),
        ("persons_high", pa.float64()),
    ]
)
ROUTE_GROUPS = pa.schema([("record_id", pa.int64()), ("route_group_id", pa.int64())])
# What pairs add to the records that are somebody's second, with what stewards ruled; whole numbers, so that
# sums of them do not hang on their order.
ENDS = ("low", "expected", "high")
LIKELY_PAIRS = pa.schema([*_PAIR, *((f"{end}_millionths", pa.int64()) for end in ENDS)])
CELL = ("counting_table", "counting_role", "counting_id", "period_id", "population")
CELL_DUPLICATES = pa.schema(
    [
        *((name, pa.string()) for name in CELL),
        *((f"duplicates_{end}", pa.float64()) for end in ENDS),
    ]
)
