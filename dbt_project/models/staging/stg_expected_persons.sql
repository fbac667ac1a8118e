-- One row per linkage tier that has records.
select
    tier as linkage_tier,
    record_count,
    link_count,
    review_count,
    pairs_left_out,
    persons_low,
    persons_expected,
    persons_high
from {{ source('linkage', 'expected_persons') }}
