-- One row per linkage tier: registrations, and how many persons are to be expected behind them.
select
    linkage_tier,
    record_count,
    link_count,
    review_count,
    pairs_left_out,
    persons_low,
    persons_expected,
    persons_high
from {{ ref('stg_expected_persons') }}
